/*
 * standing_order.c
 *	  schedule_transfer and the job that makes the transfers.
 *
 * A portion of orders that are due goes through the engine as one call; an
 * order's row is locked meanwhile, and what became of the occurrence is
 * written in the same transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "base/fault.h"
#include "base/setting.h"
#include "calls/account.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/job.h"
#include "engine/post.h"
#include "store/account.h"
#include "store/key.h"
#include "store/order.h"

#define MAX_ORDERS 8192

#define LONGEST_MONTHS (100 * MONTHS_PER_YEAR)
#define LONGEST_DAYS 36525

/* How long after it was due an occurrence is tried again. */
#define PATIENCE (3 * USECS_PER_DAY)

/* The orders that we have, ascending, and the accounts of those before them that we have not. */
typedef struct PassedOver
{
	int64 *ours;
	int nours;
	List *accounts; /* pointers to their ids */
} PassedOver;

static Interval *arg_every(FunctionCallInfo fcinfo, int number);
static void check_accounts(const SbScope *scope, int64 from_account, int64 to_account);
static void check_room(int64 account);
static void drop_passed_over(SbOrders *orders);
static void keep_passed_over(TupleTableSlot *slot, void *state);
static SbPosting *make_postings(SbOrders *orders);
static void judge(SbOrders *orders, SbPosting *postings);
static bool has_ended(const SbOrder *order, const SbPosting *posting, TimestampTz now);
static SbExecution execution_of(const SbOrder *order, const SbPosting *posting);
static bool swept_nothing(const SbOrder *order, const SbPosting *posting);
static TimestampTz deadline(const SbOrder *order);
static bool next_occurrence(const SbOrder *order, TimestampTz *due_at);
static TimestampTz occurrence_time(const SbOrder *order, int32 number);
static void end_occurrence(SbOrder *order);
static void put_off(SbOrder *order, const SbPosting *posting, TimestampTz now);

PG_FUNCTION_INFO_V1(simplebank_schedule_transfer);
PG_FUNCTION_INFO_V1(simplebank_cancel_scheduled_transfer);
PG_FUNCTION_INFO_V1(simplebank_run_standing_orders);

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
					 .description = sb_arg_optional_text(fcinfo, 8)};
	SbPosting posting = {.operation = SB_STANDING_ORDER};
	SbRefusal refusal;
	SbScope scope;

	if (TIMESTAMP_NOT_FINITE(run_at))
		sb_raise_invalid("run_at", "It is a finite time.");
	if (until < run_at)
		sb_raise_invalid("until", "It is not before run_at.");
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
	sb_require_own(&scope, from_account);
	order.id = claim.use.order_id = sb_store_next_id("standing_orders_id_seq");
	order.role = sb_caller_role();
	if (key)
		sb_claim_keys(&claim, 1);
	if (claim.state != SB_CLAIM_USED)
	{
		check_accounts(&scope, from_account, to_account);
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
check_accounts(const SbScope *scope, int64 from_account, int64 to_account)
{
	int64 ids[] = {from_account, to_account};
	SbAccount accounts[2];

	/* also one that the same statement has opened */
	PushActiveSnapshot(GetLatestSnapshot());
	for (int i = 0; i < 2; i++)
	{
		if (!sb_store_read_account(ids[i], &accounts[i]))
			sb_raise_account_not_found(ids[i]);
	}
	PopActiveSnapshot();
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
							  .account_id = from_account,
							  .what = accounts[0].currency,
							  .other = accounts[1].currency,
							  .hidden = sb_is_hidden(scope, to_account)});
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
 * A restricted caller finds the orders that it has given itself.
 */
Datum
simplebank_cancel_scheduled_transfer(PG_FUNCTION_ARGS)
{
	int64 id = sb_arg_int64(fcinfo, 0, "order_id");
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	if (!sb_store_cancel_order(id, scope.restricted ? sb_caller_role() : NULL))
		sb_raise(&(SbRefusal){.code = SB_ORDER_NOT_FOUND, .account_id = id});
	sb_leave(&scope);
	PG_RETURN_VOID();
}

