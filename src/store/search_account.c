/*
 * search_account.c
 *	  The paths to accounts, and what is judged of them.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "store/search_account.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan read_own_rows = {
	"read_own_rows",
	"SELECT id, version FROM simplebank.accounts"
	" WHERE owner" EQ "$1 AND NOT is_system AND ($3 IS NULL OR ledger_id" EQ "ANY ($3))"
	" ORDER BY id LIMIT $2",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {TEXTOID, INT8OID, INT4ARRAYOID}
};
/* clang-format on */

static void keep_row(TupleTableSlot *slot, void *state);

/*
 * The rows of a customer's accounts in these ledgers, stripes included, ascending by id.
 */
void
sb_store_read_own_rows(const char *owner, const SbLedgers *ledgers, int64 limit,
					   SbHistoryRows *rows)
{
	Datum values[] = {CStringGetTextDatum(owner), Int64GetDatum(limit), sb_ledger_array(ledgers)};
	bool nulls[] = {false, false, ledgers == NULL};

	sb_plan_run(&read_own_rows, values, nulls, keep_row, rows);
}

static void
keep_row(TupleTableSlot *slot, void *state)
{
	SbAccount account = {.id = DatumGetInt64(slot->tts_values[0]),
						 .version = DatumGetInt64(slot->tts_values[1])};

	sb_add_history_row(state, &account);
}

void
sb_add_history_row(SbHistoryRows *rows, const SbAccount *account)
{
	if (rows->count == rows->room)
	{
		rows->room = Max(rows->room * 2, 16);
		rows->rows = rows->rows ? repalloc_huge(rows->rows, sizeof(SbAccount) * rows->room)
								: palloc(sizeof(SbAccount) * rows->room);
	}
	rows->rows[rows->count++] = *account;
}
