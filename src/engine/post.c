/*
 * posting.c
 *	  The posting engine: the only writer of money.
 *
 * A call takes any number of requests through the same steps: claim the
 * idempotency keys in sorted order, lock the accounts in ascending order of
 * id, decide and apply in memory in the order of the requests, write.  The
 * order of locks is the same for every caller, so that postings never
 * deadlock among themselves.  Nothing is decided on a row that is not
 * locked, and no time is read before.
 *
 * All memory is the caller's (SPI's procedure context).
 */
#include "postgres.h"

#include "commands/sequence.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/amount.h"
#include "calls/door.h"
#include "store/day.h"
#include "base/fault.h"
#include "store/hold.h"
#include "store/key.h"
#include "store/plan.h"
#include "engine/post.h"
#include "base/counter.h"
#include "store/account.h"
#include "store/stripe.h"

/* A call's keys, and which request has used each of those that were new. */
typedef struct Keys
{
	SbClaim *claims;
	SbPosting **users;
	int count;
} Keys;

/* A call's accounts, ascending by id. */
typedef struct Accounts
{
	SbAccount *rows;
	int count;
} Accounts;

static void lock_days(const SbPosting *postings, int count);
static void count_posting(const SbPosting *posting);
static Keys claim_keys(SbPosting *postings, int count);
static int compare_keyed(const void *a, const void *b);
static int compare_keys(const SbPosting *left, const SbPosting *right);
static SbKeyUse key_use(const SbPosting *posting);
static bool resolve_key(SbPosting *posting, const Keys *keys);
static Accounts lock_accounts(SbPosting *postings, int count);
static int64 choose_row(const SbPosting *posting, const SbLeg *leg);
static int decide(SbPosting *postings, int count, const Keys *keys, bool atomic);
static int decide_run(SbPosting *run, int count, const Keys *keys, TimestampTz now);
static void undo_run(SbPosting *run, int count, const Keys *keys);
static void settle_keys(const Keys *keys);
static bool decide_posting(SbPosting *posting, TimestampTz now);
static bool is_first_reversal(SbPosting *posting);
static bool decide_legs(SbPosting *posting, TimestampTz now);
static bool decide_sweep(SbPosting *posting, TimestampTz now);
static bool expire_needed_holds(const SbPosting *posting, TimestampTz now);
static bool decide_open_hold(SbPosting *posting, TimestampTz now);
static void apply(SbPosting *posting, TimestampTz now);
static void apply_legs(SbPosting *posting, TimestampTz now);
static bool is_part(const SbLeg *leg);
static TimestampTz time_of(const SbAccount *account, TimestampTz now);
static void keep_answer(TupleTableSlot *slot, void *state);

/*
 * Posts the requests that are not refused already.  Each one ends refused,
 * replayed or posted, and later ones see the effect of earlier ones.  Where
 * atomic, the first refusal ends it: its index is answered, nothing has been
 * written but claims of keys, and the caller must raise.  Else answers -1.
 */
int
sb_post(SbPosting *postings, int count, bool atomic)
{
	Keys keys;
	Accounts accounts;
	int refused;

	lock_days(postings, count);
	keys = claim_keys(postings, count);
	accounts = lock_accounts(postings, count);
	refused = decide(postings, count, &keys, atomic);
	if (refused >= 0)
		return refused;
	SB_FAULT_POINT(decided);
	sb_store_write_postings(postings, count, accounts.rows, accounts.count);
	for (int i = 0; i < count; i++)
	{
		if (postings[i].change && sb_is_posted(&postings[i]))
			sb_store_write_hold(&postings[i]);
	}
	settle_keys(&keys);
	for (int i = 0; i < count; i++)
		count_posting(&postings[i]);
	SB_FAULT_POINT(posted);
	return -1;
}

/*
 * No day is closed between the look at an effective_at and the commit.
 */
static void
lock_days(const SbPosting *postings, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (postings[i].has_effective_at)
		{
			sb_days_lock();
			return;
		}
	}
}

