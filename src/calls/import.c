/*
 * import.c
 *	  The import of a Simple Bank: its entry points, whose bodies are in SQL, and
 *	  how the tables of somebody else are locked and read.
 *
 * Nothing of their owner's making may run here, for whoever imports is mighty.
 * So a table is locked first and looked at then; from there on it goes by its
 * OID, since a schema can be renamed around a lock; and its rows are read from
 * the table itself.  No statement is planned: already a plan asks views, rules,
 * policies, and computes what an index or a constraint is made of.  Values are of
 * built-in types.
 *
 * Locks: SHARE on the tables, in the order in which Simple Bank's own
 * transaction takes them, until the end of the transaction.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "calls/argument.h"
#include "calls/door.h"

#define TABLES 4

/* in this order */
static const char *const tables[TABLES] = {"transfers", "entries", "accounts", "users"};

PG_FUNCTION_INFO_V1(simplebank_lock_simple_bank);
PG_FUNCTION_INFO_V1(simplebank_old_accounts);
PG_FUNCTION_INFO_V1(simplebank_old_entries);
PG_FUNCTION_INFO_V1(simplebank_old_transfers);

static Oid find_schema(const char *name);
static Oid find_table(Oid schema, const char *name);
static Oid lock_table(Oid schema, const char *name);
static void check_rights(Oid table, const char *name);
static Datum read_table(FunctionCallInfo fcinfo);
static void read_rows(Oid oid, ReturnSetInfo *rsinfo);
static void find_columns(Relation table, TupleDesc wanted, AttrNumber *columns);
static Datum widened(Datum value, Oid type);

SB_BODY_IN_SQL(check_simple_bank, SB_READS);
SB_BODY_IN_SQL(import_simple_bank, SB_WRITES);

Datum
simplebank_lock_simple_bank(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(sb_arg_text(fcinfo, 0, "schema"));
	Datum values[TABLES];
	bool nulls[TABLES] = {false};
	TupleDesc desc;
	Oid schema;

	sb_admit(fcinfo, SB_READS | SB_PART);
	PreventCommandDuringRecovery("LOCK TABLE");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	schema = find_schema(name);
	/* what is no Simple Bank is not locked; users first, as a Simple Bank begins */
	for (int i = TABLES - 1; i >= 0; i--)
		check_rights(find_table(schema, tables[i]), tables[i]);
	for (int i = 0; i < TABLES; i++)
		values[i] = ObjectIdGetDatum(lock_table(schema, tables[i]));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}

static Oid
find_schema(const char *name)
{
	Oid schema = get_namespace_oid(name, true);
	AclResult result;

	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA), errmsg("schema \"%s\" does not exist", name),
				 errhint("Name the schema of this database that holds Simple Bank's tables.")));
	result = pg_namespace_aclcheck(schema, sb_caller(), ACL_USAGE);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_SCHEMA, name);
	return schema;
}

static Oid
find_table(Oid schema, const char *name)
{
	Oid table = get_relname_relid(name, schema);
	char kind = OidIsValid(table) ? get_rel_relkind(table) : '\0';

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("schema \"%s\" has no table \"%s\"", get_namespace_name(schema), name),
				 errhint("A Simple Bank has the tables users, accounts, entries and transfers.")));
	return table;
}

/*
 * While a lock is waited for, another table or a view can take the place of
 * the one that had the name; or it becomes a view itself.
 */
static Oid
lock_table(Oid schema, const char *name)
{
	for (;;)
	{
		Oid table = find_table(schema, name);

		check_rights(table, name);
		LockRelationOid(table, ShareLock);
		if (find_table(schema, name) == table)
		{
			check_rights(table, name);
			return table;
		}
		UnlockRelationOid(table, ShareLock);
	}
}

/*
 * The caller needs what SELECT and LOCK TABLE would ask for, and to see all
 * rows: half a bank is none.
 */
static void
check_rights(Oid table, const char *name)
{
	AclResult result = pg_class_aclcheck(table, sb_caller(), ACL_SELECT);

	if (result == ACLCHECK_OK)
		result = pg_class_aclcheck(table, sb_caller(), ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, name);
	if (check_enable_rls(table, sb_caller(), true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("query would be affected by row-level security policy for table \"%s\"",
						name)));
}

Datum
simplebank_old_accounts(PG_FUNCTION_ARGS)
{
	return read_table(fcinfo);
}

Datum
simplebank_old_entries(PG_FUNCTION_ARGS)
{
	return read_table(fcinfo);
}

Datum
simplebank_old_transfers(PG_FUNCTION_ARGS)
{
	return read_table(fcinfo);
}

/*
 * All rows of a table that lock_simple_bank() has locked, and of its partitions
 * or children: the columns that the function returns.
 */
static Datum
read_table(FunctionCallInfo fcinfo)
{
	Oid table = PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0);
	ListCell *cell;

	sb_admit(fcinfo, SB_READS | SB_PART);
	if (!OidIsValid(table))
		sb_raise_null("table");
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, find_all_inheritors(table, ShareLock, NULL))
		read_rows(lfirst_oid(cell), (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

static void
read_rows(Oid oid, ReturnSetInfo *rsinfo)
{
	Relation table = table_open(oid, ShareLock);
	int count = rsinfo->setDesc->natts;
	AttrNumber *columns = palloc(sizeof(AttrNumber) * count);
	Datum *values = palloc(sizeof(Datum) * count);
	bool *nulls = palloc(sizeof(bool) * count);
	Snapshot snapshot;
	TableScanDesc scan;
	TupleTableSlot *slot;

	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
	{
		table_close(table, NoLock);
		return;
	}
	if (table->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(table))));

	find_columns(table, rsinfo->setDesc, columns);
	/* of now: nobody has written since the table was locked */
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = table_beginscan(table, snapshot, 0, NULL);
	slot = table_slot_create(table, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < count; i++)
		{
			values[i] = slot_getattr(slot, columns[i], &nulls[i]);
			if (!nulls[i])
				values[i] = widened(
					values[i], TupleDescAttr(slot->tts_tupleDescriptor, columns[i] - 1)->atttypid);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(table, NoLock);
}

/*
 * Where the columns are in this table; prepare_import() has said why one
 * does not fit, what comes here is its last word.
 */
static void
find_columns(Relation table, TupleDesc wanted, AttrNumber *columns)
{
	for (int i = 0; i < wanted->natts; i++)
	{
		Form_pg_attribute want = TupleDescAttr(wanted, i);
		Form_pg_attribute have;

		columns[i] = get_attnum(RelationGetRelid(table), NameStr(want->attname));
		if (columns[i] <= 0)
			elog(ERROR, "table \"%s\" has no column \"%s\"", RelationGetRelationName(table),
				 NameStr(want->attname));
		have = TupleDescAttr(RelationGetDescr(table), columns[i] - 1);
		if ((have->atttypid != want->atttypid &&
			 !(have->atttypid == INT4OID && want->atttypid == INT8OID) &&
			 !(have->atttypid == VARCHAROID && want->atttypid == TEXTOID)) ||
			(have->attgenerated != '\0' && have->attgenerated != ATTRIBUTE_GENERATED_STORED))
			elog(ERROR, "column \"%s\" of table \"%s\" has another type", NameStr(want->attname),
				 RelationGetRelationName(table));
	}
}

static Datum
widened(Datum value, Oid type)
{
	return type == INT4OID ? Int64GetDatum(DatumGetInt32(value)) : value;
}
