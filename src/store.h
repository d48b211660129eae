/*
 * store.h
 *	  Reads and writes of ledger rows.
 */
#ifndef SB_STORE_H
#define SB_STORE_H

#include "posting.h"
#include "rules.h"

extern int sb_store_lock_accounts(const int64 *ids, int count, SbAccount *accounts);
extern bool sb_store_read_account(int64 id, SbAccount *account);
extern void sb_store_write_postings(const SbPosting *postings, int count, const SbAccount *accounts,
									int naccounts);
extern int64 sb_store_next_id(const char *sequence);
extern void sb_store_event(const SbAccount *account, const char *event, text *reason, Jsonb *before,
						   Jsonb *after);

#endif /* SB_STORE_H */
