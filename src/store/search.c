/*
 * search.c
 *	  Searches that read a bounded number of rows.
 *
 * A path by id is run for a portion of its rows at a time, each from where
 * the one before has ended.  Portions grow, since whoever has found little in
 * many rows will look at many more.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "base/error.h"
#include "store/search.h"

#define LARGEST_PORTION 8192

/* A portion of a path. */
typedef struct Portion
{
	SbSearch *search;
	const SbIdPath *path;
	int64 last; /* id that was read */
	int64 read; /* rows, of a path of several streams */
} Portion;

static void judge_row(TupleTableSlot *slot, void *state);

/*
 * Rows of a table by its id, which is their first column; their last one says
 * whether they are looked for at all.
 */
void
sb_search_by_id(SbSearch *search, const SbIdPath *path)
{
	Datum values[SB_ID_PATH_ARGUMENTS + lengthof(path->values)];
	bool nulls[SB_ID_PATH_ARGUMENTS + lengthof(path->values)] = {0};
	SbPlan *plan = search->newest ? path->newest : path->oldest;
	int64 above = path->above;
	int64 below = path->below;
	int64 portion = search->max_rows;
	Portion state = {.search = search, .path = path};

	if (search->after && search->newest)
		below = Min(below, search->after->number);
	else if (search->after)
		above = Max(above, search->after->number);
	for (int i = 0; i < (int) lengthof(path->values); i++)
	{
		values[SB_ID_PATH_ARGUMENTS + i] = path->values[i];
		nulls[SB_ID_PATH_ARGUMENTS + i] = path->nulls[i];
	}
	while (search->found < search->max_rows)
	{
		int64 limit;
		uint64 rows;

		sb_search_count(search, path->streams);
		limit = sb_search_room(search, portion);
		if (path->streams > 0)
			limit = Max(Min(portion, limit / path->streams), 1);

		values[0] = Int64GetDatum(above);
		values[1] = Int64GetDatum(below);
		values[2] = Int64GetDatum(limit);
		rows = sb_plan_run(plan, values, nulls, judge_row, &state);
		sb_search_count(search, state.read);
		state.read = 0;
		if ((int64) rows < limit)
			break;
		if (search->newest)
			below = state.last;
		else
			above = state.last;
		portion = Min(portion * 2, LARGEST_PORTION);
	}
}

/*
 * The same of ids that are known: the path's first own argument is those of a
 * portion.
 */
void
sb_search_listed(SbSearch *search, const SbIdPath *path, SbIds *listed)
{
	SbIdPath part = *path;
	int first = 0;
	int last = listed->count; /* one behind it */
	int portion = search->max_rows;

	qsort(listed->ids, listed->count, sizeof(int64), sb_compare_ids);
	while (search->found < search->max_rows && first < last)
	{
		int begin = search->newest ? Max(first, last - portion) : first;
		int end = search->newest ? last : Min(last, first + portion);

		part.values[0] = sb_id_array(listed->ids + begin, end - begin);
		sb_search_by_id(search, &part);
		if (search->newest)
			last = begin;
		else
			first = end;
	}
}

/* For a plan that has ids. */
void
sb_keep_listed_id(TupleTableSlot *slot, void *state)
{
	SbIds *listed = state;

	if (listed->count == listed->room)
	{
		listed->room = Max(listed->room * 2, 16);
		listed->ids = listed->ids ? repalloc_huge(listed->ids, sizeof(int64) * listed->room)
								  : palloc(sizeof(int64) * listed->room);
	}
	listed->ids[listed->count++] = DatumGetInt64(slot->tts_values[0]);
}

static void
judge_row(TupleTableSlot *slot, void *state)
{
	Portion *portion = state;
	SbSearch *search = portion->search;

	const int last_column = slot->tts_tupleDescriptor->natts - 1;

	if (search->found == search->max_rows)
		return;
	CHECK_FOR_INTERRUPTS();
	if (portion->path->streams > 0)
		portion->read = DatumGetInt64(slot->tts_values[last_column - 1]);
	else if (++search->read > search->max_read)
		return;
	portion->last = DatumGetInt64(slot->tts_values[0]);
	if (!DatumGetBool(slot->tts_values[last_column]) || !search->matches(search, slot))
		return;
	search->found++;
	search->put(search, slot, &(SbPosition){.order = SB_BY_ID, .number = portion->last});
}

/*
 * How many rows may be read at once: no more than are allowed, and one to
 * notice it.
 */
int64
sb_search_room(const SbSearch *search, int64 wanted)
{
	return Min(wanted, search->max_read - search->read + 1);
}

/*
 * Counts rows that were read; raises where they are too many.  To be called
 * outside of a plan's run, whose text nobody wants to read with the error.
 */
void
sb_search_count(SbSearch *search, int64 rows)
{
	search->read += rows;
	if (search->read > search->max_read)
		sb_raise_as(SB_SEARCH_TOO_LONG,
					psprintf("It has read " INT64_FORMAT
							 " rows, simplebank.max_search_rows, and found %d of %d.",
							 search->max_read, search->found, search->max_rows),
					search->hint);
}

/*
 * Is a column's time from from_time (inclusive) to to_time (exclusive)?  One
 * that is not there lies in no bounds.
 */
bool
sb_time_fits(const TupleTableSlot *slot, int column, TimestampTz from_time, TimestampTz to_time)
{
	TimestampTz at;

	if (TIMESTAMP_IS_NOBEGIN(from_time) && TIMESTAMP_IS_NOEND(to_time))
		return true;
	if (slot->tts_isnull[column])
		return false;
	at = DatumGetTimestampTz(slot->tts_values[column]);
	return at >= from_time && (at < to_time || TIMESTAMP_IS_NOEND(to_time));
}

bool
sb_amount_fits(const TupleTableSlot *slot, int column, const int64 *min_amount,
			   const int64 *max_amount)
{
	int64 amount;

	if (min_amount == NULL && max_amount == NULL)
		return true;
	if (slot->tts_isnull[column])
		return false;
	amount = DatumGetInt64(slot->tts_values[column]);
	return (min_amount == NULL || amount >= *min_amount) &&
		(max_amount == NULL || amount <= *max_amount);
}

bool
sb_int64_fits(const TupleTableSlot *slot, int column, const int64 *value)
{
	return value == NULL ||
		(!slot->tts_isnull[column] && DatumGetInt64(slot->tts_values[column]) == *value);
}

/* By bytes, whatever the collation. */
bool
sb_text_fits(const TupleTableSlot *slot, int column, const text *value, bool is_prefix)
{
	text *stored;
	Size length;
	Size stored_length;

	if (value == NULL)
		return true;
	if (slot->tts_isnull[column])
		return false;
	stored = DatumGetTextPP(slot->tts_values[column]);
	length = VARSIZE_ANY_EXHDR(value);
	stored_length = VARSIZE_ANY_EXHDR(stored);
	return (is_prefix ? stored_length >= length : stored_length == length) &&
		memcmp(VARDATA_ANY(stored), VARDATA_ANY(value), length) == 0;
}

bool
sb_metadata_fits(const TupleTableSlot *slot, int column, Jsonb *value)
{
	return value == NULL ||
		(!slot->tts_isnull[column] &&
		 DatumGetBool(
			 DirectFunctionCall2(jsonb_contains, slot->tts_values[column], JsonbPGetDatum(value))));
}
