/*
 * idempotency.c
 *	  Idempotency keys: claim, compare, replay.
 *
 * A claim inserts the key's row in the caller's transaction before any
 * account is locked.  A second claim of the key waits for the first one's
 * transaction, and then finds the row or, after a rollback, claims it.  The
 * row holds what was asked and which transfer, account, hold or order came of it; as
 * the ledger is append-only, the rest of the answer is read there.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "base/argument.h"
#include "calls/door.h"
#include "base/durability.h"
#include "base/fault.h"
#include "base/setting.h"
#include "store/key.h"
#include "store/plan.h"

/* A key can vanish between claim and look-up only if a purge takes it. */
#define MAX_CLAIM_TRIES 10

/* Bounds a statement's memory, and what a cancel waits for. */
#define KEYS_PER_STATEMENT 8192

/* Rows about claims, in the order of the claims. */
typedef struct ClaimRows
{
	SbClaim *claims;
	int count;
	int next;			   /* the first claim that the next row can be about */
	int open;			   /* claims still to be settled */
	MemoryContext context; /* for what is kept of the rows */
} ClaimRows;

static int portion_length(const SbClaim *claims, int count);
static void claim_portion(SbClaim *claims, int count);
static void insert_claim(ClaimRows *rows, SbClaim *claim);
static void insert_claims(ClaimRows *rows);
static void find_claims(ClaimRows *rows);
static SbClaim *claim_of_row(ClaimRows *rows, TupleTableSlot *slot);
static void keep_new(TupleTableSlot *slot, void *state);
static void keep_first_use(TupleTableSlot *slot, void *state);
static const char *differing_argument(Jsonb *first, Jsonb *second);
static bool same_value(Jsonb *other, const char *name, int length, const JsonbValue *value);
static void put_row(TupleTableSlot *slot, void *state);

PG_FUNCTION_INFO_V1(simplebank_idempotency_check);
PG_FUNCTION_INFO_V1(simplebank_purge_keys);

/* In the order of collation "C", which the table's index has. */
int
sb_compare_keys(const text *left, const text *right)
{
	int left_length = VARSIZE_ANY_EXHDR(left);
	int right_length = VARSIZE_ANY_EXHDR(right);
	int order = memcmp(VARDATA_ANY(left), VARDATA_ANY(right), Min(left_length, right_length));

	return order != 0 ? order : left_length - right_length;
}

/*
 * Claims keys.  They are different and sorted by role and key, so that two
 * calls with the same keys cannot wait for each other.
 */
void
sb_claim_keys(SbClaim *claims, int count)
{
	int length;

	for (int i = 0; i < count; i += length)
	{
		length = portion_length(&claims[i], count - i);
		claim_portion(&claims[i], length);
	}
}

/* Claims of one role, as many as a statement takes. */
static int
portion_length(const SbClaim *claims, int count)
{
	int length = 1;

	while (length < Min(count, KEYS_PER_STATEMENT) &&
		   strcmp(claims[length].role, claims[0].role) == 0)
		length++;
	return length;
}

