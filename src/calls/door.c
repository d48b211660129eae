/*
 * door.c
 *	  The one door of the ledger: who calls, and the switch to its owner.
 *
 * Every function of schema simplebank passes it, whatever language its body
 * has: those in C work between sb_enter() and sb_leave(), what needs no table
 * calls sb_admit(), and a body in SQL or PL/pgSQL is called by sb_call_body().
 *
 * The caller is the current user when the ledger is entered, as everywhere in
 * PostgreSQL: a SECURITY DEFINER function acts for its owner, any other for
 * whoever calls it.  EXECUTE says who may call a function at all; membership in
 * the roles of create_roles(), which accounts are meant for whom.  In between
 * the owner of the ledger runs the SQL, as ri_triggers.c does it.  What our own
 * functions call is not judged again, and has their caller.
 *
 * A call's state is a frame in an array.  Frames go with their call, or, where
 * that raises, with the (sub-)transaction in which it was entered, which
 * restores the user too.  A parallel worker has the user, but no frame: there
 * the caller is not known, but for its standing.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/argument.h"
#include "base/deadline.h"
#include "base/durability.h"
#include "base/error.h"
#include "base/setting.h"
#include "base/wake.h"
#include "calls/acting.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/standing.h"
#include "store/clock.h"
#include "store/owner.h"
#include "store/subscriber.h"

/* Our functions call each other a few levels deep; it takes foreign code in between to come near this. */
#define MAX_FRAMES 32

typedef struct Frame
{
	Oid caller;						   /* invalid: a parallel worker is not told */
	char customer[SB_TEXT_LENGTH + 1]; /* that it acts for; "": none */
	SbSelf self;
	int nest_level; /* of the transaction when it was entered */
} Frame;

static Frame frames[MAX_FRAMES];
static int depth = 0;

static void admit(SbScope *scope, Oid function, int does);
static void require_parallel_safe(Oid function);
static void inherit(SbScope *scope, int does);
static void judge(SbScope *scope, int does);
static const char *frame_customer(void);
static void find_customer(SbScope *scope, int does);
static void check_time(int does);
static void become_owner(const SbScope *scope);
static void become_caller(void);
static void watch_transactions(void);
static void end_transaction(XactEvent event, void *arg);
static void end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
						  void *arg);
static void require_left(int nest_level);
static void check_bounds(FunctionCallInfo fcinfo);
static FmgrInfo *body_of(FmgrInfo *entry);
static Datum call_body(FunctionCallInfo fcinfo);
pg_noreturn static void forbid(Oid function, const char *reason);

/* Judges the caller of a function that touches no table. */
void
sb_admit(FunctionCallInfo fcinfo, int does)
{
	SbScope scope;

	admit(&scope, fcinfo->flinfo->fn_oid, does);
}

/*
 * Judges the caller of a function, opens SPI and becomes the ledger's owner.
 */
void
sb_enter(SbScope *scope, FunctionCallInfo fcinfo, int does)
{
	admit(scope, fcinfo->flinfo->fn_oid, does);
	become_owner(scope);
	SPI_connect();
	check_time(does);
}

void
sb_leave(const SbScope *scope)
{
	Assert(depth > 0 && frames[depth - 1].caller == scope->caller);
	become_caller();
	SPI_finish();
}

/*
 * Calls the function of schema simplebank_internal that has the name and the
 * arguments of the one that is called, as the ledger's owner, or, where it
 * needs rights that only the caller has, as the caller.  There is no SPI
 * around it, so that what it returns is in the caller's memory.
 */
Datum
sb_call_body(FunctionCallInfo fcinfo, int does)
{
	SbScope scope;
	Datum result;

	admit(&scope, fcinfo->flinfo->fn_oid, does);
	if (does & SB_WRITES)
		check_bounds(fcinfo);
	if (does & SB_AS_CALLER)
		return call_body(fcinfo);
	become_owner(&scope);
	check_time(does);
	if (does & SB_ERASES)
		sb_begin_erasing();
	result = call_body(fcinfo);
	become_caller();
	return result;
}

/*
 * In whose name the caller acts: that of its role, or of the customer for whom
 * it acts.  Keys and accounts are that one's.
 */
char *
sb_caller_role(void)
{
	const char *customer = frame_customer();

	if (customer)
		return pstrdup(customer);
	return GetUserNameFromId(sb_caller(), false);
}

/*
 * The role that acts for this customer; NULL where the caller acts for itself.
 */
char *
sb_caller_gateway(void)
{
	return frame_customer() ? GetUserNameFromId(sb_caller(), false) : NULL;
}

static const char *
frame_customer(void)
{
	return depth > 0 && frames[depth - 1].customer[0] != '\0' ? frames[depth - 1].customer : NULL;
}

Oid
sb_caller(void)
{
	Oid caller = depth > 0 ? frames[depth - 1].caller : GetUserId();

	if (!OidIsValid(caller) || (depth == 0 && sb_in_scope()))
		elog(ERROR, "a parallel worker does not know the caller");
	return caller;
}

