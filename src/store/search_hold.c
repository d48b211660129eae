/*
 * search_hold.c
 *	  The paths to holds, and what is judged of them.
 *
 * A hold past its time counts as expired, whatever its row still says.
 */
#include "postgres.h"

#include "store/search_hold.h"
#include "store/sql.h"

/* clang-format off */
#define HOLD_COLUMNS \
	"h.id, h.from_account_id, h.to_account_id, h.amount, h.captured," \
	" CASE WHEN h.status" EQ "'open' AND h.expires_at" LE "pg_catalog.now() THEN 'expired'" \
	"  ELSE h.status::pg_catalog.text END," \
	" h.expires_at, h.created_at, h.closed_at, h.reference, h.description, h.metadata"

/* $4: only in these ledgers */
#define BY_ID(name, order) \
	{ \
		name, \
		"SELECT " HOLD_COLUMNS ", $4 IS NULL OR coalesce(h.ledger_id, 1)" EQ "ANY ($4) FROM simplebank.holds h" \
		" WHERE h.id" GT "$1 AND h.id" LT "$2 ORDER BY h.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8OID, INT8OID, INT8OID, INT4ARRAYOID} \
	}

/* $4 are ids. */
#define LISTED(name, order) \
	{ \
		name, \
		"SELECT " HOLD_COLUMNS ", true FROM (SELECT " UNNEST("$4") " id) v," \
		" LATERAL (SELECT * FROM simplebank.holds g" \
		"  WHERE g.id" EQ "v.id AND g.id" GT "$1 AND g.id" LT "$2 OFFSET 0) h" \
		" ORDER BY h.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8OID, INT8OID, INT8OID, INT8ARRAYOID} \
	}

/* The first ones of an account by one of its index. */
#define OF_ACCOUNT(column, order) \
	"(SELECT h.id FROM simplebank.holds h" \
	" WHERE ROW(h." column ", h.id)" GT "ROW(v.id, $1) AND ROW(h." column ", h.id)" LT "ROW(v.id, $2)" \
	" ORDER BY h." column " " order ", h.id " order " LIMIT $3)"

/* Of all these accounts; one between two of them is found twice. */
#define BY_ACCOUNTS(name, order) \
	{ \
		name, \
		"SELECT " HOLD_COLUMNS ", i.read, true FROM" \
		" (SELECT f.id, pg_catalog.sum(pg_catalog.count(*)) OVER ()::pg_catalog.int8 AS read FROM" \
		"  (SELECT " UNNEST("$4") " id) v," \
		"  LATERAL (" OF_ACCOUNT("from_account_id", order) \
		"   UNION ALL " OF_ACCOUNT("to_account_id", order) ") f" \
		"  GROUP BY f.id ORDER BY f.id " order " LIMIT $3) i," \
		" LATERAL (SELECT * FROM simplebank.holds g WHERE g.id" EQ "i.id OFFSET 0) h" \
		" ORDER BY i.id " order, \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8OID, INT8OID, INT8OID, INT8ARRAYOID} \
	}

static SbPlan oldest_holds = BY_ID("oldest_holds", "ASC");
static SbPlan newest_holds = BY_ID("newest_holds", "DESC");
static SbPlan oldest_listed = LISTED("oldest_listed_holds", "ASC");
static SbPlan newest_listed = LISTED("newest_listed_holds", "DESC");
static SbPlan find_reference = {
	"find_hold_reference",
	"SELECT r.hold_id FROM simplebank.ledgers l, simplebank.hold_references r"
	" WHERE r.ledger_id" EQ "l.id AND r.reference" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {TEXTOID}
};
static SbPlan oldest_holds_of = BY_ACCOUNTS("oldest_holds_of", "ASC");
static SbPlan newest_holds_of = BY_ACCOUNTS("newest_holds_of", "DESC");
/* clang-format on */

bool
sb_hold_matches(const SbSearch *search, const TupleTableSlot *slot)
{
	const SbHoldFilter *filter = search->filter;

	return sb_time_fits(slot, SB_HOLD_CREATED_AT, filter->from_time, filter->to_time) &&
		sb_time_fits(slot, SB_HOLD_EXPIRES_AT, filter->from_expiry, filter->to_expiry) &&
		sb_amount_fits(slot, SB_HOLD_AMOUNT, filter->min_amount, filter->max_amount) &&
		sb_text_fits(slot, SB_HOLD_REFERENCE, filter->reference, false) &&
		sb_text_fits(slot, SB_HOLD_STATUS, filter->status, false) &&
		sb_text_fits(slot, SB_HOLD_DESCRIPTION, filter->description, true) &&
		sb_metadata_fits(slot, SB_HOLD_METADATA, filter->metadata);
}

/*
 * All holds of these ledgers.
 */
void
sb_search_holds_by_id(SbSearch *search, const SbLedgers *ledgers)
{
	SbIdPath path = {.oldest = &oldest_holds, .newest = &newest_holds, .below = PG_INT64_MAX};

	path.values[0] = sb_ledger_array(ledgers);
	path.nulls[0] = ledgers == NULL;
	sb_search_by_id(search, &path);
}

/*
 * Those of the money of these accounts, or in their favour.
 */
void
sb_search_holds_of(SbSearch *search, const int64 *account_ids, int count)
{
	SbIdPath path = {.oldest = &oldest_holds_of,
					 .newest = &newest_holds_of,
					 .below = PG_INT64_MAX,
					 .streams = 2 * count};

	path.values[0] = sb_id_array(account_ids, count);
	sb_search_by_id(search, &path);
}

/*
 * Those that have one of these ids.
 */
void
sb_search_holds_listed(SbSearch *search, SbIds *listed)
{
	SbIdPath path = {.oldest = &oldest_listed, .newest = &newest_listed, .below = PG_INT64_MAX};

	sb_search_listed(search, &path, listed);
}

/*
 * The holds that have a reference, one in each ledger at most.
 */
SbIds
sb_store_find_hold_reference(const text *reference)
{
	Datum value = PointerGetDatum(reference);
	SbIds holds = {0};

	sb_plan_run(&find_reference, &value, NULL, sb_keep_listed_id, &holds);
	return holds;
}
