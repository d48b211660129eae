/*
 * store.h
 *	  Reads and writes of ledger rows.
 */
#ifndef SB_STORE_H
#define SB_STORE_H

#include "engine/post.h"
#include "model/rules.h"

/* What happened to an account besides postings. */
typedef struct SbEvent
{
	int64 account_id;
	const char *name;
	int64 version; /* of the account */
	int64 hold_id; /* or 0 */
	text *reason;  /* these may be NULL */
	Jsonb *before;
	Jsonb *after;
} SbEvent;

extern int sb_compare_ids(const void *a, const void *b);
extern int sb_store_lock_accounts(const int64 *ids, int count, SbAccount *accounts);
extern int sb_store_lock_free_accounts(const int64 *ids, int count, SbAccount *accounts);
extern int sb_store_find_own(const char *role, const int64 *ids, int count, int64 *own);
extern void sb_store_leave_queue(void);
extern bool sb_store_read_account(int64 id, SbAccount *account);
extern int sb_store_read_accounts(int64 first, int64 last, SbAccount *accounts);
extern void sb_store_write_postings(const SbPosting *postings, int count, const SbAccount *accounts,
									int naccounts);
extern Oid sb_store_relation(const char *name);
extern void sb_store_write_accounts(const SbAccount *accounts, int count);
extern void sb_store_event(const SbEvent *event);

#endif /* SB_STORE_H */
