/*
 * balance.c
 *	  balance, available, balances, balance_at.
 *
 * They read on the caller's snapshot and wait for nobody.  As posted_at never
 * goes backwards within an account and versions have no gaps, the entries up
 * to a moment are found by halving, on the primary key alone.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "calls/account.h"
#include "base/amount.h"
#include "base/argument.h"
#include "calls/balance.h"
#include "calls/door.h"
#include "base/fault.h"
#include "store/hold.h"
#include "store/plan.h"
#include "store/account.h"
#include "store/stripe.h"

/* What is read of an entry. */
typedef struct EntryRow
{
	TimestampTz posted_at;
	int64 balance;
} EntryRow;

/* How far effective_at lies before and behind posted_at, at most, in microseconds. */
typedef struct Displacement
{
	int64 backward;
	int64 forward;
} Displacement;

/* An account at the end of a closed day, by both bases. */
typedef struct ClosedBalance
{
	TimestampTz ends_at;
	int64 balance;
	Numeric value_balance; /* it may be beyond int64 */
} ClosedBalance;

static void keep_balance(TupleTableSlot *slot, void *state);
static int64 row_balance_at(const SbAccount *account, TimestampTz at, bool effective);
static Numeric row_value_at(const SbAccount *account, TimestampTz at);
static Numeric add_displaced(int64 account_id, TimestampTz at, int64 balance);
static Numeric add_since(int64 account_id, const ClosedBalance *closed, TimestampTz at,
						 int64 balance);
static void keep_numeric(TupleTableSlot *slot, void *state);
static void keep_closed_balance(TupleTableSlot *slot, void *state);
static void keep_displacement(TupleTableSlot *slot, void *state);
static TimestampTz shift_time(TimestampTz at, int64 microseconds);
static void read_account(FunctionCallInfo fcinfo, SbAccount *account);
static void read_entry(int64 account_id, int64 version, EntryRow *entry);
static void keep_entry(TupleTableSlot *slot, void *state);

PG_FUNCTION_INFO_V1(simplebank_balance);
PG_FUNCTION_INFO_V1(simplebank_available);
PG_FUNCTION_INFO_V1(simplebank_balances);
PG_FUNCTION_INFO_V1(simplebank_balance_at);
PG_FUNCTION_INFO_V1(simplebank_closing);

SB_BODY_IN_SQL(trial_balance, SB_READS);

Datum
simplebank_balance(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	Datum value = Int64GetDatum(account_id);
	SbScope scope;
	SbAccount account = {.id = account_id};

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_require_own(&scope, account_id);
	if (sb_plan_run(PLAN_READ_BALANCE, &value, NULL, keep_balance, &account) == 0)
		sb_raise_account_not_found(account_id);
	sb_stripes_add_up(&account);
	sb_leave(&scope);
	PG_RETURN_INT64(account.balance);
}

static void
keep_balance(TupleTableSlot *slot, void *state)
{
	SbAccount *account = state;

	account->balance = DatumGetInt64(slot->tts_values[0]);
	account->stripes = slot->tts_isnull[1] ? 0 : DatumGetInt32(slot->tts_values[1]);
}

Datum
simplebank_available(PG_FUNCTION_ARGS)
{
	SbAccount account;

	read_account(fcinfo, &account);
	if (!account.has_min)
		PG_RETURN_NULL();
	PG_RETURN_INT64(sb_spare(account.balance, account.held, account.min_balance));
}

Datum
simplebank_balances(PG_FUNCTION_ARGS)
{
	SbAccount account;
	TupleDesc row_type;
	Datum values[7];
	bool nulls[7] = {0};

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	read_account(fcinfo, &account);

	values[0] = Int64GetDatum(account.id);
	values[1] = CStringGetTextDatum(account.currency);
	values[2] = Int64GetDatum(account.balance);
	values[3] = Int64GetDatum(account.held);
	values[4] = Int64GetDatum(sb_spare(account.balance, account.held, account.min_balance));
	nulls[4] = !account.has_min;
	values[5] = Int64GetDatum(account.version);
	values[6] = TimestampTzGetDatum(account.updated_at);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}

