/*
 * store.c
 *	  Reads and writes of ledger rows, by the plans of plan.c.
 *
 * sb_store_lock_accounts() is the one function that locks accounts, in
 * ascending order of id and FOR NO KEY UPDATE, whoever needs them; beside it
 * there is one that locks only what nobody else has.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "calls/door.h"
#include "base/version.h"
#include "base/fault.h"
#include "store/plan.h"
#include "store/rows.h"
#include "base/counter.h"
#include "store/account.h"
#include "store/stripe.h"

/* A transfer's two accounts are queued for; more are not. */
#define MAX_QUEUED_ACCOUNTS 2

/* So many accounts of a call are noted as busy; for speed. */
#define MOST_NOTED 64

/* Sets our advisory locks apart from users', whose class is 1 or 2. */
#define QUEUE_LOCK_CLASS 83

/* Where the rows of an account plan go. */
typedef struct AccountRows
{
	SbAccount *next;
} AccountRows;

/* The element types of the plans' arrays. */
static const Oid transfer_types[] = {
	INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID,
	TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID,		  JSONBOID};
static const Oid entry_types[] = {INT8OID, INT8OID,		   INT8OID,		   INT8OID,
								  INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID};
static const Oid account_types[] = {INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID};

typedef struct EntryRef
{
	const SbPosting *posting;
	const SbLeg *leg;
} EntryRef;

/* The last transaction whose turn to queue has passed. */
static LocalTransactionId queued_in = InvalidLocalTransactionId;

static int lock_accounts(SbPlanId plan, const int64 *ids, int count, SbAccount *accounts);
static void queue_for_accounts(const int64 *ids, int count);
static void wait_in_queue(const LOCKTAG *tag, int64 account_id);
static void note_accounts(const SbAccount *accounts, int count);
static void keep_id(TupleTableSlot *slot, void *state);
static void keep_account(TupleTableSlot *slot, void *state);
static void copy_currency(char *target, Datum source);
static void write_transfer(const SbPosting *posting);
static void write_transfers(const SbPosting *postings, int count);
static void write_entries(const SbPosting *postings, int count);
static int compare_entries(const void *a, const void *b);

/* Ids, or accounts, which begin with theirs. */
int
sb_compare_ids(const void *a, const void *b)
{
	int64 left = *(const int64 *) a;
	int64 right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

/*
 * Locks the accounts of these ids, which are ascending and different, reads
 * them into accounts, likewise ascending, and answers how many there are.
 */
int
sb_store_lock_accounts(const int64 *ids, int count, SbAccount *accounts)
{
	instr_time began;
	instr_time ended;
	int locked;

	INSTR_TIME_SET_CURRENT(began);
	queue_for_accounts(ids, count);
	locked = lock_accounts(PLAN_LOCK_ACCOUNTS, ids, count, accounts);
	SB_FAULT_POINT(accounts_locked);
	INSTR_TIME_SET_CURRENT(ended);
	INSTR_TIME_SUBTRACT(ended, began);
	sb_count_now(SB_COUNT_LOCK_TIME, INSTR_TIME_GET_MICROSEC(ended));
	return locked;
}

/*
 * The same, but for those that another transaction has locked, without waiting.
 */
int
sb_store_lock_free_accounts(const int64 *ids, int count, SbAccount *accounts)
{
	sb_store_leave_queue();
	SB_FAULT_POINT(free_accounts_sought);
	return lock_accounts(PLAN_LOCK_FREE_ACCOUNTS, ids, count, accounts);
}

static int
lock_accounts(SbPlanId plan, const int64 *ids, int count, SbAccount *accounts)
{
	AccountRows rows = {accounts};
	Datum *elements = palloc(sizeof(Datum) * count);
	Datum value;

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	value = sb_array(INT8OID, elements, NULL, count);
	return sb_plan_run(plan, &value, NULL, keep_account, &rows);
}

/*
 * Which of these accounts, ascending and different, are this role's own?  That
 * never changes, so no lock is needed.  Answers how many.
 */
int
sb_store_find_own(const char *role, const int64 *ids, int count, int64 *own)
{
	Datum *elements = palloc(sizeof(Datum) * count);
	Datum values[2];
	int64 *next = own;

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	values[0] = sb_array(INT8OID, elements, NULL, count);
	values[1] = CStringGetTextDatum(role);
	return sb_plan_run(PLAN_FIND_OWN, values, NULL, keep_id, &next);
}

/*
 * Waits until no other call that queues here works on these accounts.
 *
 * Safety is the row locks' matter.  This is for speed: who waits for a row
 * that others have updated is woken at each commit together with everybody
 * else who waits for it, and then follows the chain of updates.  In a queue
 * one is woken at a time, and finds the row free and its newest version in
 * its snapshot.  Only the first call of a transaction queues: who holds row
 * locks already must not wait here, and a transaction takes a few entries of
 * the lock table at most.
 */
static void
queue_for_accounts(const int64 *ids, int count)
{
	if (queued_in == my_local_transaction_id())
		return;
	sb_store_leave_queue();
	if (count > MAX_QUEUED_ACCOUNTS)
		return;
	for (int i = 0; i < count; i++)
	{
		LOCKTAG tag;

		SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (ids[i] >> 32), (uint32) ids[i],
							 QUEUE_LOCK_CLASS);
		if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
			wait_in_queue(&tag, ids[i]);
	}
}

