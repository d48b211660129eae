/*
 * caller.c
 *	  Who calls, and the switch to the ledger's owner.
 *
 * Every function that touches the ledger's tables works between sb_enter()
 * and sb_leave().  The caller is judged by the outer user: the role that it
 * logged in as or set by SET ROLE, whoever owns the functions in between.
 * Who may call a function at all says its EXECUTE privilege; which accounts
 * are meant for whom, membership in the roles of create_roles().
 * Between the two the owner of the ledger runs the SQL, as ri_triggers.c
 * does it; an error in between restores the user with the transaction.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "base/durability.h"
#include "base/error.h"

/*
 * The switch of ri_triggers.c, and a mark of our own beside the bits that the
 * server knows, which it saves and restores with them.
 */
#define SCOPE_MARK 0x1000000
#define SCOPE_FLAGS (SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS | SCOPE_MARK)

PG_FUNCTION_INFO_V1(simplebank_judge);
PG_FUNCTION_INFO_V1(simplebank_caller_role);
PG_FUNCTION_INFO_V1(simplebank_sees_all_accounts);
PG_FUNCTION_INFO_V1(simplebank_sees_all_keys);

/* What is known of the SQL objects, until one of them changes. */
static Oid known_owner = InvalidOid;
static bool version_fits = false;

/* What a role is to the ledger. */
typedef struct Standing
{
	Oid role;
	bool is_admin;
	bool is_teller;
	bool is_auditor;
	bool is_customer;
} Standing;

static Standing known_standing = {InvalidOid};

/* For whom a teller works, else NULL. */
static const char *acting_for = NULL;

static uint64 role_changes = 0;

static void become_owner(SbScope *scope, Oid owner);
static bool judge_caller(Oid function, int does, bool is_ours);
static const Standing *standing_of(Oid role);
static bool has_privileges(Oid role, const char *group);
static void forget_standing(Datum argument, int cache, uint32 hash);
static bool is_restricted(const Standing *standing, bool writes);
pg_noreturn static void forbid(Oid function, const char *reason);
static Oid ledger_owner(void);
static void watch_objects(void);
static void forget_objects(Datum argument, int cache, uint32 hash);
static void check_version(void);
static char *installed_version(void);

/*
 * Judges the caller of a function, opens SPI and becomes the ledger's owner.
 */
void
sb_enter(SbScope *scope, FunctionCallInfo fcinfo, int does)
{
	Oid owner;

	owner = ledger_owner();
	scope->function = fcinfo->flinfo->fn_oid;
	scope->restricted = judge_caller(scope->function, does, GetUserId() == owner);
	if (does & SB_WRITES)
	{
		if (XactReadOnly)
			sb_raise(&(SbRefusal){.code = SB_READ_ONLY, .what = get_func_name(scope->function)});
		sb_make_durable();
	}

	become_owner(scope, owner);
}

/*
 * A teller works for callers that were judged when they queued.
 */
void
sb_enter_as_teller(SbScope *scope)
{
	scope->function = InvalidOid;
	scope->restricted = false;
	sb_make_durable();
	become_owner(scope, ledger_owner());
}

static void
become_owner(SbScope *scope, Oid owner)
{
	acting_for = NULL;
	SPI_connect();
	check_version();
	GetUserIdAndSecContext(&scope->user, &scope->security_context);
	SetUserIdAndSecContext(owner, scope->security_context | SCOPE_FLAGS);
}

void
sb_leave(const SbScope *scope)
{
	acting_for = NULL;
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
	return acting_for ? pstrdup(acting_for) : GetUserNameFromId(GetOuterUserId(), false);
}

/*
 * For functions that are not in C.
 */
Datum
simplebank_caller_role(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(sb_caller_role()));
}

/*
 * What follows, up to sb_leave(), is done for this role; NULL: the caller's own.
 */
void
sb_act_for(const char *role)
{
	acting_for = role;
}

/*
 * Might this role call transfer() now, and would it have its own accounts
 * only?  For what it has ordered before.
 */
bool
sb_may_transfer(const char *role, bool *restricted)
{
	static const char transfer[] =
		"simplebank.transfer(bigint,bigint,bigint,text,text,jsonb,timestamptz)";
	Oid function = DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(transfer)));
	Oid role_oid = get_role_oid(role, true);

	if (!OidIsValid(role_oid) || pg_proc_aclcheck(function, role_oid, ACL_EXECUTE) != ACLCHECK_OK)
		return false;
	*restricted = is_restricted(standing_of(role_oid), true);
	return true;
}

/*
 * The one place that decides whether a role may call a function, and answers
 * whether it has its own accounts only.
 *
 * Who has checked EXECUTE before is not to be relied on: inside a SECURITY
 * DEFINER function it was checked of that one's owner, and of the parts of an
 * aggregate it is checked of the aggregate's owner, while the user stays the
 * same.  Neither lends rights here.  A call by one of our own functions
 * (is_ours) was judged when that one was called.  Another trap is maintenance:
 * while VACUUM, REINDEX and the like run a table owner's functions, the outer
 * user is whoever maintains the table, and must lend that owner no rights.
 */
