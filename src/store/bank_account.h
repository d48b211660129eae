/*
 * bank_account.h
 *	  Rows of simplebank.accounts that are the bank's own, found by name.
 */
#ifndef SB_STORE_BANK_ACCOUNT_H
#define SB_STORE_BANK_ACCOUNT_H

/* One of the bank's own accounts, for another account. */
typedef struct SbBankAccount
{
	int64 id;		/* 0: it is not opened yet */
	text *currency; /* those of the other account */
	int32 ledger_id;
} SbBankAccount;

extern bool sb_store_find_bank_account(text *name, text *currency, int32 ledger_id, int64 *id);
extern bool sb_store_insert_bank_account(text *name, text *currency, int32 ledger_id,
										 const char *kind, int64 *id);
extern bool sb_store_find_bank_account_for(int64 account_id, const char *name,
										   SbBankAccount *found);

#endif /* SB_STORE_BANK_ACCOUNT_H */
