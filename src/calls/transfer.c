/*
 * transfer.c
 *	  transfer, deposit, withdraw: two accounts, one amount.
 *
 * A deposit debits the bank's cash account of the currency, a withdrawal
 * credits it; else they are transfers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "calls/account.h"
#include "calls/bank_account.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "base/counter.h"
#include "calls/transfer.h"
#include "store/hold.h"
#include "store/owner.h"
#include "store/transfer.h"

static Datum post_against_cash(FunctionCallInfo fcinfo, SbOperation operation);
static void refuse_account(SbPosting *posting, int64 account_id);

PG_FUNCTION_INFO_V1(simplebank_transfer);
PG_FUNCTION_INFO_V1(simplebank_deposit);
PG_FUNCTION_INFO_V1(simplebank_withdraw);

Datum
simplebank_transfer(PG_FUNCTION_ARGS)
{
	SbLeg legs[2];
	SbPosting posting = {.legs = legs};
	SbScope scope;
	instr_time began;

	INSTR_TIME_SET_CURRENT(began);
	sb_ask_transfer(fcinfo, SB_WRITES, &scope, &posting);
	sb_post_prepared(&posting);
	sb_leave(&scope);
	sb_count_latency(SB_TIMED_TRANSFER, began);
	return sb_transfer_answer(&posting);
}

/*
 * Reads the arguments of transfer(), enters, and makes the request of them;
 * posting->legs has room for it.  Where the request by itself is refused, it
 * says so.
 */
void
sb_ask_transfer(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting)
{
	int64 from_account = sb_arg_int64(fcinfo, 0, "from_account");
	int64 to_account = sb_arg_int64(fcinfo, 1, "to_account");
	int64 amount = sb_arg_int64(fcinfo, 2, "amount");
	SbExtras extras = sb_arg_extras(fcinfo, 3);
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(from_account), false},
		{"to_account", INT8OID, Int64GetDatum(to_account), false},
		{"amount", INT8OID, Int64GetDatum(amount), false},
		{"effective_at", TIMESTAMPTZOID, TimestampTzGetDatum(extras.effective_at),
		 !extras.has_effective_at},
	};

	extras.expect = sb_arg_expect(fcinfo, 8, "from", "to");
	posting->operation = SB_TRANSFER;
	sb_enter(scope, fcinfo, does | SB_FOR_CUSTOMERS);
	sb_prepare_two(posting, scope, &extras, from_account, to_account, amount, arguments,
				   lengthof(arguments));
}

Datum
simplebank_deposit(PG_FUNCTION_ARGS)
{
	return post_against_cash(fcinfo, SB_DEPOSIT);
}

Datum
simplebank_withdraw(PG_FUNCTION_ARGS)
{
	return post_against_cash(fcinfo, SB_WITHDRAW);
}

static Datum
post_against_cash(FunctionCallInfo fcinfo, SbOperation operation)
{
	SbLeg legs[2];
	SbPosting posting = {.operation = operation, .legs = legs};
	SbScope scope;

	sb_ask_cash(fcinfo, SB_WRITES, &scope, &posting, NULL);
	sb_post_prepared(&posting);
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
}

/*
 * The same for deposit() and withdraw().  Who only previews gets what the cash
 * account would be, where it is not opened yet.
 */
void
sb_ask_cash(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting,
			SbAccount *unopened)
{
	bool is_deposit = posting->operation == SB_DEPOSIT;
	int64 account = sb_arg_int64(fcinfo, 0, "account");
	int64 amount = sb_arg_int64(fcinfo, 1, "amount");
	SbExtras extras = sb_arg_extras(fcinfo, 2);
	SbArgument arguments[] = {
		{"account", INT8OID, Int64GetDatum(account), false},
		{"amount", INT8OID, Int64GetDatum(amount), false},
		{"effective_at", TIMESTAMPTZOID, TimestampTzGetDatum(extras.effective_at),
		 !extras.has_effective_at},
	};
	int64 cash;

	extras.expect =
		sb_arg_expect(fcinfo, 7, is_deposit ? NULL : "account", is_deposit ? "account" : NULL);
	sb_enter(scope, fcinfo, does);
	if (!sb_check_amount(posting, amount))
		return;
	if (!(unopened ? sb_find_bank_account(scope, "cash", account, &cash, unopened)
				   : sb_bank_account(scope, "cash", account, &cash)))
	{
		refuse_account(posting, account);
		return;
	}
	sb_prepare_two(posting, scope, &extras, is_deposit ? cash : account,
				   is_deposit ? account : cash, amount, arguments, lengthof(arguments));
}

/*
 * Makes a request of a debit and a credit; posting->legs has room for both.  A
 * restricted caller debits its own accounts only, and expects something of its
 * own only.
 */
void
sb_prepare_two(SbPosting *posting, const SbScope *scope, const SbExtras *extras, int64 from_account,
			   int64 to_account, int64 amount, const SbArgument *arguments, int narguments)
{
	if (!sb_set_two(posting, from_account, to_account, amount))
		return;
	if (scope->restricted && extras->has_effective_at)
		sb_raise_forbidden(scope, "Only the bank gives a transfer another effective_at.");
	/* to others what is in no ledger of theirs is not there in the engine */
	posting->hides_credit = scope->restricted && sb_is_hidden(scope, to_account);
	if (scope->restricted && sb_is_hidden(scope, from_account))
		refuse_account(posting, from_account);
	else if (posting->hides_credit && extras->expect && sb_expects(&extras->expect->of[1]))
		refuse_account(posting, to_account);
	sb_set_extras(posting, scope, extras, arguments, narguments);
}

