/*
 * preview.c
 *	  preview_transfer, preview_deposit, preview_withdraw, preview_hold,
 *	  preview_journal, preview_batch: what transfer() and its like would
 *	  answer now.
 *
 * Arguments are read, and the caller is judged, by the functions that they
 * preview; what those raise for arguments and rights is raised here too.  What
 * the ledger refuses a request for is an answer.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "calls/door.h"
#include "calls/transfer.h"
#include "engine/preview.h"
#include "model/decide.h"

/* sqlstate, name, message, detail, hint */
#define REFUSAL_COLUMNS 5
#define MOST_COLUMNS 11

/* A row that is made up column by column. */
typedef struct Row
{
	int count;
	Datum values[MOST_COLUMNS];
	bool nulls[MOST_COLUMNS];
} Row;

static Datum preview_cash(FunctionCallInfo fcinfo, SbOperation operation);
static Datum transfer_row(FunctionCallInfo fcinfo, const SbScope *scope, SbPosting *posting);
static void put(Row *row, Datum value, bool isnull);
static void put_refusal(Row *row, SbPosting *posting);
static void put_first_answer(Row *row, const SbPosting *posting);
static void put_available(Row *row, const SbPosting *posting, const SbHeld *held);
static Datum leave_with(FunctionCallInfo fcinfo, const SbScope *scope, Row *row);

PG_FUNCTION_INFO_V1(simplebank_preview_transfer);
PG_FUNCTION_INFO_V1(simplebank_preview_deposit);
PG_FUNCTION_INFO_V1(simplebank_preview_withdraw);
PG_FUNCTION_INFO_V1(simplebank_preview_hold);
PG_FUNCTION_INFO_V1(simplebank_preview_journal);
PG_FUNCTION_INFO_V1(simplebank_preview_batch);

Datum
simplebank_preview_transfer(PG_FUNCTION_ARGS)
{
	SbLeg legs[2];
	SbPosting posting = {.legs = legs};
	SbScope scope;

	sb_ask_transfer(fcinfo, SB_PREVIEWS, &scope, &posting);
	sb_preview(&posting, 1, false, NULL);
	return transfer_row(fcinfo, &scope, &posting);
}

Datum
simplebank_preview_deposit(PG_FUNCTION_ARGS)
{
	return preview_cash(fcinfo, SB_DEPOSIT);
}

Datum
simplebank_preview_withdraw(PG_FUNCTION_ARGS)
{
	return preview_cash(fcinfo, SB_WITHDRAW);
}

static Datum
preview_cash(FunctionCallInfo fcinfo, SbOperation operation)
{
	SbLeg legs[2];
	SbPosting posting = {.operation = operation, .legs = legs};
	SbAccount unopened;
	SbScope scope;

	sb_ask_cash(fcinfo, SB_PREVIEWS, &scope, &posting, &unopened);
	sb_preview(&posting, 1, false, &unopened);
	return transfer_row(fcinfo, &scope, &posting);
}

/* (..., transfer_id, from_balance, to_balance, from_available, posted_at, replayed) */
static Datum
transfer_row(FunctionCallInfo fcinfo, const SbScope *scope, SbPosting *posting)
{
	bool is_accepted = posting->state == SB_ACCEPTED;
	SbHeld held = is_accepted ? sb_held_of(posting->legs[0].account) : (SbHeld){0};
	Row row = {0};

	put_refusal(&row, posting);
	put(&row, Int64GetDatum(posting->transfer_id), posting->transfer_id == 0);
	put(&row, Int64GetDatum(posting->from_balance), !posting->has_balances || posting->hides_debit);
	put(&row, Int64GetDatum(posting->to_balance), !posting->has_balances || posting->hides_credit);
	put_available(&row, posting, &held);
	put_first_answer(&row, posting);
	return leave_with(fcinfo, scope, &row);
}

