/*
 * account.h
 *	  Accounts: opening, settings, the bank's own ones.
 */
#ifndef SB_CALLS_ACCOUNT_H
#define SB_CALLS_ACCOUNT_H

#include "calls/door.h"

extern bool sb_is_hidden(const SbScope *scope, int64 account_id);
extern void sb_require_own(const SbScope *scope, int64 account_id);
extern int64 sb_bank_account(const char *name, int64 account_id);
extern void sb_bank_accounts(const char *name, const int64 account_ids[2], int64 ids[2]);

#endif /* SB_CALLS_ACCOUNT_H */
