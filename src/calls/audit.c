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

#include "base/argument.h"
#include "calls/audit.h"
#include "calls/door.h"
#include "base/fault.h"
#include "store/plan.h"

PG_FUNCTION_INFO_V1(simplebank_audit);
PG_FUNCTION_INFO_V1(simplebank_caller_role);

/*
 * To be called between sb_enter() and sb_leave(); details and reason may be NULL.
 */
void
sb_audit(const char *action, Jsonb *details, text *reason)
{
	Datum values[] = {CStringGetTextDatum(action), PointerGetDatum(details),
					  PointerGetDatum(reason)};
	bool nulls[] = {false, details == NULL, reason == NULL};

	sb_plan_run(PLAN_INSERT_AUDIT, values, nulls, NULL, NULL);
	SB_FAULT_POINT(audit_written);
}

Datum
simplebank_audit(PG_FUNCTION_ARGS)
{
	text *action = sb_arg_short_text(fcinfo, 0, "action");
	Jsonb *details = sb_arg_optional_jsonb(fcinfo, 1);
	text *reason = sb_arg_optional_text(fcinfo, 2);
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES);
	sb_audit(text_to_cstring(action), details, reason);
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
