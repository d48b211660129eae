/*
 * reversal.c
 *	  reverse_transfer: the opposite of a transfer's entries, once.
 *
 * What a transfer was never changes, so it is read before any lock; whether
 * it has been reversed the engine asks with its accounts locked.
 */
#include "postgres.h"

#include "calls/door.h"
#include "calls/transfer.h"
#include "model/stripe.h"
#include "store/transfer.h"

static SbOperation operation_of(const SbTransferRow *original);
static void oppose_pair(SbPosting *posting, const SbTransferRow *original);
static void oppose_entries(SbPosting *posting, int64 transfer_id);

PG_FUNCTION_INFO_V1(simplebank_reverse_transfer);

Datum
simplebank_reverse_transfer(PG_FUNCTION_ARGS)
{
	int64 transfer_id = sb_arg_int64(fcinfo, 0, "transfer_id");
	SbExtras extras = {.key = sb_arg_key(fcinfo, 1),
					   .description = sb_arg_optional_text(fcinfo, 2, "description")};
	SbArgument arguments[] = {{"transfer_id", INT8OID, Int64GetDatum(transfer_id), false}};
	SbPosting posting = {.operation = SB_REVERSAL, .reverses = transfer_id};
	SbTransferRow original;
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!sb_store_read_transfer(transfer_id, &original))
		sb_raise(&(SbRefusal){.code = SB_TRANSFER_NOT_FOUND, .account_id = transfer_id});
	posting.reversed = operation_of(&original);
	posting.has_ends = original.has_ends;
	posting.from_amount = original.to_amount;
	posting.to_amount = original.from_amount;
	if (original.names_both)
		oppose_pair(&posting, &original);
	else
		oppose_entries(&posting, transfer_id);
	for (int i = 0; i < posting.nlegs; i++)
		posting.legs[i].is_clearing = sb_operation_traits(posting.reversed)->clears;
	sb_post_one(&posting, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
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
	if (operation == SB_REVERSAL)
		sb_raise(&(SbRefusal){
			.code = SB_NOT_REVERSIBLE, .account_id = original->id, .have = original->reverses});
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
