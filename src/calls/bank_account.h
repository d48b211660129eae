/*
 * bank_account.h
 *	  The bank's own accounts, each opened at its first use.
 */
#ifndef SB_CALLS_BANK_ACCOUNT_H
#define SB_CALLS_BANK_ACCOUNT_H

#include "calls/door.h"
#include "model/account.h"

extern bool sb_bank_account(const SbScope *scope, const char *name, int64 account_id, int64 *id);
extern bool sb_find_bank_account(const SbScope *scope, const char *name, int64 account_id,
								 int64 *id, SbAccount *unopened);
extern void sb_bank_accounts(const SbScope *scope, const char *name, const int64 account_ids[2],
							 int64 ids[2]);
extern int64 sb_named_bank_account(text *name, text *currency, int32 ledger_id);

#endif /* SB_CALLS_BANK_ACCOUNT_H */
