/*
 * interest.c
 *	  What is read of the tables of interest, whose rules are in SQL.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "store/interest.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
/* With a snapshot of its own: the account's lock may have been waited for. */
static SbPlan find_interest_left = {
	"find_interest_left",
	"SELECT l.detail, l.hint FROM simplebank_internal.interest_left($1) l WHERE l.detail IS NOT NULL",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
/* clang-format on */

static void keep_left(TupleTableSlot *slot, void *state);

/*
 * False where the account bears no interest, or all of it is posted.
 */
bool
sb_store_find_interest_left(int64 account_id, SbInterestLeft *left)
{
	Datum value = Int64GetDatum(account_id);

	return sb_plan_run(&find_interest_left, &value, NULL, keep_left, left) == 1;
}

static void
keep_left(TupleTableSlot *slot, void *state)
{
	*(SbInterestLeft *) state = (SbInterestLeft){.detail = TextDatumGetCString(slot->tts_values[0]),
												 .hint = TextDatumGetCString(slot->tts_values[1])};
}
