/*
 * day.h
 *	  Closed days: what may no longer be posted into, and what was then.
 */
#ifndef SB_STORE_DAY_H
#define SB_STORE_DAY_H

#include "datatype/timestamp.h"
#include "utils/numeric.h"

/* An account at the end of a closed day, by both bases. */
typedef struct SbClosedBalance
{
	TimestampTz ends_at;
	int64 balance;
	Numeric value_balance; /* it may be beyond int64 */
} SbClosedBalance;

extern void sb_days_lock(void);
extern void sb_days_announce_posting(void);
extern TimestampTz sb_days_last_end(void);
extern TimestampTz sb_days_closed_until(int32 ledger_id);
extern void sb_days_await_postings(void);
extern void sb_days_lock_for_closing(void);
extern bool sb_store_read_closed_balance(int64 account_id, TimestampTz at, SbClosedBalance *closed);
extern Numeric sb_add_since(int64 account_id, const SbClosedBalance *closed, TimestampTz at,
							int64 balance);

#endif /* SB_STORE_DAY_H */