static void
claim_portion(SbClaim *claims, int count)
{
	ClaimRows rows = {
		.claims = claims, .count = count, .open = count, .context = CurrentMemoryContext};
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "ledger keys", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	for (int tries = 0; rows.open > 0; tries++)
	{
		if (tries == MAX_CLAIM_TRIES)
			elog(ERROR, "idempotency keys are purged as fast as they are claimed");
		if (count == 1)
			insert_claim(&rows, claims);
		else
			insert_claims(&rows);
		if (rows.open > 0)
			find_claims(&rows);
	}
	SB_FAULT_POINT(key_claimed);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * A single one is spared the arrays.
 */
static void
insert_claim(ClaimRows *rows, SbClaim *claim)
{
	const SbKeyUse *use = &claim->use;
	Datum values[] = {CStringGetTextDatum(claim->role),	   PointerGetDatum(claim->key),
					  CStringGetTextDatum(use->operation), JsonbPGetDatum(use->request),
					  Int64GetDatum(use->transfer_id),	   Int64GetDatum(use->account_id),
					  Int64GetDatum(use->hold_id),		   Int64GetDatum(use->order_id)};
	bool nulls[] = {[4] = use->transfer_id == 0,
					[5] = use->account_id == 0,
					[6] = use->hold_id == 0,
					[7] = use->order_id == 0};

	if (sb_plan_run(PLAN_CLAIM_KEY, values, nulls, NULL, NULL) == 0)
		return;
	claim->state = SB_CLAIM_NEW;
	rows->open--;
}

static void
insert_claims(ClaimRows *rows)
{
	Datum *columns[5];
	bool *nulls[5];
	Datum values[7];
	int n = 0;

	for (int i = 0; i < 5; i++)
	{
		columns[i] = palloc(sizeof(Datum) * rows->open);
		nulls[i] = palloc0(sizeof(bool) * rows->open);
	}
	for (int i = 0; i < rows->count; i++)
	{
		const SbClaim *claim = &rows->claims[i];

		if (claim->state != SB_CLAIM_OPEN)
			continue;
		columns[0][n] = PointerGetDatum(claim->key);
		columns[1][n] = JsonbPGetDatum(claim->use.request);
		columns[2][n] = Int64GetDatum(claim->use.transfer_id);
		nulls[2][n] = claim->use.transfer_id == 0;
		columns[3][n] = Int64GetDatum(claim->use.account_id);
		nulls[3][n] = claim->use.account_id == 0;
		columns[4][n] = Int64GetDatum(claim->use.hold_id);
		nulls[4][n] = claim->use.hold_id == 0;
		n++;
	}
	values[0] = CStringGetTextDatum(rows->claims[0].role);
	values[1] = CStringGetTextDatum(rows->claims[0].use.operation);
	values[2] = sb_array(TEXTOID, columns[0], nulls[0], n);
	values[3] = sb_array(JSONBOID, columns[1], nulls[1], n);
	values[4] = sb_array(INT8OID, columns[2], nulls[2], n);
	values[5] = sb_array(INT8OID, columns[3], nulls[3], n);
	values[6] = sb_array(INT8OID, columns[4], nulls[4], n);
	rows->next = 0;
	sb_plan_run(PLAN_CLAIM_KEYS, values, NULL, keep_new, rows);
}

static void
find_claims(ClaimRows *rows)
{
	Datum *keys = palloc(sizeof(Datum) * rows->open);
	Datum values[2];
	int n = 0;

	for (int i = 0; i < rows->count; i++)
	{
		if (rows->claims[i].state == SB_CLAIM_OPEN)
			keys[n++] = PointerGetDatum(rows->claims[i].key);
	}
	values[0] = CStringGetTextDatum(rows->claims[0].role);
	values[1] = sb_array(TEXTOID, keys, NULL, n);
	rows->next = 0;
	sb_plan_run(PLAN_FIND_KEYS, values, NULL, keep_first_use, rows);
}

/*
 * The claim that a row is about.  Rows come in the order of the claims.
 */
static SbClaim *
claim_of_row(ClaimRows *rows, TupleTableSlot *slot)
{
	text *key = DatumGetTextPP(slot->tts_values[0]);

	while (rows->next < rows->count)
	{
		SbClaim *claim = &rows->claims[rows->next++];

		if (claim->state == SB_CLAIM_OPEN && sb_compare_keys(claim->key, key) == 0)
		{
			rows->open--;
			return claim;
		}
	}
	elog(ERROR, "an idempotency key came back out of order");
}

static void
keep_new(TupleTableSlot *slot, void *state)
{
	claim_of_row(state, slot)->state = SB_CLAIM_NEW;
}

static void
keep_first_use(TupleTableSlot *slot, void *state)
{
	ClaimRows *rows = state;
	SbClaim *claim = claim_of_row(rows, slot);
	MemoryContext old_context = MemoryContextSwitchTo(rows->context);

	sb_make_repeated_durable();
	claim->state = SB_CLAIM_USED;
	claim->first.operation = TextDatumGetCString(slot->tts_values[1]);
	claim->first.request = DatumGetJsonbPCopy(slot->tts_values[2]);
	claim->first.transfer_id = slot->tts_isnull[3] ? 0 : DatumGetInt64(slot->tts_values[3]);
	claim->first.account_id = slot->tts_isnull[4] ? 0 : DatumGetInt64(slot->tts_values[4]);
	claim->first.hold_id = slot->tts_isnull[5] ? 0 : DatumGetInt64(slot->tts_values[5]);
	claim->first.order_id = slot->tts_isnull[6] ? 0 : DatumGetInt64(slot->tts_values[6]);
	MemoryContextSwitchTo(old_context);
}

/*
 * Gives back keys that were claimed in vain.
 */
void
sb_free_keys(const SbClaim *claims, int count)
{
	Datum *keys = palloc(sizeof(Datum) * count);
	int length;

	for (int i = 0; i < count; i += length)
	{
		Datum values[2];

		length = portion_length(&claims[i], count - i);
		for (int j = 0; j < length; j++)
			keys[j] = PointerGetDatum(claims[i + j].key);
		values[0] = CStringGetTextDatum(claims[i].role);
		values[1] = sb_array(TEXTOID, keys, NULL, length);
		sb_plan_run(PLAN_DELETE_KEYS, values, NULL, NULL, NULL);
		SB_FAULT_POINT(keys_freed);
	}
}

/*
 * Is the request that the key comes with now the one it came with first?
 */
bool
sb_same_request(const SbKeyUse *first, const SbKeyUse *use, SbRefusal *refusal)
{
	const char *difference = strcmp(first->operation, use->operation) != 0
		? "operation"
		: differing_argument(first->request, use->request);

	if (difference == NULL)
		return true;
	*refusal = (SbRefusal){.code = SB_IDEMPOTENCY_CONFLICT, .what = difference};
	return false;
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
	if (value->type == jbvBool)
		return found.val.boolean == value->val.boolean;
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
	Datum values[3];

	InitMaterializedSRF(fcinfo, 0);
	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	values[0] = CStringGetTextDatum(sb_caller_role());
	values[1] = PointerGetDatum(key);
	values[2] = BoolGetDatum(scope.restricted);
	sb_plan_run(PLAN_CHECK_KEY, values, NULL, put_row, rsinfo);
	sb_leave(&scope);
	return (Datum) 0;
}

static void
put_row(TupleTableSlot *slot, void *state)
{
	ReturnSetInfo *rsinfo = state;

	sb_make_repeated_durable();
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, slot->tts_values, slot->tts_isnull);
}

Datum
simplebank_purge_keys(PG_FUNCTION_ARGS)
{
	int32 max_items = sb_arg_int32(fcinfo, 0, "max_items");
	SbScope scope;
	Datum values[2];
	uint64 purged;

	if (max_items < 1 || max_items > KEYS_PER_STATEMENT)
		sb_raise_invalid("max_items", psprintf("It is 1 to %d.", KEYS_PER_STATEMENT));
	sb_enter(&scope, fcinfo, SB_WRITES);
	values[0] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp() -
									(int64) sb_key_retention * SECS_PER_MINUTE * USECS_PER_SEC);
	values[1] = Int64GetDatum(max_items);
	purged = sb_plan_run(PLAN_PURGE_KEYS, values, NULL, NULL, NULL);
	SB_FAULT_POINT(keys_purged);
	sb_leave(&scope);
	PG_RETURN_INT32(purged);
}
