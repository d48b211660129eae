/*
 * backlog.c
 *	  Which requests of enqueue_transfer() wait, found without a look at those
 *	  that have ended.
 *
 * The index of what waits keeps an entry of each request that has ended for as
 * long as some snapshot might see it waiting: for hours beside a dump.  So who
 * posts remembers how far it has looked: up to ticket `passed` it knows which
 * requests wait, and which ids might still come: those of which it has seen no
 * row, until all transactions that can have taken them have ended (README,
 * "Order").  A look goes to these, and to what is behind `passed`, on one
 * snapshot: so whatever it sees, it sees what was committed before, too.
 *
 * It is memory, and no more.  Who has none, or too much of it, or an old one,
 * looks at all that waits.  What is remembered does not depend on what is done
 * with what was found, nor on whether that is committed.
 */
#include "postgres.h"

#include "access/transam.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "store/account.h"
#include "store/backlog.h"
#include "store/sql.h"

/* One statement looks at so many new rows. */
#define LOOKED_AT_ONCE 1000

/* So much is remembered at most, and for so long. */
#define MOST_KNOWN 20000
#define LONGEST_MEMORY (600 * USECS_PER_SEC)

/* Ids at which is looked again. */
typedef struct Known
{
	int64 first;
	int64 last;
	uint64
		decided_at; /* once all transactions before have ended, none comes; 0: a row that waits */
} Known;

typedef struct Memory
{
	Oid relation;
	TimestampTz since;
	int64 passed;
	int count;
	Known *known; /* of MOST_KNOWN */
} Memory;

/* For who enqueues; of one database. */
typedef struct Shared
{
	pg_atomic_uint64 table; /* database and relation */
	pg_atomic_uint64 passed;
	pg_atomic_uint32 waiting; /* up to it */
} Shared;

/* A look at new rows. */
typedef struct NewRows
{
	SbBacklog *backlog;
	int count;
} NewRows;

/* clang-format off */
#define COLUMNS "r.ticket, r.from_account_id, r.to_account_id, r.next_attempt_at, r.origin, r.state" EQ "'waiting'"
static SbPlan find_known = {
	"find_known",
	"SELECT r.* FROM (SELECT " UNNEST("$1") " first, " UNNEST("$2") " last) k,"
	/* not pulled up: the index is asked for each of these ids, and not read from its beginning */
	" LATERAL (SELECT " COLUMNS " FROM simplebank.requests r"
	" WHERE r.state" EQ "'waiting' AND r.ticket" GE "k.first AND r.ticket" LE "k.last OFFSET 0) r",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8ARRAYOID, INT8ARRAYOID}
};
static SbPlan find_new = {
	"find_new",
	"SELECT " COLUMNS " FROM simplebank.requests r WHERE r.ticket" GT "$1 ORDER BY r.ticket LIMIT $2",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, INT8OID}
};
static SbPlan find_last = {
	"find_last",
	"SELECT r.ticket FROM simplebank.requests r ORDER BY r.ticket DESC LIMIT 1",
	SPI_OK_SELECT, .read_only = true
};
static SbPlan count_waiting = {
	"count_waiting",
	"SELECT pg_catalog.count(*) FROM (SELECT FROM simplebank.requests r"
	" WHERE r.state" EQ "'waiting' AND r.ticket" GT "$1 LIMIT $2) r",
	SPI_OK_SELECT, .nargs = 2, .types = {INT8OID, INT8OID}
};
/* clang-format on */

static Memory memory;
static int first_new; /* of what is known: since this look began */
static Shared *shared = NULL;

static void begin_anew(void);
static void look_at_known(SbBacklog *backlog);
static void keep_known(SbBacklog *backlog, TransactionId oldest);
static void keep_row(TupleTableSlot *slot, void *state);
static void keep_new(TupleTableSlot *slot, void *state);
static void add(SbBacklog *backlog, TupleTableSlot *slot);
static void remember(int64 first, int64 last, uint64 decided_at);
static int compare(const void *a, const void *b);
static uint64 table(void);

