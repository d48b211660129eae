/*
 * hold_store.c
 *	  Reads and writes of holds, by the plans of plan.c.
 *
 * Whoever changes a hold has locked the account whose money it keeps, which
 * changes with it; so a hold needs no lock of its own.  What is due is due by
 * the clock at the call; the rows follow when a debit needs the money, when
 * something is done to a hold of the account, when it is closed, or when
 * expire_holds() comes by.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/amount.h"
#include "base/argument.h"
#include "base/fault.h"
#include "store/hold.h"
#include "store/plan.h"
#include "base/counter.h"
#include "store/account.h"

/* Bounds a statement's memory, and what a cancel waits for. */
#define HOLDS_PER_STATEMENT 1000

/* Holds that are about to expire, or have. */
typedef struct DueHold
{
	int64 id;
	int64 account_id;
	int64 left;
} DueHold;

typedef struct DueHolds
{
	int count;
	DueHold holds[HOLDS_PER_STATEMENT];
} DueHolds;

static void expire(DueHolds *due, SbAccount *accounts, int naccounts, TimestampTz now);
static void keep_hold(TupleTableSlot *slot, void *state);
static void keep_hold_answer(TupleTableSlot *slot, void *state);
static void keep_due_id(TupleTableSlot *slot, void *state);
static void keep_due_hold(TupleTableSlot *slot, void *state);

bool
sb_store_read_hold(int64 id, SbHold *hold)
{
	Datum value = Int64GetDatum(id);

	return sb_plan_run(PLAN_READ_HOLD, &value, NULL, keep_hold, hold) == 1;
}

/*
 * What the first request with this one's key has answered.
 */
bool
sb_store_read_hold_answer(SbPosting *posting)
{
	bool placed = posting->change->step == SB_PLACE_HOLD;
	Datum values[] = {Int64GetDatum(posting->change->hold.id),
					  CStringGetTextDatum(placed ? "hold_placed" : "hold_released")};

	return sb_plan_run(PLAN_READ_HOLD_ANSWER, values, NULL, keep_hold_answer, posting->change) == 1;
}

/*
 * Writes the hold of a request that was accepted, and the history of its
 * account.
 */
void
sb_store_write_hold(const SbPosting *posting)
{
	static const char *const events[] = {[SB_PLACE_HOLD] = "hold_placed",
										 [SB_CAPTURE_HOLD] = "hold_captured",
										 [SB_RELEASE_HOLD] = "hold_released"};
	const SbHoldChange *change = posting->change;
	const SbHold *hold = &change->hold;
	const SbAccount *account = posting->legs[0].account;

	if (change->step == SB_PLACE_HOLD)
	{
		Datum values[] = {Int64GetDatum(hold->id),
						  Int64GetDatum(hold->from_account),
						  Int64GetDatum(hold->to_account),
						  Int64GetDatum(hold->amount),
						  TimestampTzGetDatum(hold->expires_at),
						  PointerGetDatum(posting->description),
						  PointerGetDatum(posting->metadata)};
		bool nulls[] = {[4] = !hold->has_expiry,
						[5] = posting->description == NULL,
						[6] = posting->metadata == NULL};

		sb_plan_run(PLAN_INSERT_HOLD, values, nulls, NULL, NULL);
		SB_FAULT_POINT(hold_placed);
	}
	else
	{
		Datum values[] = {Int64GetDatum(hold->id), Int64GetDatum(hold->captured),
						  CStringGetTextDatum(sb_hold_status_name(hold->status)),
						  TimestampTzGetDatum(posting->posted_at)};

		sb_plan_run(PLAN_UPDATE_HOLD, values, NULL, NULL, NULL);
		SB_FAULT_POINT(hold_changed);
	}
	sb_store_event(&(SbEvent){.account_id = account->id,
							  .name = events[change->step],
							  .version = account->version,
							  .hold_id = hold->id,
							  .before = change->before,
							  .after = sb_held_object(account)});
}

/*
 * How much of what is held on an account is due, as the caller's snapshot
 * shows it.
 */
int64
sb_store_sum_due_holds(const SbAccount *account, TimestampTz now)
{
	Datum values[] = {Int64GetDatum(account->id), TimestampTzGetDatum(now)};
	int64 sum;

	sb_plan_run(PLAN_SUM_DUE_HOLDS, values, NULL, sb_keep_int64, &sum);
	return sum;
}

/*
 * Is somebody's money held for this locked account?  Placing a hold locks the
 * payee's row too, but does not change it, so that an old snapshot does not
 * show at REPEATABLE READ that it is out of date.  Hence the latest one.
 */
bool
sb_store_find_hold_in_favour(int64 account_id, TimestampTz now, int64 *hold_id)
{
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(now)};
	bool found;

	PushActiveSnapshot(GetLatestSnapshot());
	found = sb_plan_run(PLAN_FIND_HOLD_IN_FAVOUR, values, NULL, sb_keep_int64, hold_id) == 1;
	PopActiveSnapshot();
	return found;
}

/*
 * Expires due holds of a locked account, oldest first and a bounded number;
 * false where there is none.  The caller writes the account.
 */
bool
sb_store_expire_holds(SbAccount *account, TimestampTz now)
{
	Datum values[] = {Int64GetDatum(account->id), TimestampTzGetDatum(now),
					  Int64GetDatum(HOLDS_PER_STATEMENT)};
	DueHolds *due;
	bool found;

	if (account->held == 0)
		return false;
	CHECK_FOR_INTERRUPTS();
	due = palloc0(sizeof(DueHolds));
	found = sb_plan_run(PLAN_FIND_DUE_HOLDS, values, NULL, keep_due_id, due) > 0;
	expire(due, account, 1, now);
	pfree(due);
	return found;
}

