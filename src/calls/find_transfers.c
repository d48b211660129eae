/*
 * find_transfers.c
 *	  find_transfers: searches for transfers.
 *
 * Who is restricted gets transfers of its own accounts, as row-level security
 * has it, and by their entries only, or by a hold or transfer of its own: how
 * many rows of others there are must tell in nothing, not in the bound of rows
 * that a call may read either.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/setting.h"
#include "calls/account.h"
#include "calls/ledger.h"
#include "calls/search.h"
#include "model/operation.h"
#include "store/account.h"
#include "store/search_account.h"
#include "store/search_index.h"
#include "store/search_transfer.h"
#include "model/stripe.h"
#include "store/stripe.h"

enum
{
	ARG_ACCOUNT_ID,
	ARG_REFERENCE,
	ARG_OPERATION,
	ARG_METADATA,
	ARG_DESCRIPTION,
	ARG_FROM_TIME,
	ARG_TO_TIME,
	ARG_MIN_AMOUNT,
	ARG_MAX_AMOUNT,
	ARG_AFTER,
	ARG_MAX_ROWS,
	ARG_ROLE,
	ARG_HOLD_ID,
	ARG_REVERSES,
	ARG_FROM_EFFECTIVE,
	ARG_TO_EFFECTIVE,
	ARG_NEWEST_FIRST,
	ARG_LEDGER
};

/* What is asked, and room for what the filter points to. */
typedef struct Request
{
	SbTransferFilter filter;
	text *ledger;
	const int64 *account_id;
	int64 amounts[2];
	int64 ids[3];
} Request;

static void read_request(FunctionCallInfo fcinfo, Request *request);
static void search_transfers(const SbScope *scope, const Request *request, SbPage *page,
							 SbSearch *search);
static void search_history(const SbScope *scope, const Request *request, SbPage *page,
						   SbSearch *search);
static void search_all(const SbScope *scope, SbSearch *search);
static void keep_seen(const SbScope *scope, SbIds *transfers);
static bool has_one_of(const SbScope *scope, SbIds rows);

PG_FUNCTION_INFO_V1(simplebank_find_transfers);

Datum
simplebank_find_transfers(PG_FUNCTION_ARGS)
{
	SbScope scope;
	SbPage page = {0};
	SbSearch search = {.matches = sb_transfer_matches};
	Request request = {.account_id = NULL};

	read_request(fcinfo, &request);
	search.filter = &request.filter;
	sb_page_begin(fcinfo, &(SbPageArguments){ARG_AFTER, ARG_MAX_ROWS, ARG_NEWEST_FIRST},
				  SB_TRANSFER_COLUMNS, &page, &search);

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	sb_narrow(&scope, request.ledger);
	search_transfers(&scope, &request, &page, &search);
	sb_leave(&scope);
	return (Datum) 0;
}

static void
read_request(FunctionCallInfo fcinfo, Request *request)
{
	SbTransferFilter *filter = &request->filter;
	SbOperation operation;

	request->account_id = sb_arg_optional_id(fcinfo, ARG_ACCOUNT_ID, &request->ids[0]);
	filter->reference = sb_arg_optional_short_text(fcinfo, ARG_REFERENCE, "reference");
	filter->operation = sb_arg_optional_short_text(fcinfo, ARG_OPERATION, "operation");
	filter->metadata = sb_arg_optional_jsonb(fcinfo, ARG_METADATA, "metadata");
	filter->description = sb_arg_optional_text(fcinfo, ARG_DESCRIPTION, "description");
	sb_arg_times(fcinfo, ARG_FROM_TIME, "from_time", "to_time", &filter->from_time,
				 &filter->to_time);
	sb_arg_amounts(fcinfo, ARG_MIN_AMOUNT, request->amounts, &filter->min_amount,
				   &filter->max_amount);
	filter->role = sb_arg_optional_short_text(fcinfo, ARG_ROLE, "role");
	filter->hold_id = sb_arg_optional_id(fcinfo, ARG_HOLD_ID, &request->ids[1]);
	filter->reverses = sb_arg_optional_id(fcinfo, ARG_REVERSES, &request->ids[2]);
	sb_arg_times(fcinfo, ARG_FROM_EFFECTIVE, "from_effective", "to_effective",
				 &filter->from_effective, &filter->to_effective);
	request->ledger = sb_arg_optional_text(fcinfo, ARG_LEDGER, "ledger");
	if (filter->operation &&
		(!sb_operation_parse(text_to_cstring(filter->operation), &operation) ||
		 !sb_operation_traits(operation)->moves_money))
		sb_raise_invalid("operation", "It is one of those of column operation.");
}

