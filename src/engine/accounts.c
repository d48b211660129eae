/*
 * accounts.c
 *	  The accounts of the requests of one call: which rows they are, and the
 *	  binding of legs to what was read of them.
 */
#include "postgres.h"

#include "lib/qunique.h"

#include "base/deadline.h"
#include "base/setting.h"
#include "engine/accounts.h"
#include "store/account.h"
#include "store/owner.h"
#include "store/stripe.h"

/* Reads the rows of ascending ids, and returns how many there are. */
typedef int (*ReadRows)(const int64 *ids, int count, SbAccount *rows);

static SbAccounts gather(SbPosting *postings, int count, ReadRows read_rows);
static int64 *open_ids(const SbPosting *postings, int count, int *nids);
static void bound_locks(const SbAccounts *accounts);
static void bind_legs(SbPosting *postings, int count, const SbAccounts *accounts);
static void judge_owners(SbPosting *posting);
static bool is_own(const SbPosting *posting, const SbLeg *leg);
static int64 choose_row(const SbPosting *posting, const SbLeg *leg);

/*
 * In a block a customer locks none of the bank's own accounts: it keeps its
 * locks for as long as it likes, and everybody needs those accounts.  A gateway
 * always acts in a block, whose pauses are the gateway's and not the customer's;
 * it may lock them, and bound_locks() sees to the rest.
 */
void
sb_accounts_spare_bank(SbPosting *postings, int count)
{
	int64 *ids;
	int64 *system;
	int nids;
	int nsystem;

	if (!sb_in_restricted_scope() || !sb_in_block() || count == 0 || postings[0].gateway)
		return;
	ids = open_ids(postings, count, &nids);
	system = palloc(sizeof(int64) * Max(nids, 1));
	nsystem = sb_store_find_system(ids, nids, system);

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
 * The accounts of the open requests that are there for who asks, ascending and
 * different.
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
		{
			if (!postings[i].legs[j].is_foreign)
				ids[(*nids)++] = postings[i].legs[j].account_id;
		}
	}
	qsort(ids, *nids, sizeof(int64), sb_compare_ids);
	*nids = qunique(ids, *nids, sizeof(int64), sb_compare_ids);
	return ids;
}

/*
 * Locks every account of the open requests and binds the legs to what it
 * read.  A leg whose account does not exist, or not for who asks, stays unbound.
 */
SbAccounts
sb_accounts_lock(SbPosting *postings, int count)
{
	SbAccounts accounts;
	bool is_restricted = false;

	for (int i = 0; i < count; i++)
		is_restricted |= postings[i].is_restricted;
	accounts = gather(postings, count,
					  is_restricted ? sb_store_lock_owned_accounts : sb_store_lock_accounts);
	if (sb_in_restricted_scope())
		bound_locks(&accounts);
	return accounts;
}

/*
 * The same without a lock, as the caller's snapshot shows them.
 */
SbAccounts
sb_accounts_read(SbPosting *postings, int count)
{
	return gather(postings, count, sb_store_read_rows);
}

static SbAccounts
gather(SbPosting *postings, int count, ReadRows read_rows)
{
	SbAccounts accounts = {0};
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
	accounts.count = read_rows(ids, nids, accounts.rows);
	pfree(ids);
	bind_legs(postings, count, &accounts);
	return accounts;
}

/*
 * Outside of a block a customer may lock the bank's own accounts, and a gateway
 * for it, but not keep them so.
 */
static void
bound_locks(const SbAccounts *accounts)
{
	for (int i = 0; i < accounts->count; i++)
	{
		if (accounts->rows[i].is_system)
			sb_set_deadline("simplebank.max_lock_time", sb_max_lock_time);
	}
}

static void
bind_legs(SbPosting *postings, int count, const SbAccounts *accounts)
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
		if (postings[i].state == SB_OPEN && postings[i].is_restricted)
			judge_owners(&postings[i]);
	}
}

/*
 * Whose an account is may have changed since the caller was judged; with the
 * accounts locked it does not.  What is not its own any more is not there, be
 * it to debit or to capture in favour of.  Of a hold that is released the
 * payee's account is not locked.
 */
static void
judge_owners(SbPosting *posting)
{
	SbLeg *first = &posting->legs[0];
	SbLeg *last = &posting->legs[posting->nlegs - 1];
	SbLeg *own = posting->operation == SB_CAPTURE_HOLD ? last : first;

	if (posting->operation == SB_RELEASE_HOLD)
		return;
	posting->hides_debit |= !is_own(posting, first);
	posting->hides_credit |= !is_own(posting, last);
	if (!is_own(posting, own))
		own->account = NULL;
}

static bool
is_own(const SbPosting *posting, const SbLeg *leg)
{
	return leg->account != NULL && !leg->account->is_system &&
		strcmp(leg->account->owner, posting->role) == 0;
}

/*
 * Its money that is held is on the account's own row, and what is swept or
 * cleared is to be on one row.  Nobody asks for a stripe: ids below 0 are of
 * no account.  One of another's ledger is not locked.
 */
static int64
choose_row(const SbPosting *posting, const SbLeg *leg)
{
	bool is_held =
		posting->change != NULL && (posting->operation != SB_CAPTURE_HOLD || leg == posting->legs);

	if (leg->account_id <= 0 || leg->is_foreign)
		return 0;
	if (leg->is_clearing || posting->amount_rule == SB_AMOUNT_ABOVE || is_held)
		return leg->account_id;
	return sb_stripe_row(leg->account_id);
}
