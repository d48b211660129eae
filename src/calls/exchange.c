/*
 * exchange.c
 *	  exchange: two accounts, two currencies, against the bank's fx accounts.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "calls/bank_account.h"
#include "calls/door.h"
#include "calls/transfer.h"

PG_FUNCTION_INFO_V1(simplebank_exchange);

Datum
simplebank_exchange(PG_FUNCTION_ARGS)
{
	int64 from_account = sb_arg_int64(fcinfo, 0, "from_account");
	int64 to_account = sb_arg_int64(fcinfo, 1, "to_account");
	int64 from_amount = sb_arg_int64(fcinfo, 2, "from_amount");
	int64 to_amount = sb_arg_int64(fcinfo, 3, "to_amount");
	SbExtras extras = sb_arg_extras(fcinfo, 4);
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(from_account), false},
		{"to_account", INT8OID, Int64GetDatum(to_account), false},
		{"from_amount", INT8OID, Int64GetDatum(from_amount), false},
		{"to_amount", INT8OID, Int64GetDatum(to_amount), false},
		{"effective_at", TIMESTAMPTZOID, TimestampTzGetDatum(extras.effective_at),
		 !extras.has_effective_at},
	};
	SbLeg legs[4];
	SbPosting posting = {.operation = SB_EXCHANGE,
						 .nlegs = 4,
						 .legs = legs,
						 .has_ends = true,
						 .from_amount = from_amount,
						 .to_amount = to_amount};
	SbScope scope;
	int64 fx[2]; /* the bank's own accounts: from_account's currency, to_account's */

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!sb_check_amount(&posting, from_amount) || !sb_check_amount(&posting, to_amount) ||
		!sb_check_accounts(&posting, from_account, to_account))
		sb_raise(&posting.refusal);
	sb_bank_accounts(&scope, "fx", (int64[]){from_account, to_account}, fx);
	if (fx[0] == fx[1])
		sb_raise_invalid("to_account", "It has another currency than from_account.");

	legs[0] = (SbLeg){.account_id = from_account, .amount = -from_amount};
	legs[1] = (SbLeg){.account_id = fx[0], .amount = from_amount};
	legs[2] = (SbLeg){.account_id = fx[1], .amount = -to_amount};
	legs[3] = (SbLeg){.account_id = to_account, .amount = to_amount};
	sb_post_one(&posting, &scope, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
}