Datum
simplebank_run_standing_orders(PG_FUNCTION_ARGS)
{
	int32 max_items = sb_arg_int32(fcinfo, 0, "max_items");
	bool one_only = !PG_ARGISNULL(1);
	int64 only = one_only ? PG_GETARG_INT64(1) : 0;
	SbRows *executions;
	SbRows *changes;
	SbPosting *postings;
	SbScope scope;
	SbOrders orders;
	TimestampTz now;
	TupleDesc row_type;
	Datum values[2];
	bool nulls[2] = {0};
	int done = 0;

	if (max_items < 1 || max_items > MAX_ORDERS)
		sb_raise_invalid("max_items", psprintf("It is 1 to %d.", MAX_ORDERS));
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	now = GetCurrentTimestamp();
	orders = sb_store_lock_due_orders(now, max_items, one_only ? &only : NULL);
	if (!one_only)
		drop_passed_over(&orders);
	postings = make_postings(&orders);
	judge(&orders, postings);
	(void) sb_post(postings, orders.count, false);
	SB_FAULT_POINT(orders_posted);

	executions = sb_store_executions(orders.count);
	changes = sb_store_orders(orders.count);
	for (int i = 0; i < orders.count; i++)
	{
		SbOrder *order = &orders.orders[i];

		if (has_ended(order, &postings[i], now))
		{
			SbExecution execution = execution_of(order, &postings[i]);

			sb_store_add_execution(executions, order, &execution);
			end_occurrence(order);
		}
		else
			put_off(order, &postings[i], now);
		sb_store_add_order(changes, order);
		done += postings[i].state == SB_ACCEPTED || swept_nothing(order, &postings[i]);
	}
	sb_rows_write(executions);
	SB_FAULT_POINT(executions_written);
	sb_rows_write(changes);
	SB_FAULT_POINT(orders_updated);
	sb_leave(&scope);

	values[0] = Int32GetDatum(done);
	values[1] = Int32GetDatum(orders.count - done);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}

/*
 * Leaves alone the accounts of which another session has an order locked that
 * comes before one of ours.
 */
static void
drop_passed_over(SbOrders *orders)
{
	PassedOver passed_over = {.nours = orders->count};
	const SbOrder *last;
	int kept = 0;

	if (orders->count == 0)
		return;
	last = &orders->orders[orders->count - 1];
	passed_over.ours = palloc(sizeof(int64) * orders->count);
	for (int i = 0; i < orders->count; i++)
		passed_over.ours[i] = orders->orders[i].id;
	qsort(passed_over.ours, orders->count, sizeof(int64), sb_compare_ids);
	sb_store_find_orders_up_to(last->next_attempt_at, last->id, keep_passed_over, &passed_over);

	for (int i = 0; i < orders->count; i++)
	{
		const ListCell *cell;
		bool dropped = false;

		foreach(cell, passed_over.accounts)
			dropped |= *(int64 *) lfirst(cell) == orders->orders[i].from_account;
		if (!dropped)
			orders->orders[kept++] = orders->orders[i];
	}
	orders->count = kept;
}

static void
keep_passed_over(TupleTableSlot *slot, void *state)
{
	PassedOver *passed_over = state;
	int64 id = DatumGetInt64(slot->tts_values[0]);
	int64 *account;

	if (bsearch(&id, passed_over->ours, passed_over->nours, sizeof(int64), sb_compare_ids))
		return;
	account = palloc(sizeof(int64));
	*account = DatumGetInt64(slot->tts_values[1]);
	passed_over->accounts = lappend(passed_over->accounts, account);
}

static SbPosting *
make_postings(SbOrders *orders)
{
	SbPosting *postings = palloc0(sizeof(SbPosting) * Max(orders->count, 1));
	SbLeg *legs = palloc0(sizeof(SbLeg) * 2 * Max(orders->count, 1));

	for (int i = 0; i < orders->count; i++)
	{
		const SbOrder *order = &orders->orders[i];

		postings[i] = (SbPosting){.operation = SB_STANDING_ORDER,
								  .legs = &legs[2 * i],
								  .role = order->role,
								  .description = order->description};
		sb_set_accounts(&postings[i], order->from_account, order->to_account);
		if (order->sweeps)
		{
			postings[i].amount_rule = SB_AMOUNT_ABOVE;
			postings[i].keep = order->amount;
		}
		else
		{
			legs[2 * i].amount = -order->amount;
			legs[2 * i + 1].amount = order->amount;
		}
	}
	return postings;
}

