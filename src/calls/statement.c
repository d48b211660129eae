/*
 * statement.c
 *	  statement: opening line, entries with running balance, closing line.
 *
 * The versions at both ends are found by halving (store/entry.c), so that a page
 * reads its own entries and little else.  The pages of a statement together
 * are the statement: the opening line is on the first one, the closing line
 * on the last.
 *
 * An account with stripes has a history in each of its rows.  Its statement
 * has their entries in the order of their times, numbers them in that order
 * instead of by their rows' versions, and adds up the balance.  Which entries
 * come before a number is found by halving the time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "calls/account.h"
#include "base/amount.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "store/entry.h"
#include "store/account.h"
#include "store/stripe.h"

/* What a statement is made from: versions are of each row. */
typedef struct History
{
	int nrows;
	SbAccount *rows; /* stripes, and the account's own, ascending by id */
	int64 *opening;	 /* the last version before the statement */
	int64 *closing;	 /* the last one in it */
} History;

/* Lines that are put together from several rows. */
typedef struct Lines
{
	ReturnSetInfo *rsinfo;
	int64 number;
	int64 balance;
} Lines;

static void read_history(History *history, const SbAccount *account, TimestampTz from_time,
						 TimestampTz to_time);
static int64 *versions_at(const History *history, TimestampTz at, bool inclusive);
static int64 count_of(const History *history, const int64 *versions);
static int64 balance_of(const History *history, const int64 *versions);
static int64 *first_versions(const History *history, int64 count);
static uint64 put_entries(ReturnSetInfo *rsinfo, const History *history, int64 first, bool has_max,
						  int32 max_rows);
static void put_part(TupleTableSlot *slot, void *state);
static void put_line(ReturnSetInfo *rsinfo, const char *line, TimestampTz at, int64 balance);
static void put_entry(TupleTableSlot *slot, void *state);

PG_FUNCTION_INFO_V1(simplebank_statement);

Datum
simplebank_statement(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	TimestampTz from_time = sb_arg_time(fcinfo, 1, "from_time");
	TimestampTz to_time = sb_arg_time(fcinfo, 2, "to_time");
	bool first_page = PG_ARGISNULL(3);
	int64 after_version = first_page ? 0 : PG_GETARG_INT64(3);
	bool has_max = !PG_ARGISNULL(4);
	int32 max_rows = has_max ? PG_GETARG_INT32(4) : 0;
	SbScope scope;
	SbAccount account;
	History history;
	int64 first;
	uint64 lines;

	if (from_time > to_time)
		sb_raise_invalid("from_time", "It is not later than to_time.");
	if (after_version < 0)
		sb_raise_invalid("after_version", "It is not negative.");
	if (has_max && max_rows < 1)
		sb_raise_invalid("max_rows", "It is at least 1.");
	InitMaterializedSRF(fcinfo, 0);

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_require_own(&scope, account_id);
	if (!sb_store_read_account(account_id, &account))
		sb_raise_account_not_found(account_id);
	read_history(&history, &account, from_time, to_time);
	if (first_page)
		put_line(rsinfo, "opening", from_time, balance_of(&history, history.opening));
	first = Max(count_of(&history, history.opening), after_version);
	lines = put_entries(rsinfo, &history, first, has_max, max_rows);
	if (first + (int64) lines >= count_of(&history, history.closing))
		put_line(rsinfo, "closing", to_time, balance_of(&history, history.closing));
	sb_leave(&scope);
	return (Datum) 0;
}

static void
read_history(History *history, const SbAccount *account, TimestampTz from_time, TimestampTz to_time)
{
	history->rows = palloc(sizeof(SbAccount) * (SB_MAX_STRIPES + 1));
	history->nrows = sb_stripes_read(account, history->rows);
	history->rows[history->nrows++] = *account;
	history->opening = versions_at(history, from_time, false);
	history->closing = versions_at(history, to_time, false);
}

static int64 *
versions_at(const History *history, TimestampTz at, bool inclusive)
{
	int64 *versions = palloc(sizeof(int64) * history->nrows);

	for (int i = 0; i < history->nrows; i++)
		versions[i] = sb_last_version(&history->rows[i], at, inclusive);
	return versions;
}

/* How many entries are up to these versions? */
static int64
count_of(const History *history, const int64 *versions)
{
	int64 count = 0;

	for (int i = 0; i < history->nrows; i++)
		count += versions[i];
	return count;
}