static void
refuse_account(SbPosting *posting, int64 account_id)
{
	sb_refuse(posting, &(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = account_id});
}

/*
 * Posts one request, for which arguments stand if it comes again; raises
 * where it is refused.
 */
void
sb_post_one(SbPosting *posting, const SbScope *scope, const SbExtras *extras,
			const SbArgument *arguments, int narguments)
{
	sb_set_extras(posting, scope, extras, arguments, narguments);
	sb_post_prepared(posting);
}

void
sb_set_extras(SbPosting *posting, const SbScope *scope, const SbExtras *extras,
			  const SbArgument *arguments, int narguments)
{
	posting->role = sb_caller_role();
	posting->ledgers = sb_caller_ledgers(scope);
	posting->gateway = sb_caller_gateway();
	posting->is_restricted = sb_in_restricted_scope();
	posting->has_effective_at = extras->has_effective_at;
	posting->effective_at = extras->effective_at;
	posting->key = extras->key;
	posting->description = extras->description;
	posting->metadata = extras->metadata;
	posting->reference = extras->reference;
	posting->expect = extras->expect;
	if (extras->key)
		posting->request = sb_arguments_object(arguments, narguments);
}

/*
 * Posts it, unless it is refused already; then, too, that is raised.
 */
void
sb_post_prepared(SbPosting *posting)
{
	if (posting->state == SB_OPEN)
		(void) sb_post(posting, 1, true);
	sb_raise_refusal(posting);
	if (posting->state == SB_REPLAYED)
		sb_read_answer(posting);
}

/*
 * Raises where the request was refused.
 */
void
sb_raise_refusal(SbPosting *posting)
{
	if (posting->state != SB_REFUSED)
		return;
	sb_hide_from_caller(posting);
	sb_raise(&posting->refusal);
}

/*
 * A refusal tells a restricted caller of what is its own, and of nothing else.
 */
void
sb_hide_from_caller(SbPosting *posting)
{
	SbRefusal *refusal = &posting->refusal;

	sb_hide_details(posting);
	if (refusal->code != SB_REFERENCE_EXISTS || refusal->account_id == 0 ||
		!sb_in_restricted_scope())
		return;
	if (posting->operation == SB_PLACE_HOLD)
		refusal->hidden = !sb_store_shows_hold(refusal->account_id, posting->role);
	else
		refusal->hidden = !sb_store_shows_transfer(refusal->account_id, posting->role);
}

/*
 * Columns sqlstate, name, message, detail and hint of a row that says what
 * would be raised; NULL where it was not refused.
 */
void
sb_refusal_columns(SbPosting *posting, Datum *values, bool *nulls)
{
	const SbRefusal *refusal = &posting->refusal;
	const char *texts[5] = {0};

	if (posting->state == SB_REFUSED)
	{
		sb_hide_from_caller(posting);
		texts[0] = sb_sqlstate(refusal->code);
		texts[1] = sb_error(refusal->code)->name;
		texts[2] = sb_refusal_message(refusal);
		texts[3] = sb_refusal_detail(refusal);
		texts[4] = sb_refusal_hint(refusal);
	}
	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = texts[i] ? CStringGetTextDatum(texts[i]) : 0;
	}
}

SbExtras
sb_arg_extras(FunctionCallInfo fcinfo, int first)
{
	SbExtras extras = {.key = sb_arg_key(fcinfo, first),
					   .description = sb_arg_optional_text(fcinfo, first + 1, "description"),
					   .metadata = sb_arg_optional_jsonb(fcinfo, first + 2, "metadata"),
					   .has_effective_at = !PG_ARGISNULL(first + 3),
					   .reference = sb_arg_reference(fcinfo, first + 4)};

	if (extras.has_effective_at)
		extras.effective_at = sb_arg_effective_at(fcinfo, first + 3);
	return extras;
}

/*
 * The answer (transfer_id, from_balance, to_balance, posted_at, replayed).
 * Its row type is made once a session: looking it up in the catalog costs as
 * much as a read of an account.
 */
Datum
sb_transfer_answer(const SbPosting *posting)
{
	static TupleDesc row_type = NULL;
	Datum values[5];
	bool nulls[5] = {0};

	if (row_type == NULL)
	{
		MemoryContext old_context = MemoryContextSwitchTo(TopMemoryContext);
		TupleDesc made = CreateTemplateTupleDesc(5);

		TupleDescInitEntry(made, 1, "transfer_id", INT8OID, -1, 0);
		TupleDescInitEntry(made, 2, "from_balance", INT8OID, -1, 0);
		TupleDescInitEntry(made, 3, "to_balance", INT8OID, -1, 0);
		TupleDescInitEntry(made, 4, "posted_at", TIMESTAMPTZOID, -1, 0);
		TupleDescInitEntry(made, 5, "replayed", BOOLOID, -1, 0);
		row_type = BlessTupleDesc(made);
		MemoryContextSwitchTo(old_context);
	}
	values[0] = Int64GetDatum(posting->transfer_id);
	values[1] = Int64GetDatum(posting->from_balance);
	values[2] = Int64GetDatum(posting->to_balance);
	nulls[1] = !posting->has_balances || posting->hides_debit;
	nulls[2] = !posting->has_balances || posting->hides_credit;
	values[3] = TimestampTzGetDatum(posting->posted_at);
	values[4] = BoolGetDatum(posting->state == SB_REPLAYED);
	return HeapTupleGetDatum(heap_form_tuple(row_type, values, nulls));
}
