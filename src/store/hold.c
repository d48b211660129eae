/*
 * hold.c
 *	  Rows of simplebank.holds.
 *
 * Whoever changes a hold has locked the account whose money it keeps, which
 * changes with it; so a hold needs no lock of its own.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/fault.h"
#include "store/hold.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan read_hold = {
	"read_hold",
	"SELECT id, from_account_id, to_account_id, amount, captured, expires_at, status,"
	" description, ledger_id FROM simplebank.holds WHERE id" EQ "$1",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
static SbPlan read_hold_answer = {
	"read_hold_answer",
	"SELECT (e.after OPERATOR(pg_catalog.->>) 'available')::pg_catalog.int8, h.expires_at"
	" FROM simplebank.account_events e JOIN simplebank.holds h ON h.id" EQ "e.hold_id"
	" WHERE e.hold_id" EQ "$1 AND e.event" EQ "$2",
	SPI_OK_SELECT, .nargs = 2, .types = {INT8OID, TEXTOID}
};
static SbPlan show_hold = {
	"show_hold",
	"SELECT 1 FROM simplebank.holds h WHERE h.id" EQ "$1 AND EXISTS (SELECT FROM simplebank.accounts a"
	" WHERE a.id" EQ "ANY (ARRAY[h.from_account_id, h.to_account_id]) AND a.owner" EQ "$2 AND NOT a.is_system)",
	SPI_OK_SELECT, .nargs = 2, .types = {INT8OID, TEXTOID}
};
static SbPlan insert_hold = {
	"insert_hold",
	"INSERT INTO simplebank.holds"
	" (id, from_account_id, to_account_id, amount, expires_at, description, metadata, reference,"
	"  ledger_id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	SPI_OK_INSERT, .nargs = 9,
	.types = {INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TEXTOID, JSONBOID, TEXTOID,
	INT4OID}
};
static SbPlan update_hold = {
	"update_hold",
	"UPDATE simplebank.holds SET captured = $2, status = $3,"
	" closed_at = CASE WHEN $3" NE "'open' THEN $4 END WHERE id" EQ "$1",
	SPI_OK_UPDATE, .nargs = 4, .types = {INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID}
};
static SbPlan sum_due_holds = {
	"sum_due_holds",
	"SELECT coalesce(pg_catalog.sum(amount" MINUS "captured), 0)::pg_catalog.int8"
	" FROM simplebank.holds"
	" WHERE from_account_id" EQ "$1 AND status" EQ "'open' AND expires_at" LE "$2",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, TIMESTAMPTZOID}
};
static SbPlan find_hold_in_favour = {
	"find_hold_in_favour",
	"SELECT id FROM simplebank.holds WHERE to_account_id" EQ "$1 AND status" EQ "'open'"
	" AND (expires_at IS NULL OR expires_at" GT "$2) LIMIT 1",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, TIMESTAMPTZOID}
};
static SbPlan find_due_holds = {
	"find_due_holds",
	"SELECT id, from_account_id FROM simplebank.holds"
	" WHERE from_account_id" EQ "$1 AND status" EQ "'open' AND expires_at" LE "$2"
	" ORDER BY expires_at LIMIT $3",
	SPI_OK_SELECT, .nargs = 3, .types = {INT8OID, TIMESTAMPTZOID, INT8OID}
};
/* Whoever changes a hold has locked its account. */
static SbPlan lock_due_holds = {
	"lock_due_holds",
	"SELECT h.id, h.from_account_id FROM simplebank.holds h"
	" JOIN simplebank.accounts a ON a.id" EQ "h.from_account_id"
	" WHERE h.status" EQ "'open' AND h.expires_at" LE "$1"
	" AND ($3 IS NULL OR a.ledger_id" EQ "ANY ($3))"
	" ORDER BY h.expires_at, h.id LIMIT $2 FOR NO KEY UPDATE OF a SKIP LOCKED",
	SPI_OK_SELECT, .nargs = 3, .types = {TIMESTAMPTZOID, INT8OID, INT4ARRAYOID}
};
static SbPlan expire_holds = {
	"expire_holds",
	"UPDATE simplebank.holds SET status = 'expired', closed_at = $2"
	" WHERE id" EQ "ANY ($1) AND status" EQ "'open'"
	" RETURNING id, from_account_id, amount" MINUS "captured",
	SPI_OK_UPDATE_RETURNING, .nargs = 2, .types = {INT8ARRAYOID, TIMESTAMPTZOID}
};
/* clang-format on */

static void keep_hold(TupleTableSlot *slot, void *state);
static void keep_hold_answer(TupleTableSlot *slot, void *state);
static void keep_due_id(TupleTableSlot *slot, void *state);
static void keep_due_hold(TupleTableSlot *slot, void *state);

bool
sb_store_read_hold(int64 id, SbHold *hold)
{
	Datum value = Int64GetDatum(id);

	return sb_plan_run(&read_hold, &value, NULL, keep_hold, hold) == 1;
}

/*
 * What was answered when it was placed, or released, as event says.
 */
