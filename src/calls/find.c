/*
 * find.c
 *	  find_accounts, find_holds, find_events: searches for what is not a
 *	  transfer.
 *
 * Each gets what is in its ledgers, or the one that it asks for.  Who is
 * restricted gets what is of its own accounts, and by a path that has nothing
 * else, as in find_transfers.c.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "calls/account.h"
#include "calls/ledger.h"
#include "calls/search.h"
#include "model/hold.h"
#include "store/account.h"
#include "store/search_account.h"
#include "store/search_event.h"
#include "store/search_hold.h"
#include "store/search_index.h"
#include "store/search_transfer.h"

PG_FUNCTION_INFO_V1(simplebank_find_accounts);
PG_FUNCTION_INFO_V1(simplebank_find_holds);
PG_FUNCTION_INFO_V1(simplebank_find_events);

static void search_accounts(const SbScope *scope, SbSearch *search, SbAccountFilter *filter);
static bool is_caller(const text *owner);
static void search_hold_references(const SbScope *scope, const int64 *account_id, SbSearch *search,
								   const text *reference);
static bool find_account_ids(const SbScope *scope, const int64 *account_id, SbSearch *search,
							 int64 **ids, int *count);
static bool has_account(const SbScope *scope, int64 account_id);
static void keep_accounts(const SbScope *scope, SbIds *accounts);
static void keep_holds(const SbScope *scope, SbIds *holds);

enum
{
	ACCOUNTS_OWNER,
	ACCOUNTS_CODE,
	ACCOUNTS_NAME,
	ACCOUNTS_CURRENCY,
	ACCOUNTS_KIND,
	ACCOUNTS_STATUS,
	ACCOUNTS_METADATA,
	ACCOUNTS_FROM_TIME,
	ACCOUNTS_TO_TIME,
	ACCOUNTS_AFTER,
	ACCOUNTS_MAX_ROWS,
	ACCOUNTS_NEWEST_FIRST,
	ACCOUNTS_LEDGER
};

Datum
simplebank_find_accounts(PG_FUNCTION_ARGS)
{
	SbScope scope;
	SbPage page = {0};
	SbAccountFilter filter = {
		.owner = sb_arg_optional_short_text(fcinfo, ACCOUNTS_OWNER, "owner"),
		.code = sb_arg_optional_short_text(fcinfo, ACCOUNTS_CODE, "code"),
		.name = sb_arg_optional_text(fcinfo, ACCOUNTS_NAME, "name"),
		.currency = sb_arg_optional_short_text(fcinfo, ACCOUNTS_CURRENCY, "currency"),
		.kind = sb_arg_optional_short_text(fcinfo, ACCOUNTS_KIND, "kind"),
		.status = sb_arg_optional_short_text(fcinfo, ACCOUNTS_STATUS, "status"),
		.metadata = sb_arg_optional_jsonb(fcinfo, ACCOUNTS_METADATA, "metadata")};
	SbSearch search = {.matches = sb_account_matches, .filter = &filter};
	text *ledger = sb_arg_optional_text(fcinfo, ACCOUNTS_LEDGER, "ledger");
	SbStatus status;

	sb_arg_times(fcinfo, ACCOUNTS_FROM_TIME, "from_time", "to_time", &filter.from_time,
				 &filter.to_time);
	if (filter.status && !sb_status_parse(text_to_cstring(filter.status), &status))
		sb_raise_invalid("status",
						 "It is active, debit_blocked, credit_blocked, frozen or closed.");
	if (filter.kind)
		sb_check_kind(filter.kind);
	sb_page_begin(fcinfo,
				  &(SbPageArguments){ACCOUNTS_AFTER, ACCOUNTS_MAX_ROWS, ACCOUNTS_NEWEST_FIRST},
				  SB_ACCOUNT_COLUMNS, &page, &search);

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_narrow(&scope, ledger);
	sb_page_go_on(&page, &search, SB_BY_ID);
	search_accounts(&scope, &search, &filter);
	sb_leave(&scope);
	return (Datum) 0;
}

static void
search_accounts(const SbScope *scope, SbSearch *search, SbAccountFilter *filter)
{
	search->hint = SB_NO_BETTER_PATH;
	if (scope->restricted && filter->owner && !is_caller(filter->owner))
		return;
	if (scope->restricted)
		filter->owner = cstring_to_text(sb_caller_role());
	if (filter->code)
	{
		SbIds listed = sb_search_code(sb_caller_ledgers(scope), filter->code);

		/* the owner is judged of each, and none of them is the bank's own */
		sb_search_accounts_listed(search, &listed);
	}
	else if (filter->owner)
		sb_search_accounts_of(search, sb_caller_ledgers(scope), filter->owner, scope->restricted);
	else
	{
		SbIds listed = {0};

		search->hint = "Ask for a code or an owner.";
		if (sb_find_listed_accounts(search, &listed))
		{
			keep_accounts(scope, &listed);
			sb_search_accounts_listed(search, &listed);
		}
		else
			sb_search_accounts_by_id(search, sb_caller_ledgers(scope));
	}
}

