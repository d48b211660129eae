/*
 * post.c
 *	  The posting engine: the only writer of money.
 *
 * A call takes any number of requests through the same steps: lock the days,
 * claim the idempotency keys in sorted order, lock the accounts in ascending
 * order of id, prepare, decide and apply in memory in the order of the
 * requests, write, settle the keys.  The order of locks is the same for every
 * caller, so that postings never deadlock among themselves.  Nothing is
 * decided on a row that is not locked, no time is read before, and deciding
 * writes nothing.
 *
 * All memory is the caller's (SPI's procedure context).
 */
#include "postgres.h"

#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/amount.h"
#include "base/counter.h"
#include "base/deadline.h"
#include "base/fault.h"
#include "base/setting.h"
#include "engine/holds.h"
#include "engine/keys.h"
#include "engine/post.h"
#include "engine/write.h"
#include "model/decide.h"
#include "store/account.h"
#include "store/clock.h"
#include "store/day.h"
#include "store/owner.h"
#include "store/stripe.h"
#include "store/transfer.h"

/* A call's accounts, ascending by id. */
typedef struct Accounts
{
	SbAccount *rows;
	int count;
} Accounts;

static void spare_bank(SbPosting *postings, int count);
static int64 *open_ids(const SbPosting *postings, int count, int *nids);
static void lock_days(const SbPosting *postings, int count);
static void give_ids(SbPosting *postings, int count);
static Accounts lock_accounts(SbPosting *postings, int count);
static void bound_locks(const Accounts *accounts);
static void bind_legs(SbPosting *postings, int count, const Accounts *accounts);
static int64 choose_row(const SbPosting *posting, const SbLeg *leg);
static SbMoment read_moment(void);
static void prepare(SbPosting *postings, int count, const Accounts *accounts,
					const SbMoment *moment);
static void prepare_posting(SbPosting *posting, const SbMoment *moment);
static void read_taken_back(SbPosting *posting);
static void prepare_debits(SbPosting *posting, const SbMoment *moment);
static int decide(SbPosting *postings, int count, const SbKeys *keys, const SbMoment *moment,
				  bool atomic);
static int run_length(const SbPosting *postings, int count);
static int decide_run(SbPosting *run, int count, const SbKeys *keys, const SbMoment *moment);
static void undo_run(SbPosting *run, int count, const SbKeys *keys);
static void count_posting(const SbPosting *posting);

/*
 * Posts the open requests.  Each one ends refused, replayed or accepted, and
 * later ones see the effect of earlier ones.  Where atomic, the first refusal
 * ends it: its index is returned, nothing has been written that the caller
 * may keep, and the caller must raise.  Else returns -1.
 */
int
sb_post(SbPosting *postings, int count, bool atomic)
{
	SbKeys keys;
	Accounts accounts;
	SbMoment moment;
	int refused;

	if (sb_in_restricted_scope() && sb_in_block())
		spare_bank(postings, count);
	lock_days(postings, count);
	give_ids(postings, count);
	keys = sb_keys_claim(postings, count);
	accounts = lock_accounts(postings, count);
	moment = read_moment();
	prepare(postings, count, &accounts, &moment);
	refused = decide(postings, count, &keys, &moment, atomic);
	if (refused >= 0)
		return refused;
	SB_FAULT_POINT(decided);
	sb_write_postings(postings, count, accounts.rows, accounts.count);
	sb_keys_settle(&keys);
	for (int i = 0; i < count; i++)
		count_posting(&postings[i]);
	SB_FAULT_POINT(posted);
	return -1;
}

/*
 * In a block a customer locks none of the bank's own accounts: it keeps its
 * locks for as long as it likes, and everybody needs those accounts.
 */
static void
spare_bank(SbPosting *postings, int count)
{
	int nids;
	int64 *ids = open_ids(postings, count, &nids);
	int64 *system = palloc(sizeof(int64) * Max(nids, 1));
	int nsystem = sb_store_find_system(ids, nids, system);

	for (int i = 0; i < count && nsystem > 0; i++)
	{
		for (int j = 0; postings[i].state == SB_OPEN && j < postings[i].nlegs; j++)
		{
			if (bsearch(&postings[i].legs[j].account_id, system, nsystem, sizeof(int64),
						sb_compare_ids))
				sb_refuse(&postings[i], &(SbRefusal){.code = SB_IN_TRANSACTION_BLOCK});
		}
	}
}

/*
 * The accounts of the open requests, ascending and different.
 */
