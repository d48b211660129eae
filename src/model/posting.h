/*
 * posting.h
 *	  A request to the ledger, and what comes of it.
 *
 * Whatever moves money or changes a hold is one of these: calls make it, the
 * engine takes it from open to one of the three other states, and calls tell
 * the caller what it says then.
 */
#ifndef SB_MODEL_POSTING_H
#define SB_MODEL_POSTING_H

#include "utils/jsonb.h"

#include "base/error.h"
#include "model/account.h"
#include "model/expect.h"
#include "model/hold.h"
#include "model/ledger.h"
#include "model/operation.h"

/* One entry to be: a debit (amount < 0) or a credit (amount > 0). */
typedef struct SbLeg
{
	int64 account_id;
	int64 amount;
	bool is_clearing;	/* may be of a clearing account */
	bool is_foreign;	/* its account is in no ledger of whoever asks: it is not there */
	int64 row_id;		/* the account's, or that of one of its stripes; 0: it can be of none */
	SbAccount *account; /* that row, locked; NULL: not found */

	/* set when the posting is applied */
	int64 version;
	int64 balance;
	TimestampTz last_posted_at; /* of the account, before */
} SbLeg;

/* What the amount of a pair of legs is. */
typedef enum SbAmountRule
{
	SB_AMOUNT_GIVEN,
	SB_AMOUNT_ABOVE, /* all that may be debited above a balance: keep */
	SB_AMOUNT_LEFT	 /* all that is left of the hold */
} SbAmountRule;

/* What is held of an account, and what a debit could take of it. */
typedef struct SbHeld
{
	int64 held;
	bool has_available;
	int64 available;
} SbHeld;

/* What a request does to a hold: its operation says what. */
typedef struct SbHoldChange
{
	SbHold hold; /* to be placed; else its id, and the rest once its account is locked */
	bool final;	 /* of a capture: releases what is left */
	SbHeld before;
	SbHeld after;
} SbHoldChange;

typedef enum SbState
{
	SB_OPEN,	 /* nothing is decided yet */
	SB_REFUSED,	 /* for the reason in refusal; it leaves no trace */
	SB_REPLAYED, /* its key was used for the same request: that one's answer stands */
	SB_ACCEPTED
} SbState;

typedef struct SbPosting
{
	/* what is asked */
	SbOperation operation;
	const char *role;		  /* who asks, and whose key it is */
	const char *gateway;	  /* or NULL: that acts for this customer */
	bool is_restricted;		  /* who asks has its own accounts only */
	const SbLedgers *ledgers; /* which that one has; NULL: all */
	int32 ledger_id;		  /* of its accounts, see engine/ledgers.c; 0: not known yet */
	int nlegs;
	SbLeg *legs; /* of two accounts: debit, then credit */
	SbAmountRule amount_rule;
	int64 keep;			  /* of SB_AMOUNT_ABOVE */
	SbHoldChange *change; /* NULL: of no hold */
	SbRefusal
		objection;	/* what it is refused for once its key is free and its accounts are there */
	int64 reverses; /* of a reversal or a refund: the transfer that it takes back, */
	SbOperation reversed;  /* what that was, */
	int64 reversed_amount; /* of how much, where it can be refunded, */
	bool is_reversed;	   /* whether it is reversed already, */
	int64 reversed_by;	   /* and by which transfer, */
	int64 refunded;		   /* and what was refunded of it */
	bool has_ends;		   /* its record has what the first leg debits and the last one credits */
	int64 from_amount;
	int64 to_amount;
	bool has_effective_at;
	TimestampTz effective_at;
	TimestampTz closed_until; /* it may not be effective before */
	bool has_link;			  /* falls with its neighbours that have the same link */
	int32 link;
	text *key;				/* or NULL */
	Jsonb *request;			/* what the key stands for, if there is one */
	text *description;		/* or NULL */
	Jsonb *metadata;		/* or NULL */
	text *reference;		/* or NULL: the business's own name of the transfer or the hold */
	const SbExpect *expect; /* or NULL: nothing */
	bool hides_debit;		/* the balance of the first leg's account is not to be told */
	bool hides_credit;		/* nor the last one's */

	/* what came of it */
	SbState state;
	SbRefusal refusal;
	int64 transfer_id;
	TimestampTz posted_at;
	bool has_amount;
	int64 amount; /* sum of the credits */
	bool has_balances;
	int64 from_balance;
	int64 to_balance;

	int claim;			 /* index of its key among the engine's claims, or -1 */
	int reference_claim; /* likewise of its reference */
} SbPosting;

extern void sb_refuse(SbPosting *posting, const SbRefusal *refusal);
extern bool sb_check_amount(SbPosting *posting, int64 amount);
extern bool sb_check_accounts(SbPosting *posting, int64 from_account, int64 to_account);
extern bool sb_set_two(SbPosting *posting, int64 from_account, int64 to_account, int64 amount);
extern void sb_set_accounts(SbPosting *posting, int64 from_account, int64 to_account);
extern bool sb_check_legs(SbPosting *posting);
extern void sb_hide_details(SbPosting *posting);

/* Does it write a transfer, if it is accepted? */
static inline bool
sb_moves_money(const SbPosting *posting)
{
	return sb_operation_traits(posting->operation)->moves_money;
}

/* Has it made a transfer just now? */
static inline bool
sb_has_posted(const SbPosting *posting)
{
	return posting->state == SB_ACCEPTED && sb_moves_money(posting);
}

/* Is the leg's row but a part of its account?  Then its balance and version are not that one's. */
static inline bool
sb_is_part(const SbLeg *leg)
{
	return leg->account->stripes > 0 || leg->row_id != leg->account_id;
}

/* Its record names its two entries; else those are numbered. */
static inline bool
sb_names_both(const SbPosting *posting)
{
	return posting->nlegs == 2 && posting->legs[0].account_id != posting->legs[1].account_id;
}

/* Its first and its last leg answer their balances. */
static inline bool
sb_answers_balances(const SbPosting *posting)
{
	return sb_names_both(posting) || posting->has_ends;
}

/* The hold that it is about, 0 for none. */
static inline int64
sb_hold_id(const SbPosting *posting)
{
	return posting->change ? posting->change->hold.id : 0;
}

#endif /* SB_MODEL_POSTING_H */
