/*
 * decide.c
 *	  The decision over one request, in memory.
 *
 * THE ORDER OF ALL CHECKS is part of the contract: where several reasons
 * apply, the first one in this list is the answer.  test/sql/order.sql asks
 * for each with all that come after it.
 *
 *	 0. EXECUTE, by PostgreSQL:		42501
 *	 1. arguments, by the call:		22004 NULL, 22023 value
 *	 2. the caller, by the door:	42501, 25006; then the clock: SB902
 *	 3. the request by itself:		SB007 amount, SB006 accounts (22003 of a leg)
 *	 4. what the caller may ask:	42501 effective_at, SB003 account not its own, or
 *									any, to who has no ledger
 *	    what it is about:			SB101 hold, SB201 and SB204 transfer; of an exchange, a
 *									deposit and a withdrawal SB003, of an exchange 22023
 *	    where it asks:				SB014
 *	 5. the key:					SB301, or the first answer; then the reference: SB302
 *	 6. the day:					SB203
 *	 7. what it takes back:			SB202, SB206
 *	 8. its hold:					SB102, SB103, SB104; of a new one 22023 expires_at
 *	 9. its accounts:				SB003; of several ledgers SB011
 *	10. its objection:				SB606 (a payment between no members)
 *	11. their status:				SB004
 *	12. their currencies:			SB005; of a journal SB008, 22003
 *	13. what it expects of them:	22023 of one with stripes, SB012
 *	14. debits, then credits:		SB001, SB002
 *	15. the range of bigint:		22003
 *	16. the amount of a sweep:		SB007
 *
 * 1 and 2 are src/calls, 3 is sb_set_two() and sb_check_legs(), 4 is
 * src/calls, 5 is src/engine/keys.c and references.c, 6 to 8 and 16 are here, the rest is
 * sb_rules_decide().  After the decision has been yes, applying it cannot
 * fail.
 */
#include "postgres.h"

#include "base/amount.h"
#include "model/decide.h"
#include "model/rules.h"

static bool check_day(SbPosting *posting);
static bool check_original(SbPosting *posting);
static bool decide_legs(SbPosting *posting);
static bool decide_sweep(SbPosting *posting);
static bool decide_placing(SbPosting *posting, const SbMoment *moment);
static bool decide_open_hold(SbPosting *posting, const SbMoment *moment);
static void apply(SbPosting *posting, TimestampTz now);
static void apply_legs(SbPosting *posting, TimestampTz now);

/*
 * Takes an open request to accepted or refused.  Its legs are bound to locked
 * accounts, which show its effect, and that of those before it, if accepted.
 */
void
sb_decide(SbPosting *posting, const SbMoment *moment)
{
	bool accepted = check_day(posting) && check_original(posting);

	Assert(posting->state == SB_OPEN);
	if (!accepted)
		;
	else if (posting->operation == SB_PLACE_HOLD)
		accepted = decide_placing(posting, moment);
	else if (posting->change)
		accepted = decide_open_hold(posting, moment);
	else if (posting->amount_rule == SB_AMOUNT_ABOVE)
		accepted = decide_sweep(posting);
	else
		accepted = decide_legs(posting);

	Assert(accepted == (posting->refusal.code == SB_OK));
	posting->state = accepted ? SB_ACCEPTED : SB_REFUSED;
	if (accepted)
		apply(posting, moment->now);
}

static bool
check_day(SbPosting *posting)
{
	if (!posting->has_effective_at || posting->effective_at >= posting->closed_until)
		return true;
	posting->refusal = (SbRefusal){.code = SB_DAY_CLOSED, .have = posting->closed_until};
	return false;
}

/*
 * A reversal takes back all, refunds a part each, and no more than all
 * together.  What others have taken back was read when they could not go on.
 */
static bool
check_original(SbPosting *posting)
{
	bool is_refund = posting->operation == SB_REFUND;
	int64 left = posting->is_reversed ? 0 : posting->reversed_amount - posting->refunded;
	int64 needed = is_refund ? posting->legs[posting->nlegs - 1].amount : posting->reversed_amount;

	if (posting->reverses == 0)
		return true;
	if (posting->is_reversed && !is_refund)
		posting->refusal = (SbRefusal){.code = SB_ALREADY_REVERSED,
									   .account_id = posting->reverses,
									   .have = posting->reversed_by};
	else if (is_refund ? needed > left : posting->refunded > 0)
		posting->refusal = (SbRefusal){.code = SB_REFUND_EXCEEDED,
									   .account_id = posting->reverses,
									   .have = left,
									   .need = needed};
	return posting->refusal.code == SB_OK;
}

