/*
 * hold.h
 *	  Rows of simplebank.holds.
 */
#ifndef SB_STORE_HOLD_H
#define SB_STORE_HOLD_H

#include "utils/jsonb.h"

#include "model/hold.h"
#include "model/ledger.h"

/* Bounds a statement's memory, and what a cancel waits for. */
#define SB_HOLDS_PER_STATEMENT 1000

/* A hold that is about to expire, or has. */
typedef struct SbDueHold
{
	int64 id;
	int64 account_id;
	int64 left; /* what it kept; known once it has expired */
} SbDueHold;

typedef struct SbDueHolds
{
	int count;
	SbDueHold holds[SB_HOLDS_PER_STATEMENT];
} SbDueHolds;

/* What a hold has answered to who has placed or released it. */
typedef struct SbHoldAnswer
{
	bool has_available;
	int64 available;
	bool has_expiry;
	TimestampTz expires_at;
} SbHoldAnswer;

extern bool sb_store_read_hold(int64 id, SbHold *hold);
extern bool sb_store_read_hold_answer(int64 id, const char *event, SbHoldAnswer *answer);
extern bool sb_store_shows_hold(int64 id, const char *owner);
extern void sb_store_insert_hold(const SbHold *hold, Jsonb *metadata, text *reference);
extern void sb_store_update_hold(const SbHold *hold, TimestampTz closed_at);
extern int64 sb_store_sum_due_holds(int64 account_id, TimestampTz now);
extern bool sb_store_find_hold_in_favour(int64 account_id, TimestampTz now, int64 *hold_id);
extern void sb_store_find_due_holds(int64 account_id, TimestampTz now, SbDueHolds *due);
extern void sb_store_lock_due_holds(TimestampTz now, const SbLedgers *ledgers, int max_holds,
									SbDueHolds *due);
extern void sb_store_expire_holds(SbDueHolds *due, TimestampTz now);

#endif /* SB_STORE_HOLD_H */
