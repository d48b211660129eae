/*
 * idempotency.c
 *	  idempotency_check: what a key has done; purge_keys.
 */
#include "postgres.h"

#include "access/transam.h"
#include "funcapi.h"
#include "utils/xid8.h"

#include "base/durability.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "store/key.h"

static void put_row(TupleTableSlot *slot, void *state);

PG_FUNCTION_INFO_V1(simplebank_idempotency_check);
PG_FUNCTION_INFO_V1(simplebank_purge_keys);
PG_FUNCTION_INFO_V1(simplebank_next_transaction);

Datum
simplebank_idempotency_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	text *key = sb_arg_short_text(fcinfo, 0, "key");
	SbScope scope;

	InitMaterializedSRF(fcinfo, 0);
	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_store_check_key(sb_caller_role(), sb_caller_ledgers(&scope), key, scope.restricted, put_row,
					   rsinfo);
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
	purged = sb_store_purge_keys(max_items);
	sb_leave(&scope);
	PG_RETURN_INT32(purged);
}

Datum
simplebank_next_transaction(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_READS | SB_PART);
	PG_RETURN_FULLTRANSACTIONID(ReadNextFullTransactionId());
}
