/*
 * search_event.c
 *	  The paths to events of accounts, and what is judged of them.
 *
 * A customer is told who did something, and why, where it was itself: what the
 * bank's people note about an account is not meant for its owner.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "store/search_event.h"
#include "store/sql.h"

/* clang-format off */
/* role and reason of those of this role alone; NULL: of all */
#define EVENT_COLUMNS(role) \
	"v.id, v.account_id, v.event, v.version, v.hold_id, v.created_at," \
	" CASE WHEN coalesce(v.role" EQ role ", true) THEN v.role END," \
	" CASE WHEN coalesce(v.role" EQ role ", true) THEN v.gateway END," \
	" CASE WHEN coalesce(v.role" EQ role ", true) THEN v.reason END, v.before, v.after"

/* $4: only in these ledgers */
#define BY_ID(name, order) \
	{ \
		name, \
		"SELECT " EVENT_COLUMNS("NULL") ", $4 IS NULL OR EXISTS (SELECT FROM simplebank.accounts a" \
		" WHERE a.id" EQ "v.account_id AND a.ledger_id" EQ "ANY ($4)) FROM simplebank.account_events v" \
		" WHERE v.id" GT "$1 AND v.id" LT "$2 ORDER BY v.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 4, \
		.types = {INT8OID, INT8OID, INT8OID, INT4ARRAYOID} \
	}

#define BY_HOLD(name, order) \
	{ \
		name, \
		"SELECT " EVENT_COLUMNS("$6") ", $5 IS NULL OR v.account_id" EQ "$5 FROM simplebank.account_events v" \
		" WHERE v.hold_id IS NOT NULL AND ROW(v.hold_id, v.id)" GT "ROW($4, $1)" \
		" AND ROW(v.hold_id, v.id)" LT "ROW($4, $2)" \
		" ORDER BY v.hold_id " order ", v.id " order " LIMIT $3", \
		SPI_OK_SELECT, .read_only = true, .nargs = 6, \
		.types = {INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID} \
	}

#define BY_ACCOUNTS(name, order) \
	{ \
		name, \
		"SELECT " EVENT_COLUMNS("$5") ", i.read, true FROM" \
		" (SELECT f.id, pg_catalog.count(*) OVER () AS read FROM" \
		"  (SELECT " UNNEST("$4") " id) a," \
		"  LATERAL (SELECT e.id FROM simplebank.account_events e" \
		"   WHERE ROW(e.account_id, e.id)" GT "ROW(a.id, $1) AND ROW(e.account_id, e.id)" LT "ROW(a.id, $2)" \
		"   ORDER BY e.account_id " order ", e.id " order " LIMIT $3) f" \
		"  ORDER BY f.id " order " LIMIT $3) i," \
		" LATERAL (SELECT * FROM simplebank.account_events g WHERE g.id" EQ "i.id OFFSET 0) v" \
		" ORDER BY i.id " order, \
		SPI_OK_SELECT, .read_only = true, .nargs = 5, \
		.types = {INT8OID, INT8OID, INT8OID, INT8ARRAYOID, TEXTOID} \
	}

static SbPlan oldest_events = BY_ID("oldest_events", "ASC");
static SbPlan newest_events = BY_ID("newest_events", "DESC");
static SbPlan oldest_events_of = BY_ACCOUNTS("oldest_events_of", "ASC");
static SbPlan newest_events_of = BY_ACCOUNTS("newest_events_of", "DESC");
static SbPlan oldest_events_of_hold = BY_HOLD("oldest_events_of_hold", "ASC");
static SbPlan newest_events_of_hold = BY_HOLD("newest_events_of_hold", "DESC");
/* clang-format on */

bool
sb_event_matches(const SbSearch *search, const TupleTableSlot *slot)
{
	const SbEventFilter *filter = search->filter;

	return sb_time_fits(slot, SB_EVENT_CREATED_AT, filter->from_time, filter->to_time) &&
		sb_int64_fits(slot, SB_EVENT_HOLD_ID, filter->hold_id) &&
		sb_text_fits(slot, SB_EVENT_NAME, filter->event, false) &&
		sb_text_fits(slot, SB_EVENT_ROLE, filter->role, false);
}

/*
 * All events of these ledgers.
 */
void
sb_search_events_by_id(SbSearch *search, const SbLedgers *ledgers)
{
	SbIdPath path = {.oldest = &oldest_events, .newest = &newest_events, .below = PG_INT64_MAX};

	path.values[0] = sb_ledger_array(ledgers);
	path.nulls[0] = ledgers == NULL;
	sb_search_by_id(search, &path);
}

/*
 * Those of these accounts; only_role: see EVENT_COLUMNS, may be NULL.
 */
void
sb_search_events_of(SbSearch *search, const int64 *account_ids, int count, const char *only_role)
{
	SbIdPath path = {.oldest = &oldest_events_of,
					 .newest = &newest_events_of,
					 .below = PG_INT64_MAX,
					 .streams = count};

	path.values[0] = sb_id_array(account_ids, count);
	path.values[1] = only_role ? CStringGetTextDatum(only_role) : 0;
	path.nulls[1] = only_role == NULL;
	sb_search_by_id(search, &path);
}

/*
 * Those of a hold; account_id may be NULL.
 */
void
sb_search_events_of_hold(SbSearch *search, int64 hold_id, const int64 *account_id,
						 const char *only_role)
{
	SbIdPath path = {
		.oldest = &oldest_events_of_hold, .newest = &newest_events_of_hold, .below = PG_INT64_MAX};

	path.values[0] = Int64GetDatum(hold_id);
	path.values[1] = account_id ? Int64GetDatum(*account_id) : 0;
	path.nulls[1] = account_id == NULL;
	path.values[2] = only_role ? CStringGetTextDatum(only_role) : 0;
	path.nulls[2] = only_role == NULL;
	sb_search_by_id(search, &path);
}