static bool
judge_caller(Oid function, int does, bool is_ours)
{
	Oid role = GetOuterUserId();
	bool restricted;

	if (InSecurityRestrictedOperation())
		forbid(function, "It cannot be called within a security-restricted operation.");
	AcceptInvalidationMessages();
	if (!is_ours && pg_proc_aclcheck(function, role, ACL_EXECUTE) != ACLCHECK_OK)
		forbid(function,
			   "The role that calls needs EXECUTE itself; what it calls through lends no rights.");
	if (!is_ours && (does & SB_PART))
		forbid(function, "It is a part of the ledger's own functions.");
	restricted = is_restricted(standing_of(role), does & SB_WRITES);
	if (restricted && !(does & SB_FOR_CUSTOMERS))
		forbid(function, "It is not for customers.");
	return restricted;
}

/*
 * For functions that run as the owner without sb_enter(), being in SQL.
 */
Datum
simplebank_judge(PG_FUNCTION_ARGS)
{
	char *function = text_to_cstring(sb_arg_text(fcinfo, 0, "function"));

	check_version();
	judge_caller(DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(function))),
				 SB_READS, false);
	PG_RETURN_VOID();
}

/*
 * Customers have their own accounts only, unless they are something else
 * besides.  A role that is none of these has what it was granted.
 */
static bool
is_restricted(const Standing *standing, bool writes)
{
	return standing->is_customer && !standing->is_teller && (writes || !standing->is_auditor);
}

/*
 * Remembered from call to call, until somebody changes a role or a membership.
 */
static const Standing *
standing_of(Oid role)
{
	static bool watching = false;
	uint64 changes_before = role_changes;
	Standing standing = {.role = role};
	Oid customers;

	if (known_standing.role == role)
		return &known_standing;
	if (!watching)
	{
		CacheRegisterSyscacheCallback(AUTHOID, forget_standing, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, forget_standing, (Datum) 0);
	}
	watching = true;

	standing.is_admin = has_privileges(role, "simplebank_admin");
	standing.is_teller = has_privileges(role, "simplebank_teller");
	standing.is_auditor = has_privileges(role, "simplebank_auditor");
	customers = get_role_oid("simplebank_customer", true);
	standing.is_customer = OidIsValid(customers) && is_member_of_role_nosuper(role, customers);

	known_standing = standing;
	if (role_changes != changes_before)
		known_standing.role = InvalidOid; /* look again next time */
	return &known_standing;
}

/* An administrator has the privileges of a teller and an auditor, a superuser all. */
static bool
has_privileges(Oid role, const char *group)
{
	Oid group_oid = get_role_oid(group, true);

	if (superuser_arg(role))
		return true;
	return OidIsValid(group_oid) && has_privs_of_role(role, group_oid);
}

static void
forget_standing(Datum argument, int cache, uint32 hash)
{
	known_standing.role = InvalidOid;
	role_changes++;
}

void
sb_require_admin(const SbScope *scope, const char *reason)
{
	if (!standing_of(GetOuterUserId())->is_admin)
		sb_raise_forbidden(scope, reason);
}

void
sb_raise_forbidden(const SbScope *scope, const char *reason)
{
	forbid(scope->function, reason);
}

static void
forbid(Oid function, const char *reason)
{
	sb_raise(
		&(SbRefusal){.code = SB_NO_PRIVILEGE, .what = get_func_name(function), .other = reason});
}

/*
 * For the policies of row-level security, which judge by the current user.
 */
Datum
simplebank_sees_all_accounts(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!is_restricted(standing_of(GetUserId()), false));
}

Datum
simplebank_sees_all_keys(PG_FUNCTION_ARGS)
{
	const Standing *standing = standing_of(GetUserId());

	PG_RETURN_BOOL(standing->is_admin || standing->is_auditor);
}

/*
 * The owner of the accounts is the owner of the ledger.  It is looked up by
 * name, so once only, until a row of pg_class changes.
 */
static Oid
ledger_owner(void)
{
	Oid schema;
	HeapTuple tuple = NULL;

	if (OidIsValid(known_owner))
		return known_owner;
	watch_objects();
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

/*
 * Nothing tells of changes of pg_extension itself; but an update that matters
 * changes a relation or a function.
 */
static void
watch_objects(void)
{
	static bool watching = false;

	if (!watching)
	{
		CacheRegisterSyscacheCallback(RELOID, forget_objects, (Datum) 0);
		CacheRegisterSyscacheCallback(PROCOID, forget_objects, (Datum) 0);
	}
	watching = true;
}

static void
forget_objects(Datum argument, int cache, uint32 hash)
{
	known_owner = InvalidOid;
	version_fits = false;
}

/*
 * A library that is newer or older than the SQL objects must say so instead
 * of running on what it does not know; also in a session that was there
 * before they were updated.
 */
static void
check_version(void)
{
	const char *installed;

	if (version_fits)
		return;
	watch_objects();
	version_fits = true; /* unless an invalidation comes while we look */
	installed = installed_version();
	if (strcmp(installed, SIMPLEBANK_VERSION) == 0)
		return;
	version_fits = false;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("extension simplebank has version %s, its library %s", installed,
					SIMPLEBANK_VERSION),
			 errhint("Install the library of the newer version, run ALTER EXTENSION simplebank "
					 "UPDATE, and reconnect; restart a server that has preloaded the older one.")));
}

/*
 * As it is now, whatever snapshot the caller is on.
 */
static char *
installed_version(void)
{
	Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	char *version = NULL;
	Datum value;
	bool isnull;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("simplebank"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		value = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(extensions),
							 &isnull);
		version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	if (version == NULL)
		elog(ERROR, "extension simplebank has no version");
	return version;
}