static void
wait_in_queue(const LOCKTAG *tag, int64 account_id)
{
	instr_time began;
	instr_time ended;

	INSTR_TIME_SET_CURRENT(began);
	(void) LockAcquire(tag, ExclusiveLock, false, false);
	INSTR_TIME_SET_CURRENT(ended);
	INSTR_TIME_SUBTRACT(ended, began);
	sb_count_account(sb_stripe_account(account_id), 0, INSTR_TIME_GET_MICROSEC(ended));
}

/*
 * From here on this transaction has row locks, and waits in no queue.
 */
void
sb_store_leave_queue(void)
{
	queued_in = my_local_transaction_id();
}

/*
 * Reads an account as the caller's snapshot shows it.
 */
bool
sb_store_read_account(int64 id, SbAccount *account)
{
	AccountRows rows = {account};
	Datum value = Int64GetDatum(id);

	return sb_plan_run(PLAN_READ_ACCOUNT, &value, NULL, keep_account, &rows) == 1;
}

/*
 * The same for all whose ids are in a range, ascending; answers how many.
 */
int
sb_store_read_accounts(int64 first, int64 last, SbAccount *accounts)
{
	AccountRows rows = {accounts};
	Datum values[] = {Int64GetDatum(first), Int64GetDatum(last)};

	return sb_plan_run(PLAN_READ_STRIPES, values, NULL, keep_account, &rows);
}

static void
keep_id(TupleTableSlot *slot, void *state)
{
	int64 **next = state;

	*(*next)++ = DatumGetInt64(slot->tts_values[0]);
}

/* The columns are ACCOUNT_COLUMNS of plan.c. */
static void
keep_account(TupleTableSlot *slot, void *state)
{
	AccountRows *rows = state;
	SbAccount *account = rows->next++;
	const Datum *values = slot->tts_values;

	account->id = DatumGetInt64(values[0]);
	account->balance = DatumGetInt64(values[1]);
	account->held = DatumGetInt64(values[2]);
	account->version = DatumGetInt64(values[3]);
	account->updated_at = DatumGetTimestampTz(values[4]);
	account->is_system = DatumGetBool(values[5]);
	copy_currency(account->currency, values[6]);
	if (!sb_status_parse(TextDatumGetCString(values[7]), &account->status))
		elog(ERROR, "account " INT64_FORMAT " has an unknown status", account->id);
	account->has_min = !slot->tts_isnull[8];
	account->min_balance = account->has_min ? DatumGetInt64(values[8]) : 0;
	account->has_max = !slot->tts_isnull[9];
	account->max_balance = account->has_max ? DatumGetInt64(values[9]) : 0;
	account->stripes = slot->tts_isnull[10] ? 0 : DatumGetInt32(values[10]);
	account->stored_version = account->version;
	account->stored_held = account->held;
	account->net = 0;
}

