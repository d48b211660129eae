/*
 * search_account.c
 *	  The paths to accounts, and what is judged of them.
 *
 * Stripes are no accounts: they have ids below 0, and count to theirs.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "store/search_account.h"
#include "store/sql.h"

/* clang-format off */
#define ACCOUNT_COLUMNS \
	"a.id, a.owner, a.code, a.name, a.currency, a.kind::pg_catalog.text, a.status::pg_catalog.text, a.is_system," \
	" a.balance" PLUS "CASE WHEN a.stripes IS NULL THEN 0 ELSE (SELECT coalesce(pg_catalog.sum(s.balance), 0)::pg_catalog.int8" \
	"  FROM simplebank.accounts s WHERE s.id" LE MINUS "(a.id OPERATOR(pg_catalog.*) 256)" \
	"  AND s.id" GT MINUS "((a.id" PLUS "1) OPERATOR(pg_catalog.*) 256)) END," \
	" a.held, a.min_balance, a.max_balance, a.stripes, a.created_at, a.metadata"

/* $4: only in these ledgers */
#define BY_ID(name, order) \
	{ \
		name, \
		"SELECT " ACCOUNT_COLUMNS ", $4 IS NULL OR a.ledger_id" EQ "ANY ($4) FROM simplebank.accounts a" \
		" WHERE a.id" GT "$1 AND a.id" LT "$2 ORDER BY a.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8OID, INT8OID, INT8OID, INT4ARRAYOID} \
	}

/* $4 are ids. */
#define LISTED(name, order) \
	{ \
		name, \
		"SELECT " ACCOUNT_COLUMNS ", true FROM (SELECT " UNNEST("$4") " id) v," \
		" LATERAL (SELECT * FROM simplebank.accounts b" \
		"  WHERE b.id" EQ "v.id AND b.id" GT "$1 AND b.id" LT "$2 OFFSET 0) a" \
		" ORDER BY a.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8OID, INT8OID, INT8OID, INT8ARRAYOID} \
	}

/* $5: without the bank's own; $6: only in these ledgers */
#define BY_OWNER(name, order) \
	{ \
		name, \
		"SELECT " ACCOUNT_COLUMNS ", NOT ($5 AND a.is_system) AND ($6 IS NULL OR a.ledger_id" EQ "ANY ($6))" \
		" FROM simplebank.accounts a" \
		" WHERE ROW(a.owner, a.id)" GT "ROW($4, $1) AND ROW(a.owner, a.id)" LT "ROW($4, $2)" \
		" ORDER BY a.owner " order ", a.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 6, \
		.types = {INT8OID, INT8OID, INT8OID, TEXTOID, BOOLOID, INT4ARRAYOID} \
	}

static SbPlan oldest_accounts = BY_ID("oldest_accounts", "ASC");
static SbPlan newest_accounts = BY_ID("newest_accounts", "DESC");
static SbPlan oldest_listed = LISTED("oldest_listed_accounts", "ASC");
static SbPlan newest_listed = LISTED("newest_listed_accounts", "DESC");
static SbPlan find_code = {
	"find_code_of_ledgers",
	"SELECT c.account_id FROM simplebank.ledgers l, simplebank.account_codes c"
	" WHERE c.ledger_id" EQ "l.id AND c.code" EQ "$1 AND ($2 IS NULL OR l.id" EQ "ANY ($2))",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {TEXTOID, INT4ARRAYOID}
};
static SbPlan oldest_accounts_of = BY_OWNER("oldest_accounts_of", "ASC");
static SbPlan newest_accounts_of = BY_OWNER("newest_accounts_of", "DESC");
static SbPlan read_own_rows = {
	"read_own_rows",
	"SELECT id, version FROM simplebank.accounts"
	" WHERE owner" EQ "$1 AND NOT is_system AND ($3 IS NULL OR ledger_id" EQ "ANY ($3))"
	" ORDER BY id LIMIT $2",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {TEXTOID, INT8OID, INT4ARRAYOID}
};
/* clang-format on */

static void keep_row(TupleTableSlot *slot, void *state);

bool
sb_account_matches(const SbSearch *search, const TupleTableSlot *slot)
{
	const SbAccountFilter *filter = search->filter;

	return sb_time_fits(slot, SB_ACCOUNT_CREATED_AT, filter->from_time, filter->to_time) &&
		sb_text_fits(slot, SB_ACCOUNT_OWNER, filter->owner, false) &&
		sb_text_fits(slot, SB_ACCOUNT_CODE, filter->code, false) &&
		sb_text_fits(slot, SB_ACCOUNT_NAME, filter->name, true) &&
		sb_text_fits(slot, SB_ACCOUNT_CURRENCY, filter->currency, false) &&
		sb_text_fits(slot, SB_ACCOUNT_KIND, filter->kind, false) &&
		sb_text_fits(slot, SB_ACCOUNT_STATUS, filter->status, false) &&
		sb_metadata_fits(slot, SB_ACCOUNT_METADATA, filter->metadata);
}

/*
 * All accounts of these ledgers.
 */
void
sb_search_accounts_by_id(SbSearch *search, const SbLedgers *ledgers)
{
	SbIdPath path = {.oldest = &oldest_accounts, .newest = &newest_accounts, .below = PG_INT64_MAX};

	path.values[0] = sb_ledger_array(ledgers);
	path.nulls[0] = ledgers == NULL;
	sb_search_by_id(search, &path);
}

/*
 * Those of an owner in these ledgers; restricted: without the bank's own.
 */
void
sb_search_accounts_of(SbSearch *search, const SbLedgers *ledgers, text *owner, bool restricted)
{
	SbIdPath path = {
		.oldest = &oldest_accounts_of, .newest = &newest_accounts_of, .below = PG_INT64_MAX};

	path.values[0] = PointerGetDatum(owner);
	path.values[1] = BoolGetDatum(restricted);
	path.values[2] = sb_ledger_array(ledgers);
	path.nulls[2] = ledgers == NULL;
	sb_search_by_id(search, &path);
}

/*
 * Those that have one of these ids.
 */
void
sb_search_accounts_listed(SbSearch *search, SbIds *listed)
{
	SbIdPath path = {.oldest = &oldest_listed, .newest = &newest_listed, .below = PG_INT64_MAX};

	sb_search_listed(search, &path, listed);
}

/*
 * The accounts of these ledgers that have a code, one in each at most.
 */
SbIds
sb_search_code(const SbLedgers *ledgers, const text *code)
{
	Datum values[] = {PointerGetDatum(code), sb_ledger_array(ledgers)};
	bool nulls[] = {false, ledgers == NULL};
	SbIds accounts = {0};

	sb_plan_run(&find_code, values, nulls, sb_keep_listed_id, &accounts);
	return accounts;
}

/*
 * The rows of a customer's accounts in these ledgers, stripes included, ascending by id.
 */
void
sb_store_read_own_rows(const char *owner, const SbLedgers *ledgers, int64 limit,
					   SbHistoryRows *rows)
{
	Datum values[] = {CStringGetTextDatum(owner), Int64GetDatum(limit), sb_ledger_array(ledgers)};
	bool nulls[] = {false, false, ledgers == NULL};

	sb_plan_run(&read_own_rows, values, nulls, keep_row, rows);
}

static void
keep_row(TupleTableSlot *slot, void *state)
{
	SbHistoryRows *rows = state;

	if (rows->count == rows->room)
	{
		rows->room = Max(rows->room * 2, 16);
		rows->rows = rows->rows ? repalloc_huge(rows->rows, sizeof(SbAccount) * rows->room)
								: palloc(sizeof(SbAccount) * rows->room);
	}
	rows->rows[rows->count++] = (SbAccount){.id = DatumGetInt64(slot->tts_values[0]),
											.version = DatumGetInt64(slot->tts_values[1])};
}
