/*
 * guard.c
 *	  The trigger that keeps the ledger append-only.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(simplebank_guard_append_only);

Datum
simplebank_guard_append_only(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard_append_only can only be called as a trigger")));
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("rows of table \"%s\" are never changed or deleted that way",
					RelationGetRelationName(trigger->tg_relation)),
			 errhint("Correct a transfer by an opposite one; close an account by close_account().")));
	pg_unreachable();
}
