/*
 * rules.h
 *	  What a posting is and whether it may be: decisions over accounts in
 *	  memory, without SPI, catalog or clock.
 */
#ifndef SB_RULES_H
#define SB_RULES_H

#include "datatype/timestamp.h"

#include "base/error.h"

/* longest currency code, as the CHECK on simplebank.currencies has it */
#define SB_CURRENCY_LENGTH 12

typedef enum SbStatus
{
	SB_STATUS_ACTIVE,
	SB_STATUS_DEBIT_BLOCKED,
	SB_STATUS_CREDIT_BLOCKED,
	SB_STATUS_FROZEN,
	SB_STATUS_CLOSED
} SbStatus;

typedef struct SbAccount
{
	int64 id;
	int64 balance;
	int64 held;
	int64 version;
	TimestampTz updated_at;
	bool has_min;
	bool has_max;
	int64 min_balance;
	int64 max_balance;
	SbStatus status;
	bool is_system;
	int32 stripes; /* 0: it has never had any */
	char currency[SB_CURRENCY_LENGTH + 1];

	int64 stored_version; /* as they were read */
	int64 stored_held;
	int64 net; /* of the posting at hand: scratch of sb_rules_decide */
} SbAccount;

/* One entry to be: a debit (amount < 0) or a credit (amount > 0). */
typedef struct SbLeg
{
	int64 account_id;
	int64 amount;
	bool is_clearing;	/* may be of a clearing account */
	int64 row_id;		/* the account's, or that of one of its stripes; 0: none */
	SbAccount *account; /* that row; NULL: not found */

	/* set when the posting is applied */
	int64 version;
	int64 balance;
	TimestampTz last_posted_at; /* of the account, before */
} SbLeg;

typedef enum SbHoldStatus
{
	SB_HOLD_STATUS_OPEN,
	SB_HOLD_STATUS_CAPTURED,
	SB_HOLD_STATUS_RELEASED,
	SB_HOLD_STATUS_EXPIRED
} SbHoldStatus;

/* Money of one account that is kept for another. */
typedef struct SbHold
{
	int64 id;
	int64 from_account;
	int64 to_account;
	int64 amount;
	int64 captured; /* of the amount, so far */
	bool has_expiry;
	TimestampTz expires_at;
	SbHoldStatus status;
	text *description; /* or NULL */
} SbHold;

extern const char *sb_status_name(SbStatus status);
extern bool sb_status_parse(const char *name, SbStatus *status);

extern bool sb_rules_amount(int64 amount, SbRefusal *refusal);
extern bool sb_rules_leg(const SbLeg *leg, SbRefusal *refusal);
extern bool sb_rules_two_accounts(int64 from_account, int64 to_account, SbRefusal *refusal);
extern int64 sb_rules_sweep(const SbAccount *account, int64 keep);
extern bool sb_rules_decide(SbLeg *legs, int nlegs, bool is_journal, SbRefusal *refusal);
extern bool sb_rules_sum_credits(const SbLeg *legs, int nlegs, int64 *amount);
extern TimestampTz sb_rules_apply(SbLeg *legs, int nlegs, TimestampTz now);
extern void sb_rules_undo(SbLeg *legs, int nlegs);
extern const char *sb_hold_status_name(SbHoldStatus status);
extern bool sb_hold_status_parse(const char *name, SbHoldStatus *status);
extern int64 sb_hold_left(const SbHold *hold);
extern bool sb_rules_expiry(const SbHold *hold, TimestampTz now, SbRefusal *refusal);
extern bool sb_rules_place(SbAccount *account, const SbHold *hold, SbRefusal *refusal);
extern bool sb_rules_open(const SbHold *hold, TimestampTz now, SbRefusal *refusal);
extern bool sb_rules_capture(SbHold *hold, int64 amount, bool final, SbRefusal *refusal);
extern bool sb_rules_empty(const SbAccount *account, SbRefusal *refusal);

#endif /* SB_RULES_H */