Datum
simplebank_balance_at(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	TimestampTz at = sb_arg_time(fcinfo, 1, "at");
	char *basis = text_to_cstring(sb_arg_text(fcinfo, 2, "basis"));
	bool effective = strcmp(basis, "effective") == 0;
	SbScope scope;
	SbAccount account;
	int64 balance;

	if (!effective && strcmp(basis, "posted") != 0)
		sb_raise_invalid("basis", "It is posted or effective.");

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_require_own(&scope, account_id);
	if (!sb_store_read_account(account_id, &account))
		sb_raise_account_not_found(account_id);
	balance = row_balance_at(&account, at, effective);
	if (account.stripes > 0)
	{
		SbAccount *stripes = palloc(sizeof(SbAccount) * SB_MAX_STRIPES);
		int count = sb_stripes_read(&account, stripes);

		for (int i = 0; i < count; i++)
		{
			if (!sb_add(balance, row_balance_at(&stripes[i], at, effective), &balance))
				sb_raise(&(SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = account_id});
		}
	}
	sb_leave(&scope);
	PG_RETURN_INT64(balance);
}

static int64
row_balance_at(const SbAccount *account, TimestampTz at, bool effective)
{
	if (!effective)
		return sb_balance_of_version(account->id, sb_last_version(account, at, true));
	return DatumGetInt64(
		DirectFunctionCall1(numeric_int8, NumericGetDatum(row_value_at(account, at))));
}

/*
 * The balance by effective time.
 */
static Numeric
row_value_at(const SbAccount *account, TimestampTz at)
{
	int64 balance = sb_balance_of_version(account->id, sb_last_version(account, at, true));
	Datum values[] = {Int64GetDatum(account->id), TimestampTzGetDatum(at)};
	ClosedBalance closed;

	if (sb_plan_run(PLAN_READ_CLOSED_BALANCE, values, NULL, keep_closed_balance, &closed) > 0)
		return add_since(account->id, &closed, at, balance);
	return add_displaced(account->id, at, balance);
}

/*
 * The version of the last entry posted before a moment, or up to and with it
 * where inclusive; 0 where there is none.
 */
int64
sb_last_version(const SbAccount *account, TimestampTz at, bool inclusive)
{
	int64 before = 0;					/* such an entry, or none */
	int64 after = account->version + 1; /* a later one, or none */

	while (after - before > 1)
	{
		int64 middle = before + (after - before) / 2;
		EntryRow entry;

		read_entry(account->id, middle, &entry);
		if (entry.posted_at < at || (inclusive && entry.posted_at == at))
			before = middle;
		else
			after = middle;
	}
	return before;
}

/*
 * The running balance after an entry; 0 before the first one.
 */
int64
sb_balance_of_version(int64 account_id, int64 version)
{
	EntryRow entry;

	if (version == 0)
		return 0;
	read_entry(account_id, version, &entry);
	return entry.balance;
}

/*
 * The balance by effective time, from the one by posted time.  An entry with
 * an effective_at of its own counts if only one of its two times is past the
 * moment; so it lies no farther from it than the account's farthest one lies
 * from its posting.
 */
static Numeric
add_displaced(int64 account_id, TimestampTz at, int64 balance)
{
	Numeric value = int64_to_numeric(balance);
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(at), 0, 0,
					  NumericGetDatum(value)};
	Displacement range;

	if (sb_plan_run(PLAN_FIND_DISPLACEMENT, values, NULL, keep_displacement, &range) == 0)
		return value;
	values[2] = TimestampTzGetDatum(shift_time(at, range.backward));
	values[3] = TimestampTzGetDatum(shift_time(at, range.forward));
	sb_plan_run(PLAN_SUM_DISPLACED, values, NULL, keep_numeric, &value);
	return value;
}

/*
 * The balance by effective time, from the one by posted time and from both at
 * the end of a closed day.  Only entries with an effective_at of their own
 * count that have one of their times since then.
 */
