/*
 * statement.c
 *	  statement: opening line, entries with running balance, closing line.
 *
 * The versions at both ends are found by halving (balance.c), so that a page
 * reads its own entries and little else.  The pages of a statement together
 * are the statement: the opening line is on the first one, the closing line
 * on the last.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "account.h"
#include "args.h"
#include "balance.h"
#include "caller.h"
#include "plan.h"
#include "store.h"

#define STATEMENT_COLUMNS 12

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
	int64 opening;
	int64 closing;
	Datum values[4];
	bool nulls[4] = {0};
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
	opening = sb_last_version(&account, from_time, false);
	closing = sb_last_version(&account, to_time, false);
	if (first_page)
		put_line(rsinfo, "opening", from_time, sb_balance_of_version(account_id, opening));

	values[0] = Int64GetDatum(account_id);
	values[1] = Int64GetDatum(Max(opening, after_version));
	values[2] = Int64GetDatum(closing);
	values[3] = Int64GetDatum(max_rows);
	nulls[3] = !has_max;
	lines = sb_plan_run(PLAN_READ_STATEMENT, values, nulls, put_entry, rsinfo);
	if (Max(opening, after_version) + (int64) lines >= closing)
		put_line(rsinfo, "closing", to_time, sb_balance_of_version(account_id, closing));
	sb_leave(&scope);
	return (Datum) 0;
}

/*
 * The opening or closing line.  Its time is the statement's, NULL where that
 * is open.
 */
static void
put_line(ReturnSetInfo *rsinfo, const char *line, TimestampTz at, int64 balance)
{
	Datum values[STATEMENT_COLUMNS] = {0};
	bool nulls[STATEMENT_COLUMNS];

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
