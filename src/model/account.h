/*
 * account.h
 *	  An account as the ledger decides over it: a row of simplebank.accounts.
 */
#ifndef SB_MODEL_ACCOUNT_H
#define SB_MODEL_ACCOUNT_H

#include "datatype/timestamp.h"

/* longest currency code, as the CHECK on simplebank.currencies has it */
#define SB_CURRENCY_LENGTH 12

/* owner of the bank's own accounts, and of no other */
#define SB_BANK "simplebank"

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
	int64 id; /* MUST BE FIRST: see sb_compare_ids() */
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
	int32 ledger_id;
	char currency[SB_CURRENCY_LENGTH + 1];
	const char *owner; /* NULL: it was not asked for */

	int64 stored_version; /* as they were read */
	int64 stored_held;
	int64 net; /* scratch of who adds up debits, or the legs of a posting */
} SbAccount;

StaticAssertDecl(offsetof(SbAccount, id) == 0, "accounts are compared by their first member");

extern const char *sb_status_name(SbStatus status);
extern bool sb_status_parse(const char *name, SbStatus *status);
extern int sb_compare_ids(const void *a, const void *b);
extern TimestampTz sb_account_time(const SbAccount *account, TimestampTz now);

/* Does it differ from what was read? */
static inline bool
sb_account_has_changed(const SbAccount *account)
{
	return account->version != account->stored_version || account->held != account->stored_held;
}

#endif /* SB_MODEL_ACCOUNT_H */