Size
sb_backlog_memory(void)
{
	return sizeof(Shared);
}

void
sb_backlog_set_up(void)
{
	bool found;

	shared = ShmemInitStruct("simplebank backlog", sb_backlog_memory(), &found);
	if (found)
		return;
	pg_atomic_init_u64(&shared->table, 0);
	pg_atomic_init_u64(&shared->passed, 0);
	pg_atomic_init_u32(&shared->waiting, 0);
}

/*
 * Begins a look, with what is known; its snapshot stays active until it ends.
 */
void
sb_backlog_begin(SbBacklog *backlog)
{
	TransactionId oldest;

	*backlog = (SbBacklog){.room = LOOKED_AT_ONCE};
	backlog->waiting = palloc(sizeof(SbWaiting) * backlog->room);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	oldest = GetActiveSnapshot()->xmin;
	if (memory.known == NULL)
		memory.known = MemoryContextAlloc(TopMemoryContext, sizeof(Known) * MOST_KNOWN);
	if (memory.relation != sb_store_relation("requests") || memory.count >= MOST_KNOWN ||
		GetCurrentTimestamp() > memory.since + LONGEST_MEMORY ||
		GetCurrentTimestamp() < memory.since)
		begin_anew();
	look_at_known(backlog);
	keep_known(backlog, oldest);
	first_new = memory.count;
}

/*
 * All that may wait is up to the last row that there is.
 */
static void
begin_anew(void)
{
	memory.relation = sb_store_relation("requests");
	memory.since = GetCurrentTimestamp();
	memory.passed = 0;
	memory.count = 0;
	sb_plan_run(&find_last, NULL, NULL, sb_keep_int64, &memory.passed);
	if (memory.passed > 0)
		remember(1, memory.passed, U64FromFullTransactionId(ReadNextFullTransactionId()));
}

static void
look_at_known(SbBacklog *backlog)
{
	int64 *first = palloc(sizeof(int64) * Max(memory.count, 1));
	int64 *last = palloc(sizeof(int64) * Max(memory.count, 1));
	Datum values[2];

	if (memory.count == 0)
		return;
	for (int i = 0; i < memory.count; i++)
	{
		first[i] = memory.known[i].first;
		last[i] = memory.known[i].last;
	}
	values[0] = sb_id_array(first, memory.count);
	values[1] = sb_id_array(last, memory.count);
	sb_plan_run(&find_known, values, NULL, keep_row, backlog);
	pfree(first);
	pfree(last);
}

/*
 * Of what was known stays what may still come, and what waits.
 */
static void
keep_known(SbBacklog *backlog, TransactionId oldest)
{
	FullTransactionId next = ReadNextFullTransactionId();
	uint64 ended =
		U64FromFullTransactionId(next) - (uint32) (XidFromFullTransactionId(next) - oldest);
	int kept = 0;
	int different = 0;

	for (int i = 0; i < memory.count; i++)
	{
		if (memory.known[i].decided_at > ended)
			memory.known[kept++] = memory.known[i];
	}
	memory.count = kept;
	/* one that was late is of a range as well */
	qsort(backlog->waiting, backlog->count, sizeof(SbWaiting), compare);
	for (int i = 0; i < backlog->count; i++)
	{
		if (i > 0 && backlog->waiting[i].ticket == backlog->waiting[i - 1].ticket)
			continue;
		backlog->waiting[different++] = backlog->waiting[i];
		remember(backlog->waiting[i].ticket, backlog->waiting[i].ticket, 0);
	}
	backlog->count = different;
}

/*
 * Adds what waits of the rows that come next.
 */
void
sb_backlog_go_on(SbBacklog *backlog)
{
	Datum values[] = {Int64GetDatum(memory.passed), Int64GetDatum(LOOKED_AT_ONCE)};
	NewRows rows = {.backlog = backlog};

	sb_plan_run(&find_new, values, NULL, keep_new, &rows);
	backlog->is_at_end = rows.count < LOOKED_AT_ONCE;
}

