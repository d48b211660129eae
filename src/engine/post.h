/*
 * posting.h
 *	  The posting engine: requests in, answers or refusals out.
 */
#ifndef SB_POSTING_H
#define SB_POSTING_H

#include "utils/jsonb.h"

#include "store/key.h"
#include "model/rules.h"

typedef enum SbHoldStep
{
	SB_PLACE_HOLD,
	SB_CAPTURE_HOLD,
	SB_RELEASE_HOLD
} SbHoldStep;

/* What a request does to a hold. */
typedef struct SbHoldChange
{
	SbHoldStep step;
	SbHold hold; /* to be placed; else its id, and the rest once that is decided */
	bool final;	 /* of a capture: releases what is left */

	/* what came of it: of its account */
	bool has_available;
	int64 available;
	Jsonb *before; /* for the account's history */
} SbHoldChange;

typedef struct SbPosting
{
	/* what is asked */
	const char *operation;
	int nlegs;
	SbLeg *legs;	   /* of a transfer or hold: debit, then credit */
	bool is_journal;   /* may have any legs; else two, in one currency */
	bool names_both;   /* its record names its two entries; else those are numbered */
	int64 reverses;	   /* or 0 */
	int64 from_amount; /* of an exchange, or 0 */
	int64 to_amount;
	bool sweeps; /* the amount is all that may be debited above this balance */
	int64 keep;
	SbHoldChange *change; /* or NULL; of a capture: the legs' amount 0 is all that is left */
	bool has_effective_at;
	TimestampTz effective_at;
	bool has_link; /* falls with its neighbours that have the same link */
	int32 link;
	text *key;		   /* or NULL */
	const char *role;  /* who asks, and whose key it is; NULL: the caller */
	Jsonb *request;	   /* what the key stands for, if there is one */
	text *description; /* or NULL */
	Jsonb *metadata;   /* or NULL */
	bool hides_debit;  /* the balance of the first leg's account is not to be told */
	bool hides_credit; /* nor the last one's */

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
extern void sb_hide_details(SbPosting *posting);

/* Was it accepted just now? */
static inline bool
sb_is_posted(const SbPosting *posting)
{
	return posting->refusal.code == SB_OK && !posting->replayed;
}

/* Does it write a transfer? */
static inline bool
sb_moves_money(const SbPosting *posting)
{
	return sb_is_posted(posting) &&
		(posting->change == NULL || posting->change->step == SB_CAPTURE_HOLD);
}

/* The hold that it is about, 0 for none. */
static inline int64
sb_hold_id(const SbPosting *posting)
{
	return posting->change ? posting->change->hold.id : 0;
}

#endif /* SB_POSTING_H */
