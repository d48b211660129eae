/*
 * hold.c
 *	  place_hold, capture_hold, release_hold, expire_holds: money that is kept
 *	  for a transfer to come.
 *
 * A hold's accounts and amount never change, so they are read before any
 * lock; the rest the engine reads again with the account locked.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"

#include "calls/account.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "engine/holds.h"
#include "store/hold.h"
#include "calls/transfer.h"

static void find_hold(const SbScope *scope, int64 id, SbPosting *posting);
static Datum hold_answer(FunctionCallInfo fcinfo, const SbPosting *posting);

PG_FUNCTION_INFO_V1(simplebank_place_hold);
PG_FUNCTION_INFO_V1(simplebank_capture_hold);
PG_FUNCTION_INFO_V1(simplebank_release_hold);
PG_FUNCTION_INFO_V1(simplebank_expire_holds);

Datum
simplebank_place_hold(PG_FUNCTION_ARGS)
{
	SbLeg legs[2];
	SbHoldChange change;
	SbPosting posting = {.legs = legs, .change = &change};
	SbScope scope;

	sb_ask_hold(fcinfo, SB_WRITES, &scope, &posting);
	sb_post_prepared(&posting);
	sb_leave(&scope);
	return hold_answer(fcinfo, &posting);
}

/*
 * Reads the arguments of place_hold(), enters, and makes the request of them;
 * posting has room for legs and hold.
 */
void
sb_ask_hold(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting)
{
	int64 from_account = sb_arg_int64(fcinfo, 0, "from_account");
	int64 to_account = sb_arg_int64(fcinfo, 1, "to_account");
	int64 amount = sb_arg_int64(fcinfo, 2, "amount");
	TimestampTz expires_at = PG_ARGISNULL(3) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(3);
	bool has_expiry = !TIMESTAMP_IS_NOEND(expires_at);
	SbExtras extras = {.key = sb_arg_key(fcinfo, 4),
					   .description = sb_arg_optional_text(fcinfo, 5, "description"),
					   .metadata = sb_arg_optional_jsonb(fcinfo, 6, "metadata"),
					   .reference = sb_arg_reference(fcinfo, 7),
					   .expect = sb_arg_expect(fcinfo, 8, "from", "to")};
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(from_account), false},
		{"to_account", INT8OID, Int64GetDatum(to_account), false},
		{"amount", INT8OID, Int64GetDatum(amount), false},
		/* not expires_at: a retry comes with another now() + interval '7 days' */
	};

	posting->operation = SB_PLACE_HOLD;
	*posting->change = (SbHoldChange){.hold = {.from_account = from_account,
											   .to_account = to_account,
											   .amount = amount,
											   .has_expiry = has_expiry,
											   .expires_at = expires_at,
											   .description = extras.description}};
	sb_enter(scope, fcinfo, does | SB_FOR_CUSTOMERS);
	sb_prepare_two(posting, scope, &extras, from_account, to_account, amount, arguments,
				   lengthof(arguments));
}

Datum
simplebank_capture_hold(PG_FUNCTION_ARGS)
{
	int64 hold_id = sb_arg_int64(fcinfo, 0, "hold_id");
	bool all = PG_ARGISNULL(1);
	int64 amount = all ? 0 : PG_GETARG_INT64(1);
	bool final = sb_arg_bool(fcinfo, 2, "final");
	SbExtras extras = {.key = sb_arg_key(fcinfo, 3), .reference = sb_arg_reference(fcinfo, 4)};
	SbArgument arguments[] = {
		{"hold_id", INT8OID, Int64GetDatum(hold_id), false},
		{"amount", INT8OID, Int64GetDatum(amount), all},
		{"final", BOOLOID, BoolGetDatum(final), false},
	};
	SbLeg legs[2];
	SbHoldChange change = {.final = final};
	SbPosting posting = {.operation = SB_CAPTURE_HOLD,
						 .legs = legs,
						 .amount_rule = all ? SB_AMOUNT_LEFT : SB_AMOUNT_GIVEN,
						 .change = &change};
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	if (!all && !sb_check_amount(&posting, amount))
		sb_raise(&posting.refusal);
	find_hold(&scope, hold_id, &posting);
	sb_set_accounts(&posting, change.hold.from_account, change.hold.to_account);
	legs[1].amount = amount; /* the debit follows once the hold is read again */
	sb_post_one(&posting, &scope, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
}

Datum
simplebank_release_hold(PG_FUNCTION_ARGS)
{
	int64 hold_id = sb_arg_int64(fcinfo, 0, "hold_id");
	SbExtras extras = {.key = sb_arg_key(fcinfo, 1)};
	SbArgument arguments[] = {{"hold_id", INT8OID, Int64GetDatum(hold_id), false}};
	SbLeg leg = {0};
	SbHoldChange change = {0};
	SbPosting posting = {.operation = SB_RELEASE_HOLD, .nlegs = 1, .legs = &leg, .change = &change};
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	find_hold(&scope, hold_id, &posting);
	leg.account_id = change.hold.from_account;
	sb_post_one(&posting, &scope, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return hold_answer(fcinfo, &posting);
}

Datum
simplebank_expire_holds(PG_FUNCTION_ARGS)
{
	int32 max_items = sb_arg_int32(fcinfo, 0, "max_items");
	SbScope scope;
	int expired;

	if (max_items < 1)
		sb_raise_invalid("max_items", "It is at least 1.");
	sb_enter(&scope, fcinfo, SB_WRITES);
	expired = sb_holds_expire_any(max_items, GetCurrentTimestamp(), sb_caller_role(),
								  sb_caller_ledgers(&scope));
	sb_leave(&scope);
	PG_RETURN_INT32(expired);
}

/*
 * In its ledgers a restricted caller finds the holds in favour of its own
 * accounts, and sees nothing of the account whose money it is.
 */
static void
find_hold(const SbScope *scope, int64 id, SbPosting *posting)
{
	SbHold *hold = &posting->change->hold;

	if (!sb_store_read_hold(id, hold) ||
		!sb_has_ledger(sb_caller_ledgers(scope), hold->ledger_id) ||
		(scope->restricted && sb_is_hidden(scope, hold->to_account)))
		sb_raise(&(SbRefusal){.code = SB_HOLD_NOT_FOUND, .account_id = id});
	posting->hides_debit = scope->restricted && sb_is_hidden(scope, hold->from_account);
}

/*
 * The answer (hold_id, available, expires_at, replayed), or without expires_at.
 */
static Datum
hold_answer(FunctionCallInfo fcinfo, const SbPosting *posting)
{
	const SbHoldChange *change = posting->change;
	TupleDesc row_type;
	Datum values[4];
	bool nulls[4] = {0};
	int n = 0;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[n++] = Int64GetDatum(change->hold.id);
	values[n] = Int64GetDatum(change->after.available);
	nulls[n++] = !change->after.has_available || posting->hides_debit;
	if (posting->operation == SB_PLACE_HOLD)
	{
		values[n] = TimestampTzGetDatum(change->hold.expires_at);
		nulls[n++] = !change->hold.has_expiry;
	}
	values[n] = BoolGetDatum(posting->state == SB_REPLAYED);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}
