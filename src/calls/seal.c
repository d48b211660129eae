/*
 * seal.c
 *	  Proofs by seals: what was sealed is compared with what there is.
 *
 * How seals hang together is in sql/seal.sql, how one is made in
 * seal_entries.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "calls/seal.h"
#include "base/encoding.h"
#include "model/merkle.h"
#include "model/stripe.h"
#include "store/leaf.h"
#include "store/transfer.h"

/* Entries that are compared with their hashes. */
typedef struct Comparison
{
	ReturnSetInfo *rsinfo;
	SbMerkle *tree;
	StringInfoData leaf;
	const uint8 *hashes;
	int32 number;
} Comparison;

/* One that is shown. */
typedef struct Line
{
	StringInfoData leaf;
	SbMerkle *hasher;
} Line;

static void compare_leaf(TupleTableSlot *slot, void *state);
static bool is_foreign_entry(const SbScope *scope, int64 row_id, int64 transfer_id);
static void keep_leaf(TupleTableSlot *slot, void *state);
static const uint8 *arg_hashes(FunctionCallInfo fcinfo, int number, uint64 *count);

PG_FUNCTION_INFO_V1(simplebank_changed_entries);
PG_FUNCTION_INFO_V1(simplebank_entry_leaf);
PG_FUNCTION_INFO_V1(simplebank_merkle_root);
PG_FUNCTION_INFO_V1(simplebank_merkle_path);

SB_BODY_IN_SQL(seal_line, SB_READS);
SB_BODY_IN_SQL(seal, SB_WRITES);
SB_BODY_IN_SQL(verify_seals, SB_READS | SB_ALL_LEDGERS);
SB_BODY_IN_SQL(prove_entry, SB_READS);

/*
 * Those of a row of sealed_entries that are not any more what was sealed.
 */
Datum
simplebank_changed_entries(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"transfer_ids", "account_ids", "versions"};
	Comparison comparison = {0};
	Datum values[3];
	uint64 count;
	SbScope scope;

	for (int i = 0; i < 3; i++)
	{
		if (PG_ARGISNULL(i))
			sb_raise_null(names[i]);
		values[i] = PG_GETARG_DATUM(i);
	}
	comparison.hashes = arg_hashes(fcinfo, 3, &count);
	for (int i = 0; i < 3; i++)
	{
		ArrayType *array = DatumGetArrayTypeP(values[i]);

		if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) != (int64) count)
			sb_raise_invalid(names[i], "There is an element for each hash.");
	}
	InitMaterializedSRF(fcinfo, 0);

	sb_enter(&scope, fcinfo, SB_READS | SB_PART);
	comparison.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	comparison.tree = sb_merkle_make();
	initStringInfo(&comparison.leaf);
	sb_store_read_sealed(values, compare_leaf, &comparison);
	sb_merkle_free(comparison.tree);
	sb_leave(&scope);
	return (Datum) 0;
}

static void
compare_leaf(TupleTableSlot *slot, void *state)
{
	Comparison *comparison = state;
	uint8 hash[SB_HASH_LENGTH];
	Datum values[2];
	bool nulls[2] = {false};

	sb_make_leaf(&comparison->leaf, comparison->tree, slot);
	sb_merkle_hash(comparison->tree, comparison->leaf.data, comparison->leaf.len, hash);
	if (memcmp(hash, comparison->hashes + SB_HASH_LENGTH * comparison->number, SB_HASH_LENGTH) != 0)
	{
		values[0] = Int32GetDatum(comparison->number + 1);
		values[1] = slot->tts_values[SB_LEAF_FOUND];
		tuplestore_putvalues(comparison->rsinfo->setResult, comparison->rsinfo->setDesc, values,
							 nulls);
	}
	comparison->number++;
}

/*
 * The leaf of an entry, without the byte that a hash begins with.
 */
