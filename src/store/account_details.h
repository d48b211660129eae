/*
 * account_details.h
 *	  What accounts are called, and whose they are: rows of
 *	  simplebank.account_codes, and columns of simplebank.accounts.
 */
#ifndef SB_STORE_ACCOUNT_DETAILS_H
#define SB_STORE_ACCOUNT_DETAILS_H

#include "utils/jsonb.h"

/* What may change of an account; what is not there is NULL. */
typedef struct SbAccountDetails
{
	int32 ledger_id;
	text *owner;
	text *name;
	Jsonb *metadata;
	text *code;
} SbAccountDetails;

extern bool sb_store_claim_code(int32 ledger_id, text *code, int64 account_id, int64 *other);
extern void sb_store_free_code(int32 ledger_id, text *code);
extern bool sb_store_find_code(int32 ledger_id, text *code, int64 *account_id);
extern void sb_store_read_details(int64 account_id, SbAccountDetails *details);
extern void sb_store_set_details(int64 account_id, const SbAccountDetails *details);
extern void sb_store_set_owner(const int64 *ids, int count, text *owner);

#endif /* SB_STORE_ACCOUNT_DETAILS_H */
