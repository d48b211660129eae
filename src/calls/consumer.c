/*
 * consumer.c
 *	  Consumers of events: who follows the log, and how far each has got.
 *
 * A consumer is read by one session at a time: the one that was given what is
 * not acknowledged yet, as long as it lives, and while it reads it has locked
 * the consumer's row.  What it was given is given again until it is
 * acknowledged.
 *
 * Events are made for the role whose consumer it is, whoever of its members
 * reads.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/wake.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/event.h"
#include "calls/standing.h"
#include "store/consumer.h"
#include "store/event.h"
#include "store/log_page.h"
#include "teller/log.h"

#define MAX_ROWS 10000

/* So many positions a call looks at, where most are not for the consumer. */
#define MAX_LOOKED_AT 100000

/* So many positions are read at once; what they need of memory is free again then. */
#define PORTION 250
#define SMALLEST_PORTION 25
#define PORTION_BYTES (1024 * 1024)

/* A page ends where its events have so many bytes. */
#define MAX_PAGE_BYTES (16 * 1024 * 1024)

/* One call of read_events(). */
typedef struct EventPage
{
	ReturnSetInfo *answer;
	SbKinds kinds; /* that the consumer is for, and may see */
	SbLedgers *ledgers;
	int64 position; /* up to which it was looked */
	int64 last;		/* that it gives */
	int64 looked_at;
	int64 bytes;
	int max_rows;
	int rows;
} EventPage;

/* Some positions of it. */
typedef struct Portion
{
	const EventPage *page;
	const SbLogEntry *entries;
	char source;		   /* that is being read */
	MemoryContext scratch; /* of an event */
	HeapTuple events[PORTION];
} Portion;

static SbKinds read_kinds(FunctionCallInfo fcinfo, int number);
static char *choose_role(const SbScope *scope, const text *role);
static void require_reader(const SbScope *scope, const char *role, SbKinds *kinds,
						   SbLedgers **ledgers);
static void find_consumer(const SbScope *scope, text *name, bool is_locked, SbConsumer *consumer);
static void read_page(const SbScope *scope, text *name, EventPage *page);
static bool read_locked(const SbScope *scope, text *name, EventPage *page);
static void go_through(EventPage *page);
static bool give_portion(EventPage *page, const SbLogEntry *entries, int count,
						 MemoryContext scratch);
static void make_event(int number, TupleTableSlot *slot, void *state);
static void record(const char *action, const SbConsumer *consumer);

PG_FUNCTION_INFO_V1(simplebank_create_consumer);
PG_FUNCTION_INFO_V1(simplebank_read_events);
PG_FUNCTION_INFO_V1(simplebank_ack_events);
PG_FUNCTION_INFO_V1(simplebank_seek_consumer);
PG_FUNCTION_INFO_V1(simplebank_drop_consumer);

#define DOES (SB_WRITES | SB_AT_ANY_TIME | SB_ON_SUBSCRIBERS)