static bool
is_caller(const text *owner)
{
	return strcmp(text_to_cstring(owner), sb_caller_role()) == 0;
}

enum
{
	HOLDS_ACCOUNT_ID,
	HOLDS_REFERENCE,
	HOLDS_STATUS,
	HOLDS_METADATA,
	HOLDS_DESCRIPTION,
	HOLDS_FROM_TIME,
	HOLDS_TO_TIME,
	HOLDS_FROM_EXPIRY,
	HOLDS_TO_EXPIRY,
	HOLDS_MIN_AMOUNT,
	HOLDS_MAX_AMOUNT,
	HOLDS_AFTER,
	HOLDS_MAX_ROWS,
	HOLDS_NEWEST_FIRST,
	HOLDS_LEDGER
};

Datum
simplebank_find_holds(PG_FUNCTION_ARGS)
{
	SbScope scope;
	SbPage page = {0};
	SbHoldFilter filter = {
		.reference = sb_arg_optional_short_text(fcinfo, HOLDS_REFERENCE, "reference"),
		.status = sb_arg_optional_short_text(fcinfo, HOLDS_STATUS, "status"),
		.metadata = sb_arg_optional_jsonb(fcinfo, HOLDS_METADATA, "metadata"),
		.description = sb_arg_optional_text(fcinfo, HOLDS_DESCRIPTION, "description")};
	SbSearch search = {.matches = sb_hold_matches, .filter = &filter};
	text *ledger = sb_arg_optional_text(fcinfo, HOLDS_LEDGER, "ledger");
	int64 amounts[2];
	int64 account_id;
	const int64 *account = sb_arg_optional_id(fcinfo, HOLDS_ACCOUNT_ID, &account_id);
	SbHoldStatus status;
	SbIds listed = {0};
	int64 *ids;
	int count;

	sb_arg_times(fcinfo, HOLDS_FROM_TIME, "from_time", "to_time", &filter.from_time,
				 &filter.to_time);
	sb_arg_times(fcinfo, HOLDS_FROM_EXPIRY, "from_expiry", "to_expiry", &filter.from_expiry,
				 &filter.to_expiry);
	sb_arg_amounts(fcinfo, HOLDS_MIN_AMOUNT, amounts, &filter.min_amount, &filter.max_amount);
	if (filter.status && !sb_hold_status_parse(text_to_cstring(filter.status), &status))
		sb_raise_invalid("status", "It is open, captured, released or expired.");
	sb_page_begin(fcinfo, &(SbPageArguments){HOLDS_AFTER, HOLDS_MAX_ROWS, HOLDS_NEWEST_FIRST},
				  SB_HOLD_COLUMNS, &page, &search);

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_narrow(&scope, ledger);
	sb_page_go_on(&page, &search, SB_BY_ID);
	search.hint = "Ask for a reference or an account.";
	if (filter.reference)
		search_hold_references(&scope, account, &search, filter.reference);
	else if (find_account_ids(&scope, account, &search, &ids, &count))
		sb_search_holds_of(&search, ids, count);
	else if (sb_find_listed_holds(&search, &listed))
	{
		keep_holds(&scope, &listed);
		sb_search_holds_listed(&search, &listed);
	}
	else
		sb_search_holds_by_id(&search, sb_caller_ledgers(&scope));
	sb_leave(&scope);
	return (Datum) 0;
}

/*
 * Of those that have the reference, what is in the caller's sight, and of the
 * account where one is asked for.
 */
static void
search_hold_references(const SbScope *scope, const int64 *account_id, SbSearch *search,
					   const text *reference)
{
	SbIds listed = sb_store_find_hold_reference(reference);
	int count = 0;

	for (int i = 0; i < listed.count; i++)
	{
		SbIds accounts = sb_store_read_accounts_of_hold(listed.ids[i]);
		bool is_seen = false;
		bool is_asked_for = account_id == NULL;

		for (int j = 0; j < accounts.count; j++)
		{
			is_seen |= has_account(scope, accounts.ids[j]);
			is_asked_for |=
				account_id && accounts.ids[j] == *account_id && has_account(scope, *account_id);
		}
		if (is_seen && is_asked_for)
			listed.ids[count++] = listed.ids[i];
	}
	listed.count = count;
	sb_search_holds_listed(search, &listed);
}

