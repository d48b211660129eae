/*
 * counter.h
 *	  What the ledger counts, in shared memory, by databases.
 */
#ifndef SB_BASE_COUNTER_H
#define SB_BASE_COUNTER_H

#include "datatype/timestamp.h"
#include "portability/instr_time.h"

#include "base/code.h"

typedef enum SbCounter
{
	/* of a transaction: they count once it has committed */
	SB_COUNT_TRANSFERS,
	SB_COUNT_JOURNALS,
	SB_COUNT_HOLDS_PLACED,
	SB_COUNT_HOLDS_CAPTURED,
	SB_COUNT_HOLDS_RELEASED,
	SB_COUNT_HOLDS_EXPIRED,
	SB_COUNT_REPLAYS,
	SB_COUNT_BATCHES,
	SB_COUNT_BATCH_ITEMS,
	/* these at once */
	SB_COUNT_COMMITS,
	SB_COUNT_ROLLED_BACK,
	SB_COUNT_LOCK_TIME, /* microseconds */
	SB_COUNT_TELLER_TRANSACTIONS,
	SB_COUNT_TELLER_ITEMS,
	SB_COUNT_HANDED_BACK,
	SB_COUNT_IN_TRANSACTION,
	SB_COUNTERS
} SbCounter;

/* The first of those that count at once. */
#define SB_COUNT_AT_ONCE SB_COUNT_COMMITS

/* What is timed. */
typedef enum SbTimed
{
	SB_TIMED_TRANSFER,
	SB_TIMED_SUBMIT,
	SB_TIMED
} SbTimed;

/* Latencies by powers of two: bucket n has those below 2^n microseconds, the last one the rest. */
#define SB_LATENCY_BUCKETS 26

/* How many accounts the table of hot ones has room for. */
#define SB_HOT_ACCOUNTS 256

typedef struct SbCounts
{
	uint64 counters[SB_COUNTERS];
	uint64 refusals[SB_CODES];
	uint64 latencies[SB_TIMED][SB_LATENCY_BUCKETS];
	uint64 latency_sums[SB_TIMED]; /* microseconds */
} SbCounts;

typedef struct SbHotAccount
{
	int64 account_id; /* 0: nobody's */
	uint64 entries;
	uint64 wait; /* microseconds */
} SbHotAccount;

extern Size sb_counters_memory(void);
extern void sb_counters_request_lock(void);
extern void sb_counters_set_up(void);
extern void sb_counters_require(void);
extern void sb_count(SbCounter counter, uint64 n);
extern void sb_count_now(SbCounter counter, uint64 n);
extern void sb_count_refusal(SbCode code);
extern void sb_count_latency(SbTimed timed, instr_time began);
extern void sb_count_account(int64 account_id, uint64 entries, uint64 wait);
extern void sb_count_depth(uint32 depth);
extern bool sb_counters_sample(void);
extern TimestampTz sb_counts_read(SbCounts *sum);
extern uint32 sb_deepest_queue(void);
extern void sb_hot_accounts_read(SbHotAccount *hot);
extern void sb_counters_reset(void);

#endif /* SB_BASE_COUNTER_H */
