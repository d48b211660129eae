/*
 * stats.h
 *	  What the ledger counts, in shared memory.
 */
#ifndef SB_STATS_H
#define SB_STATS_H

#include "portability/instr_time.h"

#include "base/error.h"

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

extern Size sb_stats_memory(void);
extern void sb_stats_request_lock(void);
extern void sb_stats_set_up(void);
extern void sb_stats_require(void);
extern void sb_count(SbCounter counter, uint64 n);
extern void sb_count_now(SbCounter counter, uint64 n);
extern void sb_count_refusal(SbCode code);
extern void sb_count_latency(SbTimed timed, instr_time began);
extern void sb_count_account(int64 account_id, uint64 entries, uint64 wait);
extern void sb_count_depth(uint32 depth);
extern bool sb_stats_samples(void);

#endif /* SB_STATS_H */