/*
 * Says who calls, and whether that one has its own accounts only; raises
 * where it may not call the function.
 */
static void
admit(SbScope *scope, Oid function, int does)
{
	scope->function = function;
	scope->ledger = 0;
	if (IsParallelWorker())
		require_parallel_safe(function);
	if (sb_in_scope())
		inherit(scope, does);
	else
		judge(scope, does);
	sb_check_version();
	if (does & SB_WRITES)
	{
		if (XactReadOnly)
			sb_raise(&(SbRefusal){.code = SB_READ_ONLY, .what = get_func_name(function)});
		sb_make_durable();
		sb_wake_at_commit(SB_WAKE_LOG);
		if (scope->restricted)
			sb_set_deadline("simplebank.max_transaction_time", sb_max_transaction_time);
	}
}

/*
 * The planner heeds our marks, but not those behind a function that is marked
 * wrongly.  What is noted for the transaction's end is lost with a worker.
 */
static void
require_parallel_safe(Oid function)
{
	if (func_parallel(function) != PROPARALLEL_SAFE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("%s() cannot be called in a parallel worker", get_func_name(function)),
				 errhint("Mark the function that calls it PARALLEL RESTRICTED.")));
}

/*
 * One of our own functions calls, and was judged when it was called.
 */
static void
inherit(SbScope *scope, int does)
{
	if (depth == 0 && !IsParallelWorker())
		elog(ERROR, "the ledger has no caller");
	scope->caller = depth > 0 ? frames[depth - 1].caller : InvalidOid;
	scope->customer = frame_customer();
	if (scope->customer)
		scope->restricted = true;
	else if (OidIsValid(scope->caller))
		scope->restricted = sb_is_restricted(sb_standing_of(scope->caller), does & SB_AS_WRITER);
	else
		scope->restricted = sb_in_restricted_scope();
	/* what our own code does for a customer stays within what customers may */
	if (scope->restricted && !(does & (SB_FOR_CUSTOMERS | SB_PART)))
		forbid(scope->function, "It is not for customers.");
}

/*
 * The one place that decides whether a role may call a function.
 *
 * Who has checked EXECUTE before is not to be relied on: of the parts of an
 * aggregate it is checked of the aggregate's owner, of a cursor when it is
 * opened.  Maintenance is refused as a whole: while VACUUM, REINDEX and the
 * like run functions as a table's owner, that one has asked for nothing.
 */
static void
judge(SbScope *scope, int does)
{
	Oid function = scope->function;

	scope->caller = GetUserId();
	if (InSecurityRestrictedOperation())
		forbid(function, "It cannot be called within a security-restricted operation.");
	AcceptInvalidationMessages();
	if (pg_proc_aclcheck(function, scope->caller, ACL_EXECUTE) != ACLCHECK_OK)
		forbid(function,
			   "The role that calls needs EXECUTE itself; what it calls through lends no rights.");
	if (does & SB_PART)
		forbid(function, "It is a part of the ledger's own functions.");
	find_customer(scope, does);
	if ((does & SB_ALL_LEDGERS) && !sb_standing_of(scope->caller)->has_all_ledgers)
		forbid(function, "It is about all ledgers, and the role has some only.");
	if ((does & SB_AS_WRITER) && sb_standing_of(scope->caller)->has_unfit_name)
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("the name of the calling role cannot be kept in this database"),
				 errdetail("It has a character that the database's encoding, or UTF8, has not."),
				 errhint("All databases of a server share its roles, whatever their encodings: "
						 "rename the role, with ASCII letters at best.")));
	if ((does & SB_WRITES) && !(does & SB_ON_SUBSCRIBERS))
		sb_require_no_publisher(function);
}

/*
 * A customer by itself, or by a gateway.  A gateway that acts for nobody has
 * no account, and is told how it gets to one.
 */
static void
find_customer(SbScope *scope, int does)
{
	const SbStanding *standing = sb_standing_of(scope->caller);

	scope->restricted = sb_is_restricted(standing, does & SB_AS_WRITER);
	scope->customer = does & SB_OF_NO_ACCOUNT ? NULL : sb_customer_of(scope->caller);
	if (scope->customer)
		scope->restricted = true;
	if (!scope->restricted)
		return;
	if (!(does & SB_FOR_CUSTOMERS))
		forbid(scope->function, "It is not for customers.");
	if (scope->customer || !standing->is_gateway || (does & SB_OF_NO_ACCOUNT))
		return;
	sb_raise_no_privilege(get_func_name(scope->function),
						  "A gateway has the accounts of the customer that it acts for.",
						  IsParallelWorker()
							  ? "Leave max_parallel_workers as simplebank.act_for() sets it."
							  : "Call simplebank.act_for() first, in the same transaction.");
}

/*
 * What a clock ahead of time has dated stays so.
 */