/*
 * Expires due holds of any accounts, oldest first, but of accounts that
 * somebody else has locked.  Answers how many.
 */
int
sb_store_expire_any_holds(int max_holds, TimestampTz now)
{
	DueHolds *due = palloc(sizeof(DueHolds));
	int64 *ids = palloc(sizeof(int64) * HOLDS_PER_STATEMENT);
	SbAccount *accounts = palloc(sizeof(SbAccount) * HOLDS_PER_STATEMENT);
	int expired = 0;
	bool more;

	sb_store_leave_queue();
	do
	{
		int portion = Min(max_holds - expired, HOLDS_PER_STATEMENT);
		Datum values[2];
		int naccounts;

		CHECK_FOR_INTERRUPTS();
		values[0] = TimestampTzGetDatum(now);
		values[1] = Int64GetDatum(portion);
		due->count = 0;
		sb_plan_run(PLAN_LOCK_DUE_HOLDS, values, NULL, keep_due_id, due);
		for (int i = 0; i < due->count; i++)
			ids[i] = due->holds[i].account_id;
		qsort(ids, due->count, sizeof(int64), sb_compare_ids);
		naccounts = qunique(ids, due->count, sizeof(int64), sb_compare_ids);
		naccounts = sb_store_lock_accounts(ids, naccounts, accounts);
		more = due->count == portion;
		expire(due, accounts, naccounts, now);
		sb_store_write_accounts(accounts, naccounts);
		expired += due->count;
	} while (more && expired < max_holds);
	return expired;
}

/*
 * Expires those of the holds that are still open, and leaves them in due.
 * accounts, ascending by id, are theirs, and locked.
 */
static void
expire(DueHolds *due, SbAccount *accounts, int naccounts, TimestampTz now)
{
	MemoryContext context;
	MemoryContext old_context;
	Datum elements[HOLDS_PER_STATEMENT];
	Datum values[2];

	if (due->count == 0)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "due holds", ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	for (int i = 0; i < due->count; i++)
		elements[i] = Int64GetDatum(due->holds[i].id);
	values[0] = sb_array(INT8OID, elements, NULL, due->count);
	values[1] = TimestampTzGetDatum(now);
	due->count = 0;
	sb_plan_run(PLAN_EXPIRE_HOLDS, values, NULL, keep_due_hold, due);
	SB_FAULT_POINT(holds_expired);
	sb_count(SB_COUNT_HOLDS_EXPIRED, due->count);
	for (int i = 0; i < due->count; i++)
	{
		const DueHold *hold = &due->holds[i];
		SbAccount *account =
			bsearch(&hold->account_id, accounts, naccounts, sizeof(SbAccount), sb_compare_ids);
		Jsonb *before;

		if (!account)
			elog(ERROR, "hold " INT64_FORMAT " is of no account that is locked", hold->id);
		before = sb_held_object(account);
		account->held -= hold->left;
		sb_store_event(&(SbEvent){.account_id = account->id,
								  .name = "hold_expired",
								  .version = account->version,
								  .hold_id = hold->id,
								  .before = before,
								  .after = sb_held_object(account)});
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * What is held and what is available, for the history of an account.
 */
Jsonb *
sb_held_object(const SbAccount *account)
{
	SbArgument values[] = {
		{"held", INT8OID, Int64GetDatum(account->held), false},
		{"available", INT8OID,
		 Int64GetDatum(sb_spare(account->balance, account->held, account->min_balance)),
		 !account->has_min},
	};

	return sb_arguments_object(values, lengthof(values));
}

static void
keep_hold(TupleTableSlot *slot, void *state)
{
	SbHold *hold = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	hold->id = DatumGetInt64(values[0]);
	hold->from_account = DatumGetInt64(values[1]);
	hold->to_account = DatumGetInt64(values[2]);
	hold->amount = DatumGetInt64(values[3]);
	hold->captured = DatumGetInt64(values[4]);
	hold->has_expiry = !nulls[5];
	hold->expires_at = nulls[5] ? 0 : DatumGetTimestampTz(values[5]);
	if (!sb_hold_status_parse(TextDatumGetCString(values[6]), &hold->status))
		elog(ERROR, "hold " INT64_FORMAT " has an unknown status", hold->id);
	hold->description = nulls[7] ? NULL : DatumGetTextPCopy(values[7]);
}

static void
keep_hold_answer(TupleTableSlot *slot, void *state)
{
	SbHoldChange *change = state;

	change->has_available = !slot->tts_isnull[0];
	change->available = slot->tts_isnull[0] ? 0 : DatumGetInt64(slot->tts_values[0]);
	change->hold.has_expiry = !slot->tts_isnull[1];
	change->hold.expires_at = slot->tts_isnull[1] ? 0 : DatumGetTimestampTz(slot->tts_values[1]);
}

static void
keep_due_id(TupleTableSlot *slot, void *state)
{
	DueHolds *due = state;

	due->holds[due->count++] = (DueHold){.id = DatumGetInt64(slot->tts_values[0]),
										 .account_id = DatumGetInt64(slot->tts_values[1])};
}

static void
keep_due_hold(TupleTableSlot *slot, void *state)
{
	DueHolds *due = state;

	keep_due_id(slot, state);
	due->holds[due->count - 1].left = DatumGetInt64(slot->tts_values[2]);
}