static void
count_posting(const SbPosting *posting)
{
	static const SbCounter of_steps[] = {[SB_PLACE_HOLD] = SB_COUNT_HOLDS_PLACED,
										 [SB_CAPTURE_HOLD] = SB_COUNT_HOLDS_CAPTURED,
										 [SB_RELEASE_HOLD] = SB_COUNT_HOLDS_RELEASED};

	sb_count(SB_COUNT_REPLAYS, posting->replayed);
	if (!sb_is_posted(posting))
		return;
	if (posting->change)
		sb_count(of_steps[posting->change->step], 1);
	if (sb_moves_money(posting))
		sb_count(
			strcmp(posting->operation, "journal") == 0 ? SB_COUNT_JOURNALS : SB_COUNT_TRANSFERS, 1);
}

/*
 * A replay answers what the ledger says of the first request.
 */
void
sb_read_answer(SbPosting *posting)
{
	Datum transfer_id = Int64GetDatum(posting->transfer_id);

	if (posting->transfer_id == 0)
	{
		if (!sb_store_read_hold_answer(posting))
			elog(ERROR, "hold " INT64_FORMAT " of an idempotency key is missing",
				 sb_hold_id(posting));
	}
	else if (sb_plan_run(PLAN_READ_ANSWER, &transfer_id, NULL, keep_answer, posting) != 1)
		elog(ERROR, "transfer " INT64_FORMAT " of an idempotency key is missing",
			 posting->transfer_id);
	SB_FAULT_POINT(answer_read);
}

/*
 * A refusal tells nothing of an account that is not the caller's to see.
 */
void
sb_hide_details(SbPosting *posting)
{
	SbRefusal *refusal = &posting->refusal;
	int64 debited = posting->legs[0].account_id;
	int64 credited = posting->legs[posting->nlegs - 1].account_id;

	switch (refusal->code)
	{
		case SB_CURRENCY_MISMATCH:
			refusal->hidden = posting->hides_debit || posting->hides_credit;
			break;
		case SB_INSUFFICIENT_FUNDS:
		case SB_BALANCE_LIMIT_EXCEEDED:
		case SB_ACCOUNT_NOT_ACTIVE:
		case SB_OUT_OF_RANGE:
			refusal->hidden = (posting->hides_debit && refusal->account_id == debited) ||
				(posting->hides_credit && refusal->account_id == credited);
			break;
		default:
			break;
	}
}

/*
 * Gives each request its transfer's or hold's id, claims the keys, each once, and
 * resolves the requests whose keys were used before.
 */
static Keys
claim_keys(SbPosting *postings, int count)
{
	SbPosting **keyed = palloc(sizeof(SbPosting *) * count);
	Oid transfer_ids = sb_store_relation("transfers_id_seq");
	Keys keys = {0};
	int nkeyed = 0;
	char *caller;

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		postings[i].claim = -1;
		if (!sb_is_posted(&postings[i]))
			continue;
		if (postings[i].change && postings[i].change->step == SB_PLACE_HOLD)
			postings[i].change->hold.id =
				nextval_internal(sb_store_relation("holds_id_seq"), false);
		if (sb_moves_money(&postings[i]))
			postings[i].transfer_id = nextval_internal(transfer_ids, false);
		if (postings[i].key)
			keyed[nkeyed++] = &postings[i];
	}
	if (nkeyed == 0)
		return keys;

	caller = sb_caller_role();
	qsort(keyed, nkeyed, sizeof(SbPosting *), compare_keyed);
	keys.claims = palloc0(sizeof(SbClaim) * nkeyed);
	keys.users = palloc0(sizeof(SbPosting *) * nkeyed);
	for (int i = 0; i < nkeyed; i++)
	{
		if (i == 0 || compare_keys(keyed[i - 1], keyed[i]) != 0)
			keys.claims[keys.count++] = (SbClaim){.role = keyed[i]->role ? keyed[i]->role : caller,
												  .key = keyed[i]->key,
												  .use = key_use(keyed[i])};
		keyed[i]->claim = keys.count - 1;
	}
	sb_claim_keys(keys.claims, keys.count);
	for (int i = 0; i < nkeyed; i++)
		(void) resolve_key(keyed[i], &keys);
	return keys;
}

/* Equal keys stay in the order of the requests. */
static int
compare_keyed(const void *a, const void *b)
{
	const SbPosting *left = *(SbPosting *const *) a;
	const SbPosting *right = *(SbPosting *const *) b;
	int order = compare_keys(left, right);

	return order != 0 ? order : left < right ? -1 : left > right;
}

