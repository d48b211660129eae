/*
 * stats.c
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
 * Metwally, Agrawal and El Abbadi, 2005).  Counts are halved every minute.
 * Who finds the table locked does not note.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "port/pg_bitutils.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "calls/door.h"
#include "base/argument.h"
#include "base/version.h"
#include "base/counter.h"

/* Latencies by powers of two: bucket n has those below 2^n microseconds, the last one the rest. */
#define BUCKETS 26

/* Of the lock's name. */
#define TRANCHE "simplebank_stats"

/* How many accounts the table of hot ones has room for. */
#define HOT_ACCOUNTS 256

/* One call of so many notes its accounts. */
#define SAMPLING 16

typedef struct Counts
{
	uint64 counters[SB_COUNTERS];
	uint64 refusals[SB_CODES];
	uint64 latencies[SB_TIMED][BUCKETS];
	uint64 latency_sums[SB_TIMED]; /* microseconds */
} Counts;

typedef struct HotAccount
{
	int64 account_id; /* 0: nobody's */
	uint64 entries;
	uint64 wait; /* microseconds */
} HotAccount;

typedef struct Stats
{
	pg_atomic_uint32 deepest_queue;
	LWLock *lock; /* of what follows */
	Counts at_reset;
	TimestampTz reset_at;
	TimestampTz halved_at;
	HotAccount hot[HOT_ACCOUNTS];
	Counts rows[FLEXIBLE_ARRAY_MEMBER]; /* of each process, and written by it alone */
} Stats;

/* What a transaction, or a savepoint, has counted. */
typedef struct Pending
{
	struct Pending *outer;
	int level;
	uint64 counters[SB_COUNT_AT_ONCE];
} Pending;

static Stats *stats = NULL;
static Counts *counts = NULL; /* of this process */
static Pending *pending = NULL;

static bool has_row(void);
static Pending *pending_of_level(void);
static uint64 pending_sum(const Pending *from);
static void end_transaction(XactEvent event, void *arg);
static void end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
						  void *arg);
static void halve(void);
static HotAccount *find_hot(int64 account_id);
static void add_up(Counts *sum);
static TimestampTz read_counts(Counts *sum);
static void add(Counts *sum, const Counts *row, int64 sign);
static Datum bigint_array(const uint64 *values, int count);
static int compare_hot(const void *a, const void *b);

PG_FUNCTION_INFO_V1(simplebank_read_stats);
PG_FUNCTION_INFO_V1(simplebank_read_refusals);
PG_FUNCTION_INFO_V1(simplebank_hot_accounts);
PG_FUNCTION_INFO_V1(simplebank_stats_reset);

Size
sb_stats_memory(void)
{
	return add_size(offsetof(Stats, rows), mul_size(sizeof(Counts), MaxBackends));
}

void
sb_stats_request_lock(void)
{
	RequestNamedLWLockTranche(TRANCHE, 1);
}

void
sb_stats_set_up(void)
{
	bool found;

	stats = ShmemInitStruct("simplebank stats", sb_stats_memory(), &found);
	if (found)
		return;
	memset(stats, 0, sb_stats_memory());
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
	counts->latencies[timed][Min(bucket, BUCKETS - 1)]++;
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
sb_stats_samples(void)
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
	HotAccount *hot;

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
	for (int i = 0; i < HOT_ACCOUNTS; i++)
	{
		stats->hot[i].entries /= 2;
		stats->hot[i].wait /= 2;
	}
}

/*
 * The place of an account: its own, or that of the account with the least.
 */
