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

#include "base/error.h"
#include "store/search.h"

#define LARGEST_PORTION 8192

/* A portion of a path. */
typedef struct Portion
{
	SbSearch *search;
	int64 last; /* id that was read */
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
	Portion state = {.search = search};

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
		int64 limit = sb_search_room(search, portion);
		uint64 rows;

		values[0] = Int64GetDatum(above);
		values[1] = Int64GetDatum(below);
		values[2] = Int64GetDatum(limit);
		rows = sb_plan_run(plan, values, nulls, judge_row, &state);
		sb_search_count(search, 0);
		if ((int64) rows < limit)
			break;
		if (search->newest)
			below = state.last;
		else
			above = state.last;
		portion = Min(portion * 2, LARGEST_PORTION);
	}
}

static void
judge_row(TupleTableSlot *slot, void *state)
{
	Portion *portion = state;
	SbSearch *search = portion->search;

	if (search->found == search->max_rows)
		return;
	CHECK_FOR_INTERRUPTS();
	if (++search->read > search->max_read)
		return;
	portion->last = DatumGetInt64(slot->tts_values[0]);
	if (!DatumGetBool(slot->tts_values[slot->tts_tupleDescriptor->natts - 1]) ||
		!search->matches(search, slot))
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