/* Either all requests of a call name a role, or none does. */
static int
compare_keys(const SbPosting *left, const SbPosting *right)
{
	int order = left->role == right->role ? 0 : strcmp(left->role, right->role);

	return order != 0 ? order : sb_compare_keys(left->key, right->key);
}

static SbKeyUse
key_use(const SbPosting *posting)
{
	return (SbKeyUse){.operation = posting->operation,
					  .request = posting->request,
					  .transfer_id = posting->transfer_id,
					  .hold_id = sb_hold_id(posting)};
}

/*
 * Answers a request whose key has been used, before or earlier in this call:
 * a replay or a refusal.  False where the key is free.
 */
static bool
resolve_key(SbPosting *posting, const Keys *keys)
{
	const SbClaim *claim = &keys->claims[posting->claim];
	const SbPosting *user = keys->users[posting->claim];
	SbKeyUse use = key_use(posting);
	SbKeyUse first;

	if (claim->state == SB_CLAIM_USED)
		first = claim->first;
	else if (user)
		first = key_use(user);
	else
		return false;
	if (sb_same_request(&first, &use, &posting->refusal))
	{
		posting->replayed = true;
		posting->transfer_id = first.transfer_id;
		if (posting->change)
			posting->change->hold.id = first.hold_id;
	}
	return true;
}

/*
 * Locks every account of the open requests and binds the legs to what it
 * read.  A leg whose account does not exist stays unbound.
 */
static Accounts
lock_accounts(SbPosting *postings, int count)
{
	Accounts accounts = {0};
	int64 *ids;
	int nids = 0;

	for (int i = 0; i < count; i++)
		nids += sb_is_posted(&postings[i]) ? postings[i].nlegs : 0;
	if (nids == 0)
		return accounts;
	ids = palloc(sizeof(int64) * nids);
	nids = 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; sb_is_posted(&postings[i]) && j < postings[i].nlegs; j++)
		{
			SbLeg *leg = &postings[i].legs[j];

			ids[nids++] = leg->row_id = choose_row(&postings[i], leg);
		}
	}
	qsort(ids, nids, sizeof(int64), sb_compare_ids);
	nids = qunique(ids, nids, sizeof(int64), sb_compare_ids);
	accounts.rows = palloc(sizeof(SbAccount) * nids);
	accounts.count = sb_store_lock_accounts(ids, nids, accounts.rows);
	pfree(ids);

	for (int i = 0; i < count; i++)
	{
		for (int j = 0; sb_is_posted(&postings[i]) && j < postings[i].nlegs; j++)
			postings[i].legs[j].account =
				bsearch(&postings[i].legs[j].row_id, accounts.rows, accounts.count,
						sizeof(SbAccount), sb_compare_ids);
	}
	return accounts;
}

/*
 * Its money that is held is on the account's own row, and what is swept or
 * cleared is to be on one row.  Nobody asks for a stripe: ids below 0 are of
 * no account.
 */
static int64
choose_row(const SbPosting *posting, const SbLeg *leg)
{
	const SbHoldChange *change = posting->change;

	if (leg->account_id <= 0)
		return 0;
	if (leg->is_clearing || posting->sweeps ||
		(change && (change->step != SB_CAPTURE_HOLD || leg == posting->legs)))
		return leg->account_id;
	return sb_stripe_row(leg->account_id);
}

/*
 * Decides in the order of the requests, linked ones together.  Answers the
 * index of the first refusal where atomic, else -1.  No clock that was set
 * back leads into a closed day.
 */
static int
decide(SbPosting *postings, int count, const Keys *keys, bool atomic)
{
	TimestampTz now = Max(GetCurrentTimestamp(), sb_days_closed_until());
	int length;

	for (int i = 0; i < count; i += length)
	{
		int refused;

		CHECK_FOR_INTERRUPTS();
		for (length = 1; i + length < count && postings[i].has_link &&
			 postings[i + length].has_link && postings[i + length].link == postings[i].link;)
			length++;
		refused = decide_run(&postings[i], length, keys, now);
		if (refused < 0)
			continue;
		if (atomic)
			return i + refused;
		undo_run(&postings[i], length, keys);
	}
	return -1;
}

/*
 * Answers the index of the first refusal in the run, or -1.
 */