static int64 *
open_ids(const SbPosting *postings, int count, int *nids)
{
	int64 *ids;

	*nids = 0;
	for (int i = 0; i < count; i++)
		*nids += postings[i].state == SB_OPEN ? postings[i].nlegs : 0;
	ids = palloc(sizeof(int64) * Max(*nids, 1));
	*nids = 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; postings[i].state == SB_OPEN && j < postings[i].nlegs; j++)
			ids[(*nids)++] = postings[i].legs[j].account_id;
	}
	qsort(ids, *nids, sizeof(int64), sb_compare_ids);
	*nids = qunique(ids, *nids, sizeof(int64), sb_compare_ids);
	return ids;
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

/*
 * Gives each open request the id of the transfer or hold that it would make,
 * which it keeps while it waits for keys and accounts.
 */
static void
give_ids(SbPosting *postings, int count)
{
	sb_days_announce_posting();
	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &postings[i];

		CHECK_FOR_INTERRUPTS();
		if (posting->state != SB_OPEN)
			continue;
		Assert(posting->role && posting->nlegs > 0);
		/* what is read of a hold is read once: two changes of it in one call would not see each other */
		Assert(posting->change == NULL || count == 1);
		if (posting->operation == SB_PLACE_HOLD)
			posting->change->hold.id = sb_store_next_id("holds_id_seq");
		if (sb_moves_money(posting))
			posting->transfer_id = sb_store_next_id("transfers_id_seq");
	}
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
		nids += postings[i].state == SB_OPEN ? postings[i].nlegs : 0;
	if (nids == 0)
		return accounts;
	ids = palloc(sizeof(int64) * nids);
	nids = 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; postings[i].state == SB_OPEN && j < postings[i].nlegs; j++)
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
	bind_legs(postings, count, &accounts);
	if (sb_in_restricted_scope())
		bound_locks(&accounts);
	return accounts;
}

/*
 * Outside of a block a customer may lock the bank's own accounts, but not keep
 * them so.
 */
static void
bound_locks(const Accounts *accounts)
{
	for (int i = 0; i < accounts->count; i++)
	{
		if (accounts->rows[i].is_system)
			sb_set_deadline("simplebank.max_lock_time", sb_max_lock_time);
	}
}

static void
bind_legs(SbPosting *postings, int count, const Accounts *accounts)
{
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; postings[i].state == SB_OPEN && j < postings[i].nlegs; j++)
		{
			SbLeg *leg = &postings[i].legs[j];

			leg->account = bsearch(&leg->row_id, accounts->rows, accounts->count, sizeof(SbAccount),
								   sb_compare_ids);
			Assert(leg->account == NULL || leg->account->id == leg->row_id);
		}
	}
}

/*
 * Its money that is held is on the account's own row, and what is swept or
 * cleared is to be on one row.  Nobody asks for a stripe: ids below 0 are of
 * no account.
 */
static int64
choose_row(const SbPosting *posting, const SbLeg *leg)
{
	bool is_held =
		posting->change != NULL && (posting->operation != SB_CAPTURE_HOLD || leg == posting->legs);

	if (leg->account_id <= 0)
		return 0;
	if (leg->is_clearing || posting->amount_rule == SB_AMOUNT_ABOVE || is_held)
		return leg->account_id;
	return sb_stripe_row(leg->account_id);
}

/*
 * With the accounts locked; meanwhile the clock may have been set.  No clock
 * that was set back leads into a closed day.
 */
static SbMoment
read_moment(void)
{
	TimestampTz closed_until = sb_days_closed_until();

	return (SbMoment){.now = Max(sb_clock_time(), closed_until), .closed_until = closed_until};
}

/*
 * Reads what decisions depend on besides accounts, and expires the due holds
 * that would be in the way: what is written before anything is decided.
 */
static void
prepare(SbPosting *postings, int count, const Accounts *accounts, const SbMoment *moment)
{
	bool any_held = false;

	for (int i = 0; i < accounts->count; i++)
	{
		accounts->rows[i].net = 0;
		any_held |= accounts->rows[i].held > 0;
	}
	for (int i = 0; i < count; i++)
	{
		if (postings[i].state == SB_OPEN)
			prepare_posting(&postings[i], moment);
	}
	for (int i = 0; i < count && any_held; i++)
	{
		if (postings[i].state == SB_OPEN)
			prepare_debits(&postings[i], moment);
	}
}

/*
 * What is answered and recorded of an account whose holds are changed, or
 * which is swept, counts no hold that is past its time.
 */
static void
prepare_posting(SbPosting *posting, const SbMoment *moment)
{
	SbAccount *account = posting->legs[0].account;

	if (posting->reverses != 0)
		read_taken_back(posting);
	if (account && (posting->change || posting->amount_rule == SB_AMOUNT_ABOVE))
		sb_holds_expire(account, sb_account_time(account, moment->now), posting->role);
	if (posting->change && posting->operation != SB_PLACE_HOLD)
		sb_holds_read(posting);
}

