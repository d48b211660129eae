/*
 * standing_order.c
 *	  schedule_transfer: transfers to come.  standing_order_job.c makes them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/setting.h"
#include "calls/account.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "calls/transfer.h"
#include "engine/ledgers.h"
#include "model/posting.h"
#include "store/account.h"
#include "store/key.h"
#include "store/order.h"

#define LONGEST_MONTHS (100 * MONTHS_PER_YEAR)
#define LONGEST_DAYS 36525

/* How long ago a first date may be. */
#define LONGEST_PAST (366 * USECS_PER_DAY)

static Interval *arg_every(FunctionCallInfo fcinfo, int number);
static void check_times(TimestampTz run_at, TimestampTz until);
static void check_accounts(const SbScope *scope, const SbPosting *posting);
static void check_room(int64 account);

PG_FUNCTION_INFO_V1(simplebank_schedule_transfer);
PG_FUNCTION_INFO_V1(simplebank_cancel_scheduled_transfer);

Datum
simplebank_schedule_transfer(PG_FUNCTION_ARGS)
{
	int64 from_account = sb_arg_int64(fcinfo, 0, "from_account");
	int64 to_account = sb_arg_int64(fcinfo, 1, "to_account");
	bool sweeps = PG_ARGISNULL(2);
	int64 amount = sweeps ? 0 : PG_GETARG_INT64(2);
	TimestampTz run_at = sb_arg_time(fcinfo, 3, "run_at");
	Interval *every = arg_every(fcinfo, 4);
	TimestampTz until = PG_ARGISNULL(5) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(5);
	int64 keep = PG_ARGISNULL(6) ? 0 : PG_GETARG_INT64(6);
	text *key = sb_arg_key(fcinfo, 7);
	char *every_parts =
		every ? psprintf("%d:%d:" INT64_FORMAT, every->month, every->day, every->time) : "";
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(from_account), false},
		{"to_account", INT8OID, Int64GetDatum(to_account), false},
		{"amount", INT8OID, Int64GetDatum(amount), sweeps},
		/* a request for now comes again at another now */
		{"run_at", TIMESTAMPTZOID, TimestampTzGetDatum(run_at),
		 run_at == GetCurrentTransactionStartTimestamp()},
		{"every", TEXTOID, CStringGetTextDatum(every_parts), every == NULL},
		{"until", TIMESTAMPTZOID, TimestampTzGetDatum(until), TIMESTAMP_IS_NOEND(until)},
		{"keep", INT8OID, Int64GetDatum(keep), PG_ARGISNULL(6)},
	};
	SbClaim claim = {.key = key,
					 .use = {.operation = SB_SCHEDULE_TRANSFER,
							 .request = sb_arguments_object(arguments, lengthof(arguments))}};
	SbOrder order = {.from_account = from_account,
					 .to_account = to_account,
					 .sweeps = sweeps,
					 .amount = sweeps ? keep : amount,
					 .run_at = run_at,
					 .every = every,
					 .until = until,
					 .description = sb_arg_optional_text(fcinfo, 8, "description")};
	SbLeg legs[2];
	SbPosting posting = {.operation = SB_STANDING_ORDER, .legs = legs};
	SbRefusal refusal;
	SbScope scope;

	check_times(run_at, until);
	if (sweeps && PG_ARGISNULL(6))
		sb_raise_null("amount");
	if (!sweeps && !PG_ARGISNULL(6))
		sb_raise_invalid("keep", "It is for an order without amount.");
	if (keep < 0)
		sb_raise_invalid("keep", "It is not negative.");

	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	claim.role = sb_caller_role();
	if ((!sweeps && !sb_check_amount(&posting, amount)) ||
		!sb_check_accounts(&posting, from_account, to_account))
		sb_raise(&posting.refusal);
	if (scope.restricted)
		sb_require_own(&scope, from_account);
	sb_set_accounts(&posting, from_account, to_account);
	posting.ledgers = sb_caller_ledgers(&scope);
	sb_ledgers_resolve(&posting, 1);
	sb_raise_refusal(&posting);
	claim.ledger_id = posting.ledger_id;
	order.id = claim.use.order_id = sb_store_next_id("standing_orders_id_seq");
	order.role = sb_caller_role();
	order.gateway = sb_caller_gateway();
	if (key)
		sb_claim_keys(&claim, 1);
	if (claim.state != SB_CLAIM_USED)
	{
		check_accounts(&scope, &posting);
		/* time passes for a new order only, not for one that is sent again */
		if (run_at < GetCurrentTimestamp() - LONGEST_PAST)
			sb_raise_invalid("run_at", "It is at most 366 days in the past.");
		check_room(from_account);
		sb_store_insert_order(&order);
	}
	else if (sb_same_request(&claim.first, &claim.use, &refusal))
		order.id = claim.first.order_id;
	else
		sb_raise(&refusal);
	sb_leave(&scope);
	PG_RETURN_INT64(order.id);
}

