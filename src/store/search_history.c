/*
 * search_history.c
 *	  Transfers of accounts, by the entries of their rows.
 *
 * Within a row entries are in the order of their versions, and of their times,
 * which do not go back.  Of several rows (stripes, or all accounts of a
 * customer) they are merged by time, and at one time by row and version.  That
 * order never changes, whatever is posted later, so that a position in it can
 * be gone on from.  The order of transfers by id would do as well, but no
 * index has an account's entries in it.
 *
 * A transfer may have entries in several rows, or several in one; it is told
 * at the first of them that is met.  They all have the same time.  So what
 * was told at the present time is remembered, and what was told before the
 * page began is looked up where its time is that of the page's beginning.
 */
#include "postgres.h"

#include "lib/binaryheap.h"

#include "store/entry.h"
#include "store/search.h"
#include "store/search_transfer.h"

#define LARGEST_PORTION 4096

/* An entry that was read; those that do not match have no tuple. */
typedef struct Entry
{
	TimestampTz posted_at;
	int64 version;
	int64 transfer_id;
	MinimalTuple tuple;
} Entry;

/* A row of an account: what is still to be read of it, and what was read. */
typedef struct Row
{
	int64 id;
	int64 above; /* versions */
	int64 up_to;
	int portion;
	Entry *entries;
	int room;
	int count;
	int next;
} Row;

/* A transfer of the answer. */
typedef struct Told
{
	int64 transfer_id;
	TimestampTz posted_at;
} Told;

/* Is an entry of this transfer at the page's beginning, or before it? */
typedef struct Before
{
	const struct History *history;
	bool found;
} Before;

typedef struct History
{
	SbSearch *search;
	Row *rows; /* ascending by id */
	int count;
	int64 *ids; /* of the rows */
	binaryheap *heap;
	TupleTableSlot *slot;
	Told *told; /* search->found of them */
} History;

static void set_bounds(History *history, const SbHistoryRows *rows, TimestampTz from_time,
					   TimestampTz to_time);
static void set_start(SbSearch *search, Row *row, const SbAccount *account);
static int64 last_version(SbSearch *search, const SbAccount *account, TimestampTz at,
						  bool inclusive);
static void fill_all(History *history);
static void fill(History *history, int first, int count);
static void keep_entry(TupleTableSlot *slot, void *state);
static int compare_rows(Datum a, Datum b, void *arg);
static void merge(History *history);
static void tell(History *history, const Row *row, const Entry *entry);
static bool is_told(History *history, const Entry *entry);
static void judge_place(TupleTableSlot *slot, void *state);

/*
 * Finds transfers that have entries in these rows, posted from from_time
 * (inclusive) to to_time (exclusive).  Returns false where the position to go
 * on from is in none of the rows.
 */
bool
sb_search_history(SbSearch *search, const SbHistoryRows *rows, TimestampTz from_time,
				  TimestampTz to_time)
{
	History history = {.search = search, .count = rows->count};
	const SbPosition *after = search->after;

	if (rows->count == 0)
		return true;
	history.rows = palloc0(sizeof(Row) * rows->count);
	history.ids = palloc(sizeof(int64) * rows->count);
	history.told = palloc(sizeof(Told) * search->max_rows);
	for (int i = 0; i < rows->count; i++)
		history.ids[i] = rows->rows[i].id;
	if (after &&
		bsearch(&after->row_id, history.ids, history.count, sizeof(int64), sb_compare_ids) == NULL)
		return false;
	set_bounds(&history, rows, from_time, to_time);
	history.heap = binaryheap_allocate(history.count, compare_rows, &history);
	fill_all(&history);
	merge(&history);
	return true;
}

static void
set_bounds(History *history, const SbHistoryRows *rows, TimestampTz from_time, TimestampTz to_time)
{
	SbSearch *search = history->search;

	sb_search_count(search, history->count);
	for (int i = 0; i < history->count; i++)
	{
		const SbAccount *account = &rows->rows[i];
		Row *row = &history->rows[i];

		row->id = account->id;
		row->up_to = account->version;
		row->portion = Max(Min(search->max_rows, LARGEST_PORTION / history->count), 2);
		if (!TIMESTAMP_IS_NOBEGIN(from_time))
			row->above = last_version(search, account, from_time, false);
		if (!TIMESTAMP_IS_NOEND(to_time))
			row->up_to = last_version(search, account, to_time, false);
		if (search->after)
			set_start(search, row, account);
	}
}

/* What comes behind the position at which the search goes on. */
static void
set_start(SbSearch *search, Row *row, const SbAccount *account)
{
	const SbPosition *after = search->after;
	int64 before;

	if (row->id == after->row_id)
		before = search->newest ? after->number - 1 : after->number;
	else
		before = last_version(search, account, after->posted_at, row->id < after->row_id);
	if (search->newest)
		row->up_to = Min(row->up_to, before);
	else
		row->above = Max(row->above, before);
}

/* Halving reads a row a step. */
static int64
last_version(SbSearch *search, const SbAccount *account, TimestampTz at, bool inclusive)
{
	for (int64 versions = account->version; versions > 0; versions /= 2)
		sb_search_count(search, 1);
	return sb_last_version(account, at, inclusive);
}

static void
fill_all(History *history)
{
	fill(history, 0, history->count);
	for (int i = 0; i < history->count; i++)
	{
		if (history->rows[i].count > 0)
			binaryheap_add_unordered(history->heap, Int32GetDatum(i));
	}
	binaryheap_build(history->heap);
}