static void
copy_currency(char *target, Datum source)
{
	text *code = DatumGetTextPP(source);
	int length = VARSIZE_ANY_EXHDR(code);

	if (length > SB_CURRENCY_LENGTH)
		elog(ERROR, "currency code of %d bytes", length);
	memcpy(target, VARDATA_ANY(code), length);
	target[length] = '\0';
}

/*
 * Writes what was decided: transfers, their entries, and the accounts'
 * new balances.  A single transfer goes by a plan of its own, which spares it
 * the arrays.
 */
void
sb_store_write_postings(const SbPosting *postings, int count, const SbAccount *accounts,
						int naccounts)
{
	if (sb_counters_sample())
		note_accounts(accounts, naccounts);
	if (count == 1 && !postings[0].is_journal && sb_moves_money(&postings[0]))
	{
		write_transfer(&postings[0]);
		SB_FAULT_POINT(transfer_written);
		return;
	}
	write_transfers(postings, count);
	SB_FAULT_POINT(transfers_written);
	write_entries(postings, count);
	SB_FAULT_POINT(entries_written);
	sb_store_write_accounts(accounts, naccounts);
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

static void
write_transfer(const SbPosting *posting)
{
	const SbLeg *debit = &posting->legs[0];
	const SbLeg *credit = &posting->legs[1];
	Datum values[16];
	bool nulls[16] = {0};

	values[0] = Int64GetDatum(posting->transfer_id);
	values[1] = Int64GetDatum(debit->row_id);
	values[2] = Int64GetDatum(credit->row_id);
	values[3] = Int64GetDatum(posting->amount);
	values[4] = Int64GetDatum(debit->version);
	values[5] = Int64GetDatum(credit->version);
	values[6] = Int64GetDatum(debit->balance);
	values[7] = Int64GetDatum(credit->balance);
	values[8] = TimestampTzGetDatum(posting->posted_at);
	values[9] = TimestampTzGetDatum(posting->effective_at);
	nulls[9] = !posting->has_effective_at;
	values[10] = CStringGetTextDatum(posting->operation);
	values[11] = PointerGetDatum(posting->description);
	nulls[11] = posting->description == NULL;
	values[12] = PointerGetDatum(posting->metadata);
	nulls[12] = posting->metadata == NULL;
	values[13] = Int64GetDatum(debit->account->held);
	values[14] = Int64GetDatum(sb_hold_id(posting));
	nulls[14] = sb_hold_id(posting) == 0;
	values[15] = CStringGetTextDatum(posting->role ? posting->role : sb_caller_role());
	if (sb_plan_run(PLAN_WRITE_TRANSFER, values, nulls, NULL, NULL) != 2)
		elog(ERROR, "accounts of transfer " INT64_FORMAT " are not both there",
			 posting->transfer_id);
}

static void
write_transfers(const SbPosting *postings, int count)
{
	SbRows *rows =
		sb_rows_make(PLAN_INSERT_TRANSFERS, transfer_types, lengthof(transfer_types), count);
	Datum caller = CStringGetTextDatum(sb_caller_role());

	for (int i = 0; i < count; i++)
	{
		const SbPosting *posting = &postings[i];
		bool both = posting->names_both;

		if (!sb_moves_money(posting))
			continue;
		sb_rows_int64(rows, posting->transfer_id, false);
		sb_rows_int64(rows, posting->legs[0].row_id, !both);
		sb_rows_int64(rows, posting->legs[1].row_id, !both);
		sb_rows_int64(rows, posting->amount, !posting->has_amount);
		sb_rows_int64(rows, posting->legs[0].version, !both);
		sb_rows_int64(rows, posting->legs[1].version, !both);
		sb_rows_int64(rows, posting->posted_at, false);
		sb_rows_int64(rows, posting->effective_at, !posting->has_effective_at);
		sb_rows_value(rows, CStringGetTextDatum(posting->operation), false);
		sb_rows_int64(rows, posting->reverses, posting->reverses == 0);
		sb_rows_int64(rows, posting->from_amount, posting->from_amount == 0);
		sb_rows_int64(rows, posting->to_amount, posting->to_amount == 0);
		sb_rows_int64(rows, sb_hold_id(posting), sb_hold_id(posting) == 0);
		sb_rows_value(rows, posting->role ? CStringGetTextDatum(posting->role) : caller, false);
		sb_rows_value(rows, PointerGetDatum(posting->description), posting->description == NULL);
		sb_rows_value(rows, PointerGetDatum(posting->metadata), posting->metadata == NULL);
		sb_rows_end(rows);
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
		nentries += sb_moves_money(&postings[i]) ? postings[i].nlegs : 0;
	entries = palloc(sizeof(EntryRef) * Max(nentries, 1));
	nentries = 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; sb_moves_money(&postings[i]) && j < postings[i].nlegs; j++)
			entries[nentries++] = (EntryRef){&postings[i], &postings[i].legs[j]};
	}
	qsort(entries, nentries, sizeof(EntryRef), compare_entries);

	rows = sb_rows_make(PLAN_INSERT_ENTRIES, entry_types, lengthof(entry_types), nentries);
	for (int i = 0; i < nentries; i++)
	{
		const SbPosting *posting = entries[i].posting;
		const SbLeg *leg = entries[i].leg;

		sb_rows_int64(rows, leg->row_id, false);
		sb_rows_int64(rows, leg->version, false);
		sb_rows_int64(rows, posting->transfer_id, false);
		sb_rows_int64(rows, leg->amount, false);
		sb_rows_int64(rows, leg->balance, false);
		sb_rows_int64(rows, posting->posted_at, false);
		sb_rows_int64(rows, posting->effective_at, !posting->has_effective_at);
		sb_rows_value(rows, Int32GetDatum(leg - posting->legs + 1), posting->names_both);
		sb_rows_end(rows);
	}
	sb_rows_write(rows);
	pfree(entries);
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

/*
 * Writes those of these accounts that have changed.
 */
void
sb_store_write_accounts(const SbAccount *accounts, int count)
{
	SbRows *rows =
		sb_rows_make(PLAN_UPDATE_ACCOUNTS, account_types, lengthof(account_types), count);

	for (int i = 0; i < count; i++)
	{
		if (accounts[i].version == accounts[i].stored_version &&
			accounts[i].held == accounts[i].stored_held)
			continue;
		sb_rows_int64(rows, accounts[i].id, false);
		sb_rows_int64(rows, accounts[i].balance, false);
		sb_rows_int64(rows, accounts[i].held, false);
		sb_rows_int64(rows, accounts[i].version, false);
		sb_rows_int64(rows, accounts[i].updated_at, false);
		sb_rows_end(rows);
	}
	sb_rows_write(rows);
	SB_FAULT_POINT(balances_written);
}

/*
 * One of the ledger's tables or sequences.
 */
Oid
sb_store_relation(const char *name)
{
	return get_relname_relid(name, get_namespace_oid("simplebank", false));
}

/*
 * Records what happened to an account besides postings.
 */
void
sb_store_event(const SbEvent *event)
{
	Datum values[8];
	bool nulls[8] = {0};

	values[0] = Int64GetDatum(event->account_id);
	values[1] = CStringGetTextDatum(event->name);
	values[2] = Int64GetDatum(event->version);
	values[3] = Int64GetDatum(event->hold_id);
	nulls[3] = event->hold_id == 0;
	values[4] = CStringGetTextDatum(sb_caller_role());
	values[5] = PointerGetDatum(event->reason);
	nulls[5] = event->reason == NULL;
	values[6] = PointerGetDatum(event->before);
	nulls[6] = event->before == NULL;
	values[7] = PointerGetDatum(event->after);
	nulls[7] = event->after == NULL;
	sb_plan_run(PLAN_INSERT_EVENT, values, nulls, NULL, NULL);
	SB_FAULT_POINT(event_written);
}