Datum
simplebank_entry_leaf(PG_FUNCTION_ARGS)
{
	Datum ids[] = {Int64GetDatum(sb_arg_int64(fcinfo, 2, "transfer_id")),
				   Int64GetDatum(sb_arg_int64(fcinfo, 0, "account_id")),
				   Int64GetDatum(sb_arg_int64(fcinfo, 1, "version"))};
	Datum values[3];
	MemoryContext context = CurrentMemoryContext;
	Line line;
	text *answer;
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_READS);
	/* what is not there for the caller is looked for under no id */
	if (is_foreign_entry(&scope, DatumGetInt64(ids[1]), DatumGetInt64(ids[0])))
		memset(ids, 0, sizeof(ids));
	for (int i = 0; i < 3; i++)
		values[i] = sb_array(INT8OID, &ids[i], NULL, 1);
	initStringInfo(&line.leaf);
	line.hasher = sb_merkle_make();
	sb_store_read_sealed(values, keep_leaf, &line);
	sb_merkle_free(line.hasher);
	context = MemoryContextSwitchTo(context);
	answer = cstring_to_text(sb_from_utf8(line.leaf.data + 1, line.leaf.len - 1));
	MemoryContextSwitchTo(context);
	sb_leave(&scope);
	PG_RETURN_TEXT_P(answer);
}

static bool
is_foreign_entry(const SbScope *scope, int64 row_id, int64 transfer_id)
{
	SbLedgers *ledgers = sb_caller_ledgers(scope);
	SbTransferRow transfer;

	return ledgers != NULL &&
		(sb_is_foreign(scope, sb_stripe_account(row_id)) ||
		 (sb_store_read_transfer(transfer_id, &transfer) &&
		  !sb_has_ledger(ledgers, transfer.ledger_id)));
}

static void
keep_leaf(TupleTableSlot *slot, void *state)
{
	Line *line = state;

	sb_make_leaf(&line->leaf, line->hasher, slot);
}

/*
 * The root of the tree whose leaves have these hashes.
 */
Datum
simplebank_merkle_root(PG_FUNCTION_ARGS)
{
	SbMerkle *tree;
	uint8 root[SB_HASH_LENGTH];
	uint64 count;
	const uint8 *hashes = arg_hashes(fcinfo, 0, &count);

	sb_admit(fcinfo, SB_READS);
	tree = sb_merkle_make();
	for (uint64 i = 0; i < count; i++)
		sb_merkle_add(tree, hashes + i * SB_HASH_LENGTH);
	sb_merkle_root(tree, root);
	sb_merkle_free(tree);
	PG_RETURN_DATUM(sb_hash_datum(root));
}

/*
 * The hashes that lead from a leaf to the root.
 */
Datum
simplebank_merkle_path(PG_FUNCTION_ARGS)
{
	int64 index = sb_arg_int64(fcinfo, 1, "leaf_index");
	SbMerkle *tree;
	uint8 path[64][SB_HASH_LENGTH];
	Datum elements[64];
	uint64 count;
	const uint8 *hashes = arg_hashes(fcinfo, 0, &count);
	int length;

	sb_admit(fcinfo, SB_READS);
	if (index < 0 || index >= (int64) count)
		sb_raise_invalid("leaf_index", "There is no leaf of this number; the first is 0.");
	tree = sb_merkle_make();
	length = sb_merkle_path(tree, hashes, count, index, path);
	sb_merkle_free(tree);
	for (int i = 0; i < length; i++)
		elements[i] = sb_hash_datum(path[i]);
	PG_RETURN_DATUM(sb_array(BYTEAOID, elements, NULL, length));
}

/* Hashes one after the other, one at least. */
static const uint8 *
arg_hashes(FunctionCallInfo fcinfo, int number, uint64 *count)
{
	bytea *hashes;

	if (PG_ARGISNULL(number))
		sb_raise_null("hashes");
	hashes = PG_GETARG_BYTEA_PP(number);
	*count = VARSIZE_ANY_EXHDR(hashes) / SB_HASH_LENGTH;
	if (*count == 0 || VARSIZE_ANY_EXHDR(hashes) % SB_HASH_LENGTH != 0)
		sb_raise_invalid("hashes", "It has 32 bytes for each leaf.");
	return (const uint8 *) VARDATA_ANY(hashes);
}

Datum
sb_hash_datum(const uint8 *hash)
{
	bytea *datum = palloc(VARHDRSZ + SB_HASH_LENGTH);

	SET_VARSIZE(datum, VARHDRSZ + SB_HASH_LENGTH);
	memcpy(VARDATA(datum), hash, SB_HASH_LENGTH);
	return PointerGetDatum(datum);
}
