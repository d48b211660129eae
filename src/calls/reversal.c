/*
 * reversal.c
 *	  reverse_transfer: the opposite of a transfer's entries, once.
 *
 * What a transfer was never changes, so it is read before any lock; whether
 * it has been reversed the engine asks with its accounts locked.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "calls/door.h"
#include "store/plan.h"
#include "store/stripe.h"
#include "calls/transfer.h"

/* What is read of the transfer. */
typedef struct Original
{
	bool names_both;
	int64 from_account;
	int64 to_account;
	int64 amount;
	int64 reverses;
	int64 from_amount;
	int64 to_amount;
	char *operation;
} Original;

static void keep_original(TupleTableSlot *slot, void *state);
static void oppose_entries(SbPosting *posting, int64 transfer_id);
static void keep_leg(TupleTableSlot *slot, void *state);

PG_FUNCTION_INFO_V1(simplebank_reverse_transfer);

Datum
simplebank_reverse_transfer(PG_FUNCTION_ARGS)
{
	int64 transfer_id = sb_arg_int64(fcinfo, 0, "transfer_id");
	SbExtras extras = {.key = sb_arg_optional_short_text(fcinfo, 1, "key"),
					   .description = sb_arg_optional_text(fcinfo, 2)};
	SbArgument arguments[] = {{"transfer_id", INT8OID, Int64GetDatum(transfer_id), false}};
	SbPosting posting = {.operation = "reversal", .is_journal = true, .reverses = transfer_id};
	Datum value = Int64GetDatum(transfer_id);
	Original original;
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (sb_plan_run(PLAN_READ_TRANSFER, &value, NULL, keep_original, &original) == 0)
		sb_raise(&(SbRefusal){.code = SB_TRANSFER_NOT_FOUND, .account_id = transfer_id});
	if (original.reverses != 0)
		sb_raise(&(SbRefusal){
			.code = SB_NOT_REVERSIBLE, .account_id = transfer_id, .have = original.reverses});
	if (strcmp(original.operation, "settlement") == 0)
		sb_raise(&(SbRefusal){
			.code = SB_NOT_REVERSIBLE, .account_id = transfer_id, .what = original.operation});

	posting.names_both = original.names_both;
	posting.from_amount = original.to_amount;
	posting.to_amount = original.from_amount;
	if (original.names_both)
	{
		posting.nlegs = 2;
		posting.legs = palloc0(sizeof(SbLeg) * 2);
		posting.legs[0] = (SbLeg){.account_id = sb_stripe_account(original.to_account),
								  .amount = -original.amount};
		posting.legs[1] = (SbLeg){.account_id = sb_stripe_account(original.from_account),
								  .amount = original.amount};
	}
	else
		oppose_entries(&posting, transfer_id);
	for (int i = 0; i < posting.nlegs; i++)
		posting.legs[i].is_clearing = strcmp(original.operation, "clear_payment") == 0;
	sb_post_one(&posting, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
}

static void
keep_original(TupleTableSlot *slot, void *state)
{
	Original *original = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	original->names_both = !nulls[0];
	original->from_account = nulls[0] ? 0 : DatumGetInt64(values[0]);
	original->to_account = nulls[1] ? 0 : DatumGetInt64(values[1]);
	original->amount = nulls[2] ? 0 : DatumGetInt64(values[2]);
	original->reverses = nulls[3] ? 0 : DatumGetInt64(values[3]);
	original->from_amount = nulls[4] ? 0 : DatumGetInt64(values[4]);
	original->to_amount = nulls[5] ? 0 : DatumGetInt64(values[5]);
	original->operation = TextDatumGetCString(values[6]);
}

/*
 * The opposite of each numbered entry, the last one first, as the plan reads
 * them: what was credited in the end is debited at the beginning.
 */
static void
oppose_entries(SbPosting *posting, int64 transfer_id)
{
	Datum value = Int64GetDatum(transfer_id);

	posting->legs = NULL;
	posting->nlegs = 0;
	sb_plan_run(PLAN_READ_LEGS, &value, NULL, keep_leg, posting);
	if (posting->nlegs == 0)
		elog(ERROR, "transfer " INT64_FORMAT " has no entries", transfer_id);
}

static void
keep_leg(TupleTableSlot *slot, void *state)
{
	SbPosting *posting = state;
	int n = posting->nlegs++;

	/* room grows by doubling: at 1, 2, 4, ... legs */
	if (n == 0)
		posting->legs = palloc0(sizeof(SbLeg));
	else if ((n & (n - 1)) == 0)
		posting->legs = repalloc(posting->legs, sizeof(SbLeg) * n * 2);
	posting->legs[n] = (SbLeg){.account_id = sb_stripe_account(DatumGetInt64(slot->tts_values[0])),
							   .amount = -DatumGetInt64(slot->tts_values[1])};
}
