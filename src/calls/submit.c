/*
 * submit.c
 *	  submit_transfer: a transfer that a teller posts.
 *
 * A teller commits by itself, so it is asked only where the call stands alone:
 * as the one statement of its transaction, of which nothing follows.
 * Anywhere else (a transaction block, a function, a pipeline, a driver that
 * always opens transactions), and with an expectation, which the queue has no
 * room for, the transfer is posted in the caller's own
 * transaction, as transfer() does, and ends with it.  That also keeps a caller
 * from holding locks that the teller waits for.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/memutils.h"

#include "calls/door.h"
#include "engine/ledgers.h"
#include "teller/request.h"
#include "base/counter.h"
#include "calls/transfer.h"

static void submit(FunctionCallInfo fcinfo, SbPosting *posting);
static bool stands_alone(FunctionCallInfo fcinfo);
static bool comes_in_parts(void);
static bool sync_follows(void);

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
					   .metadata = sb_arg_optional_jsonb(fcinfo, 5, "metadata"),
					   .reference = sb_arg_reference(fcinfo, 6),

					   .expect = sb_arg_expect(fcinfo, 7, "from", "to")};
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(from_account), false},
		{"to_account", INT8OID, Int64GetDatum(to_account), false},
		{"amount", INT8OID, Int64GetDatum(amount), false},
	};
	bool is_alone = extras.expect == NULL && stands_alone(fcinfo);
	SbScope scope;
	instr_time began;

	INSTR_TIME_SET_CURRENT(began);
	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	sb_prepare_two(posting, &scope, &extras, from_account, to_account, amount, arguments,
				   lengthof(arguments));
	sb_raise_refusal(posting);
	/* a teller does not know who asks: here it is told what is there for that one */
	sb_ledgers_resolve(posting, 1);
	is_alone = is_alone && !sb_has_foreign_leg(posting);
	/* the bank's own accounts are older than those of others: they are what many transfers share */
	if (is_alone && sb_queue_submit(posting, Min(from_account, to_account)))
		sb_raise_refusal(posting);
	else
	{
		sb_count_now(is_alone ? SB_COUNT_HANDED_BACK : SB_COUNT_IN_TRANSACTION, 1);
		sb_post_prepared(posting);
	}
	sb_leave(&scope);
	sb_count_latency(is_alone ? SB_TIMED_SUBMIT : SB_TIMED_TRANSFER, began);
}

/*
 * Is the call the whole of its transaction?
 */
static bool
stands_alone(FunctionCallInfo fcinfo)
{
	return !sb_is_atomic_call(fcinfo) && !SPI_inside_nonatomic_context() &&
		!IsInTransactionBlock(true) && !TransactionIdIsValid(GetTopTransactionIdIfAny()) &&
		(!comes_in_parts() || sync_follows());
}

/*
 * By the extended protocol a transaction ends with the client's Sync; only
 * there does a statement have a cached plan.
 */
static bool
comes_in_parts(void)
{
	return MyProcPort != NULL && ActivePortal != NULL && ActivePortal->cplan != NULL;
}

/*
 * The first statement of a pipeline cannot be told from a single one but by
 * what comes after it.  Clients send a single one together with its Sync; one
 * whose Sync is still on its way is taken for part of a pipeline.
 */
static bool
sync_follows(void)
{
	int next;

	if (!has_buffered_input())
		return false;
	pq_startmsgread();
	next = pq_peekbyte();
	pq_endmsgread();
	return next == 'S';
}