enum
{
	EVENTS_ACCOUNT_ID,
	EVENTS_EVENT,
	EVENTS_HOLD_ID,
	EVENTS_ROLE,
	EVENTS_FROM_TIME,
	EVENTS_TO_TIME,
	EVENTS_AFTER,
	EVENTS_MAX_ROWS,
	EVENTS_NEWEST_FIRST,
	EVENTS_LEDGER
};

Datum
simplebank_find_events(PG_FUNCTION_ARGS)
{
	SbScope scope;
	SbPage page = {0};
	int64 hold_id;
	int64 account_id;
	const int64 *account = sb_arg_optional_id(fcinfo, EVENTS_ACCOUNT_ID, &account_id);
	SbEventFilter filter = {.hold_id = sb_arg_optional_id(fcinfo, EVENTS_HOLD_ID, &hold_id),
							.event = sb_arg_optional_short_text(fcinfo, EVENTS_EVENT, "event"),
							.role = sb_arg_optional_short_text(fcinfo, EVENTS_ROLE, "role")};
	SbSearch search = {.matches = sb_event_matches, .filter = &filter};
	text *ledger = sb_arg_optional_text(fcinfo, EVENTS_LEDGER, "ledger");
	const char *only_role;
	int64 *ids;
	int count;

	sb_arg_times(fcinfo, EVENTS_FROM_TIME, "from_time", "to_time", &filter.from_time,
				 &filter.to_time);
	sb_page_begin(fcinfo, &(SbPageArguments){EVENTS_AFTER, EVENTS_MAX_ROWS, EVENTS_NEWEST_FIRST},
				  SB_EVENT_COLUMNS, &page, &search);

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_narrow(&scope, ledger);
	sb_page_go_on(&page, &search, SB_BY_ID);
	search.hint = "Ask for the events of an account or a hold.";
	only_role = scope.restricted ? sb_caller_role() : NULL;
	if (filter.hold_id)
	{
		/* its events are of the account whose money it keeps */
		SbIds accounts = sb_store_read_accounts_of_hold(hold_id);

		search.hint = SB_NO_BETTER_PATH;
		if (accounts.count > 0 && has_account(&scope, accounts.ids[0]))
			sb_search_events_of_hold(&search, hold_id, account, only_role);
	}
	else if (find_account_ids(&scope, account, &search, &ids, &count))
		sb_search_events_of(&search, ids, count, only_role);
	else
		sb_search_events_by_id(&search, sb_caller_ledgers(&scope));
	sb_leave(&scope);
	return (Datum) 0;
}

/*
 * The accounts that a search is about: the one that is asked for, where it is
 * not out of the caller's sight, or all that a restricted caller has.  False
 * where it is about all there are.
 */
static bool
find_account_ids(const SbScope *scope, const int64 *account_id, SbSearch *search, int64 **ids,
				 int *count)
{
	SbHistoryRows rows = {0};

	*count = 0;
	if (account_id)
	{
		*ids = palloc(sizeof(int64));
		(*ids)[0] = *account_id;
		*count = has_account(scope, *account_id) ? 1 : 0;
		search->hint = SB_NO_BETTER_PATH;
		return true;
	}
	if (!scope->restricted)
		return false;
	sb_store_read_own_rows(sb_caller_role(), sb_caller_ledgers(scope),
						   sb_search_room(search, search->max_read), &rows);
	sb_search_count(search, rows.count);
	*ids = palloc(sizeof(int64) * Max(rows.count, 1));
	for (int i = 0; i < rows.count; i++)
	{
		if (rows.rows[i].id > 0)
			(*ids)[(*count)++] = rows.rows[i].id;
	}
	return true;
}

static bool
has_account(const SbScope *scope, int64 account_id)
{
	return !sb_is_hidden(scope, account_id);
}

/*
 * Keeps those of accounts that were found by an index of all ledgers which the
 * caller has.
 */
static void
keep_accounts(const SbScope *scope, SbIds *accounts)
{
	int count = 0;

	for (int i = 0; i < accounts->count; i++)
	{
		if (has_account(scope, accounts->ids[i]))
			accounts->ids[count++] = accounts->ids[i];
	}
	accounts->count = count;
}

/* The same of holds: both accounts of one are in one ledger. */
static void
keep_holds(const SbScope *scope, SbIds *holds)
{
	int count = 0;

	for (int i = 0; i < holds->count; i++)
	{
		SbIds accounts = {0};

		if (sb_caller_ledgers(scope))
			accounts = sb_store_read_accounts_of_hold(holds->ids[i]);
		if (accounts.count == 0 || has_account(scope, accounts.ids[0]))
			holds->ids[count++] = holds->ids[i];
	}
	holds->count = count;
}
