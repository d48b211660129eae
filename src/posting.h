/*
 * posting.h
 *	  The posting engine: requests in, answers or refusals out.
 */
#ifndef SB_POSTING_H
#define SB_POSTING_H

#include "utils/jsonb.h"

#include "idempotency.h"
#include "rules.h"

typedef struct SbPosting
{
	/* what is asked */
	const char *operation;
	int nlegs;
	SbLeg *legs;	   /* of a transfer: debit, then credit */
	bool is_journal;   /* may have any legs; else two, in one currency */
	bool names_both;   /* its record names its two entries; else those are numbered */
	int64 reverses;	   /* or 0 */
	int64 from_amount; /* of an exchange, or 0 */
	int64 to_amount;
	bool has_effective_at;
	TimestampTz effective_at;
	bool has_link; /* falls with its neighbours that have the same link */
	int32 link;
	text *key;		   /* or NULL */
	Jsonb *request;	   /* what the key stands for, if there is one */
	text *description; /* or NULL */
	Jsonb *metadata;   /* or NULL */

	/* what came of it */
	SbRefusal refusal;
	bool replayed;
	int64 transfer_id;
	TimestampTz posted_at;
	bool has_amount;
	int64 amount; /* sum of the credits */
	bool has_balances;
	int64 from_balance;
	int64 to_balance;

	int claim; /* index of its key among the engine's claims, or -1 */
} SbPosting;

extern int sb_post(SbPosting *postings, int count, bool atomic);
extern void sb_read_answer(SbPosting *posting);

/* Was it accepted just now? */
static inline bool
sb_is_posted(const SbPosting *posting)
{
	return posting->refusal.code == SB_OK && !posting->replayed;
}

#endif /* SB_POSTING_H */
