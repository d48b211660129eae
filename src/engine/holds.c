/*
 * holds.c
 *	  What the engine does to holds.
 *
 * What is due is due by the clock at the call, and counts as free in every
 * answer; the rows follow when a debit may need the money, when something is
 * done to a hold of the account, when it is closed, or when expire_holds()
 * comes by.  Each change leaves an event in the history of its account.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/argument.h"
#include "base/counter.h"
#include "engine/holds.h"
#include "store/account.h"
#include "store/event.h"
#include "store/hold.h"
#include "store/turn.h"

static void expire(SbDueHolds *due, SbAccount *accounts, int naccounts, TimestampTz now,
				   const char *role, const char *gateway);
static void record(const SbAccount *account, const char *event, int64 hold_id, const char *role,
				   const char *gateway, const SbHeld *before, const SbHeld *after);
static Jsonb *held_object(const SbHeld *held);
static const char *event_of(SbOperation operation);

/*
 * Expires due holds of a locked account, oldest first and a bounded number;
 * false where there is none.  The caller writes the account.
 */
bool
sb_holds_expire_some(SbAccount *account, TimestampTz now, const char *role, const char *gateway)
{
	SbDueHolds *due;
	bool found;

	if (account->held == 0)
		return false;
	CHECK_FOR_INTERRUPTS();
	due = palloc(sizeof(SbDueHolds));
	sb_store_find_due_holds(account->id, now, due);
	found = due->count > 0;
	expire(due, account, 1, now, role, gateway);
	pfree(due);
	return found;
}

void
sb_holds_expire(SbAccount *account, TimestampTz now, const char *role, const char *gateway)
{
	while (sb_holds_expire_some(account, now, role, gateway))
		;
}

/*
 * Expires due holds of any accounts of these ledgers, oldest first, but of
 * accounts that somebody else has locked.  Returns how many.
 */
int
sb_holds_expire_any(int max_holds, TimestampTz now, const char *role, const SbLedgers *ledgers)
{
	SbDueHolds *due = palloc(sizeof(SbDueHolds));
	int64 *ids = palloc(sizeof(int64) * SB_HOLDS_PER_STATEMENT);
	SbAccount *accounts = palloc(sizeof(SbAccount) * SB_HOLDS_PER_STATEMENT);
	int expired = 0;
	bool more;

	sb_turn_pass();
	do
	{
		int portion = Min(max_holds - expired, SB_HOLDS_PER_STATEMENT);
		int naccounts;

		CHECK_FOR_INTERRUPTS();
		sb_store_lock_due_holds(now, ledgers, portion, due);
		for (int i = 0; i < due->count; i++)
			ids[i] = due->holds[i].account_id;
		qsort(ids, due->count, sizeof(int64), sb_compare_ids);
		naccounts = qunique(ids, due->count, sizeof(int64), sb_compare_ids);
		naccounts = sb_store_lock_accounts(ids, naccounts, accounts);
		more = due->count == portion;
		expire(due, accounts, naccounts, now, role, NULL);
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
expire(SbDueHolds *due, SbAccount *accounts, int naccounts, TimestampTz now, const char *role,
	   const char *gateway)
{
	MemoryContext context;
	MemoryContext old_context;

	if (due->count == 0)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "due holds", ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	sb_store_expire_holds(due, now);
	sb_count(SB_COUNT_HOLDS_EXPIRED, due->count);
	for (int i = 0; i < due->count; i++)
	{
		const SbDueHold *hold = &due->holds[i];
		SbAccount *account =
			bsearch(&hold->account_id, accounts, naccounts, sizeof(SbAccount), sb_compare_ids);
		SbHeld before;
		SbHeld after;

		if (!account)
			elog(ERROR, "hold " INT64_FORMAT " is of no account that is locked", hold->id);
		if (hold->left <= 0 || hold->left > account->held)
			elog(ERROR, "hold " INT64_FORMAT " keeps more than its account holds", hold->id);
		before = sb_held_of(account);
		account->held -= hold->left;
		after = sb_held_of(account);
		record(account, "hold_expired", hold->id, role, gateway, &before, &after);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Reads the hold that is to be captured or released.  Whoever changes one has
 * locked its account, as we have: so what is read now stays.
 */
void
sb_holds_read(SbPosting *posting)
{
	SbHold *hold = &posting->change->hold;

	if (posting->legs[0].account == NULL || !sb_store_read_hold(hold->id, hold))
		elog(ERROR, "hold " INT64_FORMAT " or its account is missing", hold->id);
	/* and not what it was before: it may have been erased meanwhile */
	if (posting->operation == SB_CAPTURE_HOLD)
		posting->description = hold->description;
}

/*
 * Writes the hold of a request that was accepted.
 */
void
sb_holds_write(const SbPosting *posting)
{
	const SbHoldChange *change = posting->change;

	Assert(posting->state == SB_ACCEPTED);
	if (posting->operation == SB_PLACE_HOLD)
		sb_store_insert_hold(&change->hold, posting->metadata, posting->reference);
	else
		sb_store_update_hold(&change->hold, posting->posted_at);
	record(posting->legs[0].account, event_of(posting->operation), change->hold.id, posting->role,
		   posting->gateway, &change->before, &change->after);
}

/*
 * What the first request with the key of this one has answered.
 */
void
sb_holds_read_answer(SbPosting *posting)
{
	SbHoldChange *change = posting->change;
	SbHoldAnswer answer;

	if (!sb_store_read_hold_answer(change->hold.id, event_of(posting->operation), &answer))
		elog(ERROR, "hold " INT64_FORMAT " of an idempotency key is missing", change->hold.id);
	change->after = (SbHeld){.has_available = answer.has_available, .available = answer.available};
	change->hold.has_expiry = answer.has_expiry;
	change->hold.expires_at = answer.expires_at;
}

static void
record(const SbAccount *account, const char *event, int64 hold_id, const char *role,
	   const char *gateway, const SbHeld *before, const SbHeld *after)
{
	sb_store_event(&(SbEvent){.account_id = account->id,
							  .name = event,
							  .version = account->version,
							  .hold_id = hold_id,
							  .role = role,
							  .gateway = gateway,
							  .before = held_object(before),
							  .after = held_object(after)});
}

static Jsonb *
held_object(const SbHeld *held)
{
	SbArgument values[] = {
		{"held", INT8OID, Int64GetDatum(held->held), false},
		{"available", INT8OID, Int64GetDatum(held->available), !held->has_available},
	};

	return sb_arguments_object(values, lengthof(values));
}

static const char *
event_of(SbOperation operation)
{
	switch (operation)
	{
		case SB_PLACE_HOLD:
			return "hold_placed";
		case SB_CAPTURE_HOLD:
			return "hold_captured";
		case SB_RELEASE_HOLD:
			return "hold_released";
		default:
			elog(ERROR, "operation %s changes no hold", sb_operation_name(operation));
	}
}
