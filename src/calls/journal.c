/*
 * journal.c
 *	  post_journal: any number of legs as one transfer.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "calls/door.h"
#include "calls/journal.h"
#include "calls/transfer.h"

#define MIN_LEGS 2
#define MAX_LEGS 10000

static SbLeg decode_leg(HeapTupleHeader row, TupleDesc row_type);
static void put_debit_first(SbLeg *legs, int count);
static text *legs_text(const SbLeg *legs, int count);

PG_FUNCTION_INFO_V1(simplebank_post_journal);

Datum
simplebank_post_journal(PG_FUNCTION_ARGS)
{
	SbPosting posting = {.operation = SB_JOURNAL};
	SbExtras extras;
	SbScope scope;
	TupleDesc row_type;
	Datum values[3];
	bool nulls[3] = {0};

	posting.legs = sb_arg_legs(fcinfo, 0, &posting.nlegs);
	extras = sb_arg_extras(fcinfo, 1);
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!sb_check_legs(&posting))
		sb_raise(&posting.refusal);
	{
		SbArgument arguments[] = {
			{"legs", TEXTOID, PointerGetDatum(legs_text(posting.legs, posting.nlegs)), false},
			{"effective_at", TIMESTAMPTZOID, TimestampTzGetDatum(extras.effective_at),
			 !extras.has_effective_at},
		};

		put_debit_first(posting.legs, posting.nlegs);
		sb_post_one(&posting, &extras, arguments, lengthof(arguments));
	}
	sb_leave(&scope);

	values[0] = Int64GetDatum(posting.transfer_id);
	values[1] = TimestampTzGetDatum(posting.posted_at);
	values[2] = BoolGetDatum(posting.state == SB_REPLAYED);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}

SbLeg *
sb_arg_legs(FunctionCallInfo fcinfo, int number, int *count)
{
	ArrayType *array;
	TupleDesc row_type;
	Datum *elements;
	bool *nulls;
	SbLeg *legs;

	if (PG_ARGISNULL(number))
		sb_raise_null("legs");
	array = PG_GETARG_ARRAYTYPE_P(number);
	row_type = lookup_rowtype_tupdesc(ARR_ELEMTYPE(array), -1);
	if (ARR_NDIM(array) > 1)
		sb_raise_invalid("legs", "The array has one dimension.");
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &elements, &nulls,
					  count);
	if (*count < MIN_LEGS || *count > MAX_LEGS)
		sb_raise_invalid("legs", "A journal has 2 to 10000 legs.");
	legs = palloc0(sizeof(SbLeg) * *count);
	for (int i = 0; i < *count; i++)
	{
		if (nulls[i])
			sb_raise_null("legs");
		legs[i] = decode_leg(DatumGetHeapTupleHeader(elements[i]), row_type);
	}
	ReleaseTupleDesc(row_type);
	return legs;
}

static SbLeg
decode_leg(HeapTupleHeader row, TupleDesc row_type)
{
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	Datum values[2];
	bool nulls[2];

	heap_deform_tuple(&tuple, row_type, values, nulls);
	if (nulls[0])
		sb_raise_null("account_id");
	if (nulls[1])
		sb_raise_null("amount");
	return (SbLeg){.account_id = DatumGetInt64(values[0]), .amount = DatumGetInt64(values[1])};
}

/*
 * A journal of a debit and a credit of two accounts is recorded like any
 * transfer, which names both, the debit first.
 */
static void
put_debit_first(SbLeg *legs, int count)
{
	SbLeg credit = legs[0];

	if (count != 2 || credit.amount < 0 || legs[1].amount > 0 ||
		credit.account_id == legs[1].account_id)
		return;
	legs[0] = legs[1];
	legs[1] = credit;
}

/*
 * What the idempotency key stands for.
 */
static text *
legs_text(const SbLeg *legs, int count)
{
	StringInfoData buffer;

	initStringInfo(&buffer);
	for (int i = 0; i < count; i++)
		appendStringInfo(&buffer, "%s" INT64_FORMAT ":" INT64_FORMAT, i > 0 ? "," : "",
						 legs[i].account_id, legs[i].amount);
	return cstring_to_text_with_len(buffer.data, buffer.len);
}
