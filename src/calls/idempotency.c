/*
 * idempotency.c
 *	  idempotency_check: what a key has done; purge_keys.
 */
#include "postgres.h"

#include "access/xact.h"
#include "funcapi.h"

#include "base/durability.h"
#include "base/setting.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "store/key.h"

static void put_row(TupleTableSlot *slot, void *state);

PG_FUNCTION_INFO_V1(simplebank_idempotency_check);
PG_FUNCTION_INFO_V1(simplebank_purge_keys);

Datum
simplebank_idempotency_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	text *key = sb_arg_short_text(fcinfo, 0, "key");
	SbScope scope;

	InitMaterializedSRF(fcinfo, 0);
	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_store_check_key(sb_caller_role(), key, scope.restricted, put_row, rsinfo);
	sb_leave(&scope);
	return (Datum) 0;
}

static void
put_row(TupleTableSlot *slot, void *state)
{
	ReturnSetInfo *rsinfo = state;

	sb_make_repeated_durable();
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, slot->tts_values, slot->tts_isnull);
}

Datum
simplebank_purge_keys(PG_FUNCTION_ARGS)
{
	int32 max_items = sb_arg_int32(fcinfo, 0, "max_items");
	SbScope scope;
	int purged;

	if (max_items < 1 || max_items > SB_KEYS_PER_STATEMENT)
		sb_raise_invalid("max_items", psprintf("It is 1 to %d.", SB_KEYS_PER_STATEMENT));
	sb_enter(&scope, fcinfo, SB_WRITES);
	purged = sb_store_purge_keys(GetCurrentTransactionStartTimestamp() -
									 (int64) sb_key_retention * SECS_PER_MINUTE * USECS_PER_SEC,
								 max_items);
	sb_leave(&scope);
	PG_RETURN_INT32(purged);
}