static Numeric
add_since(int64 account_id, const ClosedBalance *closed, TimestampTz at, int64 balance)
{
	Numeric value = numeric_add_opt_error(
		closed->value_balance,
		numeric_sub_opt_error(int64_to_numeric(balance), int64_to_numeric(closed->balance), NULL),
		NULL);
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(closed->ends_at),
					  TimestampTzGetDatum(at), NumericGetDatum(value)};

	sb_plan_run(PLAN_SUM_DISPLACED_SINCE, values, NULL, keep_numeric, &value);
	return value;
}

static void
keep_numeric(TupleTableSlot *slot, void *state)
{
	*(Numeric *) state = DatumGetNumericCopy(slot->tts_values[0]);
}

static void
keep_closed_balance(TupleTableSlot *slot, void *state)
{
	const Datum *values = slot->tts_values;

	*(ClosedBalance *) state = (ClosedBalance){.ends_at = DatumGetTimestampTz(values[0]),
											   .balance = DatumGetInt64(values[1]),
											   .value_balance = DatumGetNumericCopy(values[2])};
}

/*
 * A row's last version before a moment, with the balance by both bases.
 */
Datum
simplebank_closing(PG_FUNCTION_ARGS)
{
	int64 row_id = sb_arg_int64(fcinfo, 0, "row_id");
	TimestampTz ends_at = sb_arg_time(fcinfo, 1, "ends_at");
	TupleDesc row_type;
	Datum values[3];
	bool nulls[3] = {0};
	SbScope scope;
	SbAccount account;
	int64 version;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	sb_enter(&scope, fcinfo, SB_READS | SB_PART);
	if (!sb_store_read_account(row_id, &account))
		sb_raise_account_not_found(row_id);
	version = sb_last_version(&account, ends_at, false);
	SB_FAULT_POINT(closing_read);
	values[0] = Int64GetDatum(version);
	values[1] = Int64GetDatum(sb_balance_of_version(row_id, version));
	/* it was made in the memory that sb_leave() frees */
	values[2] = SPI_datumTransfer(NumericGetDatum(row_value_at(&account, ends_at - 1)), false, -1);
	sb_leave(&scope);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}

static void
keep_displacement(TupleTableSlot *slot, void *state)
{
	Displacement *range = state;
	const Datum *values = slot->tts_values;

	range->backward = Min(DatumGetTimestampTz(values[0]) - DatumGetTimestampTz(values[1]), 0);
	range->forward = Max(DatumGetTimestampTz(values[2]) - DatumGetTimestampTz(values[3]), 0);
}

/*
 * A time so many microseconds later, infinite where it would be out of range.
 */
static TimestampTz
shift_time(TimestampTz at, int64 microseconds)
{
	TimestampTz shifted;

	if (TIMESTAMP_NOT_FINITE(at))
		return at;
	if (pg_add_s64_overflow(at, microseconds, &shifted) || !IS_VALID_TIMESTAMP(shifted))
		return microseconds < 0 ? DT_NOBEGIN : DT_NOEND;
	return shifted;
}

/*
 * Reads an account for an answer, in which what is held by holds past their
 * time is free.
 */
static void
read_account(FunctionCallInfo fcinfo, SbAccount *account)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_require_own(&scope, account_id);
	if (!sb_store_read_account(account_id, account))
		sb_raise_account_not_found(account_id);
	if (account->held > 0)
		account->held -=
			sb_store_sum_due_holds(account, Max(GetCurrentTimestamp(), account->updated_at));
	sb_stripes_add_up(account);
	sb_leave(&scope);
}

static void
read_entry(int64 account_id, int64 version, EntryRow *entry)
{
	Datum values[] = {Int64GetDatum(account_id), Int64GetDatum(version)};

	if (sb_plan_run(PLAN_READ_ENTRY, values, NULL, keep_entry, entry) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("entry " INT64_FORMAT " of account " INT64_FORMAT " is missing", version,
						account_id),
				 errhint("Run simplebank.verify().")));
}

static void
keep_entry(TupleTableSlot *slot, void *state)
{
	EntryRow *entry = state;

	entry->posted_at = DatumGetTimestampTz(slot->tts_values[0]);
	entry->balance = DatumGetInt64(slot->tts_values[1]);
}
