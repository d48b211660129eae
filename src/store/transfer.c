/*
 * transfer.c
 *	  Rows of simplebank.transfers and simplebank.entries.
 *
 * They are only ever added.  What is written here has been decided, with the
 * accounts locked.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/fault.h"
#include "store/answer.h"
#include "store/plan.h"
#include "store/salt.h"
#include "store/sql.h"
#include "store/transfer.h"

/* Entries that are read, in room that grows. */
typedef struct Legs
{
	SbEntryRow *rows;
	int count;
	int room;
} Legs;

/* clang-format off */
/* A transfer, both entries and both balances in one statement: the executor starts once. */
static SbPlan write_transfer = {
	"write_transfer",
	"WITH t AS (INSERT INTO simplebank.transfers"
	" (id, from_account_id, to_account_id, amount, from_version, to_version,"
	"  posted_at, effective_at, operation, hold_id, role, description, metadata, reference, salt,"
	"  gateway, ledger_id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $9, coalesce($10, $9), $11, $15, $16, $12, $13, $17, $18,"
	"  $19, $20)),"
	" e AS (INSERT INTO simplebank.entries"
	" (account_id, version, transfer_id, amount, balance, posted_at, effective_at)"
	" VALUES ($2, $5, $1, " MINUS "$4, $7, $9, $10), ($3, $6, $1, $4, $8, $9, $10))"
	" UPDATE simplebank.accounts SET"
	" balance = CASE WHEN id" EQ "$2 THEN $7 ELSE $8 END,"
	" held = CASE WHEN id" EQ "$2 THEN $14 ELSE held END,"
	" version = CASE WHEN id" EQ "$2 THEN $5 ELSE $6 END,"
	" updated_at = $9"
	" WHERE id" EQ "ANY (ARRAY[$2, $3])",
	SPI_OK_UPDATE, .nargs = 20,
	.types = {INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
	TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, JSONBOID, INT8OID, INT8OID,
	TEXTOID, TEXTOID, BYTEAOID, TEXTOID, INT4OID}
};
static SbPlan insert_transfers = {
	"insert_transfers",
	"INSERT INTO simplebank.transfers"
	" (id, from_account_id, to_account_id, amount, from_version, to_version,"
	"  posted_at, effective_at, operation, reverses, from_amount, to_amount, hold_id,"
	"  role, description, metadata, reference, salt, gateway, ledger_id)"
	" SELECT id, from_account_id, to_account_id, amount, from_version, to_version,"
	"  posted_at, coalesce(effective_at, posted_at), operation, reverses, from_amount,"
	"  to_amount, hold_id, role, description, metadata, reference, salt, gateway, ledger_id"
	" FROM (SELECT "
	UNNEST("$1") " id, " UNNEST("$2") " from_account_id, " UNNEST("$3") " to_account_id, "
	UNNEST("$4") " amount, " UNNEST("$5") " from_version, " UNNEST("$6") " to_version, "
	UNNEST("$7") " posted_at, " UNNEST("$8") " effective_at, " UNNEST("$9") " operation, "
	UNNEST("$10") " reverses, " UNNEST("$11") " from_amount, " UNNEST("$12") " to_amount, "
	UNNEST("$13") " hold_id, " UNNEST("$14") " role, " UNNEST("$15") " description, "
	UNNEST("$16") " metadata, " UNNEST("$17") " reference, " UNNEST("$18") " salt, "
	UNNEST("$19") " gateway, " UNNEST("$20") " ledger_id) t",
	SPI_OK_INSERT, .nargs = 20,
	.types = {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
	INT8ARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID,
	INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID,
	TEXTARRAYOID, JSONBARRAYOID, TEXTARRAYOID, BYTEAARRAYOID, TEXTARRAYOID, INT4ARRAYOID}
};
static SbPlan insert_entries = {
	"insert_entries",
	"INSERT INTO simplebank.entries"
	" (account_id, version, transfer_id, amount, balance, posted_at, effective_at, leg)"
	" SELECT " UNNEST("$1") ", " UNNEST("$2") ", " UNNEST("$3") ", " UNNEST("$4") ", "
	UNNEST("$5") ", " UNNEST("$6") ", " UNNEST("$7") ", " UNNEST("$8"),
	SPI_OK_INSERT, .nargs = 8,
	.types = {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
	TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, INT4ARRAYOID}
};
static SbPlan read_transfer = {
	"read_transfer",
	"SELECT from_account_id, to_account_id, amount, reverses, from_amount, to_amount, operation,"
	" ledger_id"
	" FROM simplebank.transfers WHERE id" EQ "$1",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
static SbPlan read_legs = {
	"read_legs",
	"SELECT account_id, amount FROM simplebank.entries"
	" WHERE transfer_id" EQ "$1 AND leg IS NOT NULL ORDER BY leg DESC",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
static SbPlan lock_transfer = {
	"lock_transfer",
	"SELECT 1 FROM simplebank.transfers WHERE id" EQ "$1 FOR NO KEY UPDATE",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
/* The amount of one between members of a settlement group counts both of its credits. */
static SbPlan read_taken_back = {
	"read_taken_back",
	"SELECT coalesce(pg_catalog.max(id) FILTER (WHERE operation" EQ "'reversal'), 0),"
	" coalesce(pg_catalog.sum(coalesce(to_amount, amount)) FILTER (WHERE operation" EQ "'refund'), 0)::bigint"
	" FROM simplebank.transfers WHERE reverses" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
static SbPlan read_answer = {
	"read_answer",
	"SELECT t.posted_at, coalesce(d.balance, f.balance), coalesce(c.balance, l.balance),"
	" " IS_PART("coalesce(d.account_id, f.account_id)") ","
	" " IS_PART("coalesce(c.account_id, l.account_id)")
	ANSWER_TABLES
	" WHERE t.id" EQ "$1",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
static SbPlan show_transfer = {
	"show_transfer",
	"SELECT 1 FROM simplebank.transfers t WHERE t.id" EQ "$1 AND (EXISTS (SELECT FROM simplebank.accounts a"
	"  WHERE a.id" EQ "ANY (ARRAY[t.from_account_id, t.to_account_id]) AND a.owner" EQ "$2 AND NOT a.is_system)"
	" OR t.from_account_id IS NULL AND EXISTS (SELECT FROM simplebank.entries e"
	"  JOIN simplebank.accounts a ON a.id" EQ "e.account_id"
	"  WHERE e.transfer_id" EQ "t.id AND e.leg IS NOT NULL AND a.owner" EQ "$2 AND NOT a.is_system))",
	SPI_OK_SELECT, .nargs = 2, .types = {INT8OID, TEXTOID}
};
/* clang-format on */

static void keep_transfer(TupleTableSlot *slot, void *state);
static void keep_leg(TupleTableSlot *slot, void *state);
static void keep_taken_back(TupleTableSlot *slot, void *state);
static void keep_answer(TupleTableSlot *slot, void *state);

/*
 * Writes a transfer that names both its entries, with them and with the new
 * balances of both accounts.  The executor starts once, and is spared the
 * arrays.
 */
void
sb_store_write_transfer(const SbTransferRow *transfer, int64 from_balance, int64 to_balance,
						int64 from_held)
{
	bytea *salt = sb_salt(transfer->description != NULL || transfer->metadata != NULL);
	Datum values[] = {Int64GetDatum(transfer->id),
					  Int64GetDatum(transfer->from_row),
					  Int64GetDatum(transfer->to_row),
					  Int64GetDatum(transfer->amount),
					  Int64GetDatum(transfer->from_version),
					  Int64GetDatum(transfer->to_version),
					  Int64GetDatum(from_balance),
					  Int64GetDatum(to_balance),
					  TimestampTzGetDatum(transfer->posted_at),
					  TimestampTzGetDatum(transfer->effective_at),
					  CStringGetTextDatum(transfer->operation),
					  PointerGetDatum(transfer->description),
					  PointerGetDatum(transfer->metadata),
					  Int64GetDatum(from_held),
					  Int64GetDatum(transfer->hold_id),
					  CStringGetTextDatum(transfer->role),
					  PointerGetDatum(transfer->reference),
					  PointerGetDatum(salt),
					  transfer->gateway ? CStringGetTextDatum(transfer->gateway) : 0,
					  Int32GetDatum(transfer->ledger_id)};
	bool nulls[20] = {
		[9] = !transfer->has_effective_at,	[11] = transfer->description == NULL,
		[12] = transfer->metadata == NULL,	[14] = transfer->hold_id == 0,
		[16] = transfer->reference == NULL, [17] = salt == NULL,
		[18] = transfer->gateway == NULL,	[19] = transfer->ledger_id == SB_DEFAULT_LEDGER};

	Assert(transfer->names_both && transfer->reverses == 0 && !transfer->has_ends);
	if (sb_plan_run(&write_transfer, values, nulls, NULL, NULL) != 2)
		elog(ERROR, "accounts of transfer " INT64_FORMAT " are not both there", transfer->id);
	SB_FAULT_POINT(transfer_written);
}

SbRows *
sb_store_transfers(int expected)
{
	static const Oid types[] = {INT8OID,  INT8OID,		  INT8OID,		  INT8OID, INT8OID,
								INT8OID,  TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, INT8OID,
								INT8OID,  INT8OID,		  INT8OID,		  TEXTOID, TEXTOID,
								JSONBOID, TEXTOID,		  BYTEAOID,		  TEXTOID, INT4OID};

	return sb_rows_make(&insert_transfers, types, lengthof(types), expected);
}

void
sb_store_add_transfer(SbRows *rows, const SbTransferRow *transfer)
{
	bool both = transfer->names_both;
	bytea *salt = sb_salt(transfer->description != NULL || transfer->metadata != NULL);

	sb_rows_int64(rows, transfer->id, false);
	sb_rows_int64(rows, transfer->from_row, !both);
	sb_rows_int64(rows, transfer->to_row, !both);
	sb_rows_int64(rows, transfer->amount, !transfer->has_amount);
	sb_rows_int64(rows, transfer->from_version, !both);
	sb_rows_int64(rows, transfer->to_version, !both);
	sb_rows_int64(rows, transfer->posted_at, false);
	sb_rows_int64(rows, transfer->effective_at, !transfer->has_effective_at);
	sb_rows_value(rows, CStringGetTextDatum(transfer->operation), false);
	sb_rows_int64(rows, transfer->reverses, transfer->reverses == 0);
	sb_rows_int64(rows, transfer->from_amount, !transfer->has_ends);
	sb_rows_int64(rows, transfer->to_amount, !transfer->has_ends);
	sb_rows_int64(rows, transfer->hold_id, transfer->hold_id == 0);
	sb_rows_value(rows, CStringGetTextDatum(transfer->role), false);
	sb_rows_value(rows, PointerGetDatum(transfer->description), transfer->description == NULL);
	sb_rows_value(rows, PointerGetDatum(transfer->metadata), transfer->metadata == NULL);
	sb_rows_value(rows, PointerGetDatum(transfer->reference), transfer->reference == NULL);
	sb_rows_value(rows, PointerGetDatum(salt), salt == NULL);
	sb_rows_value(rows, transfer->gateway ? CStringGetTextDatum(transfer->gateway) : (Datum) 0,
				  transfer->gateway == NULL);
	sb_rows_value(rows, Int32GetDatum(transfer->ledger_id),
				  transfer->ledger_id == SB_DEFAULT_LEDGER);
	sb_rows_end(rows);
}

SbRows *
sb_store_entries(int expected)
{
	static const Oid types[] = {INT8OID, INT8OID,		 INT8OID,		 INT8OID,
								INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID};

	return sb_rows_make(&insert_entries, types, lengthof(types), expected);
}

void
sb_store_add_entry(SbRows *rows, const SbEntryRow *entry)
{
	sb_rows_int64(rows, entry->row_id, false);
	sb_rows_int64(rows, entry->version, false);
	sb_rows_int64(rows, entry->transfer_id, false);
	sb_rows_int64(rows, entry->amount, false);
	sb_rows_int64(rows, entry->balance, false);
	sb_rows_int64(rows, entry->posted_at, false);
	sb_rows_int64(rows, entry->effective_at, !entry->has_effective_at);
	sb_rows_value(rows, Int32GetDatum(entry->leg), entry->leg == 0);
	sb_rows_end(rows);
}

/*
 * What a reversal or a refund needs of a transfer: accounts, amounts, what it is.
 */
bool
sb_store_read_transfer(int64 id, SbTransferRow *transfer)
{
	Datum value = Int64GetDatum(id);

	*transfer = (SbTransferRow){.id = id};
	return sb_plan_run(&read_transfer, &value, NULL, keep_transfer, transfer) == 1;
}

static void
keep_transfer(TupleTableSlot *slot, void *state)
{
	SbTransferRow *transfer = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	transfer->names_both = !nulls[0];
	transfer->from_row = nulls[0] ? 0 : DatumGetInt64(values[0]);
	transfer->to_row = nulls[1] ? 0 : DatumGetInt64(values[1]);
	transfer->has_amount = !nulls[2];
	transfer->amount = nulls[2] ? 0 : DatumGetInt64(values[2]);
	transfer->reverses = nulls[3] ? 0 : DatumGetInt64(values[3]);
	transfer->has_ends = !nulls[4];
	transfer->from_amount = nulls[4] ? 0 : DatumGetInt64(values[4]);
	transfer->to_amount = nulls[5] ? 0 : DatumGetInt64(values[5]);
	transfer->operation = TextDatumGetCString(values[6]);
	transfer->ledger_id = nulls[7] ? SB_DEFAULT_LEDGER : DatumGetInt32(values[7]);
}

/*
 * The numbered entries of a transfer that does not name them, the last one
 * first: their rows and amounts.
 */
SbEntryRow *
sb_store_read_legs(int64 transfer_id, int *count)
{
	Datum value = Int64GetDatum(transfer_id);
	Legs legs = {.room = 8, .rows = palloc(sizeof(SbEntryRow) * 8)};

	sb_plan_run(&read_legs, &value, NULL, keep_leg, &legs);
	*count = legs.count;
	return legs.rows;
}

static void
keep_leg(TupleTableSlot *slot, void *state)
{
	Legs *legs = state;

	if (legs->count == legs->room)
	{
		legs->room *= 2;
		legs->rows = repalloc(legs->rows, sizeof(SbEntryRow) * legs->room);
	}
	legs->rows[legs->count++] = (SbEntryRow){.row_id = DatumGetInt64(slot->tts_values[0]),
											 .amount = DatumGetInt64(slot->tts_values[1])};
}

/*
 * The lock makes those who take back one transfer wait for each other; those of
 * its accounts do not, where these have stripes.  What has committed meanwhile
 * counts, also in a transaction that does not see it.
 */
void
sb_store_read_taken_back(int64 transfer_id, SbTakenBack *taken_back)
{
	Datum value = Int64GetDatum(transfer_id);

	sb_plan_run(&lock_transfer, &value, NULL, NULL, NULL);
	PushActiveSnapshot(GetLatestSnapshot());
	sb_plan_run(&read_taken_back, &value, NULL, keep_taken_back, taken_back);
	PopActiveSnapshot();
}

static void
keep_taken_back(TupleTableSlot *slot, void *state)
{
	*(SbTakenBack *) state = (SbTakenBack){.reversed_by = DatumGetInt64(slot->tts_values[0]),
										   .refunded = DatumGetInt64(slot->tts_values[1])};
}

/*
 * Is it, in part at least, of an account of this customer's?
 */
bool
sb_store_shows_transfer(int64 id, const char *owner)
{
	Datum values[] = {Int64GetDatum(id), CStringGetTextDatum(owner)};

	return sb_plan_run(&show_transfer, values, NULL, NULL, NULL) > 0;
}

bool
sb_store_read_answer(int64 transfer_id, SbTransferAnswer *answer)
{
	Datum value = Int64GetDatum(transfer_id);

	return sb_plan_run(&read_answer, &value, NULL, keep_answer, answer) == 1;
}

static void
keep_answer(TupleTableSlot *slot, void *state)
{
	SbTransferAnswer *answer = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	answer->posted_at = DatumGetTimestampTz(values[0]);
	answer->has_balances = !nulls[1] && !nulls[2];
	answer->from_balance = answer->has_balances ? DatumGetInt64(values[1]) : 0;
	answer->to_balance = answer->has_balances ? DatumGetInt64(values[2]) : 0;
	answer->from_is_part = DatumGetBool(values[3]);
	answer->to_is_part = DatumGetBool(values[4]);
}
