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
	SbLeg *legs;  /* of a transfer: debit, then credit */
	int64 amount; /* sum of the credits */
	bool has_effective_at;
	TimestampTz effective_at;
	text *key;		   /* or NULL */
	Jsonb *request;	   /* what the key stands for, if there is one */
	text *description; /* or NULL */
	Jsonb *metadata;   /* or NULL */

	/* what came of it; the legs have the balances */
	SbRefusal refusal;
	int64 transfer_id;
	TimestampTz posted_at;
	bool replayed;
} SbPosting;

extern void sb_post(SbPosting *postings, int count);

#endif /* SB_POSTING_H */