static bool
decide_legs(SbPosting *posting)
{
	const SbLeg *legs = posting->legs;

	if (!sb_rules_decide(posting->legs, posting->nlegs,
						 sb_operation_traits(posting->operation)->is_journal, &posting->objection,
						 posting->expect, &posting->refusal))
		return false;
	/* its ledger was told before the lock: another one was made meanwhile */
	if (legs[0].account->ledger_id == posting->ledger_id)
		return true;
	posting->refusal = (SbRefusal){.code = SB_LEDGER_MISMATCH, .account_id = legs[0].account_id};
	return false;
}

/*
 * Settles the amount.  Where there is nothing to sweep it is 0, and refused
 * for that.
 */
static bool
decide_sweep(SbPosting *posting)
{
	SbLeg *legs = posting->legs;
	const SbAccount *account = legs[0].account;

	legs[1].amount = account ? sb_rules_sweep(account, posting->keep) : 0;
	legs[0].amount = -legs[1].amount;
	if (!decide_legs(posting))
		return false;
	if (legs[1].amount > 0)
		return true;
	posting->refusal = (SbRefusal){.code = SB_INVALID_AMOUNT, .have = 0};
	return false;
}

static bool
decide_placing(SbPosting *posting, const SbMoment *moment)
{
	SbHoldChange *change = posting->change;
	SbAccount *account = posting->legs[0].account;

	if (!sb_hold_expiry(&change->hold, sb_account_time(account, moment->now), &posting->refusal) ||
		!decide_legs(posting))
		return false;
	change->before = sb_held_of(account);
	return sb_hold_place(account, &change->hold, &posting->refusal);
}

/*
 * Captures or releases a hold, which has been read with its account locked.
 */
static bool
decide_open_hold(SbPosting *posting, const SbMoment *moment)
{
	bool captures = posting->operation == SB_CAPTURE_HOLD;
	SbLeg *legs = posting->legs;
	SbAccount *account = legs[0].account;
	SbHoldChange *change = posting->change;
	SbHold *hold = &change->hold;
	int64 freed = sb_hold_left(hold);

	if (!sb_hold_is_open(hold, sb_account_time(account, moment->now), &posting->refusal))
		return false;
	change->before = sb_held_of(account);
	if (!captures)
		hold->status = SB_HOLD_STATUS_RELEASED;
	else
	{
		if (posting->amount_rule == SB_AMOUNT_LEFT)
			legs[1].amount = freed;
		legs[0].amount = -legs[1].amount;
		if (!sb_hold_capture(hold, legs[1].amount, change->final, &posting->refusal))
			return false;
	}
	freed -= sb_hold_left(hold);

	if (freed < 0 || freed > account->held)
		elog(ERROR, "hold " INT64_FORMAT " keeps more than its account holds", hold->id);
	account->held -= freed;
	if (!captures || decide_legs(posting))
		return true;
	account->held += freed;
	return false;
}

static void
apply(SbPosting *posting, TimestampTz now)
{
	const SbAccount *account = posting->legs[0].account;

	if (sb_moves_money(posting))
		apply_legs(posting, now);
	else
		posting->posted_at = sb_account_time(account, now);
	if (posting->change)
		posting->change->after = sb_held_of(account);
}

static void
apply_legs(SbPosting *posting, TimestampTz now)
{
	const SbLeg *legs = posting->legs;

	posting->posted_at = sb_rules_apply(posting->legs, posting->nlegs, now);
	posting->has_amount = sb_rules_sum_credits(legs, posting->nlegs, &posting->amount);
	posting->has_balances = sb_answers_balances(posting);
	posting->from_balance = legs[0].balance;
	posting->to_balance = legs[posting->nlegs - 1].balance;
	posting->hides_debit |= sb_is_part(&legs[0]);
	posting->hides_credit |= sb_is_part(&legs[posting->nlegs - 1]);
}

/*
 * Takes an accepted request back, the last one that was applied; it falls with
 * its neighbours.
 */
void
sb_take_back(SbPosting *posting)
{
	Assert(posting->state == SB_ACCEPTED && posting->change == NULL);
	sb_rules_undo(posting->legs, posting->nlegs);
}

SbHeld
sb_held_of(const SbAccount *account)
{
	return (SbHeld){.held = account->held,
					.has_available = account->has_min,
					.available = sb_spare(account->balance, account->held, account->min_balance)};
}

/*
 * Could debits of so much be refused for what is held?
 */
bool
sb_may_need_holds(const SbAccount *account, int64 debits)
{
	return account->held > 0 && account->has_min &&
		sb_spare(account->balance, account->held, account->min_balance) < debits;
}