/* The next entries of so many rows. */
static void
fill(History *history, int first, int count)
{
	int64 *above = palloc(sizeof(int64) * count);
	int64 *up_to = palloc(sizeof(int64) * count);
	int64 limit = sb_search_room(history->search, history->rows[first].portion);

	for (int i = 0; i < count; i++)
	{
		Row *row = &history->rows[first + i];

		if (row->room < row->portion)
		{
			if (row->entries)
				pfree(row->entries);
			row->entries = palloc(sizeof(Entry) * row->portion);
			row->room = row->portion;
		}
		row->count = 0;
		row->next = 0;
		above[i] = row->above;
		up_to[i] = row->up_to;
	}
	sb_store_read_history(history->ids + first, above, up_to, count, limit, history->search->newest,
						  keep_entry, history);
	sb_search_count(history->search, 0);
	pfree(above);
	pfree(up_to);
}

static void
keep_entry(TupleTableSlot *slot, void *state)
{
	History *history = state;
	SbSearch *search = history->search;
	int64 row_id = DatumGetInt64(slot->tts_values[SB_HISTORY_ROW]);
	const int64 *found =
		bsearch(&row_id, history->ids, history->count, sizeof(int64), sb_compare_ids);
	Row *row = &history->rows[found - history->ids];
	Entry *entry = &row->entries[row->count];

	search->read++;
	if (history->slot == NULL)
		history->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(slot->tts_tupleDescriptor),
												 &TTSOpsMinimalTuple);
	if (row->count == row->room)
		elog(ERROR, "a portion of a history is too large");
	entry->posted_at = DatumGetTimestampTz(slot->tts_values[SB_TRANSFER_POSTED_AT]);
	entry->version = DatumGetInt64(slot->tts_values[SB_HISTORY_VERSION]);
	entry->transfer_id = DatumGetInt64(slot->tts_values[SB_TRANSFER_ID]);
	entry->tuple = search->matches(search, slot) ? ExecCopySlotMinimalTuple(slot) : NULL;
	if (row->count > 0 && (entry[-1].version < entry->version) == search->newest)
		elog(ERROR, "entries of a history are not in their order");
	row->count++;
	/* what is left to be read */
	if (search->newest)
		row->up_to = entry->version - 1;
	else
		row->above = entry->version;
}

/* Greater is what comes first. */
static int
compare_rows(Datum a, Datum b, void *arg)
{
	const History *history = arg;
	const Row *one = &history->rows[DatumGetInt32(a)];
	const Row *other = &history->rows[DatumGetInt32(b)];
	TimestampTz time = one->entries[one->next].posted_at;
	TimestampTz other_time = other->entries[other->next].posted_at;
	int order = time != other_time ? (time < other_time ? -1 : 1) : (one < other ? -1 : 1);

	return history->search->newest ? order : -order;
}

static void
merge(History *history)
{
	SbSearch *search = history->search;

	while (search->found < search->max_rows && !binaryheap_empty(history->heap))
	{
		int number = DatumGetInt32(binaryheap_first(history->heap));
		Row *row = &history->rows[number];
		Entry *entry = &row->entries[row->next++];

		if (entry->tuple)
		{
			tell(history, row, entry);
			pfree(entry->tuple);
		}
		if (row->next == row->count && row->above < row->up_to && search->found < search->max_rows)
		{
			row->portion = Min(row->portion * 2, LARGEST_PORTION);
			fill(history, number, 1);
		}
		if (row->next < row->count)
			binaryheap_replace_first(history->heap, Int32GetDatum(number));
		else
			(void) binaryheap_remove_first(history->heap);
	}
}

static void
tell(History *history, const Row *row, const Entry *entry)
{
	SbSearch *search = history->search;

	if (is_told(history, entry))
		return;
	history->told[search->found++] =
		(Told){.transfer_id = entry->transfer_id, .posted_at = entry->posted_at};
	ExecStoreMinimalTuple(entry->tuple, history->slot, false);
	slot_getallattrs(history->slot);
	search->put(search, history->slot,
				&(SbPosition){.order = SB_BY_HISTORY,
							  .posted_at = entry->posted_at,
							  .row_id = row->id,
							  .number = entry->version});
	ExecClearTuple(history->slot);
}

/*
 * Has the transfer been told at another of its entries?
 */
static bool
is_told(History *history, const Entry *entry)
{
	const SbSearch *search = history->search;
	Before before = {.history = history};

	for (int i = search->found - 1; i >= 0 && history->told[i].posted_at == entry->posted_at; i--)
	{
		if (history->told[i].transfer_id == entry->transfer_id)
			return true;
	}
	if (search->after == NULL || search->after->posted_at != entry->posted_at)
		return false;
	sb_search_count(history->search,
					sb_store_read_places(entry->transfer_id, judge_place, &before));
	return before.found;
}

static void
judge_place(TupleTableSlot *slot, void *state)
{
	Before *before = state;
	const History *history = before->history;
	const SbPosition *after = history->search->after;
	int64 row_id = DatumGetInt64(slot->tts_values[0]);
	int64 version = DatumGetInt64(slot->tts_values[1]);
	bool is_lower = row_id < after->row_id || (row_id == after->row_id && version < after->number);
	bool is_same = row_id == after->row_id && version == after->number;

	if (bsearch(&row_id, history->ids, history->count, sizeof(int64), sb_compare_ids))
		before->found |= is_same || is_lower != history->search->newest;
}
