/*
 * search_transfer.c
 *	  The paths to transfers, and what is judged of them.
 *
 * Each plan has one index that serves it, in the order of the answer, and is
 * written so that no other would: where that index begins with another column
 * than the id, rows are compared as a whole, or the planner might walk
 * through the primary key instead.
 */
#include "postgres.h"

#include "store/search_transfer.h"
#include "store/sql.h"

#define TRANSFER_COLUMNS                                                                      \
	"t.id, " ACCOUNT_OF("t.from_account_id") ", " ACCOUNT_OF(                                 \
		"t.to_account_id") ", t.amount, t.posted_at, t.effective_at, t.created_at,"           \
						   " t.operation, t.reverses, t.from_amount, t.to_amount, t.hold_id," \
						   " t.role, t.description, t.metadata"

/* Has the account an entry of it? */
#define BELONGS(account)                                                                          \
	"CASE WHEN " account                                                                          \
	" IS NULL THEN true WHEN t.from_account_id IS NOT NULL THEN " ACCOUNT_OF("t.from_account_id") \
		EQ account " OR " ACCOUNT_OF("t.to_account_id") EQ account                                \
		" ELSE EXISTS (SELECT FROM simplebank.entries e WHERE e.transfer_id" EQ                   \
		"t.id AND e.leg IS NOT NULL AND " ACCOUNT_OF("e.account_id") EQ account ") END"

/* $4: is it in one of these ledgers? */
#define BY_ID(name, order)                                                           \
	{                                                                                \
		name,                                                                        \
			"SELECT " TRANSFER_COLUMNS ", $4 IS NULL OR coalesce(t.ledger_id, 1)" EQ \
			"ANY ($4) FROM simplebank.transfers t WHERE t.id" GT "$1 AND t.id" LT    \
			"$2 ORDER BY t.id " order " LIMIT $3",                                   \
			SPI_OK_SELECT, .read_only = true, .nargs = 4, .types = {                 \
				INT8OID,                                                             \
				INT8OID,                                                             \
				INT8OID,                                                             \
				INT4ARRAYOID                                                         \
			}                                                                        \
	}

/* $4 is what the index begins with. */
#define BY(name, column, order)                                                                 \
	{                                                                                           \
		name,                                                                                   \
			"SELECT " TRANSFER_COLUMNS                                                          \
			", " BELONGS("$5") " FROM simplebank.transfers t"                                   \
							   " WHERE t." column " IS NOT NULL AND ROW(t." column ", t.id)" GT \
							   "ROW($4, $1)"                                                    \
							   " AND ROW(t." column ", t.id)" LT "ROW($4, $2)"                  \
							   " ORDER BY t." column " " order ", t.id " order " LIMIT $3",     \
			SPI_OK_SELECT, .read_only = true, .nargs = 5, .types = {                            \
				INT8OID,                                                                        \
				INT8OID,                                                                        \
				INT8OID,                                                                        \
				INT8OID,                                                                        \
				INT8OID                                                                         \
			}                                                                                   \
	}

#define HISTORY(name, order)                                                                               \
	{                                                                                                      \
		name,                                                                                              \
			"SELECT " TRANSFER_COLUMNS                                                                     \
			", e.account_id, e.version FROM (SELECT " UNNEST("$1") " id, " UNNEST("$2") " above, " UNNEST( \
				"$3") " up_to) v,"                                                                         \
					  " LATERAL (SELECT * FROM simplebank.entries s WHERE s.account_id" EQ                 \
					  "v.id AND s.version" GT "v.above AND s.version" LE                                   \
					  "v.up_to ORDER BY s.version " order " LIMIT $4) e,"                                  \
					  " LATERAL (SELECT * FROM simplebank.transfers u WHERE u.id" EQ                       \
					  "e.transfer_id OFFSET 0) t",                                                         \
			SPI_OK_SELECT, .read_only = true, .nargs = 4, .types = {                                       \
				INT8ARRAYOID,                                                                              \
				INT8ARRAYOID,                                                                              \
				INT8ARRAYOID,                                                                              \
				INT8OID                                                                                    \
			}                                                                                              \
	}

