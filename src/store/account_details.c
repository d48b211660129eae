/*
 * account_details.c
 *	  What accounts are called, and whose they are: rows of
 *	  simplebank.account_codes, and columns of simplebank.accounts.
 *
 * A code stands in its account's row.  The table beside makes it unique and
 * finds it: an index on the accounts would cost each posting, which updates
 * two of them.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/fault.h"
#include "store/account_details.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan insert_code = {
	"insert_code",
	"INSERT INTO simplebank.account_codes (ledger_id, code, account_id) VALUES ($1, $2, $3)"
	" ON CONFLICT (ledger_id, code) DO NOTHING",
	SPI_OK_INSERT, .nargs = 3, .types = {INT4OID, TEXTOID, INT8OID}
};
static SbPlan free_code = {
	"free_code",
	"DELETE FROM simplebank.account_codes WHERE ledger_id" EQ "$1 AND code" EQ "$2",
	SPI_OK_DELETE, .nargs = 2, .types = {INT4OID, TEXTOID}
};
static SbPlan find_code = {
	"find_code",
	"SELECT account_id FROM simplebank.account_codes WHERE ledger_id" EQ "$1 AND code" EQ "$2",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT4OID, TEXTOID}
};
/* With a snapshot of its own: an insert may have waited. */
static SbPlan find_code_now = {
	"find_code_now",
	"SELECT account_id FROM simplebank.account_codes WHERE ledger_id" EQ "$1 AND code" EQ "$2",
	SPI_OK_SELECT, .nargs = 2, .types = {INT4OID, TEXTOID}
};
static SbPlan read_details = {
	"read_details",
	"SELECT ledger_id, owner, name, metadata, code FROM simplebank.accounts WHERE id" EQ "$1",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
static SbPlan set_details = {
	"set_details",
	"UPDATE simplebank.accounts SET name = $2, metadata = $3, code = $4 WHERE id" EQ "$1",
	SPI_OK_UPDATE, .nargs = 4, .types = {INT8OID, TEXTOID, JSONBOID, TEXTOID}
};
static SbPlan set_owner = {
	"set_owner",
	"UPDATE simplebank.accounts SET owner = $2 WHERE id" EQ "ANY ($1)",
	SPI_OK_UPDATE, .nargs = 2, .types = {INT8ARRAYOID, TEXTOID}
};
/* clang-format on */

static void keep_details(TupleTableSlot *slot, void *state);

/*
 * Gives a code to an account; false where another one has it, which may be
 * one that was given it while we waited.  One that has vanished meanwhile is
 * free.
 */
bool
sb_store_claim_code(int32 ledger_id, text *code, int64 account_id, int64 *other)
{
	Datum values[] = {Int32GetDatum(ledger_id), PointerGetDatum(code), Int64GetDatum(account_id)};

	while (sb_plan_run(&insert_code, values, NULL, NULL, NULL) == 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (sb_plan_run(&find_code_now, values, NULL, sb_keep_int64, other) > 0)
			return false;
	}
	SB_FAULT_POINT(code_claimed);
	return true;
}

void
sb_store_free_code(int32 ledger_id, text *code)
{
	Datum values[] = {Int32GetDatum(ledger_id), PointerGetDatum(code)};

	if (sb_plan_run(&free_code, values, NULL, NULL, NULL) != 1)
		elog(ERROR, "the code of an account is missing");
}

/*
 * The account of a code, as the caller's snapshot shows it.
 */
bool
sb_store_find_code(int32 ledger_id, text *code, int64 *account_id)
{
	Datum values[] = {Int32GetDatum(ledger_id), PointerGetDatum(code)};

	return sb_plan_run(&find_code, values, NULL, sb_keep_int64, account_id) == 1;
}

/*
 * Of an account that is locked, as it is now.
 */
void
sb_store_read_details(int64 account_id, SbAccountDetails *details)
{
	Datum value = Int64GetDatum(account_id);

	if (sb_plan_run(&read_details, &value, NULL, keep_details, details) != 1)
		elog(ERROR, "account " INT64_FORMAT " is missing", account_id);
}

static void
keep_details(TupleTableSlot *slot, void *state)
{
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	*(SbAccountDetails *) state = (SbAccountDetails){
		.ledger_id = DatumGetInt32(values[0]),
		.owner = DatumGetTextPCopy(values[1]),
		.name = nulls[2] ? NULL : DatumGetTextPCopy(values[2]),
		.metadata = nulls[3] ? NULL : DatumGetJsonbPCopy(values[3]),
		.code = nulls[4] ? NULL : DatumGetTextPCopy(values[4]),
	};
}

/*
 * All but the owner.
 */
void
sb_store_set_details(int64 account_id, const SbAccountDetails *details)
{
	Datum values[] = {Int64GetDatum(account_id), PointerGetDatum(details->name),
					  PointerGetDatum(details->metadata), PointerGetDatum(details->code)};
	bool nulls[] = {
		[1] = details->name == NULL, [2] = details->metadata == NULL, [3] = details->code == NULL};

	sb_plan_run(&set_details, values, nulls, NULL, NULL);
	SB_FAULT_POINT(details_set);
}

/*
 * Of an account with its stripes.
 */
void
sb_store_set_owner(const int64 *ids, int count, text *owner)
{
	Datum values[] = {sb_id_array(ids, count), PointerGetDatum(owner)};

	sb_plan_run(&set_owner, values, NULL, NULL, NULL);
	SB_FAULT_POINT(owner_set);
}
