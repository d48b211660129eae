/*
 * balance.c
 *	  balance, available, balances, balance_at.
 *
 * They read on the caller's snapshot and wait for nobody.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "calls/account.h"
#include "base/amount.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "base/fault.h"
#include "store/day.h"
#include "store/entry.h"
#include "store/hold.h"
#include "store/account.h"
#include "store/stripe.h"

static int64 row_balance_at(const SbAccount *account, TimestampTz at, bool effective);
static Numeric row_value_at(const SbAccount *account, TimestampTz at);
static void read_account(FunctionCallInfo fcinfo, SbAccount *account);

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
	SbScope scope;
	SbAccount account;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_require_own(&scope, account_id);
	if (!sb_store_read_balance(account_id, &account))
		sb_raise_account_not_found(account_id);
	sb_stripes_add_up(&account);
	sb_leave(&scope);
	PG_RETURN_INT64(account.balance);
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
	SbClosedBalance closed;

	if (sb_store_read_closed_balance(account->id, at, &closed))
		return sb_add_since(account->id, &closed, at, balance);
	return sb_add_displaced(account->id, at, balance);
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
	if (!sb_store_read_row(row_id, &account))
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
			sb_store_sum_due_holds(account->id, sb_account_time(account, GetCurrentTimestamp()));
	sb_stripes_add_up(account);
	sb_leave(&scope);
}
