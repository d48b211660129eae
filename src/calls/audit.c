/*
 * audit.c
 *	  The record of administrative acts.
 *
 * A row is written in the transaction of what it tells of, so that there is
 * none without the other.  Who acts, the columns' defaults say.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "store/event.h"
#include "store/owner.h"

PG_FUNCTION_INFO_V1(simplebank_audit);
PG_FUNCTION_INFO_V1(simplebank_caller_role);

Datum
simplebank_audit(PG_FUNCTION_ARGS)
{
	text *action = sb_arg_short_text(fcinfo, 0, "action");
	Jsonb *details = sb_arg_optional_jsonb(fcinfo, 1, "details");
	text *reason = sb_arg_optional_text(fcinfo, 2, "reason");
	SbScope scope;
	/* or does one of our own functions tell what it has done? */
	bool by_hand = !sb_in_scope();

	sb_enter(&scope, fcinfo, SB_WRITES | SB_AT_ANY_TIME);
	sb_store_audit(text_to_cstring(action), details, reason, by_hand);
	sb_leave(&scope);
	PG_RETURN_VOID();
}

/*
 * For the columns' default, and for bodies in SQL.
 */
Datum
simplebank_caller_role(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(sb_caller_role()));
}
