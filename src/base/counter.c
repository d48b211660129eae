/*
 * counter.c
 *	  What the ledger counts, in shared memory, by databases.
 *
 * Each process counts in a row of its own, which it alone writes, so counting
 * takes no lock.  When it ends, what it has counted goes into the sum of its
 * database.  A reader adds up that sum and the rows of processes in its
 * database.  A reset remembers the sums of its time, from which later ones are
 * counted.
 *
 * There is room for so many databases at once.  One that nobody is in any more
 * makes room for a new one, and begins anew if somebody comes back; so what was
 * dropped goes by itself.
 *
 * What a transaction does counts once it has committed; what it, or a
 * savepoint, takes back counts as rolled back.
 *
 * Which accounts are hot is estimated: one call of a few notes its accounts
 * in a table of bounded size, where the account with the least entries makes
 * room for a new one and leaves it its count (the space-saving algorithm of
 * Metwally, Agrawal and El Abbadi, 2005).  SbCounts are halved every minute.
 * Who finds the table locked does not note.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "port/pg_bitutils.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/version.h"
#include "base/counter.h"

/* Of the lock's name. */
#define TRANCHE "simplebank_stats"

/* One call of so many notes its accounts. */
#define SAMPLING 16

/* Databases that are counted at once. */
#define DATABASES 32

/* Of a database. */
typedef struct Database
{
	Oid oid;		/* invalid: this is of none */
	SbCounts ended; /* by processes that have ended */
	SbCounts at_reset;
	TimestampTz reset_at;
	TimestampTz left_at; /* when a process has last ended */
	TimestampTz halved_at;
	pg_atomic_uint32 deepest_queue;
	SbHotAccount hot[SB_HOT_ACCOUNTS];
} Database;

/* Of a process; it alone writes the counts. */
typedef struct Row
{
	Database *database; /* NULL: this is nobody's */
	SbCounts counts;
} Row;

typedef struct Stats
{
	LWLock *lock; /* of all but the counts of living processes */
	Database databases[DATABASES];
	Row rows[FLEXIBLE_ARRAY_MEMBER];
} Stats;

/* What a transaction, or a savepoint, has counted. */
typedef struct Pending
{
	struct Pending *outer;
	int level;
	uint64 counters[SB_COUNT_AT_ONCE];
} Pending;

static Stats *stats = NULL;
static Row *row = NULL; /* of this process */
static SbCounts *counts = NULL;
static bool is_left_out = false; /* it does not count, or not any more */
static Pending *pending = NULL;

static bool has_row(void);
static bool enter(void);
static Database *find_database(void);
static bool is_in_use(const Database *database);
static void leave(int code, Datum argument);
static Pending *pending_of_level(void);
static uint64 pending_sum(const Pending *from);
static void end_transaction(XactEvent event, void *arg);
static void end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
						  void *arg);
static void halve(void);
static SbHotAccount *find_hot(int64 account_id);
static void add_up(SbCounts *sum);
static void add(SbCounts *sum, const SbCounts *row, int64 sign);

Size
sb_counters_memory(void)
{
	return add_size(offsetof(Stats, rows), mul_size(sizeof(Row), MaxBackends));
}

void
sb_counters_request_lock(void)
{
	RequestNamedLWLockTranche(TRANCHE, 1);
}

void
sb_counters_set_up(void)
{
	bool found;

	stats = ShmemInitStruct("simplebank stats", sb_counters_memory(), &found);
	if (found)
		return;
	memset(stats, 0, sb_counters_memory());
	for (int i = 0; i < DATABASES; i++)
		pg_atomic_init_u32(&stats->databases[i].deepest_queue, 0);
	stats->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
}

/*
 * The row of this process, once there is something to count.
 */
static bool
has_row(void)
{
	if (likely(counts != NULL))
		return true;
	if (stats == NULL || is_left_out || MyProc == NULL || !OidIsValid(MyDatabaseId) ||
		my_process_number() >= MaxBackends)
		return false;
	is_left_out = !enter();
	if (is_left_out)
		return false;
	counts = &row->counts;
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_savepoint, NULL);
	on_shmem_exit(leave, (Datum) 0);
	return true;
}

/* False where there is no room for the database. */
static bool
enter(void)
{
	row = &stats->rows[my_process_number()];
	LWLockAcquire(stats->lock, LW_EXCLUSIVE);
	memset(&row->counts, 0, sizeof(SbCounts));
	row->database = find_database();
	LWLockRelease(stats->lock);
	return row->database != NULL;
}

