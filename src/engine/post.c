/*
 * post.c
 *	  The posting engine: the only writer of money.
 *
 * A call takes any number of requests through the same steps: tell their
 * ledgers, lock the days, claim the idempotency keys in sorted order, then the
 * references, lock the accounts in ascending order of id, prepare, decide and
 * apply in memory in the order of the requests, write, settle keys and
 * references.  The order of locks is the same for every
 * caller, so that postings never deadlock among themselves.  Nothing is
 * decided on a row that is not locked, no time is read before, and deciding
 * writes nothing.
 *
 * All memory is the caller's (SPI's procedure context).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/amount.h"
#include "base/counter.h"
#include "base/fault.h"
#include "engine/accounts.h"
#include "engine/holds.h"
#include "engine/keys.h"
#include "engine/ledgers.h"
#include "engine/post.h"
#include "engine/references.h"
#include "engine/run.h"
#include "engine/write.h"
#include "model/decide.h"
#include "store/account.h"
#include "store/day.h"
#include "store/transfer.h"

static void lock_days(const SbPosting *postings, int count);
static void give_ids(SbPosting *postings, int count);
static void prepare(SbPosting *postings, int count, const SbAccounts *accounts,
					const SbMoment *moment);
static void prepare_posting(SbPosting *posting, const SbMoment *moment);
static void read_taken_back(SbPosting *posting);
static void prepare_debits(SbPosting *posting, const SbMoment *moment);
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
	SbReferences references;
	SbAccounts accounts;
	SbMoment moment;
	int refused;

	sb_ledgers_resolve(postings, count);
	sb_accounts_spare_bank(postings, count);
	lock_days(postings, count);
	give_ids(postings, count);
	keys = sb_keys_claim(postings, count);
	references = sb_references_claim(postings, count);
	accounts = sb_accounts_lock(postings, count);
	moment = sb_read_moment(postings, count);
	prepare(postings, count, &accounts, &moment);
	refused = sb_decide_runs(postings, count, &keys, &references, &moment, atomic);
	if (refused >= 0)
		return refused;
	SB_FAULT_POINT(decided);
	sb_write_postings(postings, count, accounts.rows, accounts.count);
	sb_keys_settle(&keys);
	sb_references_settle(&references);
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
		{
			posting->change->hold.id = sb_store_next_id("holds_id_seq");
			posting->change->hold.ledger_id = posting->ledger_id;
		}
		if (sb_moves_money(posting))
			posting->transfer_id = sb_store_next_id("transfers_id_seq");
	}
}

/*
 * Reads what decisions depend on besides accounts, and expires the due holds
 * that would be in the way: what is written before anything is decided.
 */
static void
prepare(SbPosting *postings, int count, const SbAccounts *accounts, const SbMoment *moment)
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
		sb_holds_expire(account, sb_account_time(account, moment->now), posting->role,
						posting->gateway);
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
			   sb_holds_expire_some(account, sb_account_time(account, moment->now), posting->role,
									posting->gateway))
			;
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