static int
decide_run(SbPosting *run, int count, const Keys *keys, TimestampTz now)
{
	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &run[i];

		sb_act_for(posting->role);
		if (sb_is_posted(posting) && (posting->claim < 0 || !resolve_key(posting, keys)) &&
			decide_posting(posting, now))
		{
			apply(posting, now);
			if (posting->claim >= 0)
				keys->users[posting->claim] = posting;
		}
		if (posting->refusal.code != SB_OK)
			return i;
	}
	return -1;
}

static bool
decide_posting(SbPosting *posting, TimestampTz now)
{
	SbHoldChange *change = posting->change;
	SbAccount *account = posting->legs[0].account;

	if (posting->has_effective_at && posting->effective_at < sb_days_closed_until())
	{
		posting->refusal = (SbRefusal){.code = SB_DAY_CLOSED, .have = sb_days_closed_until()};
		return false;
	}
	if (posting->sweeps)
		return decide_sweep(posting, now);
	if (change == NULL)
		return is_first_reversal(posting) && decide_legs(posting, now);
	/* what it answers and records of its account counts no hold that is past its time */
	while (account && sb_store_expire_holds(account, time_of(account, now)))
		;
	if (change->step != SB_PLACE_HOLD)
		return decide_open_hold(posting, now);
	if (!sb_rules_expiry(&change->hold, time_of(account, now), &posting->refusal) ||
		!decide_legs(posting, now))
		return false;
	change->before = sb_held_object(account);
	return sb_rules_place(account, &change->hold, &posting->refusal);
}

/*
 * A second reversal locks the accounts after the first one, and so sees it.
 */
static bool
is_first_reversal(SbPosting *posting)
{
	Datum reversed = Int64GetDatum(posting->reverses);
	int64 reversal;

	if (posting->reverses == 0 ||
		sb_plan_run(PLAN_FIND_REVERSAL, &reversed, NULL, sb_keep_int64, &reversal) == 0)
		return true;
	posting->refusal =
		(SbRefusal){.code = SB_ALREADY_REVERSED, .account_id = posting->reverses, .have = reversal};
	return false;
}

/*
 * A debit that finds the money held makes sure that no hold keeps it that is
 * past its time.
 */
static bool
decide_legs(SbPosting *posting, TimestampTz now)
{
	while (!sb_rules_decide(posting->legs, posting->nlegs, posting->is_journal, &posting->refusal))
	{
		if (posting->refusal.code != SB_INSUFFICIENT_FUNDS || !expire_needed_holds(posting, now))
			return false;
		posting->refusal.code = SB_OK;
	}
	return true;
}

/*
 * Settles the amount.  Where there is nothing to sweep it is 0, and refused
 * for that.
 */
static bool
decide_sweep(SbPosting *posting, TimestampTz now)
{
	SbLeg *legs = posting->legs;
	SbAccount *account = legs[0].account;

	while (account && sb_store_expire_holds(account, time_of(account, now)))
		;
	legs[1].amount = account ? sb_rules_sweep(account, posting->keep) : 0;
	legs[0].amount = -legs[1].amount;
	return decide_legs(posting, now) && sb_rules_amount(legs[1].amount, &posting->refusal);
}

static bool
expire_needed_holds(const SbPosting *posting, TimestampTz now)
{
	int i = 0;

	while (posting->legs[i].account_id != posting->refusal.account_id)
		i++;
	return sb_store_expire_holds(posting->legs[i].account, time_of(posting->legs[i].account, now));
}

/*
 * Captures or releases a hold.  Whoever changes one has locked its account;
 * so what is read of it now stays.
 */
static bool
decide_open_hold(SbPosting *posting, TimestampTz now)
{
	SbLeg *legs = posting->legs;
	SbAccount *account = legs[0].account;
	SbHoldChange *change = posting->change;
	SbHold *hold = &change->hold;
	int64 freed;

	if (account == NULL || !sb_store_read_hold(hold->id, hold))
		elog(ERROR, "hold " INT64_FORMAT " or its account is missing", hold->id);
	if (!sb_rules_open(hold, time_of(account, now), &posting->refusal))
		return false;
	change->before = sb_held_object(account);
	freed = sb_hold_left(hold);
	if (change->step == SB_RELEASE_HOLD)
		hold->status = SB_HOLD_STATUS_RELEASED;
	else
	{
		if (legs[1].amount == 0)
			legs[1].amount = freed;
		legs[0].amount = -legs[1].amount;
		if (!sb_rules_capture(hold, legs[1].amount, change->final, &posting->refusal))
			return false;
	}
	freed -= sb_hold_left(hold);

	account->held -= freed;
	if (change->step == SB_RELEASE_HOLD || decide_legs(posting, now))
		return true;
	account->held += freed;
	return false;
}

