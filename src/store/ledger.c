/*
 * ledger.c
 *	  Rows of simplebank.ledgers and simplebank.ledger_roles.
 *
 * Whoever changes them has all processes look again once that is committed.
 */
#include "postgres.h"

#include "utils/inval.h"

#include "base/fault.h"
#include "store/account.h"
#include "store/ledger.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan find_ledger = {
	"find_ledger",
	"SELECT id FROM simplebank.ledgers WHERE name" EQ "$1",
	SPI_OK_SELECT, .nargs = 1, .types = {TEXTOID}
};
static SbPlan create_ledger = {
	"create_ledger",
	"INSERT INTO simplebank.ledgers AS l (name) VALUES ($1) RETURNING l",
	SPI_OK_INSERT_RETURNING, .nargs = 1, .types = {TEXTOID}
};
static SbPlan grant_ledger = {
	"grant_ledger",
	"INSERT INTO simplebank.ledger_roles AS l (ledger_id, role) VALUES ($1, $2)"
	" ON CONFLICT (ledger_id, role) DO UPDATE SET role = excluded.role RETURNING l",
	SPI_OK_INSERT_RETURNING, .nargs = 2, .types = {INT4OID, TEXTOID}
};
static SbPlan revoke_ledger = {
	"revoke_ledger",
	"DELETE FROM simplebank.ledger_roles l WHERE l.ledger_id" EQ "$1 AND l.role" EQ "$2 RETURNING l",
	SPI_OK_DELETE_RETURNING, .nargs = 2, .types = {INT4OID, TEXTOID}
};
/* clang-format on */

static void keep_id(TupleTableSlot *slot, void *state);

bool
sb_store_find_ledger(text *name, int32 *id)
{
	Datum value = PointerGetDatum(name);

	return sb_plan_run(&find_ledger, &value, NULL, keep_id, id) == 1;
}

static void
keep_id(TupleTableSlot *slot, void *state)
{
	*(int32 *) state = DatumGetInt32(slot->tts_values[0]);
}

/*
 * Returns the new row, for whoever has called.
 */
Datum
sb_store_create_ledger(text *name)
{
	Datum value = PointerGetDatum(name);
	Datum row;

	if (sb_plan_run(&create_ledger, &value, NULL, sb_keep_row, &row) != 1)
		elog(ERROR, "a ledger was not made");
	CacheInvalidateRelcacheByRelid(sb_store_relation("ledgers"));
	SB_FAULT_POINT(ledger_written);
	return row;
}

/*
 * Returns the row that is there now.
 */
Datum
sb_store_grant_ledger(int32 id, text *role)
{
	Datum values[] = {Int32GetDatum(id), PointerGetDatum(role)};
	Datum row;

	if (sb_plan_run(&grant_ledger, values, NULL, sb_keep_row, &row) != 1)
		elog(ERROR, "a ledger was not granted");
	CacheInvalidateRelcacheByRelid(sb_store_relation("ledger_roles"));
	SB_FAULT_POINT(ledger_written);
	return row;
}

/*
 * False where the role has not been given it.
 */
bool
sb_store_revoke_ledger(int32 id, text *role, Datum *row)
{
	Datum values[] = {Int32GetDatum(id), PointerGetDatum(role)};

	if (sb_plan_run(&revoke_ledger, values, NULL, sb_keep_row, row) == 0)
		return false;
	CacheInvalidateRelcacheByRelid(sb_store_relation("ledger_roles"));
	SB_FAULT_POINT(ledger_written);
	return true;
}