Datum
simplebank_create_consumer(PG_FUNCTION_ARGS)
{
	SbConsumer consumer = {.name = sb_arg_short_text(fcinfo, 0, "name"),
						   .kinds = read_kinds(fcinfo, 1)};
	bool is_from_now = PG_ARGISNULL(2);
	int64 from_position = is_from_now ? 0 : sb_arg_int64(fcinfo, 2, "from_position");
	text *role = sb_arg_optional_short_text(fcinfo, 3, "role");
	SbKinds kinds = consumer.kinds;
	SbLedgers *ledgers;
	SbScope scope;
	Datum row;
	int64 end;

	sb_enter(&scope, fcinfo, DOES);
	consumer.role = choose_role(&scope, role);
	require_reader(&scope, consumer.role, &kinds, &ledgers);
	if (consumer.kinds != SB_ALL_KINDS && kinds != consumer.kinds)
		sb_raise_forbidden(&scope,
						   "Kinds of how the bank is run are for administrators and auditors.");
	sb_log_catch_up();
	end = sb_log_end();
	if (!is_from_now && (from_position < 0 || from_position > end))
		sb_raise_invalid("from_position",
						 psprintf("It is 0 to " INT64_FORMAT ", the log's last position.", end));
	consumer.acknowledged = is_from_now ? end : from_position;
	row =
		sb_store_add_consumer(&consumer, PG_ARGISNULL(1) ? 0 : PG_GETARG_DATUM(1), PG_ARGISNULL(1));
	if (row == 0)
		sb_raise_invalid("name", "There is a consumer of that name.");
	record("create_consumer", &consumer);
	/* whose commit tells the log worker that there is a reader */
	sb_wake_want(SB_WAKE_LOG, true);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

static SbKinds
read_kinds(FunctionCallInfo fcinfo, int number)
{
	SbColumn names = sb_arg_column(fcinfo, number, "kinds", TEXTOID, false);
	SbKinds kinds = 0;

	if (PG_ARGISNULL(number))
		return SB_ALL_KINDS;
	if (names.count == 0)
		sb_raise_invalid("kinds", "It has a kind, or is NULL, which is all of them.");
	for (int i = 0; i < names.count; i++)
	{
		SbKinds named = names.nulls[i] ? 0 : sb_kinds_named(TextDatumGetCString(names.values[i]));

		if (named == 0)
			sb_raise_invalid("kinds",
							 psprintf("They are %s, or the first word of them.", sb_kind_names()));
		kinds |= named;
	}
	return kinds;
}

/* Whose consumer it is to be. */
static char *
choose_role(const SbScope *scope, const text *role)
{
	char *name = role ? text_to_cstring(role) : sb_caller_role();

	if (role && strcmp(name, sb_caller_role()) != 0)
		sb_require_admin(scope, "A consumer is given to another role by an administrator.");
	if (strlen(name) >= NAMEDATALEN || !OidIsValid(get_role_oid(name, true)))
		sb_raise_invalid("role", "There is no such role.");
	return name;
}

/*
 * Raises where a role has not, or no more, what a consumer shows.  Of kinds
 * those are left that it may see; ledgers are those that it has.
 */
static void
require_reader(const SbScope *scope, const char *role, SbKinds *kinds, SbLedgers **ledgers)
{
	Oid oid = get_role_oid(role, true);
	const SbStanding *standing = OidIsValid(oid) ? sb_standing_of(oid) : NULL;

	if (standing == NULL || !(standing->is_admin || standing->is_auditor || standing->is_teller))
		sb_raise_forbidden(
			scope,
			psprintf(
				"Role \"%s\", whose consumer it is, is neither an administrator nor an auditor nor a teller.",
				role));
	if (!standing->is_admin && !standing->is_auditor)
		*kinds &= sb_kinds_for_tellers();
	*ledgers = sb_ledgers_of(standing);
}

/*
 * Raises where there is none, for the caller.
 */
static void
find_consumer(const SbScope *scope, text *name, bool is_locked, SbConsumer *consumer)
{
	if (sb_store_read_consumer(name, is_locked, consumer))
	{
		Oid role = get_role_oid(consumer->role, true);

		if (sb_standing_of(scope->caller)->is_admin ||
			(OidIsValid(role) && has_privs_of_role(scope->caller, role)))
			return;
	}
	sb_raise(&(SbRefusal){.code = SB_CONSUMER_NOT_FOUND, .what = text_to_cstring(name)});
}

Datum
simplebank_read_events(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "consumer");
	EventPage page = {.max_rows = sb_arg_int32(fcinfo, 1, "max_rows")};
	SbScope scope;

	if (page.max_rows < 1 || page.max_rows > MAX_ROWS)
		sb_raise_invalid("max_rows", psprintf("It is 1 to %d.", MAX_ROWS));
	InitMaterializedSRF(fcinfo, 0);
	page.answer = (ReturnSetInfo *) fcinfo->resultinfo;

	sb_enter(&scope, fcinfo, DOES);
	read_page(&scope, name, &page);
	sb_leave(&scope);
	return (Datum) 0;
}

/*
 * Where there is nothing, the log may have to catch up.  While there is
 * nothing, nothing is locked or written: who asks often costs little.
 */
static void
read_page(const SbScope *scope, text *name, EventPage *page)
{
	bool has_caught_up = false;

	for (;;)
	{
		SbConsumer consumer;
		SbKinds kinds = SB_ALL_KINDS;
		SbLedgers *ledgers;

		find_consumer(scope, name, false, &consumer);
		require_reader(scope, consumer.role, &kinds, &ledgers);
		if (!has_caught_up && sb_log_end() - consumer.acknowledged < page->max_rows)
		{
			/* what had been committed before the call is to be in the page */
			sb_log_catch_up();
			has_caught_up = true;
		}
		if (consumer.acknowledged < sb_log_end() && read_locked(scope, name, page))
			return;
		if (has_caught_up)
			return;
		sb_log_catch_up();
		has_caught_up = true;
	}
}

/*
 * Reads with the consumer locked.  False: up to the log's end there is nothing
 * for it.
 */
static bool
read_locked(const SbScope *scope, text *name, EventPage *page)
{
	SbConsumer consumer;
	bool is_outstanding;

	find_consumer(scope, name, true, &consumer);
	is_outstanding = consumer.read_up_to > consumer.acknowledged;
	if (is_outstanding && !sb_is_this_session(&consumer.reader) &&
		sb_session_lives(&consumer.reader))
		return true;
	page->kinds = consumer.kinds;
	require_reader(scope, consumer.role, &page->kinds, &page->ledgers);
	page->position = consumer.acknowledged;
	go_through(page);
	if (page->rows > 0)
	{
		consumer.read_up_to = Max(consumer.read_up_to, page->last);
		consumer.reader = sb_this_session();
	}
	else if (page->position > consumer.acknowledged && page->position >= consumer.read_up_to)
	{
		/* nothing of it was for the consumer */
		consumer.acknowledged = consumer.read_up_to = page->position;
		consumer.reader = (SbSession){0};
	}
	else
		return is_outstanding;
	(void) sb_store_move_consumer(&consumer);
	return page->rows > 0 || page->looked_at >= MAX_LOOKED_AT;
}