static void
apply(SbPosting *posting, TimestampTz now)
{
	const SbAccount *account = posting->legs[0].account;
	SbHoldChange *change = posting->change;

	if (sb_moves_money(posting))
		apply_legs(posting, now);
	else
		posting->posted_at = time_of(account, now);
	if (change == NULL)
		return;
	change->has_available = account->has_min;
	change->available = sb_spare(account->balance, account->held, account->min_balance);
}

static void
apply_legs(SbPosting *posting, TimestampTz now)
{
	const SbLeg *legs = posting->legs;

	posting->posted_at = sb_rules_apply(posting->legs, posting->nlegs, now);
	posting->has_amount = sb_rules_sum_credits(legs, posting->nlegs, &posting->amount);
	posting->has_balances = posting->names_both || posting->from_amount != 0;
	posting->from_balance = legs[0].balance;
	posting->to_balance = legs[posting->nlegs - 1].balance;
	posting->hides_debit |= is_part(&legs[0]);
	posting->hides_credit |= is_part(&legs[posting->nlegs - 1]);
}

/* The balance of a stripe is not that of its account. */
static bool
is_part(const SbLeg *leg)
{
	return leg->account->stripes > 0 || leg->row_id != leg->account_id;
}

/*
 * The time by an account's own clock, which never goes back, so that no hold
 * comes back to life.
 */
static TimestampTz
time_of(const SbAccount *account, TimestampTz now)
{
	return account ? Max(now, account->updated_at) : now;
}

/*
 * Takes back what a fallen run has posted.  Replays stay what they are, but
 * not of what is taken back, and who has a reason of its own keeps it.
 */
static void
undo_run(SbPosting *run, int count, const Keys *keys)
{
	for (int i = count - 1; i >= 0; i--)
	{
		SbPosting *posting = &run[i];
		SbPosting *user = posting->claim >= 0 ? keys->users[posting->claim] : NULL;

		if (posting->refusal.code != SB_OK || (posting->replayed && (user < run || user > posting)))
			continue;
		if (!posting->replayed && posting->posted_at != 0)
			sb_rules_undo(posting->legs, posting->nlegs);
		if (user == posting)
			keys->users[posting->claim] = NULL;
		posting->replayed = false;
		posting->refusal = (SbRefusal){.code = SB_LINKED_ITEM_FAILED};
	}
}

/*
 * Gives back the keys that no accepted request has used, and puts right
 * those that another request has used than the one that they were claimed
 * for, because that one was refused.
 */
static void
settle_keys(const Keys *keys)
{
	SbClaim *unused = palloc(sizeof(SbClaim) * keys->count);
	SbClaim *moved = palloc0(sizeof(SbClaim) * keys->count);
	int nunused = 0;
	int nmoved = 0;

	for (int i = 0; i < keys->count; i++)
	{
		const SbClaim *claim = &keys->claims[i];
		const SbPosting *user = keys->users[i];

		if (claim->state == SB_CLAIM_USED || (user && user->transfer_id == claim->use.transfer_id))
			continue;
		unused[nunused++] = *claim;
		if (user)
			moved[nmoved++] =
				(SbClaim){.role = claim->role, .key = claim->key, .use = key_use(user)};
	}
	if (nunused > 0)
		sb_free_keys(unused, nunused);
	if (nmoved > 0)
		sb_claim_keys(moved, nmoved);
}

static void
keep_answer(TupleTableSlot *slot, void *state)
{
	SbPosting *posting = state;

	posting->posted_at = DatumGetTimestampTz(slot->tts_values[0]);
	posting->has_balances = !slot->tts_isnull[1] && !slot->tts_isnull[2];
	if (posting->has_balances)
	{
		posting->from_balance = DatumGetInt64(slot->tts_values[1]);
		posting->to_balance = DatumGetInt64(slot->tts_values[2]);
	}
	posting->hides_debit |= DatumGetBool(slot->tts_values[3]);
	posting->hides_credit |= DatumGetBool(slot->tts_values[4]);
}