/* Of ids before it of which there is no row some may come. */
static void
keep_new(TupleTableSlot *slot, void *state)
{
	NewRows *rows = state;
	int64 ticket = DatumGetInt64(slot->tts_values[0]);

	rows->count++;
	if (ticket > memory.passed + 1)
		remember(memory.passed + 1, ticket - 1, PG_UINT64_MAX);
	memory.passed = ticket;
	if (!DatumGetBool(slot->tts_values[5]))
		return;
	add(rows->backlog, slot);
	remember(ticket, ticket, 0);
}

/*
 * Where there is no room it is forgotten, and with it all that is known.
 */
static void
remember(int64 first, int64 last, uint64 decided_at)
{
	if (memory.count < MOST_KNOWN)
		memory.known[memory.count++] = (Known){first, last, decided_at};
}

static void
keep_row(TupleTableSlot *slot, void *state)
{
	add(state, slot);
}

static void
add(SbBacklog *backlog, TupleTableSlot *slot)
{
	const Datum *values = slot->tts_values;

	if (backlog->count == backlog->room)
	{
		backlog->room *= 2;
		backlog->waiting = repalloc_huge(backlog->waiting, sizeof(SbWaiting) * backlog->room);
	}
	backlog->waiting[backlog->count++] = (SbWaiting){
		.ticket = DatumGetInt64(values[0]),
		.from_account = DatumGetInt64(values[1]),
		.to_account = DatumGetInt64(values[2]),
		.next_attempt_at = slot->tts_isnull[3] ? DT_NOBEGIN : DatumGetTimestampTz(values[3]),
		.is_own = DatumGetInt64(values[4]) == sb_store_request_origin()};
}

static int
compare(const void *a, const void *b)
{
	int64 first = ((const SbWaiting *) a)->ticket;
	int64 second = ((const SbWaiting *) b)->ticket;

	return (first > second) - (first < second);
}

/*
 * Ends a look.  The next transaction is read now, after the snapshot was taken.
 */
void
sb_backlog_end(void)
{
	uint64 next = U64FromFullTransactionId(ReadNextFullTransactionId());
	int waiting = 0;

	PopActiveSnapshot();
	for (int i = 0; i < memory.count; i++)
	{
		if (i >= first_new && memory.known[i].decided_at == PG_UINT64_MAX)
			memory.known[i].decided_at = next;
		waiting += memory.known[i].decided_at == 0;
	}
	if (shared == NULL)
		return;
	pg_atomic_write_u64(&shared->table, 0);
	pg_write_barrier();
	pg_atomic_write_u64(&shared->passed, memory.passed);
	pg_atomic_write_u32(&shared->waiting, waiting);
	pg_write_barrier();
	pg_atomic_write_u64(&shared->table, table());
}

static uint64
table(void)
{
	return (uint64) MyDatabaseId << 32 | sb_store_relation("requests");
}

/*
 * About how many wait, counted up to so many: what who posts has seen last, of
 * which some may have ended since, and what is behind it.
 */
int64
sb_backlog_count(int64 up_to)
{
	int64 passed = 0;
	int64 waiting = 0;
	Datum values[2];
	int64 count;

	if (shared && pg_atomic_read_u64(&shared->table) == table())
	{
		pg_read_barrier();
		passed = (int64) pg_atomic_read_u64(&shared->passed);
		waiting = pg_atomic_read_u32(&shared->waiting);
		pg_read_barrier();
		if (pg_atomic_read_u64(&shared->table) != table())
			passed = waiting = 0;
	}
	values[0] = Int64GetDatum(passed);
	values[1] = Int64GetDatum(up_to);
	sb_plan_run(&count_waiting, values, NULL, sb_keep_int64, &count);
	return waiting + count;
}
