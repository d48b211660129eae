/*
 * account.c
 *	  Accounts: opening, settings, closing.
 *
 * Whatever changes an existing account locks its row like a posting does, so
 * that it waits for postings in flight and they see it whole or not at all.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "calls/account.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "engine/holds.h"
#include "model/rules.h"
#include "store/account.h"
#include "store/account_details.h"
#include "store/currency.h"
#include "store/event.h"
#include "store/hold.h"
#include "store/interest.h"
#include "store/key.h"
#include "store/settlement.h"
#include "store/stripe.h"

#define NO_LIMITS "An account with stripes has no limits."

static void check_limits(FunctionCallInfo fcinfo, int first);
static Jsonb *limits_object(int64 min_balance, bool has_min, int64 max_balance, bool has_max);
static void insert_account(FunctionCallInfo fcinfo, int64 id, int32 ledger_id, text *name,
						   Jsonb *metadata, text *code, Jsonb *settings);
static int32 arg_stripes(FunctionCallInfo fcinfo, int number);
static void check_changeable(const SbAccount *account);
static Jsonb *status_object(SbStatus status);
static Jsonb *details_of(int64 account_id, Jsonb *before, Jsonb *after);

PG_FUNCTION_INFO_V1(simplebank_open_account);
PG_FUNCTION_INFO_V1(simplebank_set_account_limits);
PG_FUNCTION_INFO_V1(simplebank_set_account_status);
PG_FUNCTION_INFO_V1(simplebank_close_account);
PG_FUNCTION_INFO_V1(simplebank_set_stripes);
PG_FUNCTION_INFO_V1(simplebank_account_of);

/*
 * A customer's name; the bank's own accounts are opened by the ledger.
 */
text *
sb_arg_owner(FunctionCallInfo fcinfo, int number)
{
	text *owner = sb_arg_short_text(fcinfo, number, "owner");

	if (VARSIZE_ANY_EXHDR(owner) == strlen(SB_BANK) &&
		memcmp(VARDATA_ANY(owner), SB_BANK, strlen(SB_BANK)) == 0)
		sb_raise_invalid("owner", "It is the name of the bank itself.");
	return owner;
}

Datum
simplebank_open_account(PG_FUNCTION_ARGS)
{
	text *owner = sb_arg_owner(fcinfo, 0);
	text *currency = sb_arg_text(fcinfo, 1, "currency");
	text *kind = sb_arg_text(fcinfo, 2, "kind");
	text *name = sb_arg_optional_short_text(fcinfo, 5, "name");
	Jsonb *metadata = sb_arg_optional_jsonb(fcinfo, 6, "metadata");
	text *key = sb_arg_optional_short_text(fcinfo, 7, "key");
	int32 stripes = PG_ARGISNULL(8) ? 0 : arg_stripes(fcinfo, 8);
	text *code = sb_arg_optional_short_text(fcinfo, 9, "code");
	text *ledger = sb_arg_optional_text(fcinfo, 10, "ledger");
	SbArgument arguments[] = {
		{"owner", TEXTOID, PointerGetDatum(owner), false},
		{"currency", TEXTOID, PointerGetDatum(currency), false},
		{"kind", TEXTOID, PointerGetDatum(kind), false},
		{"min_balance", INT8OID, PG_GETARG_DATUM(3), PG_ARGISNULL(3)},
		{"max_balance", INT8OID, PG_GETARG_DATUM(4), PG_ARGISNULL(4)},
		{"name", TEXTOID, PointerGetDatum(name), name == NULL},
		{"stripes", INT8OID, Int64GetDatum(stripes), stripes == 0},
		{"code", TEXTOID, PointerGetDatum(code), code == NULL},
		{"ledger_id", INT8OID, 0, true},
	};
	SbScope scope;
	SbClaim claim = {.key = key, .use = {.operation = SB_OPEN_ACCOUNT}};
	SbRefusal refusal;
	bool is_privileged = PG_ARGISNULL(3) || PG_GETARG_INT64(3) < 0;
	int32 ledger_id;
	int64 id;

	sb_check_kind(kind);
	check_limits(fcinfo, 3);
	if (stripes > 0 && !(PG_ARGISNULL(3) && PG_ARGISNULL(4)))
		sb_raise_invalid("stripes", NO_LIMITS);
	sb_enter(&scope, fcinfo, SB_WRITES);
	claim.role = sb_caller_role();
	if (is_privileged)
		sb_require_admin(&scope, "Only an administrator opens an account that may go below zero.");
	ledger_id = claim.ledger_id = sb_ledger_named(&scope, ledger);
	arguments[8].value = Int64GetDatum(ledger_id);
	arguments[8].isnull = ledger_id == SB_DEFAULT_LEDGER;
	claim.use.request = sb_arguments_object(arguments, lengthof(arguments));
	sb_require_currency(currency);

	id = claim.use.account_id = sb_store_next_id("accounts_id_seq");
	if (key)
		sb_claim_keys(&claim, 1);
	if (claim.state != SB_CLAIM_USED)
	{
		insert_account(fcinfo, id, ledger_id, name, metadata, code, claim.use.request);
		if (stripes > 0)
			sb_stripes_write(id, stripes);
		if (is_privileged)
			sb_store_audit("open_account", details_of(id, NULL, claim.use.request), NULL, false);
	}
	else if (sb_same_request(&claim.first, &claim.use, &refusal))
		id = claim.first.account_id;
	else
		sb_raise(&refusal);
	sb_leave(&scope);
	PG_RETURN_INT64(id);
}

