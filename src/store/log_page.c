/*
 * log_page.c
 *	  Positions of the log, and the rows that they are of.
 *
 * The rows of many positions are read by one statement a source.  What a row
 * is of another ledger than these is left out.
 */
#include "postgres.h"

#include "model/account.h"
#include "store/log_page.h"
#include "store/sql.h"

#define IN_LEDGERS(column) "($2 IS NULL OR " column EQ "ANY ($2))"
/* That of the default one is looked up once a run. */
#define LEDGER_NAME(column)                                                                   \
	"CASE " column " WHEN 1 THEN (SELECT l.name FROM simplebank.ledgers l WHERE l.id" EQ "1)" \
	" ELSE (SELECT l.name FROM simplebank.ledgers l WHERE l.id" EQ column ") END"
#define LISTED "(SELECT " UNNEST("$1") " id) v"

/* An entry as it is in an event; a stripe's says so. */
#define ENTRY_OBJECT                                                                                             \
	"pg_catalog.jsonb_build_object('account', " ACCOUNT_OF(                                                      \
		"e.account_id") ", 'version', "                                                                          \
						"e.version, 'amount', e.amount::pg_catalog.text, 'balance', e.balance::pg_catalog.text)" \
						" OPERATOR(pg_catalog.||) CASE WHEN e.account_id" LT                                     \
						"0 THEN pg_catalog.jsonb_build_object('row', e.account_id) ELSE '{}' END"

/* clang-format off */
static SbPlan read_end = {
	"read_log_end",
	"SELECT last_position FROM simplebank.log_segments ORDER BY first_position DESC LIMIT 1",
	SPI_OK_SELECT, .nargs = 0
};
static SbPlan read_entries = {
	"read_log_entries",
	"SELECT s.first_position" PLUS "u.n" MINUS "1, u.source, u.id FROM simplebank.log_segments s,"
	" LATERAL ROWS FROM (pg_catalog.unnest(s.sources), pg_catalog.unnest(s.ids))"
	" WITH ORDINALITY u(source, id, n)"
	" WHERE s.first_position" GE "coalesce((SELECT f.first_position FROM simplebank.log_segments f"
	" WHERE f.first_position" LE "($1" PLUS "1) ORDER BY f.first_position DESC LIMIT 1), 1)"
	" AND (s.first_position" PLUS "u.n" MINUS "1)" GT "$1 ORDER BY s.first_position, u.n LIMIT $2",
	SPI_OK_SELECT, .nargs = 2, .types = {INT8OID, INT8OID}
};
#define TRANSFERS(name, source) \
	{ \
		name, \
		"SELECT t.id, t.posted_at, t.role, t.gateway, " LEDGER_NAME("coalesce(t.ledger_id, 1)") "," \
		" t.effective_at, t.operation, t.reference, t.description, t.metadata, t.reverses, t.hold_id, t.amount," \
		" t.from_account_id, t.from_version, f.amount, f.balance, t.to_account_id, t.to_version, o.amount, o.balance," \
		" CASE WHEN t.from_account_id IS NULL THEN (SELECT pg_catalog.jsonb_agg(" ENTRY_OBJECT " ORDER BY e.leg)" \
		" FROM simplebank.entries e WHERE e.transfer_id" EQ "t.id AND e.leg IS NOT NULL) END FROM " source \
		" LEFT JOIN simplebank.entries f ON f.account_id" EQ "t.from_account_id AND f.version" EQ "t.from_version" \
		" LEFT JOIN simplebank.entries o ON o.account_id" EQ "t.to_account_id AND o.version" EQ "t.to_version" \
		" WHERE " IN_LEDGERS("coalesce(t.ledger_id, 1)"), \
		SPI_OK_SELECT, .nargs = 2, .types = {INT8ARRAYOID, INT4ARRAYOID} \
	}

/* Most are neighbours: to walk through them is cheaper than to look each of them up. */
static SbPlan read_neighbours = TRANSFERS("read_logged_neighbours",
	"(SELECT * FROM simplebank.transfers n WHERE n.id" GE "$1[1] AND n.id" LE "$1[pg_catalog.cardinality($1)] OFFSET 0) t");
static SbPlan read_transfers = TRANSFERS("read_logged_transfers", LISTED " JOIN simplebank.transfers t ON t.id" EQ "v.id");
/*
 * A hold as the event has left it: its row is as the last one has.  What it
 * had captured is what the account had been debited for it.
 */
