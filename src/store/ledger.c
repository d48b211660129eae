/*
 * ledger.c
 *	  Rows of simplebank.ledgers and simplebank.ledger_roles.
 *
 * Whoever changes them has all processes look again once that is committed.
 * Who has what is read as it is now, whatever snapshot the caller is on, and
 * with nobody's rights: it is asked before the owner runs.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"

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
	" ON CONFLICT (ledger_id, role) DO UPDATE SET revoked_at = NULL RETURNING l",
	SPI_OK_INSERT_RETURNING, .nargs = 2, .types = {INT4OID, TEXTOID}
};
static SbPlan revoke_ledger = {
	"revoke_ledger",
	"UPDATE simplebank.ledger_roles l SET revoked_at = pg_catalog.clock_timestamp()"
	" WHERE l.ledger_id" EQ "$1 AND l.role" EQ "$2 AND l.revoked_at IS NULL RETURNING l",
	SPI_OK_UPDATE_RETURNING, .nargs = 2, .types = {INT4OID, TEXTOID}
};
/* clang-format on */

/* Columns of ledger_roles. */
#define LEDGER_ID_COLUMN 1
#define ROLE_COLUMN 2
#define REVOKED_COLUMN 3

static bool is_known = false;
static bool are_told_apart = false;
static uint64 changes = 0;
static Oid ledgers_table = InvalidOid;
static Oid grants_table = InvalidOid;

static void learn(void);
static int count_rows(Oid table, int most);
static void forget(Datum argument, Oid table);
static void keep_id(TupleTableSlot *slot, void *state);

/*
 * May a role have none, or others than another role: are there several, or was
 * any given to a role, and be it revoked?  Each process remembers it.
 */
bool
sb_ledgers_are_told_apart(void)
{
	if (unlikely(!is_known))
		learn();
	return are_told_apart;
}

static void
learn(void)
{
	static bool watching = false;
	uint64 changes_before = changes;

	if (!watching)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	watching = true;
	ledgers_table = sb_store_relation("ledgers");
	grants_table = sb_store_relation("ledger_roles");
	are_told_apart = count_rows(ledgers_table, 2) > 1 || count_rows(grants_table, 1) > 0;
	is_known = changes == changes_before; /* else look again next time */
}

/* It looks no further than for so many. */
static int
count_rows(Oid table, int most)
{
	Relation relation = table_open(table, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	int count = 0;

	while (count < most && HeapTupleIsValid(systable_getnext(scan)))
		count++;
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return count;
}

static void
forget(Datum argument, Oid table)
{
	if (table != InvalidOid && table != ledgers_table && table != grants_table)
		return;
	is_known = false;
	changes++;
}

/*
 * The ledgers that were given to this role itself; returns how many there are,
 * also where there is not room for all of them.  Says whether it was given
 * any, be they revoked: then it has none but these.
 */
int
sb_store_ledgers_of(const char *role, int32 *ids, int room, bool *was_given_any)
{
	Relation grants = table_open(sb_store_relation("ledger_roles"), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	int count = 0;

	ScanKeyInit(&key, ROLE_COLUMN, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(role));
	scan =
		systable_beginscan(grants, sb_store_relation("ledger_roles_role_idx"), true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool isnull;
		Datum id = heap_getattr(tuple, LEDGER_ID_COLUMN, RelationGetDescr(grants), &isnull);

		*was_given_any = true;
		if (!heap_attisnull(tuple, REVOKED_COLUMN, RelationGetDescr(grants)))
			continue;
		if (count < room)
			ids[count] = DatumGetInt32(id);
		count++;
	}
	systable_endscan(scan);
	table_close(grants, AccessShareLock);
	return count;
}

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
 * False where the role does not have it.  The row stays: who loses a ledger
 * does not come to another one by that.
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
