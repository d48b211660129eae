/*
 * accounts.h
 *	  The accounts of the requests of one call.
 */
#ifndef SB_ENGINE_ACCOUNTS_H
#define SB_ENGINE_ACCOUNTS_H

#include "model/posting.h"

/* A call's accounts, ascending by id. */
typedef struct SbAccounts
{
	SbAccount *rows;
	int count;
} SbAccounts;

extern void sb_accounts_spare_bank(SbPosting *postings, int count);
extern SbAccounts sb_accounts_lock(SbPosting *postings, int count);
extern SbAccounts sb_accounts_read(SbPosting *postings, int count);

#endif /* SB_ENGINE_ACCOUNTS_H */