static void
check_time(int does)
{
	if ((does & SB_AS_WRITER) && !(does & SB_AT_ANY_TIME))
		(void) sb_clock_time();
}

static void
become_owner(const SbScope *scope)
{
	Frame *frame = &frames[depth];

	if (depth == MAX_FRAMES)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("functions of the ledger are nested too deeply")));
	watch_transactions();
	frame->caller = scope->caller;
	frame->nest_level = GetCurrentTransactionNestLevel();
	strlcpy(frame->customer, scope->customer ? scope->customer : "", sizeof(frame->customer));
	sb_become_owner(&frame->self, scope->restricted);
	depth++;
}

static void
become_caller(void)
{
	const Frame *frame;

	if (depth == 0)
		elog(ERROR, "the ledger has been left already");
	frame = &frames[--depth];
	Assert(frame->nest_level == GetCurrentTransactionNestLevel());
	sb_become_self(&frame->self);
}

static void
watch_transactions(void)
{
	static bool watching = false;

	if (watching)
		return;
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_savepoint, NULL);
	watching = true;
}

static void
end_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PARALLEL_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		require_left(1);
	else
		depth = 0;
}

/*
 * What was entered in a sub-transaction that is rolled back is left with it;
 * what was entered around it goes on.
 */
static void
end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int nest_level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_PRE_COMMIT_SUB)
		require_left(nest_level);
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (depth > 0 && frames[depth - 1].nest_level >= nest_level)
			depth--;
	}
}

/* Nothing commits within a call: its rest would run as the owner. */
static void
require_left(int nest_level)
{
	if (depth > 0 && frames[depth - 1].nest_level >= nest_level)
		elog(ERROR, "a transaction ends within a function of the ledger");
}

/*
 * A body in SQL may keep whatever it is given, so all of it is checked; those
 * in C check what they read.
 */
static void
check_bounds(FunctionCallInfo fcinfo)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	Oid *types;
	char **names;
	char *modes;
	int count;
	int number = 0;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", fcinfo->flinfo->fn_oid);
	count = get_func_arg_info(tuple, &types, &names, &modes);
	ReleaseSysCache(tuple);
	for (int i = 0; i < count; i++)
	{
		if (modes && modes[i] != PROARGMODE_IN && modes[i] != PROARGMODE_INOUT)
			continue;
		if (types[i] == TEXTOID)
			(void) sb_arg_optional_text(fcinfo, number, names[i]);
		else if (types[i] == JSONBOID)
			(void) sb_arg_optional_jsonb(fcinfo, number, names[i]);
		number++;
	}
	Assert(number == fcinfo->nargs);
}

/*
 * Looked up once, for as long as the caller keeps what it knows of its own
 * function.
 */
static FmgrInfo *
body_of(FmgrInfo *entry)
{
	Oid schema;
	HeapTuple tuple;
	Form_pg_proc function;
	FmgrInfo *body;
	Oid oid;

	if (entry->fn_extra)
		return entry->fn_extra;
	schema = get_namespace_oid("simplebank_internal", false);
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(entry->fn_oid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", entry->fn_oid);
	function = (Form_pg_proc) GETSTRUCT(tuple);
	oid = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, NameGetDatum(&function->proname),
						  PointerGetDatum(&function->proargtypes), ObjectIdGetDatum(schema));
	if (!OidIsValid(oid))
		elog(ERROR, "function %s() has no body", NameStr(function->proname));
	ReleaseSysCache(tuple);

	body = MemoryContextAlloc(entry->fn_mcxt, sizeof(FmgrInfo));
	fmgr_info_cxt(oid, body, entry->fn_mcxt);
	if (body->fn_strict || body->fn_retset != entry->fn_retset)
		elog(ERROR, "function %u and its body differ", entry->fn_oid);
	entry->fn_extra = body;
	return body;
}

/*
 * A set is returned as a whole: what is left to be computed row by row would
 * be after the ledger was left.
 */
static Datum
call_body(FunctionCallInfo fcinfo)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	FmgrInfo *body = body_of(fcinfo->flinfo);
	ReturnSetInfo *set = body->fn_retset ? (ReturnSetInfo *) fcinfo->resultinfo : NULL;
	Datum result;

	if (set && IsA(set, ReturnSetInfo))
		set->allowedModes |= SFRM_Materialize_Preferred;
	InitFunctionCallInfoData(*call, body, fcinfo->nargs, fcinfo->fncollation, NULL,
							 fcinfo->resultinfo);
	memcpy(call->args, fcinfo->args, sizeof(NullableDatum) * fcinfo->nargs);
	result = FunctionCallInvoke(call);
	if (set && IsA(set, ReturnSetInfo) && set->returnMode != SFRM_Materialize)
		elog(ERROR, "the body of function %u returns rows one by one", fcinfo->flinfo->fn_oid);
	fcinfo->isnull = call->isnull;
	return result;
}

void
sb_require_admin(const SbScope *scope, const char *reason)
{
	if (!sb_standing_of(scope->caller)->is_admin)
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
