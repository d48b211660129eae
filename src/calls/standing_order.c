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
#include "commands/sequence.h"
#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "calls/account.h"
#include "base/argument.h"
#include "calls/door.h"
#include "base/fault.h"
#include "base/setting.h"
#include "calls/job.h"
#include "store/plan.h"
#include "engine/post.h"
#include "store/rows.h"
#include "store/account.h"

#define MAX_ORDERS 8192

#define LONGEST_MONTHS (100 * MONTHS_PER_YEAR)
#define LONGEST_DAYS 36525

/* How long after it was due an occurrence is tried again. */
#define PATIENCE (3 * USECS_PER_DAY)

/* An order, and what becomes of its occurrence. */
typedef struct Order
{
	int64 id;
	char *role;
	int64 from_account;
	int64 to_account;
	bool sweeps;
	int64 amount; /* or what a sweep keeps */
	TimestampTz run_at;
	Interval *every; /* or NULL */
	TimestampTz until;
	int32 occurrence;
	TimestampTz due_at;
	TimestampTz next_attempt_at;
	int32 attempts;
	text *description;

	bool is_finished;
	SbRefusal refusal; /* of the last attempt */
} Order;

typedef struct Orders
{
	int count;
	Order *orders;
} Orders;

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
static void insert_order(FunctionCallInfo fcinfo, int64 id, TimestampTz run_at);
static Orders lock_due(int max_orders, bool one_only, int64 only, TimestampTz now);
static void keep_order(TupleTableSlot *slot, void *state);
static void drop_passed_over(Orders *orders);
static void keep_passed_over(TupleTableSlot *slot, void *state);
static SbPosting *make_postings(Orders *orders);
static void judge(Orders *orders, SbPosting *postings);
static bool has_ended(const Order *order, const SbPosting *posting, TimestampTz now);
static const char *execution_status(const Order *order, const SbPosting *posting);
static bool swept_nothing(const Order *order, const SbPosting *posting);
static TimestampTz deadline(const Order *order);
static bool next_occurrence(const Order *order, TimestampTz *due_at);
static TimestampTz occurrence_time(const Order *order, int32 number);
static void add_execution(SbRows *rows, const Order *order, const SbPosting *posting);
static void end_occurrence(Order *order);
static void put_off(Order *order, const SbPosting *posting, TimestampTz now);
static void add_order(SbRows *rows, const Order *order);
static void add_reason(SbRows *rows, const SbRefusal *refusal);

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
	text *key = sb_arg_optional_short_text(fcinfo, 7, "key");
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
					 .use = {.operation = "schedule_transfer",
							 .request = sb_arguments_object(arguments, lengthof(arguments))}};
	SbRefusal refusal;
	SbScope scope;
	int64 id;

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
	if ((!sweeps && !sb_rules_amount(amount, &refusal)) ||
		!sb_rules_two_accounts(from_account, to_account, &refusal))
		sb_raise(&refusal);
	sb_require_own(&scope, from_account);
	id = claim.use.order_id = nextval_internal(sb_store_relation("standing_orders_id_seq"), false);
	if (key)
		sb_claim_keys(&claim, 1);
	if (claim.state != SB_CLAIM_USED)
	{
		check_accounts(&scope, from_account, to_account);
		check_room(from_account);
		insert_order(fcinfo, id, run_at);
	}
	else if (sb_same_request(&claim.first, &claim.use, &refusal))
		id = claim.first.order_id;
	else
		sb_raise(&refusal);
	sb_leave(&scope);
	PG_RETURN_INT64(id);
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
 * The queue is bounded per account, so that who fills it is alone in waiting.
 */
static void
check_room(int64 account)
{
	Datum values[] = {Int64GetDatum(account), Int64GetDatum(sb_max_open_orders)};
	int64 waiting;

	sb_plan_run(PLAN_COUNT_ORDERS, values, NULL, sb_keep_int64, &waiting);
	if (waiting >= sb_max_open_orders)
		sb_raise(&(SbRefusal){.code = SB_QUEUE_FULL, .account_id = account, .have = waiting});
}

static void
insert_order(FunctionCallInfo fcinfo, int64 id, TimestampTz run_at)
{
	Datum values[] = {Int64GetDatum(id),		   CStringGetTextDatum(sb_caller_role()),
					  PG_GETARG_DATUM(0),		   PG_GETARG_DATUM(1),
					  PG_GETARG_DATUM(2),		   PG_GETARG_DATUM(6),
					  TimestampTzGetDatum(run_at), PG_GETARG_DATUM(4),
					  PG_GETARG_DATUM(5),		   PG_GETARG_DATUM(8)};
	bool nulls[] = {[4] = PG_ARGISNULL(2),
					[5] = PG_ARGISNULL(6),
					[7] = PG_ARGISNULL(4),
					[8] = PG_ARGISNULL(5),
					[9] = PG_ARGISNULL(8)};

	sb_plan_run(PLAN_INSERT_ORDER, values, nulls, NULL, NULL);
	SB_FAULT_POINT(order_written);
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
	{
		Datum values[] = {Int64GetDatum(id), CStringGetTextDatum(sb_caller_role())};
		bool nulls[] = {false, !scope.restricted};

		if (sb_plan_run(PLAN_CANCEL_ORDER, values, nulls, NULL, NULL) == 0)
			sb_raise(&(SbRefusal){.code = SB_ORDER_NOT_FOUND, .account_id = id});
		SB_FAULT_POINT(order_cancelled);
	}
	sb_leave(&scope);
	PG_RETURN_VOID();
}

