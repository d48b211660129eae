/*
 * submit.c
 *	  submit_transfer: a transfer that a teller posts.
 *
 * It commits by itself, so it is refused where that would not be expected: in
 * a transaction block, and where the transaction has written before.  That
 * also keeps the caller from holding locks that the teller waits for.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "calls/door.h"
#include "teller/request.h"
#include "base/counter.h"
#include "calls/transfer.h"

static void submit(FunctionCallInfo fcinfo, SbPosting *posting);
static void require_own_transaction(FunctionCallInfo fcinfo);

PG_FUNCTION_INFO_V1(simplebank_submit_transfer);
PG_FUNCTION_INFO_V1(simplebank_submit_transfer_with_balances);

Datum
simplebank_submit_transfer(PG_FUNCTION_ARGS)
{
	static TupleDesc row_type = NULL;
	SbLeg legs[2];
	SbPosting posting = {.operation = SB_TRANSFER, .legs = legs};
	Datum value;
	bool isnull = false;

	submit(fcinfo, &posting);
	if (row_type == NULL)
	{
		MemoryContext old_context = MemoryContextSwitchTo(TopMemoryContext);
		TupleDesc made = CreateTemplateTupleDesc(1);

		TupleDescInitEntry(made, 1, "transfer_id", INT8OID, -1, 0);
		row_type = BlessTupleDesc(made);
		MemoryContextSwitchTo(old_context);
	}
	value = Int64GetDatum(posting.transfer_id);
	return HeapTupleGetDatum(heap_form_tuple(row_type, &value, &isnull));
}

Datum
simplebank_submit_transfer_with_balances(PG_FUNCTION_ARGS)
{
	SbLeg legs[2];
	SbPosting posting = {.operation = SB_TRANSFER, .legs = legs};

	submit(fcinfo, &posting);
	return sb_transfer_answer(&posting);
}

static void
submit(FunctionCallInfo fcinfo, SbPosting *posting)
{
	int64 from_account = sb_arg_int64(fcinfo, 0, "from_account");
	int64 to_account = sb_arg_int64(fcinfo, 1, "to_account");
	int64 amount = sb_arg_int64(fcinfo, 2, "amount");
	SbExtras extras = {.key = sb_arg_key(fcinfo, 3),
					   .description = sb_arg_optional_text(fcinfo, 4, "description"),
					   .metadata = sb_arg_optional_jsonb(fcinfo, 5, "metadata")};
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(from_account), false},
		{"to_account", INT8OID, Int64GetDatum(to_account), false},
		{"amount", INT8OID, Int64GetDatum(amount), false},
	};
	SbScope scope;
	instr_time began;

	INSTR_TIME_SET_CURRENT(began);
	require_own_transaction(fcinfo);
	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	sb_prepare_two(posting, &scope, &extras, from_account, to_account, amount, arguments,
				   lengthof(arguments));
	/* the bank's own accounts are older than those of others: they are what many transfers share */
	if (sb_queue_submit(posting, sb_caller(), Min(from_account, to_account)))
		sb_raise_refusal(posting);
	else
	{
		sb_count_now(SB_COUNT_HANDED_BACK, 1);
		sb_post_prepared(posting);
	}
	sb_leave(&scope);
	sb_count_latency(SB_TIMED_SUBMIT, began);
}

static void
require_own_transaction(FunctionCallInfo fcinfo)
{
	PreventInTransactionBlock(!sb_is_atomic_call(fcinfo), "submit_transfer");
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("submit_transfer cannot run in a transaction that has written already"),
				 errhint("COMMIT first, or call transfer().")));
}
