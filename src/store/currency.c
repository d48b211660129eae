/*
 * currency.c
 *	  Rows of simplebank.currencies.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/error.h"
#include "store/currency.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan find_currency = {
	"find_currency",
	"SELECT exponent FROM simplebank.currencies WHERE code" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {TEXTOID}
};
static SbPlan add_currency = {
	"add_currency",
	"INSERT INTO simplebank.currencies AS c (code, exponent, name) VALUES ($1, $2, $3) RETURNING c",
	SPI_OK_INSERT_RETURNING, .nargs = 3, .types = {TEXTOID, INT4OID, TEXTOID}
};
/* clang-format on */

static void keep_exponent(TupleTableSlot *slot, void *state);

/*
 * How many digits a currency has behind the point; 0 where the standard says
 * nothing.  False where there is none of this code.
 */
bool
sb_store_find_currency(text *code, int *exponent)
{
	Datum value = PointerGetDatum(code);

	return sb_plan_run(&find_currency, &value, NULL, keep_exponent, exponent) == 1;
}

/*
 * Raises where there is no such currency.
 */
void
sb_require_currency(text *code)
{
	int exponent;

	if (!sb_store_find_currency(code, &exponent))
		sb_raise(&(SbRefusal){.code = SB_UNKNOWN_CURRENCY, .what = text_to_cstring(code)});
}

/*
 * Returns the new row, for whoever has called.
 */
Datum
sb_store_add_currency(text *code, int32 exponent, text *name)
{
	Datum values[] = {PointerGetDatum(code), Int32GetDatum(exponent), PointerGetDatum(name)};
	Datum row;

	if (sb_plan_run(&add_currency, values, NULL, sb_keep_row, &row) != 1)
		elog(ERROR, "a currency was not added");
	return row;
}

static void
keep_exponent(TupleTableSlot *slot, void *state)
{
	*(int *) state = slot->tts_isnull[0] ? 0 : DatumGetInt32(slot->tts_values[0]);
}