bool
sb_store_read_hold_answer(int64 id, const char *event, SbHoldAnswer *answer)
{
	Datum values[] = {Int64GetDatum(id), CStringGetTextDatum(event)};

	return sb_plan_run(&read_hold_answer, values, NULL, keep_hold_answer, answer) == 1;
}

/*
 * Is it of an account of this customer's, or in favour of one?
 */
bool
sb_store_shows_hold(int64 id, const char *owner)
{
	Datum values[] = {Int64GetDatum(id), CStringGetTextDatum(owner)};

	return sb_plan_run(&show_hold, values, NULL, NULL, NULL) > 0;
}

void
sb_store_insert_hold(const SbHold *hold, Jsonb *metadata, text *reference)
{
	Datum values[] = {Int64GetDatum(hold->id),
					  Int64GetDatum(hold->from_account),
					  Int64GetDatum(hold->to_account),
					  Int64GetDatum(hold->amount),
					  TimestampTzGetDatum(hold->expires_at),
					  PointerGetDatum(hold->description),
					  PointerGetDatum(metadata),
					  PointerGetDatum(reference),
					  Int32GetDatum(hold->ledger_id)};
	bool nulls[] = {[4] = !hold->has_expiry,
					[5] = hold->description == NULL,
					[6] = metadata == NULL,
					[7] = reference == NULL,
					[8] = hold->ledger_id == SB_DEFAULT_LEDGER};

	sb_plan_run(&insert_hold, values, nulls, NULL, NULL);
	SB_FAULT_POINT(hold_placed);
}

/*
 * closed_at is kept where it is open no more.
 */
void
sb_store_update_hold(const SbHold *hold, TimestampTz closed_at)
{
	Datum values[] = {Int64GetDatum(hold->id), Int64GetDatum(hold->captured),
					  CStringGetTextDatum(sb_hold_status_name(hold->status)),
					  TimestampTzGetDatum(closed_at)};

	sb_plan_run(&update_hold, values, NULL, NULL, NULL);
	SB_FAULT_POINT(hold_changed);
}

/*
 * How much of what is held on an account is due, as the caller's snapshot
 * shows it.
 */
int64
sb_store_sum_due_holds(int64 account_id, TimestampTz now)
{
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(now)};
	int64 sum;

	sb_plan_run(&sum_due_holds, values, NULL, sb_keep_int64, &sum);
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
	found = sb_plan_run(&find_hold_in_favour, values, NULL, sb_keep_int64, hold_id) == 1;
	PopActiveSnapshot();
	return found;
}

/*
 * Due holds of a locked account, oldest first and a bounded number.
 */
void
sb_store_find_due_holds(int64 account_id, TimestampTz now, SbDueHolds *due)
{
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(now),
					  Int64GetDatum(SB_HOLDS_PER_STATEMENT)};

	due->count = 0;
	sb_plan_run(&find_due_holds, values, NULL, keep_due_id, due);
}

/*
 * Due holds of any accounts of these ledgers, oldest first, whose accounts it locks, but those
 * that somebody else has locked.
 */
void
sb_store_lock_due_holds(TimestampTz now, const SbLedgers *ledgers, int max_holds, SbDueHolds *due)
{
	Datum values[] = {TimestampTzGetDatum(now),
					  Int64GetDatum(Min(max_holds, SB_HOLDS_PER_STATEMENT)),
					  sb_ledger_array(ledgers)};
	bool nulls[] = {false, false, ledgers == NULL};

	due->count = 0;
	sb_plan_run(&lock_due_holds, values, nulls, keep_due_id, due);
}

/*
 * Expires those of the holds that are still open, and leaves them in due.
 */
void
sb_store_expire_holds(SbDueHolds *due, TimestampTz now)
{
	int64 ids[SB_HOLDS_PER_STATEMENT];
	Datum values[2];

	for (int i = 0; i < due->count; i++)
		ids[i] = due->holds[i].id;
	values[0] = sb_id_array(ids, due->count);
	values[1] = TimestampTzGetDatum(now);
	due->count = 0;
	sb_plan_run(&expire_holds, values, NULL, keep_due_hold, due);
	SB_FAULT_POINT(holds_expired);
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
	hold->ledger_id = nulls[8] ? SB_DEFAULT_LEDGER : DatumGetInt32(values[8]);
}

static void
keep_hold_answer(TupleTableSlot *slot, void *state)
{
	SbHoldAnswer *answer = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	answer->has_available = !nulls[0];
	answer->available = nulls[0] ? 0 : DatumGetInt64(values[0]);
	answer->has_expiry = !nulls[1];
	answer->expires_at = nulls[1] ? 0 : DatumGetTimestampTz(values[1]);
}

static void
keep_due_id(TupleTableSlot *slot, void *state)
{
	SbDueHolds *due = state;

	Assert(due->count < SB_HOLDS_PER_STATEMENT);
	due->holds[due->count++] = (SbDueHold){.id = DatumGetInt64(slot->tts_values[0]),
										   .account_id = DatumGetInt64(slot->tts_values[1])};
}

static void
keep_due_hold(TupleTableSlot *slot, void *state)
{
	SbDueHolds *due = state;

	keep_due_id(slot, state);
	due->holds[due->count - 1].left = DatumGetInt64(slot->tts_values[2]);
}