Datum
simplebank_set_account_limits(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	text *reason = sb_arg_optional_text(fcinfo, 3, "reason");
	int64 min_balance = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);
	int64 max_balance = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	SbScope scope;
	Datum row;
	SbAccount account;

	check_limits(fcinfo, 1);
	sb_enter(&scope, fcinfo, SB_WRITES);
	sb_require_own(&scope, account_id);
	sb_lock_account(account_id, &account);
	if (account.stripes > 0 && !(PG_ARGISNULL(1) && PG_ARGISNULL(2)))
		sb_raise_invalid(PG_ARGISNULL(1) ? "max_balance" : "min_balance", NO_LIMITS);
	sb_store_set_limits(account_id, PG_ARGISNULL(1) ? NULL : &min_balance,
						PG_ARGISNULL(2) ? NULL : &max_balance);
	sb_record_change("set_account_limits",
					 &(SbEvent){.account_id = account_id,
								.name = "limits",
								.version = account.version,
								.reason = reason,
								.before = limits_object(account.min_balance, account.has_min,
														account.max_balance, account.has_max),
								.after = limits_object(min_balance, !PG_ARGISNULL(1), max_balance,
													   !PG_ARGISNULL(2))});
	row = sb_store_account_row(account_id);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

static Jsonb *
limits_object(int64 min_balance, bool has_min, int64 max_balance, bool has_max)
{
	SbArgument limits[] = {
		{"min_balance", INT8OID, Int64GetDatum(min_balance), !has_min},
		{"max_balance", INT8OID, Int64GetDatum(max_balance), !has_max},
	};

	return sb_arguments_object(limits, lengthof(limits));
}

