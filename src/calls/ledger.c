/*
 * ledger.c
 *	  Several sets of books, and who has which.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "calls/standing.h"
#include "store/account.h"
#include "store/event.h"
#include "store/ledger.h"

static int32 require_ledger(text *name);
static void audit_role(const char *action, text *role, text *ledger);

PG_FUNCTION_INFO_V1(simplebank_create_ledger);
PG_FUNCTION_INFO_V1(simplebank_grant_ledger);
PG_FUNCTION_INFO_V1(simplebank_revoke_ledger);
PG_FUNCTION_INFO_V1(simplebank_ledger_id);
PG_FUNCTION_INFO_V1(simplebank_has_ledger);

Datum
simplebank_create_ledger(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "name");
	SbArgument argument = {"name", TEXTOID, PointerGetDatum(name), false};
	SbScope scope;
	Datum row;

	sb_enter(&scope, fcinfo, SB_WRITES);
	row = sb_store_create_ledger(name);
	sb_store_audit("create_ledger", sb_arguments_object(&argument, 1), NULL, false);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

Datum
simplebank_grant_ledger(PG_FUNCTION_ARGS)
{
	text *role = sb_arg_short_text(fcinfo, 0, "role");
	text *ledger = sb_arg_text(fcinfo, 1, "ledger");
	SbScope scope;
	Datum row;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!OidIsValid(get_role_oid(text_to_cstring(role), true)))
		sb_raise_invalid("role", "There is no role of that name.");
	row = sb_store_grant_ledger(require_ledger(ledger), role);
	audit_role("grant_ledger", role, ledger);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

Datum
simplebank_revoke_ledger(PG_FUNCTION_ARGS)
{
	text *role = sb_arg_short_text(fcinfo, 0, "role");
	text *ledger = sb_arg_text(fcinfo, 1, "ledger");
	SbScope scope;
	Datum row;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!sb_store_revoke_ledger(require_ledger(ledger), role, &row))
		sb_raise_invalid("role", "The ledger was not given to it; another role may lend it.");
	audit_role("revoke_ledger", role, ledger);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

/* One that there is, whoever calls. */
static int32
require_ledger(text *name)
{
	int32 id;

	if (!sb_store_find_ledger(name, &id))
		sb_raise(&(SbRefusal){.code = SB_LEDGER_NOT_FOUND, .what = text_to_cstring(name)});
	return id;
}

static void
audit_role(const char *action, text *role, text *ledger)
{
	SbArgument details[] = {
		{"role", TEXTOID, PointerGetDatum(role), false},
		{"ledger", TEXTOID, PointerGetDatum(ledger), false},
	};

	sb_store_audit(action, sb_arguments_object(details, lengthof(details)), NULL, false);
}

/*
 * Has a call see one of the caller's ledgers only, as if it had no other;
 * NULL: all of them.
 */
void
sb_narrow(SbScope *scope, text *name)
{
	if (name)
		scope->ledger = sb_ledger_named(scope, name);
}

/*
 * The ledgers that the caller has, or that it asks for; NULL: all that there
 * are.  In a parallel worker the caller is not known: there whoever has called
 * has asked before.
 */
SbLedgers *
sb_caller_ledgers(const SbScope *scope)
{
	if (scope->ledger)
	{
		SbLedgers *ledgers = palloc(sizeof(SbLedgers));

		ledgers->count = 1;
		ledgers->ids = palloc(sizeof(int32));
		ledgers->ids[0] = scope->ledger;
		return ledgers;
	}
	return OidIsValid(scope->caller) ? sb_ledgers_of(sb_standing_of(scope->caller)) : NULL;
}

/*
 * The ledger that an argument names; NULL: the caller's only one, or the
 * default one.  What the caller has not is not there.
 */
int32
sb_ledger_named(const SbScope *scope, text *name)
{
	SbLedgers *ledgers = sb_caller_ledgers(scope);
	SbRefusal refusal = {.code = SB_LEDGER_NOT_FOUND, .what = name ? text_to_cstring(name) : NULL};
	int32 id = 0;

	if (name == NULL)
		id = sb_only_ledger(ledgers);
	else if (!sb_store_find_ledger(name, &id) || !sb_has_ledger(ledgers, id))
		id = 0;
	if (id == 0)
		sb_raise(&refusal);
	return id;
}

/*
 * Is the account in a ledger that the caller has not?  Then it is not there
 * for it.
 */
bool
sb_is_foreign(const SbScope *scope, int64 account_id)
{
	SbLedgers *ledgers = sb_caller_ledgers(scope);
	SbAccountLedger account;

	return ledgers != NULL && sb_store_find_ledgers(&account_id, 1, &account) == 1 &&
		!sb_has_ledger(ledgers, account.ledger_id);
}

Datum
simplebank_ledger_id(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_optional_text(fcinfo, 0, "ledger");
	SbScope scope;
	int32 id;

	sb_enter(&scope, fcinfo, SB_READS | SB_PART | SB_FOR_CUSTOMERS);
	id = sb_ledger_named(&scope, name);
	sb_leave(&scope);
	PG_RETURN_INT32(id);
}

Datum
simplebank_has_ledger(PG_FUNCTION_ARGS)
{
	const SbStanding *standing;

	sb_admit(fcinfo, SB_READS | SB_PART | SB_FOR_CUSTOMERS);
	standing = sb_standing_of(sb_caller());
	PG_RETURN_BOOL(standing->has_all_ledgers ||
				   (!PG_ARGISNULL(0) && sb_has_ledger(&standing->ledgers, PG_GETARG_INT32(0))));
}