static SbPlan read_account_events = {
	"read_logged_account_events",
	"SELECT e.id, e.created_at, e.role, e.gateway, " LEDGER_NAME("a.ledger_id") ","
	" e.event, e.account_id, e.version, e.reason, e.before, e.after, h.id, h.to_account_id, h.amount,"
	" coalesce((SELECT pg_catalog.sum(t.amount) FROM simplebank.transfers t WHERE t.hold_id" EQ "h.id"
	"  AND CASE WHEN t.from_account_id" EQ "e.account_id THEN t.from_version" LE "e.version"
	"   ELSE t.posted_at" LE "e.created_at END), 0)::pg_catalog.int8,"
	" CASE e.event WHEN 'hold_placed' THEN 'open' WHEN 'hold_released' THEN 'released' WHEN 'hold_expired' THEN 'expired'"
	"  ELSE CASE WHEN h.status" EQ "'captured' AND NOT EXISTS (SELECT FROM simplebank.account_events n"
	"   WHERE n.hold_id" EQ "e.hold_id AND n.hold_id IS NOT NULL AND n.id" GT "e.id) THEN 'captured' ELSE 'open' END END,"
	" h.expires_at, h.reference, h.description, h.metadata"
	" FROM " LISTED " JOIN simplebank.account_events e ON e.id" EQ "v.id"
	" JOIN simplebank.accounts a ON a.id" EQ ACCOUNT_OF("e.account_id")
	" LEFT JOIN simplebank.holds h ON h.id" EQ "e.hold_id"
	" WHERE " IN_LEDGERS("a.ledger_id"),
	SPI_OK_SELECT, .nargs = 2, .types = {INT8ARRAYOID, INT4ARRAYOID}
};
static SbPlan read_notices = {
	"read_logged_notices",
	"SELECT o.id, o.occurred_at, o.role, o.gateway, " LEDGER_NAME("o.ledger_id") ","
	" o.kind, o.account_id, o.object_id, o.details"
	" FROM " LISTED " JOIN simplebank.notices o ON o.id" EQ "v.id"
	" WHERE " IN_LEDGERS("o.ledger_id"),
	SPI_OK_SELECT, .nargs = 2, .types = {INT8ARRAYOID, INT4ARRAYOID}
};
/* clang-format on */

/* Where the entries that are read go. */
typedef struct EntryList
{
	SbLogEntry *entries;
	int count;
	int64 last;
} EntryList;

/* Which entry has an id. */
typedef struct Key
{
	int64 id; /* MUST BE FIRST: keys are compared by it */
	int number;
} Key;

StaticAssertDecl(offsetof(Key, id) == 0, "keys are compared by their ids");

/* The rows that are wanted, ascending by id. */
typedef struct Wanted
{
	Key *keys;
	int count;
	SbLoggedFunction logged_function;
	void *state;
} Wanted;

static void find_wanted(TupleTableSlot *slot, void *state);
static void keep_entry(TupleTableSlot *slot, void *state);

/*
 * The last position that was given.
 */
int64
sb_log_end(void)
{
	int64 end = 0;

	sb_plan_run(&read_end, NULL, NULL, sb_keep_int64, &end);
	return end;
}

/*
 * The next entries behind a position; returns how many there are.
 */
int
sb_log_read(int64 after, int count, SbLogEntry *entries)
{
	Datum values[] = {Int64GetDatum(after), Int64GetDatum(count)};
	EntryList list = {.entries = entries, .last = after};

	sb_plan_run(&read_entries, values, NULL, keep_entry, &list);
	return list.count;
}

static void
keep_entry(TupleTableSlot *slot, void *state)
{
	EntryList *list = state;
	int64 position = DatumGetInt64(slot->tts_values[0]);

	if (position != list->last + 1)
		elog(ERROR, "position " INT64_FORMAT " follows " INT64_FORMAT, position, list->last);
	list->last = position;
	list->entries[list->count++] = (SbLogEntry){.position = position,
												.source = DatumGetChar(slot->tts_values[1]),
												.id = DatumGetInt64(slot->tts_values[2])};
}

/*
 * The rows of those entries that are of a source, in no order; ledgers may be
 * NULL.
 */
void
sb_log_read_rows(const SbLogEntry *entries, int count, char source, const SbLedgers *ledgers,
				 SbLoggedFunction logged_function, void *state)
{
	bool nulls[] = {false, ledgers == NULL};
	int64 *ids = palloc(sizeof(int64) * Max(count, 1));
	Wanted wanted = {.keys = palloc(sizeof(Key) * Max(count, 1)),
					 .logged_function = logged_function,
					 .state = state};
	SbPlan *plan = source == 'e' ? &read_account_events : &read_notices;
	Datum values[2];

	for (int i = 0; i < count; i++)
	{
		if (entries[i].source == source)
			wanted.keys[wanted.count++] = (Key){.id = entries[i].id, .number = i};
	}
	if (wanted.count == 0)
		return;
	qsort(wanted.keys, wanted.count, sizeof(Key), sb_compare_ids);
	for (int i = 0; i < wanted.count; i++)
		ids[i] = wanted.keys[i].id;
	if (source == 't')
		plan =
			ids[wanted.count - 1] - ids[0] < 2 * wanted.count ? &read_neighbours : &read_transfers;
	values[0] = sb_id_array(ids, wanted.count);
	values[1] = sb_ledger_array(ledgers);
	sb_plan_run(plan, values, nulls, find_wanted, &wanted);
}

static void
find_wanted(TupleTableSlot *slot, void *state)
{
	const Wanted *wanted = state;
	int64 id = DatumGetInt64(slot->tts_values[SB_LOGGED_ID]);
	const Key *key = bsearch(&id, wanted->keys, wanted->count, sizeof(Key), sb_compare_ids);

	if (key)
		wanted->logged_function(key->number, slot, wanted->state);
}