/* (..., hold_id, available, expires_at, replayed) */
Datum
simplebank_preview_hold(PG_FUNCTION_ARGS)
{
	SbLeg legs[2];
	SbHoldChange change;
	SbPosting posting = {.legs = legs, .change = &change};
	SbScope scope;
	Row row = {0};

	sb_ask_hold(fcinfo, SB_PREVIEWS, &scope, &posting);
	sb_preview(&posting, 1, false, NULL);
	put_refusal(&row, &posting);
	put(&row, Int64GetDatum(change.hold.id), change.hold.id == 0);
	put_available(&row, &posting, &change.after);
	put(&row, TimestampTzGetDatum(change.hold.expires_at),
		posting.state == SB_REFUSED || !change.hold.has_expiry);
	put(&row, BoolGetDatum(posting.state == SB_REPLAYED), false);
	return leave_with(fcinfo, &scope, &row);
}

/* (..., transfer_id, posted_at, replayed) */
Datum
simplebank_preview_journal(PG_FUNCTION_ARGS)
{
	SbPosting posting = {0};
	SbScope scope;
	Row row = {0};

	sb_ask_journal(fcinfo, SB_PREVIEWS, &scope, &posting);
	sb_preview(&posting, 1, false, NULL);
	put_refusal(&row, &posting);
	put(&row, Int64GetDatum(posting.transfer_id), posting.transfer_id == 0);
	put_first_answer(&row, &posting);
	return leave_with(fcinfo, &scope, &row);
}

/* (item, transfer_id, ..., replayed, from_balance, to_balance) */
Datum
simplebank_preview_batch(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SbPosting *postings;
	SbScope scope;
	MemoryContext context;
	MemoryContext old_context;
	int count;
	bool atomic;

	postings = sb_ask_batch(fcinfo, SB_PREVIEWS, &scope, &count, &atomic);
	sb_preview(postings, count, atomic, NULL);
	context = AllocSetContextCreate(CurrentMemoryContext, "ledger answers", ALLOCSET_SMALL_SIZES);
	old_context = MemoryContextSwitchTo(context);
	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &postings[i];
		bool has_balances = posting->state != SB_REFUSED && posting->has_balances;
		Row row = {0};

		CHECK_FOR_INTERRUPTS();
		put(&row, Int32GetDatum(i + 1), false);
		put(&row, Int64GetDatum(posting->transfer_id), posting->transfer_id == 0);
		put_refusal(&row, posting);
		put(&row, BoolGetDatum(posting->state == SB_REPLAYED), false);
		put(&row, Int64GetDatum(posting->from_balance), !has_balances || posting->hides_debit);
		put(&row, Int64GetDatum(posting->to_balance), !has_balances || posting->hides_credit);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	sb_leave(&scope);
	return (Datum) 0;
}

static void
put(Row *row, Datum value, bool isnull)
{
	Assert(row->count < MOST_COLUMNS);
	row->values[row->count] = value;
	row->nulls[row->count++] = isnull;
}

static void
put_refusal(Row *row, SbPosting *posting)
{
	Assert(row->count + REFUSAL_COLUMNS <= MOST_COLUMNS);
	sb_refusal_columns(posting, &row->values[row->count], &row->nulls[row->count]);
	row->count += REFUSAL_COLUMNS;
}

/* When it was posted, if it was. */
static void
put_first_answer(Row *row, const SbPosting *posting)
{
	bool is_replayed = posting->state == SB_REPLAYED;

	put(row, TimestampTzGetDatum(posting->posted_at), !is_replayed);
	put(row, BoolGetDatum(is_replayed), false);
}

/* What a debit could take of the first account after it. */
static void
put_available(Row *row, const SbPosting *posting, const SbHeld *held)
{
	put(row, Int64GetDatum(held->available),
		posting->state == SB_REFUSED || !held->has_available || posting->hides_debit);
}

static Datum
leave_with(FunctionCallInfo fcinfo, const SbScope *scope, Row *row)
{
	TupleDesc row_type;
	HeapTupleHeader answer;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	Assert(row_type->natts == row->count);
	answer = SPI_returntuple(heap_form_tuple(row_type, row->values, row->nulls), row_type);
	sb_leave(scope);
	PG_RETURN_HEAPTUPLEHEADER(answer);
}
