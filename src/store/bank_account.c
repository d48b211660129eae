/*
 * bank_account.c
 *	  Rows of simplebank.accounts that are the bank's own: unique by ledger, name
 *	  and currency, by which they are found.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/fault.h"
#include "store/bank_account.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
/* As accounts_ledger_idx has it. */
#define BANK_NAME "(CASE WHEN is_system THEN name END)"

static SbPlan insert_bank_account = {
	"insert_bank_account",
	"INSERT INTO simplebank.accounts (owner, currency, kind, name, is_system, ledger_id)"
	" VALUES ('simplebank', $2, $3, $1, true, $4)"
	" ON CONFLICT (ledger_id, " BANK_NAME ", currency) DO NOTHING RETURNING id",
	SPI_OK_INSERT_RETURNING, .nargs = 4, .types = {TEXTOID, TEXTOID, TEXTOID, INT4OID}
};
static SbPlan find_bank_account = {
	"find_bank_account",
	"SELECT id FROM simplebank.accounts"
	" WHERE ledger_id" EQ "$3 AND " BANK_NAME EQ "$1 AND currency" EQ "$2",
	SPI_OK_SELECT, .nargs = 3, .types = {TEXTOID, TEXTOID, INT4OID}
};
static SbPlan find_bank_account_for = {
	"find_bank_account_for",
	"SELECT a.currency, (SELECT id FROM simplebank.accounts"
	"  WHERE ledger_id" EQ "a.ledger_id AND " BANK_NAME EQ "$2 AND currency" EQ "a.currency), a.ledger_id"
	" FROM simplebank.accounts a WHERE a.id" EQ "$1",
	SPI_OK_SELECT, .nargs = 2, .types = {INT8OID, TEXTOID}
};
/* clang-format on */

static void keep_bank_account(TupleTableSlot *slot, void *state);

/*
 * The bank's own account of this name and currency in a ledger.
 */
bool
sb_store_find_bank_account(text *name, text *currency, int32 ledger_id, int64 *id)
{
	Datum values[] = {PointerGetDatum(name), PointerGetDatum(currency), Int32GetDatum(ledger_id)};

	return sb_plan_run(&find_bank_account, values, NULL, sb_keep_int64, id) == 1;
}

/*
 * False where somebody else has just opened it, for whose commit it has waited.
 */
bool
sb_store_insert_bank_account(text *name, text *currency, int32 ledger_id, const char *kind,
							 int64 *id)
{
	Datum values[] = {PointerGetDatum(name), PointerGetDatum(currency), CStringGetTextDatum(kind),
					  Int32GetDatum(ledger_id)};

	if (sb_plan_run(&insert_bank_account, values, NULL, sb_keep_int64, id) == 0)
		return false;
	SB_FAULT_POINT(bank_account_opened);
	return true;
}

/*
 * The currency and the ledger of an account, and the bank's own account of
 * this name there.  False where there is no such account.
 */
bool
sb_store_find_bank_account_for(int64 account_id, const char *name, SbBankAccount *found)
{
	Datum values[] = {Int64GetDatum(account_id), CStringGetTextDatum(name)};

	return account_id > 0 &&
		sb_plan_run(&find_bank_account_for, values, NULL, keep_bank_account, found) == 1;
}

static void
keep_bank_account(TupleTableSlot *slot, void *state)
{
	SbBankAccount *account = state;

	account->currency = DatumGetTextPCopy(slot->tts_values[0]);
	account->id = slot->tts_isnull[1] ? 0 : DatumGetInt64(slot->tts_values[1]);
	account->ledger_id = DatumGetInt32(slot->tts_values[2]);
}