/*
 * That of this process: the one that is there, or a free one, or, of those
 * that nobody is in, the one that was left first.
 */
static Database *
find_database(void)
{
	Database *found = NULL;

	for (int i = 0; i < DATABASES; i++)
	{
		Database *database = &stats->databases[i];

		if (database->oid == MyDatabaseId)
			return database;
		if ((found == NULL || database->left_at < found->left_at) && !is_in_use(database))
			found = database;
	}
	if (found == NULL)
		return NULL;
	memset(found, 0, sizeof(Database));
	pg_atomic_init_u32(&found->deepest_queue, 0);
	found->oid = MyDatabaseId;
	found->reset_at = found->halved_at = GetCurrentTimestamp();
	return found;
}

static bool
is_in_use(const Database *database)
{
	for (int i = 0; i < MaxBackends; i++)
	{
		if (stats->rows[i].database == database)
			return true;
	}
	return false;
}

/*
 * On the way out, after the transaction in progress was aborted.
 */
static void
leave(int code, Datum argument)
{
	LWLockAcquire(stats->lock, LW_EXCLUSIVE);
	add(&row->database->ended, counts, 1);
	row->database->left_at = GetCurrentTimestamp();
	row->database = NULL;
	LWLockRelease(stats->lock);
	counts = NULL;
	is_left_out = true;
}

/*
 * What counts once the transaction has committed.
 */
void
sb_count(SbCounter counter, uint64 n)
{
	if (n > 0 && has_row())
		pending_of_level()->counters[counter] += n;
}

void
sb_count_now(SbCounter counter, uint64 n)
{
	if (has_row())
		counts->counters[counter] += n;
}

void
sb_count_refusal(SbCode code)
{
	if (has_row())
		counts->refusals[code]++;
}

void
sb_count_latency(SbTimed timed, instr_time began)
{
	instr_time now;
	uint64 elapsed;
	int bucket;

	if (!has_row())
		return;
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, began);
	elapsed = INSTR_TIME_GET_MICROSEC(now);
	bucket = elapsed == 0 ? 0 : pg_leftmost_one_pos64(elapsed) + 1;
	counts->latencies[timed][Min(bucket, SB_LATENCY_BUCKETS - 1)]++;
	counts->latency_sums[timed] += elapsed;
}

/* So many places of the tellers' queue are in use now. */
void
sb_count_depth(uint32 depth)
{
	uint32 deepest;

	if (!has_row())
		return;
	deepest = pg_atomic_read_u32(&row->database->deepest_queue);
	while (depth > deepest &&
		   !pg_atomic_compare_exchange_u32(&row->database->deepest_queue, &deepest, depth))
		;
}

static Pending *
pending_of_level(void)
{
	int level = GetCurrentTransactionNestLevel();
	Pending *inner;

	if (pending && pending->level == level)
		return pending;
	inner = MemoryContextAllocZero(TopTransactionContext, sizeof(Pending));
	inner->outer = pending;
	inner->level = level;
	pending = inner;
	return pending;
}

/* How many requests: a batch is counted by its items. */
static uint64
pending_sum(const Pending *from)
{
	uint64 sum = 0;

	for (int i = 0; i < SB_COUNT_AT_ONCE; i++)
	{
		if (i != SB_COUNT_BATCHES && i != SB_COUNT_BATCH_ITEMS)
			sum += from->counters[i];
	}
	return sum;
}

static void
end_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE && event != XACT_EVENT_ABORT)
		return;
	if (pending && event != XACT_EVENT_ABORT)
		counts->counters[SB_COUNT_COMMITS]++;
	for (; pending; pending = pending->outer)
	{
		if (event == XACT_EVENT_ABORT)
			counts->counters[SB_COUNT_ROLLED_BACK] += pending_sum(pending);
		for (int i = 0; i < SB_COUNT_AT_ONCE && event != XACT_EVENT_ABORT; i++)
			counts->counters[i] += pending->counters[i];
	}
}

static void
end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	Pending *inner = pending;

	if ((event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB) || inner == NULL ||
		inner->level != GetCurrentTransactionNestLevel())
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		counts->counters[SB_COUNT_ROLLED_BACK] += pending_sum(inner);
		pending = inner->outer;
	}
	else if (inner->outer == NULL || inner->outer->level < inner->level - 1)
		inner->level--;
	else
	{
		for (int i = 0; i < SB_COUNT_AT_ONCE; i++)
			inner->outer->counters[i] += inner->counters[i];
		pending = inner->outer;
	}
}