static HotAccount *
find_hot(int64 account_id)
{
	HotAccount *least = &stats->hot[0];

	for (int i = 0; i < HOT_ACCOUNTS; i++)
	{
		HotAccount *hot = &stats->hot[i];

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
sb_stats_require(void)
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
add_up(Counts *sum)
{
	sb_stats_require();
	memset(sum, 0, sizeof(Counts));
	for (int i = 0; i < MaxBackends; i++)
		add(sum, &stats->rows[i], 1);
}

static void
add(Counts *sum, const Counts *row, int64 sign)
{
	const uint64 *from = (const uint64 *) row;
	uint64 *to = (uint64 *) sum;

	StaticAssertStmt(sizeof(Counts) % sizeof(uint64) == 0, "counts are of one type");
	for (Size i = 0; i < sizeof(Counts) / sizeof(uint64); i++)
		to[i] += sign * from[i];
}

static TimestampTz
read_counts(Counts *sum)
{
	TimestampTz since;

	add_up(sum);
	LWLockAcquire(stats->lock, LW_SHARED);
	add(sum, &stats->at_reset, -1);
	since = stats->reset_at;
	LWLockRelease(stats->lock);
	return since;
}

Datum
simplebank_read_stats(PG_FUNCTION_ARGS)
{
	Counts sum;
	TimestampTz since;
	TupleDesc row_type;
	Datum values[SB_COUNTERS + 2 * SB_TIMED + 2];
	bool nulls[lengthof(values)] = {0};
	int n = 0;

	sb_admit(fcinfo, SB_READS);
	since = read_counts(&sum);
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE ||
		row_type->natts != lengthof(values))
		elog(ERROR, "return type must be a row of %d columns", (int) lengthof(values));
	for (int i = 0; i < SB_COUNTERS; i++)
		values[n++] = Int64GetDatum(sum.counters[i]);
	for (int i = 0; i < SB_TIMED; i++)
	{
		values[n++] = bigint_array(sum.latencies[i], BUCKETS);
		values[n++] = Int64GetDatum(sum.latency_sums[i]);
	}
	values[n++] = Int32GetDatum(pg_atomic_read_u32(&stats->deepest_queue));
	values[n++] = TimestampTzGetDatum(since);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}

static Datum
bigint_array(const uint64 *values, int count)
{
	Datum *elements = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(values[i]);
	return PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
simplebank_read_refusals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Counts sum;

	sb_admit(fcinfo, SB_READS);
	InitMaterializedSRF(fcinfo, 0);
	(void) read_counts(&sum);
	for (int i = SB_OK + 1; i < SB_CODES; i++)
	{
		Datum values[2] = {CStringGetTextDatum(sb_sqlstate(i)), Int64GetDatum(sum.refusals[i])};
		bool nulls[2] = {0};

		if (sum.refusals[i] > 0)
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
simplebank_hot_accounts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int32 n = sb_arg_int32(fcinfo, 0, "n");
	HotAccount hot[HOT_ACCOUNTS];

	if (n < 1 || n > HOT_ACCOUNTS)
		sb_raise_invalid("n", psprintf("It is 1 to %d.", HOT_ACCOUNTS));
	sb_admit(fcinfo, SB_READS);
	sb_stats_require();
	InitMaterializedSRF(fcinfo, 0);
	LWLockAcquire(stats->lock, LW_EXCLUSIVE);
	halve();
	memcpy(hot, stats->hot, sizeof(hot));
	LWLockRelease(stats->lock);
	qsort(hot, HOT_ACCOUNTS, sizeof(HotAccount), compare_hot);
	for (int i = 0; i < n && hot[i].account_id != 0; i++)
	{
		Datum values[3] = {Int64GetDatum(hot[i].account_id), Int64GetDatum(hot[i].entries),
						   Int64GetDatum(hot[i].wait)};
		bool nulls[3] = {0};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* Who has waited most comes first, then who has most entries. */
static int
compare_hot(const void *a, const void *b)
{
	const HotAccount *left = a;
	const HotAccount *right = b;

	if (left->wait != right->wait)
		return left->wait > right->wait ? -1 : 1;
	return left->entries > right->entries ? -1 : left->entries < right->entries;
}

Datum
simplebank_stats_reset(PG_FUNCTION_ARGS)
{
	Counts sum;

	sb_admit(fcinfo, SB_READS);
	add_up(&sum);
	LWLockAcquire(stats->lock, LW_EXCLUSIVE);
	stats->at_reset = sum;
	stats->reset_at = GetCurrentTimestamp();
	memset(stats->hot, 0, sizeof(stats->hot));
	pg_atomic_write_u32(&stats->deepest_queue, 0);
	LWLockRelease(stats->lock);
	PG_RETURN_VOID();
}
