/*
 * rules.c
 *	  What a posting is and whether it may be: decisions over accounts in
 *	  memory, without SPI, catalog or clock.
 *
 * The order of the checks is part of the contract: where several reasons
 * apply, the first one here is the answer.  After sb_rules_decide() has
 * said yes, sb_rules_apply() cannot fail.
 */
#include "postgres.h"

#include "base/amount.h"
#include "model/rules.h"

#ifndef HAVE_INT128
#error "simplebank needs a compiler with 128-bit integers"
#endif

static const char *const status_names[] = {
	[SB_STATUS_ACTIVE] = "active",
	[SB_STATUS_DEBIT_BLOCKED] = "debit_blocked",
	[SB_STATUS_CREDIT_BLOCKED] = "credit_blocked",
	[SB_STATUS_FROZEN] = "frozen",
	[SB_STATUS_CLOSED] = "closed",
};

static const char *const hold_status_names[] = {
	[SB_HOLD_STATUS_OPEN] = "open",
	[SB_HOLD_STATUS_CAPTURED] = "captured",
	[SB_HOLD_STATUS_RELEASED] = "released",
	[SB_HOLD_STATUS_EXPIRED] = "expired",
};

static bool find_name(const char *const *names, int count, const char *name, int *found);
static bool check_found(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_status(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_currency(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_sums(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static int first_leg_of(const SbLeg *legs, const char *currency);
static bool add_net(SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_limits(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_range(const SbLeg *legs, int nlegs, SbRefusal *refusal);

const char *
sb_status_name(SbStatus status)
{
	return status_names[status];
}

bool
sb_status_parse(const char *name, SbStatus *status)
{
	int found;

	if (!find_name(status_names, lengthof(status_names), name, &found))
		return false;
	*status = (SbStatus) found;
	return true;
}

const char *
sb_hold_status_name(SbHoldStatus status)
{
	return hold_status_names[status];
}

bool
sb_hold_status_parse(const char *name, SbHoldStatus *status)
{
	int found;

	if (!find_name(hold_status_names, lengthof(hold_status_names), name, &found))
		return false;
	*status = (SbHoldStatus) found;
	return true;
}

static bool
find_name(const char *const *names, int count, const char *name, int *found)
{
	for (*found = 0; *found < count; (*found)++)
	{
		if (strcmp(name, names[*found]) == 0)
			return true;
	}
	return false;
}

bool
sb_rules_amount(int64 amount, SbRefusal *refusal)
{
	if (amount > 0)
		return true;
	*refusal = (SbRefusal){.code = SB_INVALID_AMOUNT, .have = amount};
	return false;
}

/*
 * A leg has an amount, and one that has an opposite.
 */
bool
sb_rules_leg(const SbLeg *leg, SbRefusal *refusal)
{
	if (leg->amount != 0 && leg->amount != PG_INT64_MIN)
		return true;
	*refusal = (SbRefusal){.code = leg->amount == 0 ? SB_INVALID_AMOUNT : SB_OUT_OF_RANGE,
						   .account_id = leg->account_id};
	return false;
}

bool
sb_rules_two_accounts(int64 from_account, int64 to_account, SbRefusal *refusal)
{
	if (from_account != to_account)
		return true;
	*refusal = (SbRefusal){.code = SB_SAME_ACCOUNT, .account_id = from_account};
	return false;
}

/*
 * May these legs be posted together?  Each check goes over all legs, in
 * their order (a transfer's debit comes first), before the next one.
 */
bool
sb_rules_decide(SbLeg *legs, int nlegs, bool is_journal, SbRefusal *refusal)
{
	return check_found(legs, nlegs, refusal) && check_status(legs, nlegs, refusal) &&
		(is_journal ? check_sums(legs, nlegs, refusal) : check_currency(legs, nlegs, refusal)) &&
		add_net(legs, nlegs, refusal) && check_limits(legs, nlegs, refusal) &&
		check_range(legs, nlegs, refusal);
}

/*
 * What may be debited so that the balance, less what is held, stays at keep.
 */
int64
sb_rules_sweep(const SbAccount *account, int64 keep)
{
	int64 least = account->has_min ? Max(keep, account->min_balance) : keep;

	return Max(sb_spare(account->balance, account->held, least), 0);
}

/*
 * Changes the accounts in memory and gives each leg the version and running
 * balance of its entry.  Answers the time of posting: now, or the latest
 * posting of any of the accounts where the clock has gone back behind it.
 */
TimestampTz
sb_rules_apply(SbLeg *legs, int nlegs, TimestampTz now)
{
	TimestampTz posted_at = now;

	for (int i = 0; i < nlegs; i++)
		posted_at = Max(posted_at, legs[i].account->updated_at);

	for (int i = 0; i < nlegs; i++)
	{
		SbAccount *account = legs[i].account;

		if (!sb_add(account->balance, legs[i].amount, &account->balance))
			pg_unreachable(); /* check_range() has seen this balance */
		account->version++;
		legs[i].last_posted_at = account->updated_at;
		account->updated_at = posted_at;
		legs[i].version = account->version;
		legs[i].balance = account->balance;
	}
	return posted_at;
}

/*
 * Takes back the last sb_rules_apply().
 */
void
sb_rules_undo(SbLeg *legs, int nlegs)
{
	for (int i = nlegs - 1; i >= 0; i--)
	{
		if (!sb_subtract(legs[i].account->balance, legs[i].amount, &legs[i].account->balance))
			pg_unreachable(); /* it had this value before */
		legs[i].account->version--;
		legs[i].account->updated_at = legs[i].last_posted_at;
	}
}

/*
 * What a hold keeps.
 */
int64
sb_hold_left(const SbHold *hold)
{
	return hold->status == SB_HOLD_STATUS_OPEN ? hold->amount - hold->captured : 0;
}

/*
 * A hold is placed for some time to come.
 */
bool
sb_rules_expiry(const SbHold *hold, TimestampTz now, SbRefusal *refusal)
{
	if (!hold->has_expiry || hold->expires_at > now)
		return true;
	*refusal = (SbRefusal){
		.code = SB_INVALID_ARGUMENT, .what = "expires_at", .other = "It is in the future."};
	return false;
}

/*
 * After sb_rules_decide() has said that its amount may be debited: keeps it.
 */
bool
sb_rules_place(SbAccount *account, const SbHold *hold, SbRefusal *refusal)
{
	int64 held;

	if (!sb_add(account->held, hold->amount, &held))
	{
		*refusal = (SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = account->id};
		return false;
	}
	account->held = held;
	return true;
}

/*
 * May the hold still be captured or released?  One past its time answers
 * alike whether anybody has expired it yet or not.
 */
bool
sb_rules_open(const SbHold *hold, TimestampTz now, SbRefusal *refusal)
{
	bool is_open = hold->status == SB_HOLD_STATUS_OPEN;

	if (is_open && (!hold->has_expiry || hold->expires_at > now))
		return true;
	if (is_open || hold->status == SB_HOLD_STATUS_EXPIRED)
		*refusal =
			(SbRefusal){.code = SB_HOLD_EXPIRED, .account_id = hold->id, .have = hold->expires_at};
	else
		*refusal = (SbRefusal){.code = SB_HOLD_NOT_OPEN,
							   .account_id = hold->id,
							   .what = hold_status_names[hold->status]};
	return false;
}

/*
 * Captures from an open hold; what is left is released where final.
 */
bool
sb_rules_capture(SbHold *hold, int64 amount, bool final, SbRefusal *refusal)
{
	int64 left = sb_hold_left(hold);

	if (amount > left)
	{
		*refusal = (SbRefusal){
			.code = SB_HOLD_AMOUNT_EXCEEDED, .account_id = hold->id, .have = left, .need = amount};
		return false;
	}
	hold->captured += amount; /* at most the hold's amount */
	if (final || amount == left)
		hold->status = SB_HOLD_STATUS_CAPTURED;
	return true;
}

/*
 * An account that is closed has no money and promises none.
 */
bool
sb_rules_empty(const SbAccount *account, SbRefusal *refusal)
{
	if (account->balance == 0 && account->held == 0)
		return true;
	*refusal = (SbRefusal){.code = SB_ACCOUNT_NOT_EMPTY,
						   .account_id = account->id,
						   .have = account->balance,
						   .need = account->held};
	return false;
}

static bool
check_found(const SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 0; i < nlegs; i++)
	{
		if (legs[i].account == NULL && !legs[i].is_clearing)
		{
			*refusal = (SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = legs[i].account_id};
			return false;
		}
	}
	for (int i = 0; i < nlegs; i++)
	{
		if (legs[i].account == NULL)
		{
			*refusal = (SbRefusal){.code = SB_NOT_A_MEMBER};
			return false;
		}
	}
	return true;
}

static bool
check_status(const SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 0; i < nlegs; i++)
	{
		SbStatus status = legs[i].account->status;
		SbStatus blocked = legs[i].amount < 0 ? SB_STATUS_DEBIT_BLOCKED : SB_STATUS_CREDIT_BLOCKED;

		if (legs[i].is_clearing && legs[i].account->is_system && status == SB_STATUS_FROZEN)
			continue; /* it is frozen for all but clearing */
		if (status == blocked || status == SB_STATUS_FROZEN || status == SB_STATUS_CLOSED)
		{
			*refusal = (SbRefusal){.code = SB_ACCOUNT_NOT_ACTIVE,
								   .account_id = legs[i].account_id,
								   .what = status_names[status]};
			return false;
		}
	}
	return true;
}

static bool
check_currency(const SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 1; i < nlegs; i++)
	{
		if (strcmp(legs[0].account->currency, legs[i].account->currency) != 0)
		{
			*refusal = (SbRefusal){.code = SB_CURRENCY_MISMATCH,
								   .account_id = legs[0].account_id,
								   .what = legs[0].account->currency,
								   .other = legs[i].account->currency};
			return false;
		}
	}
	return true;
}

/*
 * A journal sums to zero in each of its currencies.  Its legs are too few
 * for their sum to leave int128.
 */
static bool
check_sums(const SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 0; i < nlegs; i++)
	{
		const char *currency = legs[i].account->currency;
		int128 sum = 0;
		int128 credits = 0;

		if (first_leg_of(legs, currency) < i)
			continue;
		for (int j = i; j < nlegs; j++)
		{
			if (strcmp(legs[j].account->currency, currency) != 0)
				continue;
			sum += legs[j].amount;
			credits += Max(legs[j].amount, 0);
		}
		if (sum != 0)
		{
			*refusal = (SbRefusal){.code = SB_UNBALANCED_JOURNAL,
								   .what = currency,
								   .have = sum > 0 ? (int64) Min(sum, PG_INT64_MAX)
												   : (int64) Max(sum, PG_INT64_MIN)};
			return false;
		}
		if (credits > PG_INT64_MAX)
		{
			*refusal = (SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = legs[i].account_id};
			return false;
		}
	}
	return true;
}

static int
first_leg_of(const SbLeg *legs, const char *currency)
{
	int i = 0;

	while (strcmp(legs[i].account->currency, currency) != 0)
		i++;
	return i;
}

/*
 * The sum of the credits of legs that may be posted; false where they have
 * several currencies.
 */
bool
sb_rules_sum_credits(const SbLeg *legs, int nlegs, int64 *amount)
{
	*amount = 0;
	for (int i = 0; i < nlegs; i++)
	{
		if (strcmp(legs[i].account->currency, legs[0].account->currency) != 0)
			return false;
		*amount += Max(legs[i].amount, 0);
	}
	return true;
}

/*
 * Sums the legs up per account.
 */
static bool
add_net(SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 0; i < nlegs; i++)
		legs[i].account->net = 0;
	for (int i = 0; i < nlegs; i++)
	{
		SbAccount *account = legs[i].account;

		/* the smallest bigint is no amount: it has no opposite */
		if (!sb_add(account->net, legs[i].amount, &account->net) || account->net == PG_INT64_MIN)
		{
			*refusal = (SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = account->id};
			return false;
		}
	}
	return true;
}

/*
 * Limits are judged on the net effect on each account; debits before
 * credits, so that who cannot pay learns nothing of the receiver.
 */
static bool
check_limits(const SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 0; i < nlegs; i++)
	{
		const SbAccount *account = legs[i].account;
		int64 spare;

		if (account->net >= 0 || !account->has_min)
			continue;
		spare = sb_spare(account->balance, account->held, account->min_balance);
		if (spare < 0 || account->net < -spare)
		{
			*refusal = (SbRefusal){.code = SB_INSUFFICIENT_FUNDS,
								   .account_id = account->id,
								   .have = spare,
								   .need = -account->net};
			return false;
		}
	}
	for (int i = 0; i < nlegs; i++)
	{
		const SbAccount *account = legs[i].account;
		int64 balance;

		if (account->net <= 0 || !account->has_max)
			continue;
		if (!sb_add(account->balance, account->net, &balance) || balance > account->max_balance)
		{
			*refusal = (SbRefusal){.code = SB_BALANCE_LIMIT_EXCEEDED,
								   .account_id = account->id,
								   .have = account->balance,
								   .need = account->max_balance};
			return false;
		}
	}
	return true;
}

/*
 * No balance may leave bigint, be it only between two legs.
 */
static bool
check_range(const SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 0; i < nlegs; i++)
		legs[i].account->net = 0;
	for (int i = 0; i < nlegs; i++)
	{
		SbAccount *account = legs[i].account;
		int64 balance;

		account->net += legs[i].amount; /* add_net() has seen that it fits */
		if (!sb_add(account->balance, account->net, &balance))
		{
			*refusal = (SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = account->id};
			return false;
		}
	}
	return true;
}
