/*
 * privilege.c
 *	  The trigger that keeps even the owner's hands off the ledger.
 *
 * Tables of history are only ever added to.  On tables whose trigger says
 * "functions" the functions, which run as the owner too but between sb_enter()
 * and sb_leave(), may change rows; where it says "erasure", erase_texts() alone
 * may, by an UPDATE of the columns that are named there.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "store/owner.h"

static bool may_pass(const TriggerData *call);
static bool erases(const TriggerData *call);

PG_FUNCTION_INFO_V1(simplebank_guard);

Datum
simplebank_guard(PG_FUNCTION_ARGS)
{
	TriggerData *call = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard() can only be called as a trigger")));
	if (!may_pass(call))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("table \"%s\" is written by the ledger's functions only",
						RelationGetRelationName(call->tg_relation)),
				 errhint("Correct a transfer by an opposite one; change other things by the "
						 "functions that are there for it.")));
	return PointerGetDatum(NULL);
}

static bool
may_pass(const TriggerData *call)
{
	const Trigger *trigger = call->tg_trigger;

	if (trigger->tgnargs == 0)
		return false;
	return strcmp(trigger->tgargs[0], "functions") == 0 ? sb_in_scope() : erases(call);
}

/* Are only columns updated whose texts may go, by who may? */
static bool
erases(const TriggerData *call)
{
	const Trigger *trigger = call->tg_trigger;
	int column = -1;

	if (strcmp(trigger->tgargs[0], "erasure") != 0 || !TRIGGER_FIRED_BY_UPDATE(call->tg_event) ||
		!sb_is_erasing())
		return false;
	while ((column = bms_next_member(call->tg_updatedcols, column)) >= 0)
	{
		AttrNumber number = column + FirstLowInvalidHeapAttributeNumber;
		bool is_named = false;

		for (int i = 1; number > 0 && i < trigger->tgnargs; i++)
			is_named |=
				SPI_fnumber(RelationGetDescr(call->tg_relation), trigger->tgargs[i]) == number;
		if (!is_named)
			return false;
	}
	return true;
}
