/*
 * gateway.c
 *	  act_for: a gateway narrows itself to one of its customers.
 *
 * An application that serves many customers through one pool of connections
 * has a login of its own, a member of simplebank_gateway.  By itself that one
 * has no account.  From act_for() to the end of the transaction it is the
 * customer that it names: every rule for restricted callers holds as it is,
 * under that name.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/error.h"
#include "calls/acting.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/standing.h"
#include "store/cursor.h"
#include "store/owner.h"

static void require_gateway(const SbScope *scope);
static void require_no_cursor(void);

PG_FUNCTION_INFO_V1(simplebank_act_for);

Datum
simplebank_act_for(PG_FUNCTION_ARGS)
{
	text *owner = sb_arg_optional_short_text(fcinfo, 0, "owner");
	char *customer = owner ? text_to_cstring(owner) : NULL;
	const char *reason = NULL;
	bool is_inside = sb_in_scope();
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
	if (is_inside)
		sb_raise_forbidden(&scope, "It is not called within the ledger's own functions.");
	require_gateway(&scope);
	if (customer)
		reason = sb_unfit_customer(customer);
	if (reason)
		sb_raise_forbidden(&scope, reason);
	require_no_cursor();
	sb_act_for(scope.caller, customer);
	sb_leave(&scope);
	if (owner == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(owner);
}

/*
 * A role that is more than a gateway would be narrowed, and be more again
 * wherever it was forgotten to narrow it.  So it is told at its first call.
 */
static void
require_gateway(const SbScope *scope)
{
	const SbStanding *standing = sb_standing_of(scope->caller);

	if (standing->is_gateway && !standing->is_teller && !standing->is_auditor)
		return;
	sb_raise_no_privilege(get_func_name(scope->function),
						  standing->is_gateway
							  ? "A role that is more than a gateway acts for nobody."
							  : "The role that calls is no gateway.",
						  "Log in as, or SET ROLE to, a member of simplebank_gateway that is "
						  "nothing else.");
}

/*
 * A cursor goes on with the rows of whom it has begun for, and keeps them where
 * what was said is taken back with a savepoint, or ends with the transaction.
 * So nobody says anything while there is one, whoever has opened it.  Those
 * that run the present call are no cursors for it.
 */
static void
require_no_cursor(void)
{
	if (!sb_store_has_open_cursor())
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_OBJECT_IN_USE),
		 errmsg("act_for() cannot be called while a cursor is open"),
		 errdetail("It may have rows of another customer."),
		 errhint("Close it first, or end the transaction; a loop of PL/pgSQL over the rows of a "
				 "query is a cursor, too, and so are rows that a driver fetches in portions.")));
}
