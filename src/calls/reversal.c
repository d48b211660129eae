/*
 * reversal.c
 *	  reverse_transfer: the opposite of a transfer's entries, once;
 *	  refund_transfer: of a part of its amount.
 *
 * What a transfer was never changes, so it is read before any lock; what was
 * taken back of it the engine asks with its accounts locked.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "calls/door.h"
#include "calls/ledger.h"
#include "calls/transfer.h"
#include "model/stripe.h"
#include "store/transfer.h"

static void oppose(SbPosting *posting, const SbScope *scope);
static SbOperation operation_of(const SbTransferRow *original);
static void oppose_pair(SbPosting *posting, const SbTransferRow *original);
static void oppose_entries(SbPosting *posting, int64 transfer_id);
static void set_part(SbPosting *posting, int64 amount);

PG_FUNCTION_INFO_V1(simplebank_reverse_transfer);
PG_FUNCTION_INFO_V1(simplebank_refund_transfer);

Datum
simplebank_reverse_transfer(PG_FUNCTION_ARGS)
{
	int64 transfer_id = sb_arg_int64(fcinfo, 0, "transfer_id");
	SbExtras extras = sb_arg_extras(fcinfo, 1);
	SbArgument arguments[] = {
		{"transfer_id", INT8OID, Int64GetDatum(transfer_id), false},
		{"effective_at", TIMESTAMPTZOID, TimestampTzGetDatum(extras.effective_at),
		 !extras.has_effective_at},
	};
	SbPosting posting = {.operation = SB_REVERSAL, .reverses = transfer_id};
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES);
	oppose(&posting, &scope);
	sb_post_one(&posting, &scope, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
}

Datum
simplebank_refund_transfer(PG_FUNCTION_ARGS)
{
	int64 transfer_id = sb_arg_int64(fcinfo, 0, "transfer_id");
	int64 amount = sb_arg_int64(fcinfo, 1, "amount");
	SbExtras extras = sb_arg_extras(fcinfo, 2);
	SbArgument arguments[] = {
		{"transfer_id", INT8OID, Int64GetDatum(transfer_id), false},
		{"amount", INT8OID, Int64GetDatum(amount), false},
		{"effective_at", TIMESTAMPTZOID, TimestampTzGetDatum(extras.effective_at),
		 !extras.has_effective_at},
	};
	SbPosting posting = {.operation = SB_REFUND, .reverses = transfer_id};
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!sb_check_amount(&posting, amount))
		sb_raise(&posting.refusal);
	oppose(&posting, &scope);
	set_part(&posting, amount);
	sb_post_one(&posting, &scope, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
}

/*
 * Makes the legs that take all of a transfer back; raises where there is no
 * such transfer, or it is not taken back.
 */
static void
oppose(SbPosting *posting, const SbScope *scope)
{
	int64 transfer_id = posting->reverses;
	SbTransferRow original;

	if (!sb_store_read_transfer(transfer_id, &original) ||
		!sb_has_ledger(sb_caller_ledgers(scope), original.ledger_id))
		sb_raise(&(SbRefusal){.code = SB_TRANSFER_NOT_FOUND, .account_id = transfer_id});
	posting->reversed = operation_of(&original);
	posting->has_ends = original.has_ends;
	posting->from_amount = original.to_amount;
	posting->to_amount = original.from_amount;
	if (original.names_both)
		oppose_pair(posting, &original);
	else
		oppose_entries(posting, transfer_id);
	for (int i = 0; i < posting->nlegs; i++)
		posting->legs[i].is_clearing = sb_operation_traits(posting->reversed)->clears;
	if (original.names_both || sb_operation_traits(posting->reversed)->clears)
		posting->reversed_amount = posting->legs[posting->nlegs - 1].amount;
}

/*
 * Raises where what it was is not reversed.
 */
static SbOperation
operation_of(const SbTransferRow *original)
{
	SbOperation operation;

	if (!sb_operation_parse(original->operation, &operation))
		elog(ERROR, "transfer " INT64_FORMAT " has an unknown operation", original->id);
	if (original->reverses != 0)
		sb_raise(&(SbRefusal){.code = SB_NOT_REVERSIBLE,
							  .account_id = original->id,
							  .have = original->reverses,
							  .other = original->operation});
	if (!sb_operation_traits(operation)->is_reversible)
		sb_raise(&(SbRefusal){
			.code = SB_NOT_REVERSIBLE, .account_id = original->id, .what = original->operation});
	return operation;
}

static void
oppose_pair(SbPosting *posting, const SbTransferRow *original)
{
	posting->legs = palloc(sizeof(SbLeg) * 2);
	sb_set_accounts(posting, sb_stripe_account(original->to_row),
					sb_stripe_account(original->from_row));
	posting->legs[0].amount = -original->amount;
	posting->legs[1].amount = original->amount;
}

/*
 * The opposite of each numbered entry, the last one first: what was credited
 * in the end is debited at the beginning.
 */
static void
oppose_entries(SbPosting *posting, int64 transfer_id)
{
	const SbEntryRow *entries = sb_store_read_legs(transfer_id, &posting->nlegs);

	if (posting->nlegs == 0)
		elog(ERROR, "transfer " INT64_FORMAT " has no entries", transfer_id);
	posting->legs = palloc(sizeof(SbLeg) * posting->nlegs);
	for (int i = 0; i < posting->nlegs; i++)
		posting->legs[i] = (SbLeg){.account_id = sb_stripe_account(entries[i].row_id),
								   .amount = -entries[i].amount};
}

/*
 * Takes this amount back instead of all.  Each leg of the transfer has its
 * amount, also where it was cleared between members of a settlement group;
 * what part each leg of another one would have, nobody can say.
 */
static void
set_part(SbPosting *posting, int64 amount)
{
	if (posting->reversed_amount == 0)
		sb_raise(&(SbRefusal){.code = SB_NOT_REVERSIBLE,
							  .account_id = posting->reverses,
							  .what = sb_operation_name(posting->reversed),
							  .other = "Take all of it back with simplebank.reverse_transfer()."});
	for (int i = 0; i < posting->nlegs; i++)
	{
		SbLeg *leg = &posting->legs[i];

		if (Abs(leg->amount) != posting->reversed_amount)
			elog(ERROR, "transfer " INT64_FORMAT " is not of one amount", posting->reverses);
		leg->amount = leg->amount < 0 ? -amount : amount;
	}
	if (posting->has_ends)
		posting->from_amount = posting->to_amount = amount;
}
