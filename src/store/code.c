/*
 * code.c
 *	  Rows of simplebank.account_codes.
 *
 * A code stands in its account's row.  The table beside makes it unique and
 * finds it: an index on the accounts would cost each posting, which updates
 * two of them.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/fault.h"
#include "store/code.h"
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
/* clang-format on */

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
