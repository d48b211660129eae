/*
 * posting.c
 *	  A request to the ledger: how it is made, and what can be said of it
 *	  before anything is read.
 */
#include "postgres.h"

#include "model/posting.h"

/*
 * The first reason is the reason.
 */
void
sb_refuse(SbPosting *posting, const SbRefusal *refusal)
{
	Assert(posting->state == SB_OPEN && refusal->code != SB_OK);
	posting->state = SB_REFUSED;
	posting->refusal = *refusal;
}

/*
 * The one check of an amount that is asked for.  False where the request is
 * refused.
 */
bool
sb_check_amount(SbPosting *posting, int64 amount)
{
	if (amount > 0)
		return true;
	sb_refuse(posting, &(SbRefusal){.code = SB_INVALID_AMOUNT, .have = amount});
	return false;
}

/* The one check that two accounts are two. */
bool
sb_check_accounts(SbPosting *posting, int64 from_account, int64 to_account)
{
	if (from_account != to_account)
		return true;
	sb_refuse(posting, &(SbRefusal){.code = SB_SAME_ACCOUNT, .account_id = from_account});
	return false;
}

/*
 * Checks a request of an amount and two accounts, and makes its legs;
 * posting->legs has room for them.
 */
bool
sb_set_two(SbPosting *posting, int64 from_account, int64 to_account, int64 amount)
{
	if (!sb_check_amount(posting, amount) || !sb_check_accounts(posting, from_account, to_account))
		return false;
	sb_set_accounts(posting, from_account, to_account);
	posting->legs[0].amount = -amount;
	posting->legs[1].amount = amount;
	return true;
}

/*
 * Makes the two legs of an amount that is settled when it is decided.
 */
void
sb_set_accounts(SbPosting *posting, int64 from_account, int64 to_account)
{
	posting->nlegs = 2;
	posting->legs[0] = (SbLeg){.account_id = from_account};
	posting->legs[1] = (SbLeg){.account_id = to_account};
}

/*
 * The one check of a request of any legs: each has an amount, and one that has
 * an opposite.  False where it is refused.
 */
bool
sb_check_legs(SbPosting *posting)
{
	for (int i = 0; i < posting->nlegs; i++)
	{
		const SbLeg *leg = &posting->legs[i];

		if (leg->amount != 0 && leg->amount != PG_INT64_MIN)
			continue;
		sb_refuse(posting,
				  &(SbRefusal){.code = leg->amount == 0 ? SB_INVALID_AMOUNT : SB_OUT_OF_RANGE,
							   .account_id = leg->account_id});
		return false;
	}
	return true;
}

/*
 * A refusal tells nothing of an account that is not the caller's to see.
 */
void
sb_hide_details(SbPosting *posting)
{
	SbRefusal *refusal = &posting->refusal;
	const SbLeg *legs = posting->legs;

	switch (refusal->code)
	{
		case SB_CURRENCY_MISMATCH:
		case SB_LEDGER_MISMATCH:
			refusal->hidden = posting->hides_debit || posting->hides_credit;
			break;
		case SB_INSUFFICIENT_FUNDS:
		case SB_BALANCE_LIMIT_EXCEEDED:
		case SB_ACCOUNT_NOT_ACTIVE:
		case SB_OUT_OF_RANGE:
		case SB_PRECONDITION_FAILED:
			refusal->hidden = (posting->hides_debit && refusal->account_id == legs[0].account_id) ||
				(posting->hides_credit &&
				 refusal->account_id == legs[posting->nlegs - 1].account_id);
			break;
		default:
			break;
	}
}
