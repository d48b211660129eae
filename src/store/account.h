/*
 * account.h
 *	  Rows of simplebank.accounts.
 */
#ifndef SB_STORE_ACCOUNT_H
#define SB_STORE_ACCOUNT_H

#include "utils/jsonb.h"

#include "model/account.h"
#include "model/ledger.h"

/* A new account; what is not there is NULL. */
typedef struct SbNewAccount
{
	int64 id;
	text *owner;
	text *currency;
	text *kind;
	const int64 *min_balance;
	const int64 *max_balance;
	text *name;
	Jsonb *metadata;
	text *code;
	int32 ledger_id;
} SbNewAccount;

/* The ledger that an account is in. */
typedef struct SbAccountLedger
{
	int64 account_id; /* MUST BE FIRST: see sb_compare_ids() */
	int32 ledger_id;
} SbAccountLedger;

StaticAssertDecl(offsetof(SbAccountLedger, account_id) == 0, "it is found by its first member");

extern Oid sb_store_relation(const char *name);
extern int64 sb_store_next_id(const char *sequence);
extern int sb_store_lock_accounts(const int64 *ids, int count, SbAccount *accounts);
extern int sb_store_lock_owned_accounts(const int64 *ids, int count, SbAccount *accounts);
extern int sb_store_lock_free_accounts(const int64 *ids, int count, SbAccount *accounts);
extern int sb_store_find_own(const char *role, const SbLedgers *ledgers, const int64 *ids,
							 int count, int64 *own);
extern int sb_store_find_ledgers(const int64 *ids, int count, SbAccountLedger *accounts);
extern int sb_store_find_system(const int64 *ids, int count, int64 *system);
extern int sb_store_read_rows(const int64 *ids, int count, SbAccount *accounts);
extern bool sb_store_read_account(int64 id, SbAccount *account);
extern bool sb_store_read_row(int64 row_id, SbAccount *account);
extern Datum sb_store_account_row(int64 id);
extern int sb_store_read_accounts(int64 first, int64 last, SbAccount *accounts);
extern bool sb_store_read_balance(int64 id, SbAccount *account);
extern void sb_store_write_accounts(const SbAccount *accounts, int count);
extern void sb_store_insert_account(const SbNewAccount *account);
extern void sb_store_set_limits(int64 id, const int64 *min_balance, const int64 *max_balance);
extern void sb_store_set_status(const int64 *ids, int count, SbStatus status);

#endif /* SB_STORE_ACCOUNT_H */
