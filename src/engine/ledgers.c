/*
 * ledgers.c
 *	  The ledgers of the requests of one call.
 *
 * An account's ledger never changes, so it is read before anything is locked:
 * a request's key and reference are its ledger's, and an account of a ledger
 * that whoever asks has not must not be locked.  While there is one ledger, and
 * it was given to nobody, nothing is read.
 */
#include "postgres.h"

#include "lib/qunique.h"

#include "engine/ledgers.h"
#include "store/account.h"
#include "store/ledger.h"

static bool is_open(const SbPosting *posting);
static int read_accounts(const SbPosting *postings, int count, SbAccountLedger **accounts);
static void resolve(SbPosting *posting, const SbAccountLedger *accounts, int naccounts);

/*
 * Gives each open request that has none its ledger, that of its first account
 * which whoever asks has, and marks the legs of accounts that are not there
 * for it.  To whoever has no ledger no account is there: its request is refused
 * here, before a key or a reference is looked for, which are in none of its.
 */
void
sb_ledgers_resolve(SbPosting *postings, int count)
{
	SbAccountLedger *accounts;
	int naccounts;

	if (!sb_ledgers_are_told_apart())
	{
		for (int i = 0; i < count; i++)
		{
			if (is_open(&postings[i]))
				postings[i].ledger_id = SB_DEFAULT_LEDGER;
		}
		return;
	}
	naccounts = read_accounts(postings, count, &accounts);
	for (int i = 0; i < count; i++)
	{
		if (is_open(&postings[i]))
			resolve(&postings[i], accounts, naccounts);
	}
}

static bool
is_open(const SbPosting *posting)
{
	return posting->state == SB_OPEN && posting->ledger_id == 0;
}

/* The accounts that there are, ascending; returns how many. */
static int
read_accounts(const SbPosting *postings, int count, SbAccountLedger **accounts)
{
	int64 *ids;
	int nids = 0;

	for (int i = 0; i < count; i++)
		nids += is_open(&postings[i]) ? postings[i].nlegs : 0;
	ids = palloc(sizeof(int64) * Max(nids, 1));
	nids = 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; is_open(&postings[i]) && j < postings[i].nlegs; j++)
			ids[nids++] = postings[i].legs[j].account_id;
	}
	qsort(ids, nids, sizeof(int64), sb_compare_ids);
	nids = qunique(ids, nids, sizeof(int64), sb_compare_ids);
	*accounts = palloc(sizeof(SbAccountLedger) * Max(nids, 1));
	nids = sb_store_find_ledgers(ids, nids, *accounts);
	pfree(ids);
	return nids;
}

static void
resolve(SbPosting *posting, const SbAccountLedger *accounts, int naccounts)
{
	if (posting->ledgers && posting->ledgers->count == 0)
	{
		sb_refuse(
			posting,
			&(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = posting->legs[0].account_id});
		return;
	}
	for (int i = 0; i < posting->nlegs; i++)
	{
		SbLeg *leg = &posting->legs[i];
		const SbAccountLedger *account =
			bsearch(&leg->account_id, accounts, naccounts, sizeof(SbAccountLedger), sb_compare_ids);

		leg->is_foreign = account == NULL || !sb_has_ledger(posting->ledgers, account->ledger_id);
		if (!leg->is_foreign && posting->ledger_id == 0)
			posting->ledger_id = account->ledger_id;
	}
	/* it has none of them, so it will be refused, but its key may have been used */
	if (posting->ledger_id == 0)
		posting->ledger_id = sb_only_ledger(posting->ledgers);
	if (posting->ledger_id == 0 && posting->ledgers)
		posting->ledger_id = posting->ledgers->ids[0];
}

/*
 * Is it about an account that is not there for whoever asks?
 */
bool
sb_has_foreign_leg(const SbPosting *posting)
{
	for (int i = 0; i < posting->nlegs; i++)
	{
		if (posting->legs[i].is_foreign)
			return true;
	}
	return false;
}
