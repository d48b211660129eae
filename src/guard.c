/*
 * guard.c
 *	  Triggers that keep even the owner's hands off the ledger.
 *
 * Entries, transfers and events are only ever added; an account's row is
 * only ever changed by the functions.  They run as the owner too, but
 * between sb_enter() and sb_leave().
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "caller.h"

PG_FUNCTION_INFO_V1(simplebank_guard);

Datum
simplebank_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard() can only be called as a trigger")));
	if (!sb_in_scope())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("table \"%s\" is written by the ledger's functions only",
						RelationGetRelationName(trigger->tg_relation)),
				 errhint("Correct a transfer by an opposite one; change an account by "
						 "set_account_limits(), set_account_status() or close_account().")));
	return PointerGetDatum(NULL);
}
