/*
 * write.c
 *	  Writes what the engine has decided: transfers, their entries, the
 *	  accounts' new balances, holds.
 */
#include "postgres.h"

#include "base/counter.h"
#include "base/fault.h"
#include "engine/holds.h"
#include "engine/write.h"
#include "model/stripe.h"
#include "store/account.h"
#include "store/transfer.h"

/* So many accounts of a call are noted as busy; for speed. */
#define MOST_NOTED 64

typedef struct EntryRef
{
	const SbPosting *posting;
	const SbLeg *leg;
} EntryRef;

static void note_accounts(const SbAccount *accounts, int count);
static void check_accounts(const SbPosting *postings, int count, const SbAccount *accounts,
						   int naccounts);
static bool is_pair(const SbPosting *posting);
static SbTransferRow transfer_row(const SbPosting *posting);
static void write_transfers(const SbPosting *postings, int count);
static void write_entries(const SbPosting *postings, int count);
static SbEntryRow entry_row(const EntryRef *entry);
static int compare_entries(const void *a, const void *b);

/*
 * accounts, ascending, are all that the requests have changed, and locked.  A
 * single transfer between two accounts goes by a plan of its own.
 */
void
sb_write_postings(const SbPosting *postings, int count, const SbAccount *accounts, int naccounts)
{
	check_accounts(postings, count, accounts, naccounts);
	if (sb_counters_sample())
		note_accounts(accounts, naccounts);
	if (count == 1 && is_pair(&postings[0]))
	{
		const SbLeg *legs = postings[0].legs;
		SbTransferRow row = transfer_row(&postings[0]);

		/* the plan debits the first one, and writes what is held of no other */
		if (legs[0].amount != -row.amount || legs[1].amount != row.amount)
			elog(ERROR, "transfer " INT64_FORMAT " does not begin with its debit", row.id);
		Assert(naccounts == 2 && legs[1].account->held == legs[1].account->stored_held);
		sb_store_write_transfer(&row, legs[0].balance, legs[1].balance, legs[0].account->held);
	}
	else
	{
		write_transfers(postings, count);
		SB_FAULT_POINT(transfers_written);
		write_entries(postings, count);
		SB_FAULT_POINT(entries_written);
		sb_store_write_accounts(accounts, naccounts);
	}
	for (int i = 0; i < count; i++)
	{
		if (postings[i].change && postings[i].state == SB_ACCEPTED)
			sb_holds_write(&postings[i]);
	}
}

/*
 * What is going to be written keeps the books: asserted, where the server is
 * built so.  The versions of an account grow by one with each of its entries,
 * and what a transfer debits in a currency it credits.
 */
static void
check_accounts(const SbPosting *postings, int count, const SbAccount *accounts, int naccounts)
{
#ifdef USE_ASSERT_CHECKING
	int64 entries = 0;
	int64 versions = 0;

	for (int i = 0; i < count; i++)
	{
		int128 sum = 0;

		Assert(postings[i].state != SB_OPEN);
		for (int j = 0; sb_has_posted(&postings[i]) && j < postings[i].nlegs; j++)
		{
			const SbLeg *leg = &postings[i].legs[j];

			Assert(leg->account >= accounts && leg->account < accounts + naccounts);
			Assert(leg->amount != 0);
			Assert(leg->version > leg->account->stored_version &&
				   leg->version <= leg->account->version);
			sum += leg->amount;
			entries++;
		}
		/* where each currency sums to zero, all of them do */
		Assert(sum == 0);
	}
	for (int i = 0; i < naccounts; i++)
	{
		Assert(i == 0 || accounts[i - 1].id < accounts[i].id);
		Assert(accounts[i].held >= 0);
		versions += accounts[i].version - accounts[i].stored_version;
	}
	Assert(versions == entries);
#endif
}

