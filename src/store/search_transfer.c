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

#include "store/search_time.h"
#include "store/search_transfer.h"
#include "store/sql.h"

/* clang-format off */
#define TRANSFER_COLUMNS \
	"t.id, " ACCOUNT_OF("t.from_account_id") ", " ACCOUNT_OF("t.to_account_id") ", t.amount," \
	" t.posted_at, t.effective_at, t.created_at, t.operation, t.reverses, t.from_amount, t.to_amount," \
	" t.hold_id, t.reference, t.role, t.gateway, t.description, t.metadata"

/* Has the account an entry of it? */
#define BELONGS(account) \
	"CASE WHEN " account " IS NULL THEN true" \
	" WHEN t.from_account_id IS NOT NULL" \
	"  THEN " ACCOUNT_OF("t.from_account_id") EQ account " OR " ACCOUNT_OF("t.to_account_id") EQ account \
	" ELSE EXISTS (SELECT FROM simplebank.entries e WHERE e.transfer_id" EQ "t.id" \
	"  AND e.leg IS NOT NULL AND " ACCOUNT_OF("e.account_id") EQ account ") END"

/* $4: is it in one of these ledgers? */
#define BY_ID(name, order) \
	{ \
		name, \
		"SELECT " TRANSFER_COLUMNS ", $4 IS NULL OR coalesce(t.ledger_id, 1)" EQ "ANY ($4)" \
		" FROM simplebank.transfers t" \
		" WHERE t.id" GT "$1 AND t.id" LT "$2 ORDER BY t.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8OID, INT8OID, INT8OID, INT4ARRAYOID} \
	}

/* $4 is what the index begins with. */
#define BY(name, column, type, order) \
	{ \
		name, \
		"SELECT " TRANSFER_COLUMNS ", " BELONGS("$5") " FROM simplebank.transfers t" \
		" WHERE t." column " IS NOT NULL AND ROW(t." column ", t.id)" GT "ROW($4, $1)" \
		" AND ROW(t." column ", t.id)" LT "ROW($4, $2)" \
		" ORDER BY t." column " " order ", t.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 5, \
		.types = {INT8OID, INT8OID, INT8OID, type, INT8OID} \
	}

/* $4 are ids. */
#define LISTED(name, order) \
	{ \
		name, \
		"SELECT " TRANSFER_COLUMNS ", " BELONGS("$5") " FROM (SELECT " UNNEST("$4") " id) v," \
		" LATERAL (SELECT * FROM simplebank.transfers u" \
		"  WHERE u.id" EQ "v.id AND u.id" GT "$1 AND u.id" LT "$2 OFFSET 0) t" \
		" ORDER BY t.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 5, \
		.types = {INT8OID, INT8OID, INT8OID, INT8ARRAYOID, INT8OID} \
	}

#define HISTORY(name, order) \
	{ \
		name, \
		"SELECT " TRANSFER_COLUMNS ", e.account_id, e.version FROM" \
		" (SELECT " UNNEST("$1") " id, " UNNEST("$2") " above, " UNNEST("$3") " up_to) v," \
		" LATERAL (SELECT * FROM simplebank.entries s WHERE s.account_id" EQ "v.id" \
		"  AND s.version" GT "v.above AND s.version" LE "v.up_to ORDER BY s.version " order " LIMIT $4) e," \
		" LATERAL (SELECT * FROM simplebank.transfers u WHERE u.id" EQ "e.transfer_id OFFSET 0) t", \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8OID} \
	}

static SbPlan oldest_transfers = BY_ID("oldest_transfers", "ASC");
static SbPlan newest_transfers = BY_ID("newest_transfers", "DESC");
static SbPlan oldest_listed = LISTED("oldest_listed", "ASC");
static SbPlan newest_listed = LISTED("newest_listed", "DESC");
static SbPlan oldest_captures = BY("oldest_captures", "hold_id", INT8OID, "ASC");
static SbPlan newest_captures = BY("newest_captures", "hold_id", INT8OID, "DESC");
static SbPlan oldest_taken_back = BY("oldest_taken_back", "reverses", INT8OID, "ASC");
static SbPlan newest_taken_back = BY("newest_taken_back", "reverses", INT8OID, "DESC");
static SbPlan oldest_of_operation = BY("oldest_of_operation", "operation", TEXTOID, "ASC");
static SbPlan newest_of_operation = BY("newest_of_operation", "operation", TEXTOID, "DESC");
static SbPlan oldest_of_role = BY("oldest_of_role", "role", TEXTOID, "ASC");
static SbPlan newest_of_role = BY("newest_of_role", "role", TEXTOID, "DESC");
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
static SbPlan find_reference = {
	"find_reference",
	"SELECT r.transfer_id FROM simplebank.ledgers l, simplebank.transfer_references r"
	" WHERE r.ledger_id" EQ "l.id AND r.reference" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {TEXTOID}
};
static SbPlan read_hold_accounts = {
	"read_hold_accounts",
	"SELECT from_account_id FROM simplebank.holds WHERE id" EQ "$1"
	" UNION ALL SELECT to_account_id FROM simplebank.holds WHERE id" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
/* clang-format on */

static void search_by(SbSearch *search, SbPlan *oldest, SbPlan *newest, Datum value,
					  const int64 *account_id);

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
		sb_text_fits(slot, SB_TRANSFER_REFERENCE, filter->reference, false) &&
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
	const SbTransferFilter *filter = search->filter;
	SbIdPath path = {
		.oldest = &oldest_transfers, .newest = &newest_transfers, .below = PG_INT64_MAX};

	path.values[0] = sb_ledger_array(ledgers);
	path.nulls[0] = ledgers == NULL;
	sb_bound_ids(search, filter->from_time, filter->to_time, &path.above, &path.below);
	sb_search_by_id(search, &path);
}

/*
 * Those that have one of these ids; account_id may be NULL.
 */
void
sb_search_transfers_listed(SbSearch *search, SbIds *listed, const int64 *account_id)
{
	SbIdPath path = {.oldest = &oldest_listed, .newest = &newest_listed, .below = PG_INT64_MAX};

	path.values[1] = account_id ? Int64GetDatum(*account_id) : 0;
	path.nulls[1] = account_id == NULL;
	sb_search_listed(search, &path, listed);
}

/*
 * The transfers that capture a hold; account_id may be NULL.
 */
void
sb_search_captures(SbSearch *search, int64 hold_id, const int64 *account_id)
{
	search_by(search, &oldest_captures, &newest_captures, Int64GetDatum(hold_id), account_id);
}

/*
 * Those that take back a transfer; account_id may be NULL.
 */
void
sb_search_taken_back(SbSearch *search, int64 reverses, const int64 *account_id)
{
	search_by(search, &oldest_taken_back, &newest_taken_back, Int64GetDatum(reverses), account_id);
}

/*
 * Those of an operation, or of a role, where create_search_index() has made an
 * index by it.
 */
void
sb_search_of_operation(SbSearch *search, const text *operation)
{
	search_by(search, &oldest_of_operation, &newest_of_operation, PointerGetDatum(operation), NULL);
}

void
sb_search_of_role(SbSearch *search, const text *role)
{
	search_by(search, &oldest_of_role, &newest_of_role, PointerGetDatum(role), NULL);
}

static void
search_by(SbSearch *search, SbPlan *oldest, SbPlan *newest, Datum value, const int64 *account_id)
{
	SbIdPath path = {.oldest = oldest, .newest = newest, .below = PG_INT64_MAX};

	path.values[0] = value;
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
 * where it has two.
 */
SbIds
sb_store_read_rows_of(int64 transfer_id)
{
	SbIds rows = {0};

	sb_store_read_places(transfer_id, sb_keep_listed_id, &rows);
	return rows;
}

/*
 * The same of a hold: both its accounts, the one whose money it keeps first.
 */
SbIds
sb_store_read_accounts_of_hold(int64 hold_id)
{
	Datum value = Int64GetDatum(hold_id);
	SbIds accounts = {0};

	sb_plan_run(&read_hold_accounts, &value, NULL, sb_keep_listed_id, &accounts);
	return accounts;
}

/*
 * The transfers that have a reference, one in each ledger at most.
 */
SbIds
sb_store_find_reference(const text *reference)
{
	Datum value = PointerGetDatum(reference);
	SbIds transfers = {0};

	sb_plan_run(&find_reference, &value, NULL, sb_keep_listed_id, &transfers);
	return transfers;
}