/*
 * Refuses what the ordering roles may not do any more.
 */
static void
judge(SbOrders *orders, SbPosting *postings)
{
	bool may_transfer = false;
	bool restricted = false;
	int64 own;

	for (int i = 0; i < orders->count; i++)
	{
		const SbOrder *order = &orders->orders[i];

		if (i == 0 || strcmp(order->role, orders->orders[i - 1].role) != 0)
			may_transfer = sb_may_transfer(order->role, &restricted);
		if (!may_transfer)
			sb_refuse(&postings[i], &(SbRefusal){.code = SB_NO_PRIVILEGE, .what = "transfer"});
		else if (restricted && sb_store_find_own(order->role, &order->from_account, 1, &own) == 0)
			sb_refuse(
				&postings[i],
				&(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = order->from_account});
	}
}

/*
 * Is the occurrence done with?
 */
static bool
has_ended(const SbOrder *order, const SbPosting *posting, TimestampTz now)
{
	return posting->state == SB_ACCEPTED || swept_nothing(order, posting) || now >= deadline(order);
}

static SbExecution
execution_of(const SbOrder *order, const SbPosting *posting)
{
	bool paid = posting->state == SB_ACCEPTED;
	bool nothing = swept_nothing(order, posting);

	return (SbExecution){.status = paid ? "paid"
							 : nothing	? "nothing"
										: "missed",
						 .has_transfer = paid,
						 .transfer_id = posting->transfer_id,
						 .refusal = nothing ? NULL : &posting->refusal};
}

static bool
swept_nothing(const SbOrder *order, const SbPosting *posting)
{
	return order->sweeps && posting->refusal.code == SB_INVALID_AMOUNT;
}

static TimestampTz
deadline(const SbOrder *order)
{
	TimestampTz next;

	if (next_occurrence(order, &next))
		return Min(next, order->due_at + PATIENCE);
	return order->due_at + PATIENCE;
}

static bool
next_occurrence(const SbOrder *order, TimestampTz *due_at)
{
	if (order->every == NULL)
		return false;
	*due_at = occurrence_time(order, order->occurrence + 1);
	return *due_at <= order->until;
}

/*
 * Months and days are counted on the calendar of the bank's time zone from
 * the first date, hours and minutes by the clock.
 */
static TimestampTz
occurrence_time(const SbOrder *order, int32 number)
{
	Interval dates = {0};
	Interval clock = {0};
	Datum zone = CStringGetTextDatum(sb_time_zone);
	Datum at;

	if (pg_mul_s32_overflow(order->every->month, number - 1, &dates.month) ||
		pg_mul_s32_overflow(order->every->day, number - 1, &dates.day) ||
		pg_mul_s64_overflow(order->every->time, number - 1, &clock.time))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	at = DirectFunctionCall2(timestamptz_zone, zone, TimestampTzGetDatum(order->run_at));
	at = DirectFunctionCall2(timestamp_pl_interval, at, IntervalPGetDatum(&dates));
	at = DirectFunctionCall2(timestamp_zone, zone, at);
	return DatumGetTimestampTz(
		DirectFunctionCall2(timestamptz_pl_interval, at, IntervalPGetDatum(&clock)));
}

/*
 * What comes after the occurrence that has ended.
 */
static void
end_occurrence(SbOrder *order)
{
	TimestampTz next;

	order->attempts = 0;
	order->refusal.code = SB_OK;
	if (next_occurrence(order, &next))
	{
		order->occurrence++;
		order->due_at = order->next_attempt_at = next;
	}
	else
		order->is_finished = true;
}

static void
put_off(SbOrder *order, const SbPosting *posting, TimestampTz now)
{
	order->attempts++;
	order->refusal = posting->refusal;
	order->next_attempt_at =
		Min(now + sb_retry_wait(order->attempts, USECS_PER_MINUTE), deadline(order));
}
