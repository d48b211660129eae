/*
 * seal_entries.c
 *	  Makes the leaves of a seal, and their tree.
 *
 * This is the hot part of sealing; what is sealed when, and how seals hang
 * together, is in sql/seal.sql.
 *
 * Nothing is locked: entries and transfers never change.  All memory is SPI's
 * procedure context, which goes with the call.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"

#include "base/fault.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/seal.h"
#include "model/account.h"
#include "model/merkle.h"
#include "store/leaf.h"

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

/* Of a transfer that names its entries. */
typedef struct Transfer
{
	int64 id; /* MUST BE FIRST: see sb_compare_ids() */
	int64 from_row;
	int64 to_row;
	int64 from_version;
	int64 to_version;
	int part; /* where in Wanted.parts is what its leaves end with */
	int length;
} Transfer;

/* Transfers, ascending, of which entries are wanted. */
typedef struct Wanted
{
	Leaves *leaves;
	const int64 *ids;
	int count;
	Transfer *transfers; /* those that name their entries */
	int ntransfers;
	StringInfoData parts;
} Wanted;

static int count_ids(FunctionCallInfo fcinfo, int number, const char *name, const int64 **ids);
static void add_new_entries(Wanted *wanted, Datum ids, Datum journals, int njournals, int32 page);
static void keep_transfer(TupleTableSlot *slot, void *state);
static void add_wanted(TupleTableSlot *slot, void *state);
static const Transfer *find_transfer(const Wanted *wanted, int64 id);
static void hash_leaf(Leaves *leaves, const TupleTableSlot *slot);
static void add_leaf(TupleTableSlot *slot, void *state);
static void make_room(Leaves *leaves);
static void write_leaves(const Leaves *leaves, int64 seal_id);

PG_FUNCTION_INFO_V1(simplebank_seal_entries);

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
	Wanted wanted = {.leaves = &leaves, .ids = ids, .count = nnew};
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
		add_new_entries(&wanted, PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), njournals,
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
		answer[1] = sb_hash_datum(root);
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
add_new_entries(Wanted *wanted, Datum ids, Datum journals, int njournals, int32 page)
{
	Leaves *leaves = wanted->leaves;
	uint64 count = leaves->count;

	if (page >= 0 && wanted->count > njournals)
	{
		int64 first = wanted->ids[0];
		int64 last = wanted->ids[wanted->count - 1];
		ItemPointerData from;

		wanted->transfers = palloc(sizeof(Transfer) * (wanted->count - njournals));
		initStringInfo(&wanted->parts);
		sb_store_read_new_transfers(first, last, keep_transfer, wanted);
		ItemPointerSet(&from, page, 0);
		sb_store_read_new_entries(first, last, &from, add_wanted, wanted);
		if (leaves->count - count == 2 * (uint64) (wanted->count - njournals))
			ids = journals;
		else
			leaves->count = count;
		pfree(wanted->transfers);
		pfree(wanted->parts.data);
	}
	sb_store_read_sealable(ids, add_leaf, leaves);
}

/* Between those that are wanted there may be some that have come since. */
static void
keep_transfer(TupleTableSlot *slot, void *state)
{
	Wanted *wanted = state;
	const Datum *columns = &slot->tts_values[SB_LEAF_COLUMN];
	int64 id = DatumGetInt64(slot->tts_values[SB_LEAF_TRANSFER]);
	Transfer *transfer;

	if (slot->tts_isnull[SB_LEAF_COLUMN] ||
		bsearch(&id, wanted->ids, wanted->count, sizeof(int64), sb_compare_ids) == NULL)
		return;
	transfer = &wanted->transfers[wanted->ntransfers++];
	transfer->id = id;
	transfer->from_row = DatumGetInt64(columns[0]);
	transfer->to_row = DatumGetInt64(columns[1]);
	transfer->from_version = DatumGetInt64(columns[2]);
	transfer->to_version = DatumGetInt64(columns[3]);
	transfer->part = wanted->parts.len;
	sb_append_transfer_part(&wanted->parts, wanted->leaves->tree, slot);
	transfer->length = wanted->parts.len - transfer->part;
}

static void
add_wanted(TupleTableSlot *slot, void *state)
{
	const Wanted *wanted = state;
	Leaves *leaves = wanted->leaves;
	int64 account_id = DatumGetInt64(slot->tts_values[SB_LEAF_ACCOUNT]);
	int64 version = DatumGetInt64(slot->tts_values[SB_LEAF_VERSION]);
	const Transfer *transfer =
		find_transfer(wanted, DatumGetInt64(slot->tts_values[SB_LEAF_TRANSFER]));

	if (transfer == NULL ||
		!((account_id == transfer->from_row && version == transfer->from_version) ||
		  (account_id == transfer->to_row && version == transfer->to_version)))
		return;
	sb_make_entry_part(&leaves->leaf, slot);
	appendBinaryStringInfo(&leaves->leaf, wanted->parts.data + transfer->part, transfer->length);
	hash_leaf(leaves, slot);
}

/* Their ids are without many gaps. */
static const Transfer *
find_transfer(const Wanted *wanted, int64 id)
{
	int64 place = id - wanted->transfers[0].id;

	if (place >= 0 && place < wanted->ntransfers && wanted->transfers[place].id == id)
		return &wanted->transfers[place];
	return bsearch(&id, wanted->transfers, wanted->ntransfers, sizeof(Transfer), sb_compare_ids);
}

static void
add_leaf(TupleTableSlot *slot, void *state)
{
	Leaves *leaves = state;

	sb_make_leaf(&leaves->leaf, leaves->tree, slot);
	hash_leaf(leaves, slot);
}

/* The leaf of an entry that is in the row. */
static void
hash_leaf(Leaves *leaves, const TupleTableSlot *slot)
{
	ItemPointer place = (ItemPointer) DatumGetPointer(slot->tts_values[SB_LEAF_PLACE]);

	if (leaves->count == leaves->room)
		make_room(leaves);
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
