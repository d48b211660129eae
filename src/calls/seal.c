/*
 * seal.c
 *	  Hashes of entries, for seals.
 *
 * A leaf is a line of text that has an entry and its transfer, column by
 * column.  This is the hot part of sealing; what is sealed when, and how seals
 * hang together, is in sql/seal.sql.
 *
 * Nothing is locked: entries and transfers never change.  All memory is SPI's
 * procedure context, which goes with the call.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "base/encoding.h"
#include "base/fault.h"
#include "model/account.h"
#include "model/merkle.h"
#include "model/stripe.h"
#include "store/leaf.h"
#include "store/transfer.h"

/* A row of sealed_entries has so many at most. */
#define ENTRIES_PER_ROW 8192

/* The entries of a seal, in order. */
typedef struct Leaves
{
	SbMerkle *tree;
	StringInfoData leaf;
	uint64 count;
	uint64 room;
	Datum *transfer_ids;
	Datum *account_ids;
	Datum *versions;
	uint8 (*hashes)[SB_HASH_LENGTH];
	BlockNumber last_page; /* of their table */
} Leaves;

/* Transfers, ascending, of which entries are wanted. */
typedef struct Wanted
{
	Leaves *leaves;
	const int64 *ids;
	int count;
} Wanted;

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

static int count_ids(FunctionCallInfo fcinfo, int number, const char *name, const int64 **ids);
static void add_new_entries(Leaves *leaves, Datum ids, Datum journals, const Wanted *wanted,
							int njournals, int32 page);
static void add_wanted(TupleTableSlot *slot, void *state);
static void add_leaf(TupleTableSlot *slot, void *state);
static void make_room(Leaves *leaves);
static void write_leaves(const Leaves *leaves, int64 seal_id);
static void compare_leaf(TupleTableSlot *slot, void *state);
static bool is_foreign_entry(const SbScope *scope, int64 row_id, int64 transfer_id);
static void keep_leaf(TupleTableSlot *slot, void *state);
static const uint8 *arg_hashes(FunctionCallInfo fcinfo, int number, uint64 *count);
static Datum hash_datum(const uint8 *hash);

PG_FUNCTION_INFO_V1(simplebank_seal_entries);
PG_FUNCTION_INFO_V1(simplebank_changed_entries);
PG_FUNCTION_INFO_V1(simplebank_entry_leaf);
PG_FUNCTION_INFO_V1(simplebank_merkle_root);
PG_FUNCTION_INFO_V1(simplebank_merkle_path);

SB_BODY_IN_SQL(seal_line, SB_READS);
SB_BODY_IN_SQL(seal, SB_WRITES);
SB_BODY_IN_SQL(verify_seals, SB_READS | SB_ALL_LEDGERS);
SB_BODY_IN_SQL(prove_entry, SB_READS);

/*
 * Hashes the entries of transfers, late ones first, writes the hashes, and
 * returns how many there are, and the root of their tree.
 */
Datum
simplebank_seal_entries(PG_FUNCTION_ARGS)
{
	int64 seal_id = sb_arg_int64(fcinfo, 0, "seal_id");
	const int64 *ids;
	int nlate = count_ids(fcinfo, 1, "late", &ids);
	int njournals = count_ids(fcinfo, 3, "journals", &ids);
	int nnew = count_ids(fcinfo, 2, "new", &ids);
	Datum answer[3] = {0};
	bool nulls[3] = {[1] = true, [2] = true};
	TupleDesc descriptor;
	Leaves leaves = {0};
	Wanted wanted = {&leaves, ids, nnew};
	uint8 root[SB_HASH_LENGTH];
	SbScope scope;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	leaves.tree = sb_merkle_make();
	initStringInfo(&leaves.leaf);
	if (nlate > 0)
		sb_store_read_sealable(PG_GETARG_DATUM(1), add_leaf, &leaves);
	if (nnew > 0)
		add_new_entries(&leaves, PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), &wanted, njournals,
						PG_ARGISNULL(4) ? -1 : PG_GETARG_INT32(4));
	if (leaves.count > 0)
	{
		write_leaves(&leaves, seal_id);
		SB_FAULT_POINT(leaves_written);
		for (uint64 i = 0; i < leaves.count; i++)
			sb_merkle_add(leaves.tree, leaves.hashes[i]);
		sb_merkle_root(leaves.tree, root);
		nulls[1] = nulls[2] = false;
	}
	sb_merkle_free(leaves.tree);
	sb_leave(&scope);

	answer[0] = Int64GetDatum(leaves.count);
	if (!nulls[1])
		answer[1] = hash_datum(root);
	answer[2] = Int32GetDatum(leaves.last_page);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(descriptor, answer, nulls)));
}

