/*
 * caller.c
 *	  Who calls, and the switch to the ledger's owner.
 *
 * Every function that touches the ledger's tables works between sb_enter()
 * and sb_leave().  The caller is judged by the outer user: the role that it
 * logged in as or set by SET ROLE, whoever owns the functions in between.
 * Between the two the owner of the ledger runs the SQL, as ri_triggers.c
 * does it; an error in between restores the user with the transaction.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "caller.h"
#include "durability.h"
#include "error.h"

/*
 * The switch of ri_triggers.c, and a mark of our own beside the bits that the
 * server knows, which it saves and restores with them.
 */
#define SCOPE_MARK 0x1000000
#define SCOPE_FLAGS (SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS | SCOPE_MARK)

static Oid known_owner = InvalidOid;

static void judge_caller(FunctionCallInfo fcinfo);
static char *function_name(FunctionCallInfo fcinfo);
static Oid ledger_owner(void);
static void forget_owner(Datum argument, int cache, uint32 hash);
static void check_version(void);

/*
 * Judges the caller of a function, opens SPI and becomes the ledger's owner;
 * writes says that it changes the ledger.
 */
void
sb_enter(SbScope *scope, FunctionCallInfo fcinfo, bool writes)
{
	Oid owner;

	judge_caller(fcinfo);
	if (writes)
	{
		if (XactReadOnly)
			sb_raise(&(SbRefusal){.code = SB_READ_ONLY, .what = function_name(fcinfo)});
		sb_make_durable();
	}
	owner = ledger_owner();

	SPI_connect();
	check_version();
	GetUserIdAndSecContext(&scope->user, &scope->security_context);
	SetUserIdAndSecContext(owner, scope->security_context | SCOPE_FLAGS);
}

void
sb_leave(const SbScope *scope)
{
	SetUserIdAndSecContext(scope->user, scope->security_context);
	SPI_finish();
}

/*
 * Do we run between sb_enter() and sb_leave()?
 */
bool
sb_in_scope(void)
{
	Oid user;
	int security_context;

	GetUserIdAndSecContext(&user, &security_context);
	return (security_context & SCOPE_MARK) != 0 && user == ledger_owner();
}

/*
 * The role that the caller acts as.
 */
char *
sb_caller_role(void)
{
	return GetUserNameFromId(GetOuterUserId(), false);
}

/*
 * The one place that decides whether a role may call a function.  EXECUTE
 * has been checked before; what is left is the trap of maintenance: while
 * VACUUM, REINDEX and the like run a table owner's functions, the outer user
 * is whoever maintains the table, and must lend that owner no rights.
 */
static void
judge_caller(FunctionCallInfo fcinfo)
{
	if (InSecurityRestrictedOperation())
		sb_raise(
			&(SbRefusal){.code = SB_NO_PRIVILEGE,
						 .what = function_name(fcinfo),
						 .other = "It cannot be called within a security-restricted operation."});
}

static char *
function_name(FunctionCallInfo fcinfo)
{
	return get_func_name(fcinfo->flinfo->fn_oid);
}

/*
 * The owner of the accounts is the owner of the ledger.  It is looked up by
 * name, so once only, until a row of pg_class changes.
 */
static Oid
ledger_owner(void)
{
	static bool watching = false;
	Oid schema;
	HeapTuple tuple = NULL;

	if (OidIsValid(known_owner))
		return known_owner;
	if (!watching)
		CacheRegisterSyscacheCallback(RELOID, forget_owner, (Datum) 0);
	watching = true;

	schema = get_namespace_oid("simplebank", true);
	if (OidIsValid(schema))
		tuple = SearchSysCache2(RELNAMENSP, CStringGetDatum("accounts"), ObjectIdGetDatum(schema));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension simplebank is not installed in this database")));
	known_owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return known_owner;
}

static void
forget_owner(Datum argument, int cache, uint32 hash)
{
	known_owner = InvalidOid;
}

/*
 * A library that is newer or older than the SQL objects must say so instead
 * of running on what it does not know.  Once a session is enough: whoever
 * updates the extension restarts the sessions that have the old library.
 */
static void
check_version(void)
{
	static bool checked = false;
	const char *installed;

	if (checked)
		return;
	if (SPI_execute("SELECT extversion FROM pg_catalog.pg_extension"
					" WHERE extname OPERATOR(pg_catalog.=) 'simplebank'",
					true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "extension simplebank has no version");
	installed = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (strcmp(installed, SIMPLEBANK_VERSION) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension simplebank has version %s, its library %s", installed,
						SIMPLEBANK_VERSION),
				 errhint("Run ALTER EXTENSION simplebank UPDATE, or install the library "
						 "of that version.")));
	checked = true;
}