/*
 * Is this the one call of a few that notes its accounts?
 */
bool
sb_counters_sample(void)
{
	static uint32 calls = 0;

	return calls++ % SAMPLING == 0 && has_row();
}

/*
 * Notes what an account had to do, for one call of those that are sampled.
 */
void
sb_count_account(int64 account_id, uint64 entries, uint64 wait)
{
	SbHotAccount *hot;

	if (!has_row() || !LWLockConditionalAcquire(stats->lock, LW_EXCLUSIVE))
		return;
	halve();
	hot = find_hot(account_id);
	hot->account_id = account_id;
	hot->entries += entries * SAMPLING;
	hot->wait += wait;
	LWLockRelease(stats->lock);
}

static void
halve(void)
{
	Database *database = row->database;
	TimestampTz now = GetCurrentTimestamp();

	if (!TimestampDifferenceExceeds(database->halved_at, now, 60 * 1000))
		return;
	database->halved_at = now;
	for (int i = 0; i < SB_HOT_ACCOUNTS; i++)
	{
		database->hot[i].entries /= 2;
		database->hot[i].wait /= 2;
	}
}

/*
 * The place of an account: its own, or that of the account with the least.
 */
static SbHotAccount *
find_hot(int64 account_id)
{
	SbHotAccount *least = &row->database->hot[0];

	for (int i = 0; i < SB_HOT_ACCOUNTS; i++)
	{
		SbHotAccount *hot = &row->database->hot[i];

		if (hot->account_id == account_id)
			return hot;
		if (hot->entries < least->entries)
			least = hot;
	}
	least->wait = 0;
	return least;
}

/*
 * Raises where this process does not count: where the library was not loaded
 * at the server's start, or more databases are in use than there is room for.
 */
void
sb_counters_require(void)
{
	if (stats == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("statistics are not counted"),
				 errdetail("The server has not loaded simplebank at its start."),
				 errhint("Set shared_preload_libraries = 'simplebank' and restart the server.")));
	if (!has_row())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("statistics are not counted"),
				 errdetail("They are counted of %d databases at once.", DATABASES)));
}

/* What was counted in this database; with the lock. */
static void
add_up(SbCounts *sum)
{
	*sum = row->database->ended;
	for (int i = 0; i < MaxBackends; i++)
	{
		if (stats->rows[i].database == row->database)
			add(sum, &stats->rows[i].counts, 1);
	}
}

static void
add(SbCounts *sum, const SbCounts *row, int64 sign)
{
	const uint64 *from = (const uint64 *) row;
	uint64 *to = (uint64 *) sum;

	StaticAssertStmt(sizeof(SbCounts) % sizeof(uint64) == 0, "counts are of one type");
	for (Size i = 0; i < sizeof(SbCounts) / sizeof(uint64); i++)
		to[i] += sign * from[i];
}

TimestampTz
sb_counts_read(SbCounts *sum)
{
	TimestampTz since;

	sb_counters_require();
	LWLockAcquire(stats->lock, LW_SHARED);
	add_up(sum);
	add(sum, &row->database->at_reset, -1);
	since = row->database->reset_at;
	LWLockRelease(stats->lock);
	return since;
}

uint32
sb_deepest_queue(void)
{
	sb_counters_require();
	return pg_atomic_read_u32(&row->database->deepest_queue);
}

/*
 * A copy of the table of hot accounts; hot has room for SB_HOT_ACCOUNTS.
 */
void
sb_hot_accounts_read(SbHotAccount *hot)
{
	sb_counters_require();
	LWLockAcquire(stats->lock, LW_EXCLUSIVE);
	halve();
	memcpy(hot, row->database->hot, sizeof(row->database->hot));
	LWLockRelease(stats->lock);
}

/*
 * Begins to count anew.
 */
void
sb_counters_reset(void)
{
	Database *database;

	sb_counters_require();
	database = row->database;
	LWLockAcquire(stats->lock, LW_EXCLUSIVE);
	add_up(&database->at_reset);
	database->reset_at = GetCurrentTimestamp();
	memset(database->hot, 0, sizeof(database->hot));
	pg_atomic_write_u32(&database->deepest_queue, 0);
	LWLockRelease(stats->lock);
}