Datum
simplebank_run_standing_orders(PG_FUNCTION_ARGS)
{
	static const Oid execution_types[] = {INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID,
										  INT8OID, INT4OID, TEXTOID,		TEXTOID};
	static const Oid order_types[] = {INT8OID,		  TEXTOID, INT4OID, TIMESTAMPTZOID,
									  TIMESTAMPTZOID, INT4OID, TEXTOID, TEXTOID};
	int32 max_items = sb_arg_int32(fcinfo, 0, "max_items");
	bool one_only = !PG_ARGISNULL(1);
	int64 only = one_only ? PG_GETARG_INT64(1) : 0;
	SbRows *executions;
	SbRows *changes;
	SbPosting *postings;
	SbScope scope;
	Orders orders;
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
	orders = lock_due(max_items, one_only, only, now);
	SB_FAULT_POINT(orders_locked);
	if (!one_only)
		drop_passed_over(&orders);
	postings = make_postings(&orders);
	judge(&orders, postings);
	(void) sb_post(postings, orders.count, false);
	SB_FAULT_POINT(orders_posted);

	executions = sb_rows_make(PLAN_INSERT_EXECUTIONS, execution_types, lengthof(execution_types),
							  orders.count);
	changes = sb_rows_make(PLAN_UPDATE_ORDERS, order_types, lengthof(order_types), orders.count);
	for (int i = 0; i < orders.count; i++)
	{
		Order *order = &orders.orders[i];

		if (has_ended(order, &postings[i], now))
		{
			add_execution(executions, order, &postings[i]);
			end_occurrence(order);
		}
		else
			put_off(order, &postings[i], now);
		add_order(changes, order);
		done += sb_is_posted(&postings[i]) || swept_nothing(order, &postings[i]);
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
 * Locks orders that are due, in the order of the queue, but those that another
 * session has locked.
 */
static Orders
lock_due(int max_orders, bool one_only, int64 only, TimestampTz now)
{
	Datum values[] = {TimestampTzGetDatum(now), Int64GetDatum(max_orders), Int64GetDatum(only)};
	bool nulls[] = {false, false, !one_only};
	Orders orders = {.orders = palloc(sizeof(Order) * max_orders)};

	sb_plan_run(PLAN_LOCK_DUE_ORDERS, values, nulls, keep_order, &orders);
	return orders;
}

static void
keep_order(TupleTableSlot *slot, void *state)
{
	Orders *orders = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	orders->orders[orders->count++] =
		(Order){.id = DatumGetInt64(values[0]),
				.role = TextDatumGetCString(values[1]),
				.from_account = DatumGetInt64(values[2]),
				.to_account = DatumGetInt64(values[3]),
				.sweeps = nulls[4],
				.amount = DatumGetInt64(values[nulls[4] ? 5 : 4]),
				.run_at = DatumGetTimestampTz(values[6]),
				.every = nulls[7] ? NULL
								  : memcpy(palloc(sizeof(Interval)), DatumGetIntervalP(values[7]),
										   sizeof(Interval)),
				.until = nulls[8] ? DT_NOEND : DatumGetTimestampTz(values[8]),
				.occurrence = DatumGetInt32(values[9]),
				.due_at = DatumGetTimestampTz(values[10]),
				.next_attempt_at = DatumGetTimestampTz(values[11]),
				.attempts = DatumGetInt32(values[12]),
				.description = nulls[13] ? NULL : DatumGetTextPCopy(values[13])};
}

/*
 * Leaves alone the accounts of which another session has an order locked that
 * comes before one of ours.
 */
static void
drop_passed_over(Orders *orders)
{
	PassedOver passed_over = {.nours = orders->count};
	Datum values[2];
	int kept = 0;

	if (orders->count == 0)
		return;
	passed_over.ours = palloc(sizeof(int64) * orders->count);
	for (int i = 0; i < orders->count; i++)
		passed_over.ours[i] = orders->orders[i].id;
	values[0] = TimestampTzGetDatum(orders->orders[orders->count - 1].next_attempt_at);
	values[1] = Int64GetDatum(orders->orders[orders->count - 1].id);
	qsort(passed_over.ours, orders->count, sizeof(int64), sb_compare_ids);
	sb_plan_run(PLAN_FIND_ORDERS_UP_TO, values, NULL, keep_passed_over, &passed_over);

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
make_postings(Orders *orders)
{
	SbPosting *postings = palloc0(sizeof(SbPosting) * Max(orders->count, 1));
	SbLeg *legs = palloc0(sizeof(SbLeg) * 2 * Max(orders->count, 1));

	for (int i = 0; i < orders->count; i++)
	{
		const Order *order = &orders->orders[i];
		int64 amount = order->sweeps ? 0 : order->amount;

		legs[2 * i] = (SbLeg){.account_id = order->from_account, .amount = -amount};
		legs[2 * i + 1] = (SbLeg){.account_id = order->to_account, .amount = amount};
		postings[i] = (SbPosting){.operation = "standing_order",
								  .nlegs = 2,
								  .legs = &legs[2 * i],
								  .names_both = true,
								  .sweeps = order->sweeps,
								  .keep = order->sweeps ? order->amount : 0,
								  .role = order->role,
								  .description = order->description};
	}
	return postings;
}

/*
 * Refuses what the ordering roles may not do any more.
 */
static void
judge(Orders *orders, SbPosting *postings)
{
	bool may_transfer = false;
	bool restricted = false;
	int64 own;

	for (int i = 0; i < orders->count; i++)
	{
		const Order *order = &orders->orders[i];

		if (i == 0 || strcmp(order->role, orders->orders[i - 1].role) != 0)
			may_transfer = sb_may_transfer(order->role, &restricted);
		if (!may_transfer)
			postings[i].refusal = (SbRefusal){.code = SB_NO_PRIVILEGE, .what = "transfer"};
		else if (restricted && sb_store_find_own(order->role, &order->from_account, 1, &own) == 0)
			postings[i].refusal =
				(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = order->from_account};
	}
}

/*
 * Is the occurrence done with?
 */
static bool
has_ended(const Order *order, const SbPosting *posting, TimestampTz now)
{
	return sb_is_posted(posting) || swept_nothing(order, posting) || now >= deadline(order);
}

static const char *
execution_status(const Order *order, const SbPosting *posting)
{
	if (sb_is_posted(posting))
		return "paid";
	return swept_nothing(order, posting) ? "nothing" : "missed";
}

static bool
swept_nothing(const Order *order, const SbPosting *posting)
{
	return order->sweeps && posting->refusal.code == SB_INVALID_AMOUNT;
}

static TimestampTz
deadline(const Order *order)
{
	TimestampTz next;

	if (next_occurrence(order, &next))
		return Min(next, order->due_at + PATIENCE);
	return order->due_at + PATIENCE;
}

static bool
next_occurrence(const Order *order, TimestampTz *due_at)
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
occurrence_time(const Order *order, int32 number)
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

static void
add_execution(SbRows *rows, const Order *order, const SbPosting *posting)
{
	sb_rows_int64(rows, order->id, false);
	sb_rows_value(rows, Int32GetDatum(order->occurrence), false);
	sb_rows_int64(rows, order->due_at, false);
	sb_rows_value(rows, CStringGetTextDatum(execution_status(order, posting)), false);
	sb_rows_int64(rows, posting->transfer_id, !sb_is_posted(posting));
	sb_rows_value(rows, Int32GetDatum(order->attempts + 1), false);
	add_reason(rows, swept_nothing(order, posting) ? NULL : &posting->refusal);
	sb_rows_end(rows);
}

/*
 * What comes after the occurrence that has ended.
 */
static void
end_occurrence(Order *order)
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
put_off(Order *order, const SbPosting *posting, TimestampTz now)
{
	order->attempts++;
	order->refusal = posting->refusal;
	order->next_attempt_at =
		Min(now + sb_retry_wait(order->attempts, USECS_PER_MINUTE), deadline(order));
}

static void
add_order(SbRows *rows, const Order *order)
{
	sb_rows_int64(rows, order->id, false);
	sb_rows_value(rows, CStringGetTextDatum(order->is_finished ? "finished" : "active"), false);
	sb_rows_value(rows, Int32GetDatum(order->occurrence), false);
	sb_rows_int64(rows, order->due_at, false);
	sb_rows_int64(rows, order->next_attempt_at, false);
	sb_rows_value(rows, Int32GetDatum(order->attempts), false);
	add_reason(rows, &order->refusal);
	sb_rows_end(rows);
}

/*
 * Why, in two columns, without details of accounts.
 */
static void
add_reason(SbRows *rows, const SbRefusal *refusal)
{
	bool refused = refusal && refusal->code != SB_OK;

	sb_rows_value(rows, refused ? CStringGetTextDatum(sb_sqlstate(refusal->code)) : (Datum) 0,
				  !refused);
	sb_rows_value(rows, refused ? CStringGetTextDatum(sb_refusal_message(refusal)) : (Datum) 0,
				  !refused);
}