static int
count_ids(FunctionCallInfo fcinfo, int number, const char *name, const int64 **ids)
{
	ArrayType *array;

	if (PG_ARGISNULL(number))
		sb_raise_null(name);
	array = PG_GETARG_ARRAYTYPE_P(number);
	if (ARR_NDIM(array) > 1 || ARR_HASNULL(array))
		sb_raise_invalid(name, "It is an array of ids.");
	*ids = (const int64 *) ((char *) array + ARR_OVERHEAD_NONULLS(ARR_NDIM(array)));
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

/*
 * New entries are at the end of their table, which has had so many pages when
 * the last seal was made.  They are read from there on, together, which is
 * several times as fast as one by one.  Where not all of them are found so,
 * since the table was rewritten, or others have used what was free before,
 * each is found by its key.
 */
static void
add_new_entries(Leaves *leaves, Datum ids, Datum journals, const Wanted *wanted, int njournals,
				int32 page)
{
	uint64 count = leaves->count;
	ItemPointerData from;

	if (page >= 0)
	{
		ItemPointerSet(&from, page, 0);
		sb_store_read_new_entries(wanted->ids[0], wanted->ids[wanted->count - 1], &from, add_wanted,
								  (void *) wanted);
		if (leaves->count - count == 2 * (uint64) (wanted->count - njournals))
			ids = journals;
		else
			leaves->count = count;
	}
	sb_store_read_sealable(ids, add_leaf, leaves);
}

/* Between them there may be some that have come since. */
static void
add_wanted(TupleTableSlot *slot, void *state)
{
	const Wanted *wanted = state;
	int64 id = DatumGetInt64(slot->tts_values[SB_LEAF_TRANSFER]);

	if (bsearch(&id, wanted->ids, wanted->count, sizeof(int64), sb_compare_ids))
		add_leaf(slot, wanted->leaves);
}

static void
add_leaf(TupleTableSlot *slot, void *state)
{
	Leaves *leaves = state;
	ItemPointer place = (ItemPointer) DatumGetPointer(slot->tts_values[SB_LEAF_PLACE]);

	if (leaves->count == leaves->room)
		make_room(leaves);
	sb_make_leaf(&leaves->leaf, leaves->tree, slot);
	sb_merkle_hash(leaves->tree, leaves->leaf.data, leaves->leaf.len,
				   leaves->hashes[leaves->count]);
	leaves->transfer_ids[leaves->count] = slot->tts_values[SB_LEAF_TRANSFER];
	leaves->account_ids[leaves->count] = slot->tts_values[SB_LEAF_ACCOUNT];
	leaves->versions[leaves->count] = slot->tts_values[SB_LEAF_VERSION];
	leaves->last_page = Max(leaves->last_page, ItemPointerGetBlockNumber(place));
	leaves->count++;
}

static void
make_room(Leaves *leaves)
{
	uint64 room = Max(leaves->room * 2, ENTRIES_PER_ROW);
	Size ids = sizeof(Datum) * room;

	if (leaves->room == 0)
	{
		leaves->transfer_ids = palloc(ids);
		leaves->account_ids = palloc(ids);
		leaves->versions = palloc(ids);
		leaves->hashes = palloc(SB_HASH_LENGTH * room);
	}
	else
	{
		leaves->transfer_ids = repalloc_huge(leaves->transfer_ids, ids);
		leaves->account_ids = repalloc_huge(leaves->account_ids, ids);
		leaves->versions = repalloc_huge(leaves->versions, ids);
		leaves->hashes = repalloc_huge(leaves->hashes, SB_HASH_LENGTH * room);
	}
	leaves->room = room;
}

static void
write_leaves(const Leaves *leaves, int64 seal_id)
{
	for (uint64 first = 0; first < leaves->count; first += ENTRIES_PER_ROW)
	{
		int count = Min(leaves->count - first, ENTRIES_PER_ROW);
		bytea *hashes = palloc(VARHDRSZ + SB_HASH_LENGTH * count);
		Datum values[] = {
			Int64GetDatum(seal_id),
			Int64GetDatum(first),
			sb_array(INT8OID, &leaves->transfer_ids[first], NULL, count),
			sb_array(INT8OID, &leaves->account_ids[first], NULL, count),
			sb_array(INT8OID, &leaves->versions[first], NULL, count),
			PointerGetDatum(hashes),
		};

		SET_VARSIZE(hashes, VARHDRSZ + SB_HASH_LENGTH * count);
		memcpy(VARDATA(hashes), leaves->hashes[first], SB_HASH_LENGTH * count);
		sb_store_insert_sealed(values);
		pfree(hashes);
	}
}

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
	PG_RETURN_DATUM(hash_datum(root));
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
		elements[i] = hash_datum(path[i]);
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

static Datum
hash_datum(const uint8 *hash)
{
	bytea *datum = palloc(VARHDRSZ + SB_HASH_LENGTH);

	SET_VARSIZE(datum, VARHDRSZ + SB_HASH_LENGTH);
	memcpy(VARDATA(datum), hash, SB_HASH_LENGTH);
	return PointerGetDatum(datum);
}