static void
read_taken_back(SbPosting *posting)
{
	SbTakenBack taken_back;

	sb_store_read_taken_back(posting->reverses, &taken_back);
	posting->is_reversed = taken_back.reversed_by != 0;
	posting->reversed_by = taken_back.reversed_by;
	posting->refunded = taken_back.refunded;
}

/*
 * A debit is not refused for money that a hold past its time keeps.  Debits
 * are added up over the call; what comes in meanwhile is not counted on.
 */
static void
prepare_debits(SbPosting *posting, const SbMoment *moment)
{
	for (int i = 0; i < posting->nlegs; i++)
	{
		SbAccount *account = posting->legs[i].account;

		if (account == NULL || posting->legs[i].amount >= 0)
			continue;
		if (!sb_subtract(account->net, posting->legs[i].amount, &account->net))
			account->net = PG_INT64_MAX;
		while (sb_may_need_holds(account, account->net) &&
			   sb_holds_expire_some(account, sb_account_time(account, moment->now), posting->role))
			;
	}
}

/*
 * Decides in the order of the requests, linked ones together.  Returns the
 * index of the first refusal where atomic, else -1.
 */
static int
decide(SbPosting *postings, int count, const SbKeys *keys, const SbMoment *moment, bool atomic)
{
	int length;

	for (int i = 0; i < count; i += length)
	{
		int refused;

		CHECK_FOR_INTERRUPTS();
		length = run_length(&postings[i], count - i);
		refused = decide_run(&postings[i], length, keys, moment);
		if (refused < 0)
			continue;
		if (atomic)
			return i + refused;
		undo_run(&postings[i], length, keys);
	}
	return -1;
}

/* How many requests, from the first one on, stand or fall together? */
static int
run_length(const SbPosting *postings, int count)
{
	int length = 1;

	while (length < count && postings[0].has_link && postings[length].has_link &&
		   postings[length].link == postings[0].link)
		length++;
	return length;
}

/*
 * Returns the index of the first refusal in the run, or -1.
 */
static int
decide_run(SbPosting *run, int count, const SbKeys *keys, const SbMoment *moment)
{
	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &run[i];

		if (posting->state == SB_OPEN && !sb_keys_resolve(keys, posting))
		{
			sb_decide(posting, moment);
			if (posting->state == SB_ACCEPTED)
				sb_keys_use(keys, posting);
		}
		Assert(posting->state != SB_OPEN);
		if (posting->state == SB_REFUSED)
			return i;
	}
	return -1;
}

/*
 * Takes back what a fallen run has posted, the last one first.  Replays stay
 * what they are, but not of what is taken back, and who has a reason of its
 * own keeps it.
 */
static void
undo_run(SbPosting *run, int count, const SbKeys *keys)
{
	for (int i = count - 1; i >= 0; i--)
	{
		SbPosting *posting = &run[i];
		const SbPosting *user = sb_keys_user(keys, posting);

		if (posting->state == SB_REFUSED ||
			(posting->state == SB_REPLAYED && (user < run || user > posting)))
			continue;
		if (posting->state == SB_ACCEPTED)
		{
			sb_take_back(posting);
			sb_keys_drop(keys, posting);
		}
		posting->state = SB_REFUSED;
		posting->refusal = (SbRefusal){.code = SB_LINKED_ITEM_FAILED};
	}
}

static void
count_posting(const SbPosting *posting)
{
	if (posting->state == SB_REPLAYED)
		sb_count(SB_COUNT_REPLAYS, 1);
	if (posting->state != SB_ACCEPTED)
		return;
	sb_count(sb_operation_traits(posting->operation)->counter, 1);
	if (posting->operation == SB_CAPTURE_HOLD)
		sb_count(SB_COUNT_TRANSFERS, 1);
}

/*
 * A replay answers what the ledger says of the first request.
 */
void
sb_read_answer(SbPosting *posting)
{
	SbTransferAnswer answer;

	Assert(posting->state == SB_REPLAYED);
	if (!sb_moves_money(posting))
		sb_holds_read_answer(posting);
	else if (sb_store_read_answer(posting->transfer_id, &answer))
	{
		posting->posted_at = answer.posted_at;
		posting->has_balances = answer.has_balances;
		posting->from_balance = answer.from_balance;
		posting->to_balance = answer.to_balance;
		posting->hides_debit |= answer.from_is_part;
		posting->hides_credit |= answer.to_is_part;
	}
	else
		elog(ERROR, "transfer " INT64_FORMAT " of an idempotency key is missing",
			 posting->transfer_id);
	SB_FAULT_POINT(answer_read);
}
