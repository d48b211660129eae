/*
 * account_details.c
 *	  account_id, set_account_details, set_account_owner: what an account is
 *	  called, and whose it is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "calls/account.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "model/key.h"
#include "store/account.h"
#include "store/account_details.h"
#include "store/order.h"

static void change_name(FunctionCallInfo fcinfo, int number, const char *name, text **value);
static void change_metadata(FunctionCallInfo fcinfo, int number, Jsonb **value);
static bool same_text(const text *left, const text *right);
static void move_code(int64 account_id, const SbAccountDetails *before,
					  const SbAccountDetails *after);
static Jsonb *details_object(const SbAccountDetails *details, bool with_metadata);
static Jsonb *owner_object(text *owner, int64 cancelled_orders);

PG_FUNCTION_INFO_V1(simplebank_account_id);
PG_FUNCTION_INFO_V1(simplebank_set_account_details);
PG_FUNCTION_INFO_V1(simplebank_set_account_owner);

Datum
simplebank_account_id(PG_FUNCTION_ARGS)
{
	text *code = sb_arg_short_text(fcinfo, 0, "code");
	text *ledger = sb_arg_optional_text(fcinfo, 1, "ledger");
	SbScope scope;
	int64 account_id;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	if (!sb_store_find_code(sb_ledger_named(&scope, ledger), code, &account_id) ||
		sb_is_hidden(&scope, account_id))
		sb_raise_as(SB_ACCOUNT_NOT_FOUND,
					psprintf("There is no account with code \"%s\".", text_to_cstring(code)), NULL);
	sb_leave(&scope);
	PG_RETURN_INT64(account_id);
}

/*
 * Texts stay out of the audit: the account's history has them.
 */
Datum
simplebank_set_account_details(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	text *reason = sb_arg_optional_text(fcinfo, 4, "reason");
	SbAccountDetails before;
	SbAccountDetails after;
	SbScope scope;
	SbAccount account;
	Datum row;

	sb_enter(&scope, fcinfo, SB_WRITES);
	sb_require_own(&scope, account_id);
	sb_lock_account(account_id, &account);
	sb_store_read_details(account_id, &before);
	after = before;
	change_name(fcinfo, 1, "name", &after.name);
	change_metadata(fcinfo, 2, &after.metadata);
	change_name(fcinfo, 3, "code", &after.code);
	if (account.is_system && !same_text(before.name, after.name))
		sb_raise_invalid("name", "That of one of the bank's own accounts is what it is found by.");
	move_code(account_id, &before, &after);
	sb_store_set_details(account_id, &after);
	sb_store_event(&(SbEvent){.account_id = account_id,
							  .name = "details",
							  .version = account.version,
							  .role = sb_caller_role(),
							  .reason = reason,
							  .before = details_object(&before, !PG_ARGISNULL(2)),
							  .after = details_object(&after, !PG_ARGISNULL(2))});
	row = sb_store_account_row(account_id);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

/* NULL keeps what is there, an empty text takes it away. */
static void
change_name(FunctionCallInfo fcinfo, int number, const char *name, text **value)
{
	if (PG_ARGISNULL(number))
		return;
	*value = VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(number)) > 0
		? sb_arg_short_text(fcinfo, number, name)
		: NULL;
}

/* The same; what takes it away is null in JSON. */
static void
change_metadata(FunctionCallInfo fcinfo, int number, Jsonb **value)
{
	Jsonb *metadata = sb_arg_optional_jsonb(fcinfo, number, "metadata");
	JsonbValue scalar;

	if (metadata == NULL)
		return;
	*value = metadata;
	if (JB_ROOT_IS_SCALAR(metadata) && JsonbExtractScalar(&metadata->root, &scalar) &&
		scalar.type == jbvNull)
		*value = NULL;
}

static bool
same_text(const text *left, const text *right)
{
	return left && right ? sb_compare_keys(left, right) == 0 : left == right;
}

static void
move_code(int64 account_id, const SbAccountDetails *before, const SbAccountDetails *after)
{
	if (same_text(before->code, after->code))
		return;
	if (after->code)
		sb_take_code(account_id, before->ledger_id, after->code);
	if (before->code)
		sb_store_free_code(before->ledger_id, before->code);
}

/* Metadata may be long: only where it was changed. */
static Jsonb *
details_object(const SbAccountDetails *details, bool with_metadata)
{
	SbArgument values[] = {
		{"name", TEXTOID, PointerGetDatum(details->name), details->name == NULL},
		{"code", TEXTOID, PointerGetDatum(details->code), details->code == NULL},
		{"metadata", JSONBOID, PointerGetDatum(details->metadata),
		 details->metadata == NULL || !with_metadata},
	};

	return sb_arguments_object(values, lengthof(values));
}

/*
 * Orders that the former owner has given end with its right to give them.  Their
 * rows come before the account's, in the order of locks.
 */
Datum
simplebank_set_account_owner(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	text *owner = sb_arg_owner(fcinfo, 1);
	text *reason = sb_arg_optional_text(fcinfo, 2, "reason");
	int64 ids[SB_MAX_STRIPES + 1];
	int64 cancelled_orders;
	SbAccountDetails before;
	SbScope scope;
	SbAccount account;
	SbAccount whole; /* with its stripes */
	Datum row;

	sb_enter(&scope, fcinfo, SB_WRITES);
	cancelled_orders = sb_store_cancel_own_orders(account_id);
	sb_require_own(&scope, account_id);
	sb_lock_whole_account(account_id, &account, &whole);
	if (account.is_system)
		sb_raise_invalid("account_id", "The bank's own accounts stay the bank's.");
	sb_store_read_details(account_id, &before);
	sb_store_set_owner(ids, sb_rows_of_account(&account, ids), owner);
	sb_record_change("set_account_owner",
					 &(SbEvent){.account_id = account_id,
								.name = "owner",
								.version = account.version,
								.reason = reason,
								.before = owner_object(before.owner, 0),
								.after = owner_object(owner, cancelled_orders)});
	row = sb_store_account_row(account_id);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

static Jsonb *
owner_object(text *owner, int64 cancelled_orders)
{
	SbArgument values[] = {
		{"owner", TEXTOID, PointerGetDatum(owner), false},
		{"cancelled_orders", INT8OID, Int64GetDatum(cancelled_orders), cancelled_orders == 0},
	};

	return sb_arguments_object(values, lengthof(values));
}
