/*
 * account.h
 *	  Accounts: opening, settings, the bank's own ones.
 */
#ifndef SB_ACCOUNT_H
#define SB_ACCOUNT_H

extern int64 sb_system_account(text *name, text *currency);
extern int64 sb_bank_account(const char *name, int64 account_id);

#endif /* SB_ACCOUNT_H */