/* clang-format off */
static SbPlan oldest_transfers = BY_ID("oldest_transfers", "ASC");
static SbPlan newest_transfers = BY_ID("newest_transfers", "DESC");
static SbPlan oldest_captures = BY("oldest_captures", "hold_id", "ASC");
static SbPlan newest_captures = BY("newest_captures", "hold_id", "DESC");
static SbPlan oldest_taken_back = BY("oldest_taken_back", "reverses", "ASC");
static SbPlan newest_taken_back = BY("newest_taken_back", "reverses", "DESC");
static SbPlan oldest_history = HISTORY("oldest_history", "ASC");
static SbPlan newest_history = HISTORY("newest_history", "DESC");
/* Where the entries of a transfer are. */
static SbPlan read_places = {
	"read_places",
	"SELECT from_account_id, from_version FROM simplebank.transfers"
	" WHERE id" EQ "$1 AND from_account_id IS NOT NULL"
	" UNION ALL SELECT to_account_id, to_version FROM simplebank.transfers"
	" WHERE id" EQ "$1 AND from_account_id IS NOT NULL"
	" UNION ALL SELECT account_id, version FROM simplebank.entries"
	" WHERE transfer_id" EQ "$1 AND leg IS NOT NULL",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
static SbPlan read_hold_accounts = {
	"read_hold_accounts",
	"SELECT from_account_id FROM simplebank.holds WHERE id" EQ "$1"
	" UNION ALL SELECT to_account_id FROM simplebank.holds WHERE id" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
/* clang-format on */

/* Rows of accounts, in room that grows. */
typedef struct Rows
{
	int64 *ids;
	int count;
	int room;
} Rows;

static void search_by(SbSearch *search, SbPlan *oldest, SbPlan *newest, int64 value,
					  const int64 *account_id);
static void keep_row(TupleTableSlot *slot, void *state);

/*
 * Whatever is asked of a transfer, but for the account: what a path has by
 * its index anyway is asked once more.
 */
bool
sb_transfer_matches(const SbSearch *search, const TupleTableSlot *slot)
{
	const SbTransferFilter *filter = search->filter;

	return sb_time_fits(slot, SB_TRANSFER_POSTED_AT, filter->from_time, filter->to_time) &&
		sb_time_fits(slot, SB_TRANSFER_EFFECTIVE_AT, filter->from_effective,
					 filter->to_effective) &&
		sb_amount_fits(slot, SB_TRANSFER_AMOUNT, filter->min_amount, filter->max_amount) &&
		sb_int64_fits(slot, SB_TRANSFER_HOLD_ID, filter->hold_id) &&
		sb_int64_fits(slot, SB_TRANSFER_REVERSES, filter->reverses) &&
		sb_text_fits(slot, SB_TRANSFER_OPERATION, filter->operation, false) &&
		sb_text_fits(slot, SB_TRANSFER_ROLE, filter->role, false) &&
		sb_text_fits(slot, SB_TRANSFER_DESCRIPTION, filter->description, true) &&
		sb_metadata_fits(slot, SB_TRANSFER_METADATA, filter->metadata);
}

/*
 * All transfers of these ledgers.
 */
void
sb_search_transfers_by_id(SbSearch *search, const SbLedgers *ledgers)
{
	SbIdPath path = {
		.oldest = &oldest_transfers, .newest = &newest_transfers, .below = PG_INT64_MAX};

	path.values[0] = sb_ledger_array(ledgers);
	path.nulls[0] = ledgers == NULL;
	sb_search_by_id(search, &path);
}

/*
 * The transfers that capture a hold; account_id may be NULL.
 */
void
sb_search_captures(SbSearch *search, int64 hold_id, const int64 *account_id)
{
	search_by(search, &oldest_captures, &newest_captures, hold_id, account_id);
}

/*
 * Those that take back a transfer; account_id may be NULL.
 */
void
sb_search_taken_back(SbSearch *search, int64 reverses, const int64 *account_id)
{
	search_by(search, &oldest_taken_back, &newest_taken_back, reverses, account_id);
}

static void
search_by(SbSearch *search, SbPlan *oldest, SbPlan *newest, int64 value, const int64 *account_id)
{
	SbIdPath path = {.oldest = oldest, .newest = newest, .below = PG_INT64_MAX};

	path.values[0] = Int64GetDatum(value);
	path.values[1] = account_id ? Int64GetDatum(*account_id) : 0;
	path.nulls[1] = account_id == NULL;
	sb_search_by_id(search, &path);
}

/*
 * The next entries of rows of accounts, limit of each, with their transfers.
 */
void
sb_store_read_history(const int64 *row_ids, const int64 *above, const int64 *up_to, int count,
					  int64 limit, bool newest, SbRowFunction row_function, void *state)
{
	Datum values[] = {sb_id_array(row_ids, count), sb_id_array(above, count),
					  sb_id_array(up_to, count), Int64GetDatum(limit)};

	sb_plan_run(newest ? &newest_history : &oldest_history, values, NULL, row_function, state);
}

/*
 * Rows and versions of a transfer's entries; returns how many there are.
 */
int64
sb_store_read_places(int64 transfer_id, SbRowFunction row_function, void *state)
{
	Datum value = Int64GetDatum(transfer_id);

	return sb_plan_run(&read_places, &value, NULL, row_function, state);
}

/*
 * The rows of accounts that have an entry of a transfer, the same one twice
 * where it has two; returns how many.
 */
int
sb_store_read_rows_of(int64 transfer_id, int64 **rows)
{
	Rows of = {0};

	sb_store_read_places(transfer_id, keep_row, &of);
	*rows = of.ids;
	return of.count;
}

/*
 * The same of a hold: both its accounts.
 */
int
sb_store_read_accounts_of_hold(int64 hold_id, int64 **accounts)
{
	Datum value = Int64GetDatum(hold_id);
	Rows of = {0};

	sb_plan_run(&read_hold_accounts, &value, NULL, keep_row, &of);
	*accounts = of.ids;
	return of.count;
}

static void
keep_row(TupleTableSlot *slot, void *state)
{
	Rows *rows = state;

	if (rows->count == rows->room)
	{
		rows->room = Max(rows->room * 2, 16);
		rows->ids = rows->ids ? repalloc(rows->ids, sizeof(int64) * rows->room)
							  : palloc(sizeof(int64) * rows->room);
	}
	rows->ids[rows->count++] = DatumGetInt64(slot->tts_values[0]);
}
