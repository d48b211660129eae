/*
 * idempotency.c
 *	  Idempotency keys: claim, compare, replay.
 *
 * A claim inserts the key's row in the caller's transaction before any
 * account is locked.  A second claim of the key waits for the first one's
 * transaction, and then finds the row or, after a rollback, claims it.  The
 * row holds what was asked and which transfer or account came of it; as the
 * ledger is append-only, the rest of the answer is read there.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "args.h"
#include "caller.h"
#include "idempotency.h"
#include "plan.h"

/* A key can vanish between claim and look-up only if a purge takes it. */
#define MAX_CLAIM_TRIES 10

static void keep_key_use(TupleTableSlot *slot, void *state);
static const char *differing_argument(Jsonb *first, Jsonb *second);
static bool same_value(Jsonb *other, const char *name, int length, const JsonbValue *value);
static void put_row(TupleTableSlot *slot, void *state);

PG_FUNCTION_INFO_V1(simplebank_idempotency_check);

/*
 * Claims a key for the calling role.  Where it was used before, use becomes
 * what it was used for.
 */
SbClaim
sb_claim(text *key, SbKeyUse *use, SbRefusal *refusal)
{
	SbKeyUse first;
	const char *difference;
	Datum values[6];
	bool nulls[6] = {0};

	values[0] = CStringGetTextDatum(sb_caller_role());
	values[1] = PointerGetDatum(key);
	values[2] = CStringGetTextDatum(use->operation);
	values[3] = JsonbPGetDatum(use->request);
	values[4] = Int64GetDatum(use->transfer_id);
	nulls[4] = use->transfer_id == 0;
	values[5] = Int64GetDatum(use->account_id);
	nulls[5] = use->account_id == 0;

	for (int tries = 0;; tries++)
	{
		if (sb_plan_run(PLAN_CLAIM_KEY, values, nulls, NULL, NULL) == 1)
			return SB_CLAIM_NEW;
		if (sb_plan_run(PLAN_FIND_KEY, values, NULL, keep_key_use, &first) == 1)
			break;
		if (tries == MAX_CLAIM_TRIES)
			elog(ERROR, "idempotency key is purged as fast as it is claimed");
	}

	difference = strcmp(first.operation, use->operation) != 0
		? "operation"
		: differing_argument(first.request, use->request);
	if (difference)
	{
		*refusal = (SbRefusal){.code = SB_IDEMPOTENCY_CONFLICT, .what = difference};
		return SB_CLAIM_CONFLICT;
	}
	*use = first;
	return SB_CLAIM_REPLAY;
}

static void
keep_key_use(TupleTableSlot *slot, void *state)
{
	SbKeyUse *use = state;

	use->operation = TextDatumGetCString(slot->tts_values[0]);
	use->request = DatumGetJsonbPCopy(slot->tts_values[1]);
	use->transfer_id = slot->tts_isnull[2] ? 0 : DatumGetInt64(slot->tts_values[2]);
	use->account_id = slot->tts_isnull[3] ? 0 : DatumGetInt64(slot->tts_values[3]);
}

/*
 * The name of an argument that only one of two requests has, or that has
 * another value in each; NULL where they are the same.
 */
static const char *
differing_argument(Jsonb *first, Jsonb *second)
{
	for (int pass = 0; pass < 2; pass++)
	{
		Jsonb *other = pass == 0 ? first : second;
		JsonbIterator *iterator = JsonbIteratorInit(pass == 0 ? &second->root : &first->root);
		JsonbIteratorToken token;
		JsonbValue name;
		JsonbValue value;

		while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
		{
			if (token != WJB_KEY)
				continue;
			(void) JsonbIteratorNext(&iterator, &value, true);
			if (!same_value(other, name.val.string.val, name.val.string.len, &value))
				return pnstrdup(name.val.string.val, name.val.string.len);
		}
	}
	return NULL;
}

static bool
same_value(Jsonb *other, const char *name, int length, const JsonbValue *value)
{
	JsonbValue found;

	if (getKeyJsonValueFromContainer(&other->root, name, length, &found) == NULL ||
		found.type != value->type)
		return false;
	if (value->type == jbvNumeric)
		return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(found.val.numeric),
												NumericGetDatum(value->val.numeric)));
	if (value->type == jbvString)
		return found.val.string.len == value->val.string.len &&
			memcmp(found.val.string.val, value->val.string.val, value->val.string.len) == 0;
	elog(ERROR, "unexpected value of type %d in a stored request", value->type);
}

Datum
simplebank_idempotency_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	text *key = sb_arg_short_text(fcinfo, 0, "key");
	SbScope scope;
	Datum values[2];

	InitMaterializedSRF(fcinfo, 0);
	sb_enter(&scope, "idempotency_check", false);
	values[0] = CStringGetTextDatum(sb_caller_role());
	values[1] = PointerGetDatum(key);
	sb_plan_run(PLAN_CHECK_KEY, values, NULL, put_row, rsinfo);
	sb_leave(&scope);
	return (Datum) 0;
}

static void
put_row(TupleTableSlot *slot, void *state)
{
	ReturnSetInfo *rsinfo = state;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, slot->tts_values, slot->tts_isnull);
}