/* For hot_accounts(). */
static void
note_accounts(const SbAccount *accounts, int count)
{
	for (int i = 0; i < Min(count, MOST_NOTED); i++)
	{
		if (accounts[i].version > accounts[i].stored_version)
			sb_count_account(sb_stripe_account(accounts[i].id),
							 accounts[i].version - accounts[i].stored_version, 0);
	}
}

/* Is it a transfer that its two accounts tell all of? */
static bool
is_pair(const SbPosting *posting)
{
	return sb_has_posted(posting) && sb_names_both(posting) && posting->reverses == 0;
}

static SbTransferRow
transfer_row(const SbPosting *posting)
{
	const SbLeg *debit = &posting->legs[0];
	const SbLeg *credit = &posting->legs[posting->nlegs - 1];

	return (SbTransferRow){.id = posting->transfer_id,
						   .names_both = sb_names_both(posting),
						   .from_row = debit->row_id,
						   .to_row = credit->row_id,
						   .from_version = debit->version,
						   .to_version = credit->version,
						   .has_amount = posting->has_amount,
						   .amount = posting->amount,
						   .posted_at = posting->posted_at,
						   .has_effective_at = posting->has_effective_at,
						   .effective_at = posting->effective_at,
						   .operation = sb_operation_name(posting->operation),
						   .reverses = posting->reverses,
						   .has_ends = posting->has_ends,
						   .from_amount = posting->from_amount,
						   .to_amount = posting->to_amount,
						   .hold_id = sb_hold_id(posting),
						   .ledger_id = posting->ledger_id,
						   .role = posting->role,
						   .gateway = posting->gateway,
						   .description = posting->description,
						   .metadata = posting->metadata,
						   .reference = posting->reference};
}

static void
write_transfers(const SbPosting *postings, int count)
{
	SbRows *rows = sb_store_transfers(count);

	for (int i = 0; i < count; i++)
	{
		SbTransferRow row;

		if (!sb_has_posted(&postings[i]))
			continue;
		row = transfer_row(&postings[i]);
		sb_store_add_transfer(rows, &row);
	}
	sb_rows_write(rows);
}

/*
 * Entries go in the order of their index, accounts by ascending id.
 */
static void
write_entries(const SbPosting *postings, int count)
{
	SbRows *rows;
	EntryRef *entries;
	int nentries = 0;

	for (int i = 0; i < count; i++)
		nentries += sb_has_posted(&postings[i]) ? postings[i].nlegs : 0;
	entries = palloc(sizeof(EntryRef) * Max(nentries, 1));
	nentries = 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; sb_has_posted(&postings[i]) && j < postings[i].nlegs; j++)
			entries[nentries++] = (EntryRef){&postings[i], &postings[i].legs[j]};
	}
	qsort(entries, nentries, sizeof(EntryRef), compare_entries);

	rows = sb_store_entries(nentries);
	for (int i = 0; i < nentries; i++)
	{
		SbEntryRow row = entry_row(&entries[i]);

		sb_store_add_entry(rows, &row);
	}
	sb_rows_write(rows);
	pfree(entries);
}

static SbEntryRow
entry_row(const EntryRef *entry)
{
	const SbPosting *posting = entry->posting;
	const SbLeg *leg = entry->leg;

	return (SbEntryRow){.row_id = leg->row_id,
						.version = leg->version,
						.transfer_id = posting->transfer_id,
						.amount = leg->amount,
						.balance = leg->balance,
						.posted_at = posting->posted_at,
						.has_effective_at = posting->has_effective_at,
						.effective_at = posting->effective_at,
						.leg = sb_names_both(posting) ? 0 : leg - posting->legs + 1};
}

static int
compare_entries(const void *a, const void *b)
{
	const SbLeg *left = ((const EntryRef *) a)->leg;
	const SbLeg *right = ((const EntryRef *) b)->leg;

	if (left->row_id != right->row_id)
		return left->row_id < right->row_id ? -1 : 1;
	return left->version < right->version ? -1 : left->version > right->version;
}
