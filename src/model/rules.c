/*
 * rules.c
 *	  Whether legs may be posted, and what posting them does to accounts: in
 *	  memory, without SPI, catalog or clock.
 *
 * The order of the checks is part of the contract; decide.c has the whole of
 * it.  After sb_rules_decide() has said yes, sb_rules_apply() cannot fail.
 */
#include "postgres.h"

#include "base/amount.h"
#include "model/rules.h"

#ifndef HAVE_INT128
#error "simplebank needs a compiler with 128-bit integers"
#endif

static bool check_found(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_ledger(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_objection(const SbRefusal *objection, SbRefusal *refusal);
static bool check_status(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_currency(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_sums(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_expect(const SbLeg *legs, const SbExpect *expect, SbRefusal *refusal);
static int first_leg_of(const SbLeg *legs, const char *currency);
static bool add_net(SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_limits(const SbLeg *legs, int nlegs, SbRefusal *refusal);
static bool check_range(const SbLeg *legs, int nlegs, SbRefusal *refusal);

/*
 * May these legs be posted together?  Each check goes over all legs, in
 * their order (a transfer's debit comes first), before the next one.
 */
bool
sb_rules_decide(SbLeg *legs, int nlegs, bool is_journal, const SbRefusal *objection,
				const SbExpect *expect, SbRefusal *refusal)
{
	Assert(nlegs > 0);
	return check_found(legs, nlegs, refusal) && check_ledger(legs, nlegs, refusal) &&
		check_objection(objection, refusal) && check_status(legs, nlegs, refusal) &&
		(is_journal ? check_sums(legs, nlegs, refusal) : check_currency(legs, nlegs, refusal)) &&
		(expect == NULL || check_expect(legs, expect, refusal)) && add_net(legs, nlegs, refusal) &&
		check_limits(legs, nlegs, refusal) && check_range(legs, nlegs, refusal);
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
 * balance of its entry.  Returns the time of posting: now, or where the clock
 * has gone back behind it, the next moment after the latest posting of any of
 * the accounts.  What one call posts may have one time; its ids are in order.
 */
TimestampTz
sb_rules_apply(SbLeg *legs, int nlegs, TimestampTz now)
{
	TimestampTz posted_at = now;

	for (int i = 0; i < nlegs; i++)
	{
		const SbAccount *account = legs[i].account;
		bool is_first = account->version == account->stored_version;

		posted_at = Max(posted_at, account->updated_at + (is_first ? 1 : 0));
	}

	for (int i = 0; i < nlegs; i++)
	{
		SbAccount *account = legs[i].account;

		/* check_range() has seen this balance */
		if (!sb_add(account->balance, legs[i].amount, &account->balance))
			elog(ERROR, "balance of account " INT64_FORMAT " leaves bigint", account->id);
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
		SbAccount *account = legs[i].account;

		Assert(account->version == legs[i].version && account->balance == legs[i].balance);
		/* it had this value before */
		if (!sb_subtract(account->balance, legs[i].amount, &account->balance))
			elog(ERROR, "balance of account " INT64_FORMAT " leaves bigint", account->id);
		account->version--;
		account->updated_at = legs[i].last_posted_at;
		Assert(account->version >= account->stored_version);
	}
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
		if (legs[i].account)
			continue;
		*refusal = (SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = legs[i].account_id};
		return false;
	}
	return true;
}

static bool
check_ledger(const SbLeg *legs, int nlegs, SbRefusal *refusal)
{
	for (int i = 1; i < nlegs; i++)
	{
		if (legs[i].account->ledger_id == legs[0].account->ledger_id)
			continue;
		*refusal = (SbRefusal){.code = SB_LEDGER_MISMATCH, .account_id = legs[i].account_id};
		return false;
	}
	return true;
}

/* What the call has found out before, and the key would have answered. */
static bool
check_objection(const SbRefusal *objection, SbRefusal *refusal)
{
	if (objection->code == SB_OK)
		return true;
	*refusal = *objection;
	return false;
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
								   .what = sb_status_name(status)};
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

/* Of the two legs of a request that may expect something; the debit comes first. */
static bool
check_expect(const SbLeg *legs, const SbExpect *expect, SbRefusal *refusal)
{
	for (int i = 0; i < 2; i++)
	{
		if (!sb_expected_is_met(&expect->of[i], legs[i].account, sb_is_part(&legs[i]), refusal))
			return false;
	}
	return true;
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
			*refusal = (SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = legs[i].account_id};
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
								   .account_id = legs[i].account_id,
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
								   .account_id = legs[i].account_id,
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
			*refusal = (SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = legs[i].account_id};
			return false;
		}
	}
	return true;
}