static int64
balance_of(const History *history, const int64 *versions)
{
	int64 balance = 0;

	for (int i = 0; i < history->nrows; i++)
	{
		if (!sb_add(balance, sb_balance_of_version(history->rows[i].id, versions[i]), &balance))
			sb_raise(&(SbRefusal){.code = SB_OUT_OF_RANGE,
								  .account_id = history->rows[history->nrows - 1].id});
	}
	return balance;
}

/*
 * The versions of the first so many entries of the statement's order: by
 * time, and of those of one time by row.
 */
static int64 *
first_versions(const History *history, int64 count)
{
	TimestampTz before = MIN_TIMESTAMP; /* up to then there are fewer */
	TimestampTz up_to = MIN_TIMESTAMP;	/* up to then there are as many, or more */
	int64 *versions;
	int64 *same_time;
	int64 missing;

	if (history->nrows == 1)
	{
		versions = palloc(sizeof(int64));
		versions[0] = count;
		return versions;
	}
	if (count <= count_of(history, history->opening))
		return history->opening;
	if (count >= count_of(history, history->closing))
		return history->closing;
	for (int i = 0; i < history->nrows; i++)
		up_to = Max(up_to, history->rows[i].updated_at);
	while (up_to - before > 1)
	{
		TimestampTz middle = before + (up_to - before) / 2;

		versions = versions_at(history, middle, true);
		if (count_of(history, versions) < count)
			before = middle;
		else
			up_to = middle;
		pfree(versions);
	}
	versions = versions_at(history, up_to, false);
	same_time = versions_at(history, up_to, true);
	missing = count - count_of(history, versions);
	for (int i = 0; i < history->nrows; i++)
	{
		int64 taken = Min(missing, same_time[i] - versions[i]);

		versions[i] += taken;
		missing -= taken;
	}
	return versions;
}

/*
 * Entries after the first so many, up to the closing ones; returns how many.
 */
static uint64
put_entries(ReturnSetInfo *rsinfo, const History *history, int64 first, bool has_max,
			int32 max_rows)
{
	const int64 *after = first_versions(history, first);
	const int64 limit = max_rows;
	const int64 *at_most = has_max ? &limit : NULL;
	Lines lines = {.rsinfo = rsinfo, .number = first};
	int64 *ids;

	if (history->nrows == 1)
		return sb_store_read_statement(history->rows[0].id, after[0], history->closing[0], at_most,
									   put_entry, rsinfo);
	lines.balance = balance_of(history, after);
	ids = palloc(sizeof(int64) * history->nrows);
	for (int i = 0; i < history->nrows; i++)
		ids[i] = history->rows[i].id;
	return sb_store_read_striped_statement(ids, after, history->closing, history->nrows, at_most,
										   put_part, &lines);
}

/*
 * The opening or closing line.  Its time is the statement's, NULL where that
 * is open.
 */
static void
put_line(ReturnSetInfo *rsinfo, const char *line, TimestampTz at, int64 balance)
{
	Datum values[SB_STATEMENT_COLUMNS] = {0};
	bool nulls[SB_STATEMENT_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	values[0] = CStringGetTextDatum(line);
	nulls[0] = false;
	values[2] = TimestampTzGetDatum(at);
	nulls[2] = TIMESTAMP_NOT_FINITE(at);
	values[7] = Int64GetDatum(balance);
	nulls[7] = false;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_entry(TupleTableSlot *slot, void *state)
{
	ReturnSetInfo *rsinfo = state;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, slot->tts_values, slot->tts_isnull);
}

/* Columns 1, 6 and 7 are version, amount and balance. */
static void
put_part(TupleTableSlot *slot, void *state)
{
	Lines *lines = state;
	Datum values[SB_STATEMENT_COLUMNS];

	memcpy(values, slot->tts_values, sizeof(values));
	if (!sb_add(lines->balance, DatumGetInt64(values[6]), &lines->balance))
		sb_raise(&(SbRefusal){.code = SB_OUT_OF_RANGE});
	values[1] = Int64GetDatum(++lines->number);
	values[7] = Int64GetDatum(lines->balance);
	tuplestore_putvalues(lines->rsinfo->setResult, lines->rsinfo->setDesc, values,
						 slot->tts_isnull);
}
