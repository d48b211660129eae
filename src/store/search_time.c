/*
 * search_time.c
 *	  Which ids the transfers of a time have.
 *
 * Ids are given before accounts are locked and the time is read, and a clock
 * may be set back: so times do not grow with ids, and no distance between the
 * two could be proved.  What is proved stands in transfer_spans: the times of
 * all transfers up to an id, once nothing can come below it any more.
 *
 * latest never falls from span to span.  What was posted before from_time is
 * left out up to the last span whose latest lies before it: no transfer up to
 * there is of that time or later.  What was posted at to_time or later is left
 * out behind the first span j whose latest lies an hour or more after it: the
 * earliest of a later span lies at most an hour before the latest of the span
 * before, hence not before to_time, unless the span is marked as late; of
 * those that are the last one that has something before to_time counts.  What
 * is in no span yet is looked at.
 */
#include "postgres.h"

#include "store/search_time.h"
#include "store/sql.h"

/* As note_spans() has it. */
#define LATE USECS_PER_HOUR

/* So many transfers that are in no span yet are looked at. */
#define MOST_NEW 10000

typedef struct NewTransfers
{
	TimestampTz to_time;
	bool is_there; /* one before to_time */
} NewTransfers;

/* clang-format off */
static SbPlan last_before = {
	"last_span_before",
	"SELECT last_id FROM simplebank.transfer_spans WHERE latest" LT "$1 ORDER BY latest DESC, last_id DESC LIMIT 1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {TIMESTAMPTZOID}
};
static SbPlan first_after = {
	"first_span_after",
	"SELECT last_id FROM simplebank.transfer_spans WHERE latest" GE "$1 ORDER BY latest, last_id LIMIT 1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {TIMESTAMPTZOID}
};
static SbPlan last_late = {
	"last_late_span",
	"SELECT last_id FROM simplebank.transfer_spans"
	" WHERE is_late AND last_id" GT "$1 AND earliest" LT "$2 ORDER BY last_id DESC LIMIT 1",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, TIMESTAMPTZOID}
};
static SbPlan last_span = {
	"last_span",
	"SELECT last_id FROM simplebank.transfer_spans"
	" WHERE latest IS NOT NULL ORDER BY latest DESC, last_id DESC LIMIT 1",
	SPI_OK_SELECT, .read_only = true, .nargs = 0
};
static SbPlan new_transfers = {
	"transfers_in_no_span",
	"SELECT posted_at FROM simplebank.transfers WHERE id" GT "$1 ORDER BY id LIMIT $2",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, INT8OID}
};
/* clang-format on */

static bool find_end(SbSearch *search, TimestampTz to_time, int64 *last_id);
static void judge_new(TupleTableSlot *slot, void *state);

/*
 * Narrows the ids that are looked at to those of which a transfer may have
 * been posted from from_time (inclusive) to to_time (exclusive).
 */
void
sb_bound_ids(SbSearch *search, TimestampTz from_time, TimestampTz to_time, int64 *above,
			 int64 *below)
{
	Datum value = TimestampTzGetDatum(from_time);
	int64 last_id;

	if (!TIMESTAMP_NOT_FINITE(from_time))
		sb_plan_run(&last_before, &value, NULL, sb_keep_int64, above);
	if (!TIMESTAMP_NOT_FINITE(to_time) && find_end(search, to_time, &last_id))
		*below = last_id + 1;
}

static bool
find_end(SbSearch *search, TimestampTz to_time, int64 *last_id)
{
	Datum after = TimestampTzGetDatum(to_time + LATE);
	Datum values[] = {0, TimestampTzGetDatum(to_time)};
	NewTransfers new_ones = {.to_time = to_time};
	int64 last;
	uint64 rows;

	if (to_time >= END_TIMESTAMP - LATE ||
		sb_plan_run(&first_after, &after, NULL, sb_keep_int64, last_id) == 0 ||
		sb_plan_run(&last_span, NULL, NULL, sb_keep_int64, &last) == 0)
		return false;
	values[0] = Int64GetDatum(*last_id);
	sb_plan_run(&last_late, values, NULL, sb_keep_int64, last_id);
	values[0] = Int64GetDatum(last);
	values[1] = Int64GetDatum(Min(MOST_NEW, sb_search_room(search, search->max_read) / 2));
	rows = sb_plan_run(&new_transfers, values, NULL, judge_new, &new_ones);
	sb_search_count(search, rows);
	return rows < (uint64) DatumGetInt64(values[1]) && !new_ones.is_there;
}

static void
judge_new(TupleTableSlot *slot, void *state)
{
	NewTransfers *new_ones = state;

	new_ones->is_there |= DatumGetTimestampTz(slot->tts_values[0]) < new_ones->to_time;
}