static void
check_times(TimestampTz run_at, TimestampTz until)
{
	if (TIMESTAMP_NOT_FINITE(run_at))
		sb_raise_invalid("run_at", "It is a finite time.");
	if (until < run_at)
		sb_raise_invalid("until", "It is not before run_at.");
}

/*
 * NULL: once.  The next occurrence comes after the last one, on whichever
 * date that is; hence no part is negative.
 */
static Interval *
arg_every(FunctionCallInfo fcinfo, int number)
{
	Interval *every;

	if (PG_ARGISNULL(number))
		return NULL;
	every = PG_GETARG_INTERVAL_P(number);
	if (every->month < 0 || every->day < 0 || every->time < 0 ||
		(every->month == 0 && every->day == 0 && every->time < USECS_PER_MINUTE) ||
		every->month > LONGEST_MONTHS || every->day > LONGEST_DAYS ||
		every->time > LONGEST_DAYS * USECS_PER_DAY)
		sb_raise_invalid("every", "It is a minute to 100 years, and no part of it is negative.");
	return every;
}

/*
 * Whether the transfer may be made is judged when it is due; an order that
 * never could be is refused now.
 */
static void
check_accounts(const SbScope *scope, const SbPosting *posting)
{
	int64 ids[] = {posting->legs[0].account_id, posting->legs[1].account_id};
	SbAccount accounts[2];

	/* also one that the same statement has opened */
	PushActiveSnapshot(GetLatestSnapshot());
	for (int i = 0; i < 2; i++)
	{
		if (posting->legs[i].is_foreign || !sb_store_read_account(ids[i], &accounts[i]))
			sb_raise_account_not_found(ids[i]);
	}
	PopActiveSnapshot();
	if (accounts[0].ledger_id != accounts[1].ledger_id)
		sb_raise(&(SbRefusal){.code = SB_LEDGER_MISMATCH,
							  .account_id = ids[1],
							  .hidden = sb_is_hidden(scope, ids[1])});
	for (int i = 0; i < 2; i++)
	{
		if (accounts[i].status == SB_STATUS_CLOSED)
			sb_raise(&(SbRefusal){.code = SB_ACCOUNT_NOT_ACTIVE,
								  .account_id = ids[i],
								  .what = sb_status_name(SB_STATUS_CLOSED),
								  .hidden = sb_is_hidden(scope, ids[i])});
	}
	if (strcmp(accounts[0].currency, accounts[1].currency) != 0)
		sb_raise(&(SbRefusal){.code = SB_CURRENCY_MISMATCH,
							  .account_id = ids[0],
							  .what = accounts[0].currency,
							  .other = accounts[1].currency,
							  .hidden = sb_is_hidden(scope, ids[1])});
}

/*
 * Orders are bounded per account, so that who orders too many is alone in waiting.
 */
static void
check_room(int64 account)
{
	int64 waiting = sb_store_count_orders(account, sb_max_open_orders);

	if (waiting >= sb_max_open_orders)
		sb_raise(&(SbRefusal){.code = SB_QUEUE_FULL, .account_id = account, .have = waiting});
}

/*
 * Who has the ledger of its account finds an order, a restricted caller the ones
 * that it has given itself.
 */
Datum
simplebank_cancel_scheduled_transfer(PG_FUNCTION_ARGS)
{
	int64 id = sb_arg_int64(fcinfo, 0, "order_id");
	Datum row;
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	if (!sb_store_cancel_order(id, scope.restricted ? sb_caller_role() : NULL,
							   sb_caller_ledgers(&scope), &row))
		sb_raise(&(SbRefusal){.code = SB_ORDER_NOT_FOUND, .account_id = id});
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}