/*
 * Takes the path that yields the fewest rows.
 */
static void
search_transfers(const SbScope *scope, const Request *request, SbPage *page, SbSearch *search)
{
	const SbTransferFilter *filter = &request->filter;
	bool by_history = filter->reference == NULL && filter->hold_id == NULL &&
		filter->reverses == NULL && (request->account_id || scope->restricted);

	sb_page_go_on(page, search, by_history ? SB_BY_HISTORY : SB_BY_ID);
	if (request->account_id && sb_is_hidden(scope, *request->account_id))
		return;
	search->hint = SB_NO_BETTER_PATH;
	if (by_history)
		search_history(scope, request, page, search);
	else if (filter->reference)
	{
		SbIds listed = sb_store_find_reference(filter->reference);

		keep_seen(scope, &listed);
		sb_search_transfers_listed(search, &listed, request->account_id);
	}
	else if (filter->hold_id)
	{
		if (has_one_of(scope, sb_store_read_accounts_of_hold(*filter->hold_id)))
			sb_search_captures(search, *filter->hold_id, request->account_id);
	}
	else if (filter->reverses)
	{
		if (has_one_of(scope, sb_store_read_rows_of(*filter->reverses)))
			sb_search_taken_back(search, *filter->reverses, request->account_id);
	}
	else
		search_all(scope, search);
}

/*
 * Of all transfers, by an index of create_search_index(), if one is there.
 */
static void
search_all(const SbScope *scope, SbSearch *search)
{
	const SbLedgers *ledgers = sb_caller_ledgers(scope);
	const SbTransferFilter *filter = search->filter;
	SbIds listed = {0};

	search->hint = "Ask for a reference or an account.";
	/* these indexes are of all ledgers */
	if (sb_find_listed_transfers(search, &listed))
	{
		keep_seen(scope, &listed);
		sb_search_transfers_listed(search, &listed, NULL);
	}
	else if (ledgers == NULL && filter->role && sb_search_index_is_there("transfers_role"))
		sb_search_of_role(search, filter->role);
	else if (ledgers == NULL && filter->operation &&
			 sb_search_index_is_there("transfers_operation"))
		sb_search_of_operation(search, filter->operation);
	else
	{
		if (filter->role)
			search->hint = sb_search_index_hint("transfers_role");
		else if (filter->operation)
			search->hint = sb_search_index_hint("transfers_operation");
		sb_search_transfers_by_id(search, ledgers);
	}
}

/*
 * By the entries of the account, or of all that a customer has.
 */
static void
search_history(const SbScope *scope, const Request *request, SbPage *page, SbSearch *search)
{
	SbHistoryRows rows = {0};

	if (request->account_id == NULL)
	{
		search->hint = "Ask for an account, or a shorter time.";
		sb_store_read_own_rows(sb_caller_role(), sb_caller_ledgers(scope), search->max_read + 1,
							   &rows);
	}
	else
	{
		SbAccount account;

		if (sb_store_read_account(*request->account_id, &account))
		{
			rows.rows = palloc(sizeof(SbAccount) * (SB_MAX_STRIPES + 1));
			rows.count = sb_stripes_read(&account, rows.rows);
			rows.rows[rows.count++] = account;
		}
	}
	if (!sb_search_history(search, &rows, request->filter.from_time, request->filter.to_time))
		sb_raise_bad_cursor();
}

/*
 * Keeps those transfers that have an entry of the caller's.
 */
static void
keep_seen(const SbScope *scope, SbIds *transfers)
{
	int count = 0;

	if (!scope->restricted && sb_caller_ledgers(scope) == NULL)
		return;
	for (int i = 0; i < transfers->count; i++)
	{
		if (has_one_of(scope, sb_store_read_rows_of(transfers->ids[i])))
			transfers->ids[count++] = transfers->ids[i];
	}
	transfers->count = count;
}

/*
 * Has the caller one of these rows of accounts?  They are in one ledger.
 */
static bool
has_one_of(const SbScope *scope, SbIds rows)
{
	int64 *own;

	if (!scope->restricted)
		return rows.count > 0 && !sb_is_foreign(scope, sb_stripe_account(rows.ids[0]));
	own = palloc(sizeof(int64) * Max(rows.count, 1));
	return sb_store_find_own(sb_caller_role(), sb_caller_ledgers(scope), rows.ids, rows.count,
							 own) > 0;
}