static void
go_through(EventPage *page)
{
	/* large enough at once for most portions, so that they take and give back no memory */
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "simplebank events", 0,
												  PORTION_BYTES, 8 * PORTION_BYTES);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "simplebank event", 0,
												  64 * 1024, ALLOCSET_DEFAULT_MAXSIZE);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	while (page->rows < page->max_rows && page->bytes < MAX_PAGE_BYTES &&
		   page->looked_at < MAX_LOOKED_AT)
	{
		SbLogEntry entries[PORTION];
		int wanted = Min(PORTION, Max(page->max_rows - page->rows, SMALLEST_PORTION));
		int count = sb_log_read(page->position, wanted, entries);

		if (!give_portion(page, entries, count, scratch) || count < wanted)
			break;
		MemoryContextReset(context);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(scratch);
	MemoryContextDelete(context);
}

/*
 * Gives the events of some positions, in their order; false: the page is full.
 */
static bool
give_portion(EventPage *page, const SbLogEntry *entries, int count, MemoryContext scratch)
{
	static const char sources[] = {'t', 'e', 'n'};
	Portion portion = {.page = page, .entries = entries, .scratch = scratch};

	for (int i = 0; i < (int) lengthof(sources); i++)
	{
		portion.source = sources[i];
		if (page->kinds & sb_kinds_of_source(sources[i]))
			sb_log_read_rows(entries, count, sources[i], page->ledgers, make_event, &portion);
	}
	for (int i = 0; i < count; i++)
	{
		if (portion.events[i])
		{
			if (page->rows == page->max_rows || page->bytes >= MAX_PAGE_BYTES)
				return false;
			tuplestore_puttuple(page->answer->setResult, portion.events[i]);
			page->bytes += portion.events[i]->t_len;
			page->last = entries[i].position;
			page->rows++;
		}
		page->position = entries[i].position;
		page->looked_at++;
	}
	return true;
}

static void
make_event(int number, TupleTableSlot *slot, void *state)
{
	Portion *portion = state;
	SbEventRow row = {.position = portion->entries[number].position};
	MemoryContext old_context = MemoryContextSwitchTo(portion->scratch);
	char *kind = sb_event_kind(portion->source, slot);
	bool is_wanted = (sb_kind(kind) & portion->page->kinds) != 0;

	if (is_wanted)
		sb_event_make(portion->source, kind, slot, &row);
	MemoryContextSwitchTo(old_context);
	if (is_wanted)
		portion->events[number] =
			heap_form_tuple(portion->page->answer->setDesc, row.values, row.nulls);
	MemoryContextReset(portion->scratch);
}

Datum
simplebank_ack_events(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "consumer");
	int64 up_to = sb_arg_int64(fcinfo, 1, "up_to");
	SbConsumer consumer;
	SbScope scope;
	Datum row;

	sb_enter(&scope, fcinfo, DOES);
	find_consumer(&scope, name, true, &consumer);
	if (up_to < consumer.acknowledged)
		sb_raise_invalid("up_to",
						 psprintf("It is acknowledged up to position " INT64_FORMAT
								  "; seek_consumer() goes back.",
								  consumer.acknowledged));
	if (up_to > consumer.read_up_to)
		sb_raise(
			&(SbRefusal){.code = SB_POSITION_NOT_READ, .have = consumer.read_up_to, .need = up_to});
	consumer.acknowledged = up_to;
	if (up_to == consumer.read_up_to)
		consumer.reader = (SbSession){0};
	row = sb_store_move_consumer(&consumer);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

Datum
simplebank_seek_consumer(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "consumer");
	int64 position = sb_arg_int64(fcinfo, 1, "position");
	SbConsumer consumer;
	SbScope scope;
	Datum row;
	int64 end;

	sb_enter(&scope, fcinfo, DOES);
	find_consumer(&scope, name, true, &consumer);
	end = sb_log_end();
	if (position < 0 || position > end)
		sb_raise_invalid("position",
						 psprintf("It is 0 to " INT64_FORMAT ", the log's last position.", end));
	consumer.acknowledged = consumer.read_up_to = position;
	consumer.reader = (SbSession){0};
	row = sb_store_move_consumer(&consumer);
	record("seek_consumer", &consumer);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

Datum
simplebank_drop_consumer(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "consumer");
	SbConsumer consumer;
	SbScope scope;

	sb_enter(&scope, fcinfo, DOES);
	find_consumer(&scope, name, true, &consumer);
	sb_store_drop_consumer(&consumer);
	record("drop_consumer", &consumer);
	sb_leave(&scope);
	PG_RETURN_VOID();
}

static void
record(const char *action, const SbConsumer *consumer)
{
	SbArgument details[] = {
		{"name", TEXTOID, PointerGetDatum(consumer->name), false},
		{"role", TEXTOID, CStringGetTextDatum(consumer->role), false},
		{"position", INT8OID, Int64GetDatum(consumer->acknowledged), false},
	};

	sb_store_audit(action, sb_arguments_object(details, lengthof(details)), NULL, false);
}
