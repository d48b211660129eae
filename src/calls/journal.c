/*
 * journal.c
 *	  post_journal: any number of legs as one transfer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "calls/door.h"
#include "calls/journal.h"
#include "calls/transfer.h"

#define MIN_LEGS 2
#define MAX_LEGS 10000

static void put_debit_first(SbLeg *legs, int count);
static text *list(const SbLeg *legs, int count, bool amounts);

PG_FUNCTION_INFO_V1(simplebank_post_journal);

Datum
simplebank_post_journal(PG_FUNCTION_ARGS)
{
	SbPosting posting = {0};
	SbScope scope;
	TupleDesc row_type;
	Datum values[3];
	bool nulls[3] = {0};

	sb_ask_journal(fcinfo, SB_WRITES, &scope, &posting);
	sb_post_prepared(&posting);
	sb_leave(&scope);
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	values[0] = Int64GetDatum(posting.transfer_id);
	values[1] = TimestampTzGetDatum(posting.posted_at);
	values[2] = BoolGetDatum(posting.state == SB_REPLAYED);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}

/*
 * Reads the arguments of post_journal(), enters, and makes the request of them.
 */
void
sb_ask_journal(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting)
{
	SbExtras extras;

	posting->operation = SB_JOURNAL;
	posting->legs = sb_arg_legs(fcinfo, &posting->nlegs);
	extras = sb_arg_extras(fcinfo, 2);
	sb_enter(scope, fcinfo, does);
	if (sb_check_legs(posting))
	{
		SbArgument arguments[] = {
			{"account_ids", TEXTOID, PointerGetDatum(list(posting->legs, posting->nlegs, false)),
			 false},
			{"amounts", TEXTOID, PointerGetDatum(list(posting->legs, posting->nlegs, true)), false},
			{"effective_at", TIMESTAMPTZOID, TimestampTzGetDatum(extras.effective_at),
			 !extras.has_effective_at},
		};

		put_debit_first(posting->legs, posting->nlegs);
		sb_set_extras(posting, scope, &extras, arguments, lengthof(arguments));
	}
}

/*
 * The legs of the first two arguments, account_ids and amounts.
 */
SbLeg *
sb_arg_legs(FunctionCallInfo fcinfo, int *count)
{
	SbColumn account_ids = sb_arg_column(fcinfo, 0, "account_ids", INT8OID, true);
	SbColumn amounts = sb_arg_column(fcinfo, 1, "amounts", INT8OID, true);
	SbLeg *legs;

	*count = account_ids.count;
	if (*count < MIN_LEGS || *count > MAX_LEGS)
		sb_raise_invalid("account_ids", "A journal has 2 to 10000 legs.");
	if (amounts.count != *count)
		sb_raise_invalid(
			"amounts", psprintf("It has %d elements, account_ids has %d.", amounts.count, *count));
	legs = palloc0(sizeof(SbLeg) * *count);
	for (int i = 0; i < *count; i++)
	{
		if (account_ids.nulls[i])
			sb_raise_null("account_id");
		if (amounts.nulls[i])
			sb_raise_null("amount");
		legs[i].account_id = DatumGetInt64(account_ids.values[i]);
		legs[i].amount = DatumGetInt64(amounts.values[i]);
	}
	return legs;
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
 * The accounts or the amounts, for what the idempotency key stands for.
 */
static text *
list(const SbLeg *legs, int count, bool amounts)
{
	StringInfoData buffer;

	initStringInfo(&buffer);
	for (int i = 0; i < count; i++)
		appendStringInfo(&buffer, "%s" INT64_FORMAT, i > 0 ? "," : "",
						 amounts ? legs[i].amount : legs[i].account_id);
	return cstring_to_text_with_len(buffer.data, buffer.len);
}