Datum
simplebank_set_account_status(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	text *name = sb_arg_text(fcinfo, 1, "status");
	text *reason = sb_arg_optional_text(fcinfo, 2, "reason");
	SbStatus status;
	SbScope scope;
	Datum row;
	SbAccount account;
	SbAccount whole;

	if (!sb_status_parse(text_to_cstring(name), &status) || status == SB_STATUS_CLOSED)
		sb_raise_invalid("status",
						 "It is active, debit_blocked, credit_blocked or frozen; "
						 "close_account() closes.");
	sb_enter(&scope, fcinfo, SB_WRITES);
	sb_require_own(&scope, account_id);
	sb_lock_whole_account(account_id, &account, &whole);
	sb_set_status(&account, status, "status", reason);
	row = sb_store_account_row(account_id);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

Datum
simplebank_close_account(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	text *reason = sb_arg_optional_text(fcinfo, 1, "reason");
	SbScope scope;
	Datum row;
	SbAccount account;
	SbAccount whole; /* with its stripes */
	SbMember member;
	SbRefusal refusal;
	SbInterestLeft left;
	TimestampTz now;
	int64 hold_id;

	sb_enter(&scope, fcinfo, SB_WRITES);
	sb_require_own(&scope, account_id);
	sb_lock_whole_account(account_id, &account, &whole);
	now = sb_account_time(&account, GetCurrentTimestamp());
	if (account.is_system)
		sb_raise_invalid("account_id", "The bank's own accounts are not closed.");
	sb_holds_expire(&account, now, sb_caller_role(), NULL);
	whole.held = account.held;
	if (!sb_rules_empty(&whole, &refusal))
		sb_raise(&refusal);
	if (sb_store_find_hold_in_favour(account_id, now, &hold_id))
		sb_raise(&(SbRefusal){.code = SB_ACCOUNT_NOT_EMPTY,
							  .account_id = account_id,
							  .what = psprintf("Hold " INT64_FORMAT
											   " in favour of account " INT64_FORMAT " is open.",
											   hold_id, account_id)});
	if (sb_store_find_interest_left(account_id, &left))
		sb_raise_as(SB_ACCOUNT_NOT_EMPTY, left.detail, left.hint);
	if (sb_store_find_member(account_id, &member))
		sb_raise_as(SB_ACCOUNT_NOT_EMPTY,
					psprintf("Account " INT64_FORMAT
							 " is the settlement account of \"%s\" in group \"%s\".",
							 account_id, member.name, member.group),
					"Call set_settlement_account() or remove_settlement_member() first.");
	sb_store_write_accounts(&account, 1);
	sb_set_status(&account, SB_STATUS_CLOSED, "closed", reason);
	row = sb_store_account_row(account_id);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

Datum
simplebank_set_stripes(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	int32 stripes = arg_stripes(fcinfo, 1);
	text *reason = sb_arg_optional_text(fcinfo, 2, "reason");
	SbArgument after = {"stripes", INT8OID, Int64GetDatum(stripes), false};
	SbArgument before = after;
	SbScope scope;
	Datum row;
	SbAccount account;

	sb_enter(&scope, fcinfo, SB_WRITES);
	sb_require_own(&scope, account_id);
	sb_lock_account(account_id, &account);
	if (account.has_min || account.has_max)
		sb_raise_invalid("stripes", NO_LIMITS);
	sb_stripes_write(account_id, stripes);
	before.value = Int64GetDatum(account.stripes);
	before.isnull = account.stripes == 0;
	sb_record_change("set_stripes",
					 &(SbEvent){.account_id = account_id,
								.name = "stripes",
								.version = account.version,
								.reason = reason,
								.before = sb_arguments_object(&before, 1),
								.after = sb_arguments_object(&after, 1)});
	row = sb_store_account_row(account_id);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

/* 1: the account's postings spread no more. */
static int32
arg_stripes(FunctionCallInfo fcinfo, int number)
{
	int32 stripes = sb_arg_int32(fcinfo, number, "stripes");

	if (stripes < 1 || stripes > SB_MAX_STRIPES)
		sb_raise_invalid("stripes", psprintf("It is 1 to %d.", SB_MAX_STRIPES));
	return stripes;
}

/*
 * Is the account out of the caller's sight: in a ledger that it has not, or, for
 * a restricted one, not its own?
 */
bool
sb_is_hidden(const SbScope *scope, int64 account_id)
{
	int64 own;

	if (!scope->restricted)
		return sb_is_foreign(scope, account_id);
	return sb_store_find_own(sb_caller_role(), sb_caller_ledgers(scope), &account_id, 1, &own) == 0;
}

/*
 * What is out of the caller's sight is not there.
 */
void
sb_require_own(const SbScope *scope, int64 account_id)
{
	if (sb_is_hidden(scope, account_id))
		sb_raise_account_not_found(account_id);
}

void
sb_check_kind(text *kind)
{
	static const char *const kinds[] = {"asset", "liability", "equity", "income", "expense"};
	char *name = text_to_cstring(kind);

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (strcmp(name, kinds[i]) == 0)
			return;
	}
	sb_raise_invalid("kind", "It is asset, liability, equity, income or expense.");
}

/*
 * Checks min_balance and max_balance, the arguments from this number on.
 */
static void
check_limits(FunctionCallInfo fcinfo, int first)
{
	if (!PG_ARGISNULL(first) && !PG_ARGISNULL(first + 1) &&
		PG_GETARG_INT64(first) > PG_GETARG_INT64(first + 1))
		sb_raise_invalid("min_balance", "It is not above max_balance.");
}

static void
insert_account(FunctionCallInfo fcinfo, int64 id, int32 ledger_id, text *name, Jsonb *metadata,
			   text *code, Jsonb *settings)
{
	int64 min_balance = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);
	int64 max_balance = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT64(4);

	sb_store_insert_account(&(SbNewAccount){.id = id,
											.owner = PG_GETARG_TEXT_PP(0),
											.currency = PG_GETARG_TEXT_PP(1),
											.kind = PG_GETARG_TEXT_PP(2),
											.min_balance = PG_ARGISNULL(3) ? NULL : &min_balance,
											.max_balance = PG_ARGISNULL(4) ? NULL : &max_balance,
											.name = name,
											.metadata = metadata,
											.code = code,
											.ledger_id = ledger_id});
	if (code)
		sb_take_code(id, ledger_id, code);
	sb_store_event(&(SbEvent){
		.account_id = id, .name = "opened", .role = sb_caller_role(), .after = settings});
}

/*
 * Raises where another account has the code.
 */
void
sb_take_code(int64 account_id, int32 ledger_id, text *code)
{
	SbRefusal refusal = {.code = SB_CODE_EXISTS};

	if (!sb_store_claim_code(ledger_id, code, account_id, &refusal.account_id))
		sb_raise(&refusal);
}

/*
 * Locks an account whose settings are to change; a closed one has none.
 */
void
sb_lock_account(int64 id, SbAccount *account)
{
	if (id <= 0 || sb_store_lock_accounts(&id, 1, account) == 0)
		sb_raise_account_not_found(id);
	check_changeable(account);
}

/*
 * Locks its stripes too, in the order in which postings lock rows, and adds
 * them up in whole.
 */
void
sb_lock_whole_account(int64 id, SbAccount *account, SbAccount *whole)
{
	int64 ids[SB_MAX_STRIPES + 1];
	SbAccount *rows = palloc(sizeof(SbAccount) * lengthof(ids));
	int count = 0;
	int nrows;

	for (int i = SB_MAX_STRIPES - 1; sb_may_be_striped(id) && i >= 0; i--)
		ids[count++] = sb_stripe_id(id, i);
	ids[count++] = id;
	nrows = id > 0 ? sb_store_lock_accounts(ids, count, rows) : 0;
	/* some may have come while we waited for its own row; now there come no more */
	if (nrows > 0 && rows[nrows - 1].stripes > 0)
		nrows = sb_store_lock_accounts(ids, count, rows);
	if (nrows == 0 || rows[nrows - 1].id != id)
		sb_raise_account_not_found(id);
	*account = *whole = rows[nrows - 1];
	check_changeable(account);
	sb_stripes_add(whole, rows, nrows - 1);
}

static void
check_changeable(const SbAccount *account)
{
	SbMember member;

	if (account->status == SB_STATUS_CLOSED)
		sb_raise(&(SbRefusal){.code = SB_ACCOUNT_NOT_ACTIVE,
							  .account_id = account->id,
							  .what = sb_status_name(SB_STATUS_CLOSED)});
	if (account->is_system && sb_store_find_member(account->id, &member))
		sb_raise_invalid("account_id", "A clearing account is the ledger's own.");
}

/*
 * The ids of an account's own row and of all stripes that it may have; returns
 * how many.
 */
int
sb_rows_of_account(const SbAccount *account, int64 *ids)
{
	int count = 0;

	for (int i = SB_MAX_STRIPES - 1; account->stripes > 0 && i >= 0; i--)
		ids[count++] = sb_stripe_id(account->id, i);
	ids[count++] = account->id;
	return count;
}

/* Of an account with its stripes. */
void
sb_set_status(const SbAccount *account, SbStatus status, const char *event, text *reason)
{
	int64 ids[SB_MAX_STRIPES + 1];

	sb_store_set_status(ids, sb_rows_of_account(account, ids), status);
	sb_record_change(status == SB_STATUS_CLOSED ? "close_account" : "set_account_status",
					 &(SbEvent){.account_id = account->id,
								.name = event,
								.version = account->version,
								.reason = reason,
								.before = status_object(account->status),
								.after = status_object(status)});
}

static Jsonb *
status_object(SbStatus status)
{
	SbArgument argument = {"status", TEXTOID, CStringGetTextDatum(sb_status_name(status)), false};

	return sb_arguments_object(&argument, 1);
}

/*
 * What an administrator does to an account, for its history and for the audit.
 */
void
sb_record_change(const char *action, SbEvent *event)
{
	event->role = sb_caller_role();
	sb_store_event(event);
	sb_store_audit(action, details_of(event->account_id, event->before, event->after),
				   event->reason, false);
}

/* before may be NULL. */
static Jsonb *
details_of(int64 account_id, Jsonb *before, Jsonb *after)
{
	SbArgument details[] = {
		{"account_id", INT8OID, Int64GetDatum(account_id), false},
		{"before", JSONBOID, PointerGetDatum(before), before == NULL},
		{"after", JSONBOID, PointerGetDatum(after), false},
	};

	return sb_arguments_object(details, lengthof(details));
}

/*
 * The account that a row, maybe of a stripe, is of.
 */
Datum
simplebank_account_of(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_INT64(sb_stripe_account(PG_GETARG_INT64(0)));
}
