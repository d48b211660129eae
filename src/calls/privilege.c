/*
 * privilege.c
 *	  The trigger that keeps even the owner's hands off the ledger.
 *
 * Tables of history are only ever added to.  On tables whose trigger has an
 * argument the functions, which run as the owner too but between sb_enter()
 * and sb_leave(), may change rows.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "store/owner.h"

PG_FUNCTION_INFO_V1(simplebank_guard);

Datum
simplebank_guard(PG_FUNCTION_ARGS)
{
	TriggerData *call = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard() can only be called as a trigger")));
	if (call->tg_trigger->tgnargs == 0 || !sb_in_scope())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("table \"%s\" is written by the ledger's functions only",
						RelationGetRelationName(call->tg_relation)),
				 errhint("Correct a transfer by an opposite one; change other things by the "
						 "functions that are there for it.")));
	return PointerGetDatum(NULL);
}
