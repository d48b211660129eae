/*
 * counter.c
 *	  What the ledger counts, in shared memory.
 *
 * Each process counts in a row of its own, which it alone writes, so counting
 * takes no lock.  A reader adds up the rows of all processes, past ones too:
 * who gets the row of one that has ended goes on counting there.  A reset
 * remembers the sums of its time, from which later ones are counted.
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

typedef struct Stats
{
	pg_atomic_uint32 deepest_queue;
	LWLock *lock; /* of what follows */
	SbCounts at_reset;
	TimestampTz reset_at;
	TimestampTz halved_at;
	SbHotAccount hot[SB_HOT_ACCOUNTS];
	SbCounts rows[FLEXIBLE_ARRAY_MEMBER]; /* of each process, and written by it alone */
} Stats;

/* What a transaction, or a savepoint, has counted. */
typedef struct Pending
{
	struct Pending *outer;
	int level;
	uint64 counters[SB_COUNT_AT_ONCE];
} Pending;

static Stats *stats = NULL;
static SbCounts *counts = NULL; /* of this process */
static Pending *pending = NULL;

static bool has_row(void);
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
	return add_size(offsetof(Stats, rows), mul_size(sizeof(SbCounts), MaxBackends));
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
	pg_atomic_init_u32(&stats->deepest_queue, 0);
	stats->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
	stats->reset_at = stats->halved_at = GetCurrentTimestamp();
}

/*
 * The row of this process, once there is something to count.
 */
static bool
has_row(void)
{
	if (likely(counts != NULL))
		return true;
	if (stats == NULL || MyProc == NULL || my_process_number() >= MaxBackends)
		return false;
	counts = &stats->rows[my_process_number()];
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_savepoint, NULL);
	return true;
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

	if (stats == NULL)
		return;
	deepest = pg_atomic_read_u32(&stats->deepest_queue);
	while (depth > deepest &&
		   !pg_atomic_compare_exchange_u32(&stats->deepest_queue, &deepest, depth))
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

	return stats != NULL && calls++ % SAMPLING == 0;
}

/*
 * Notes what an account had to do, for one call of those that are sampled.
 */
void
sb_count_account(int64 account_id, uint64 entries, uint64 wait)
{
	SbHotAccount *hot;

	if (stats == NULL || !LWLockConditionalAcquire(stats->lock, LW_EXCLUSIVE))
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
	TimestampTz now = GetCurrentTimestamp();

	if (!TimestampDifferenceExceeds(stats->halved_at, now, 60 * 1000))
		return;
	stats->halved_at = now;
	for (int i = 0; i < SB_HOT_ACCOUNTS; i++)
	{
		stats->hot[i].entries /= 2;
		stats->hot[i].wait /= 2;
	}
}

/*
 * The place of an account: its own, or that of the account with the least.
 */
static SbHotAccount *
find_hot(int64 account_id)
{
	SbHotAccount *least = &stats->hot[0];

	for (int i = 0; i < SB_HOT_ACCOUNTS; i++)
	{
		SbHotAccount *hot = &stats->hot[i];

		if (hot->account_id == account_id)
			return hot;
		if (hot->entries < least->entries)
			least = hot;
	}
	least->wait = 0;
	return least;
}

/*
 * Raises where the library was not loaded at the server's start.
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
}

/* What was counted since the last reset. */
static void
add_up(SbCounts *sum)
{
	sb_counters_require();
	memset(sum, 0, sizeof(SbCounts));
	for (int i = 0; i < MaxBackends; i++)
		add(sum, &stats->rows[i], 1);
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

	add_up(sum);
	LWLockAcquire(stats->lock, LW_SHARED);
	add(sum, &stats->at_reset, -1);
	since = stats->reset_at;
	LWLockRelease(stats->lock);
	return since;
}

uint32
sb_deepest_queue(void)
{
	return pg_atomic_read_u32(&stats->deepest_queue);
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
	memcpy(hot, stats->hot, sizeof(stats->hot));
	LWLockRelease(stats->lock);
}

/*
 * Begins to count anew.
 */
void
sb_counters_reset(void)
{
	SbCounts sum;

	add_up(&sum);
	LWLockAcquire(stats->lock, LW_EXCLUSIVE);
	stats->at_reset = sum;
	stats->reset_at = GetCurrentTimestamp();
	memset(stats->hot, 0, sizeof(stats->hot));
	pg_atomic_write_u32(&stats->deepest_queue, 0);
	LWLockRelease(stats->lock);
}
