/*
 * standing_order_job.c
 *	  The job that makes the transfers of schedule_transfer().
 *
 * A portion of orders that are due goes through the engine as one call; an
 * order's row is locked meanwhile, and what became of the occurrence is
 * written in the same transaction.
 *
 * Accounts have their turns: of one account a portion has so many orders at
 * most while others wait, and an order that has missed several occurrences
 * makes good one of them and then comes after the others.
 */
#include "postgres.h"

#include <limits.h>

#include "common/int.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"

#include "base/fault.h"
#include "base/setting.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/standing.h"
#include "calls/job.h"
#include "engine/post.h"
#include "store/account.h"
#include "store/order.h"

#define MAX_ORDERS 8192

/* A portion has at least so many accounts, if so many have orders that are due. */
#define ACCOUNTS_SERVED 10

/* How many orders are looked at for that, at most, and how many at once. */
#define MOST_LOOKED_AT 200000
#define LOOKED_AT_ONCE 1000

/* How long after it was due an occurrence is tried again. */
#define PATIENCE (3 * USECS_PER_DAY)

/* A portion while it is chosen. */
typedef struct Portion
{
	int64 *ids;		 /* of orders */
	int64 *accounts; /* of each of them */
	int count;
	int size;
	int share; /* how many of one account come before those of others */

	/* what comes only if there is room in the end, as ids and accounts */
	int64 *more_ids;
	int64 *more_accounts;
	int nmore;

	HTAB *shares; /* of AccountShare */

	/* the last order that was looked at, and how many were */
	TimestampTz next_attempt_at;
	int64 id;
	int looked_at;
} Portion;

typedef struct AccountShare
{
	int64 account; /* must be first */
	int chosen;
	bool is_passed_over; /* another session has one of its orders */
} AccountShare;

PG_FUNCTION_INFO_V1(simplebank_run_standing_orders);

static SbOrders lock_portion(TimestampTz now, int size);
static void choose(Portion *portion, TimestampTz now);
static void keep_due(TupleTableSlot *slot, void *state);
static void drop_passed_over(SbOrders *orders, const Portion *portion);
static SbPosting *make_postings(SbOrders *orders);
static void judge(SbOrders *orders, SbPosting *postings);
static bool is_of_same(const SbOrder *order, const SbOrder *other);
static void skip_missed(SbOrder *order, TimestampTz now, SbRows *executions);
static int32 latest_occurrence(const SbOrder *order, TimestampTz up_to);
static bool has_ended(const SbOrder *order, const SbPosting *posting, TimestampTz now);
static SbExecution execution_of(const SbOrder *order, const SbPosting *posting);
static bool swept_nothing(const SbOrder *order, const SbPosting *posting);
static TimestampTz deadline(const SbOrder *order);
static bool next_occurrence(const SbOrder *order, TimestampTz *due_at);
static TimestampTz occurrence_time(const SbOrder *order, int32 number);
static void end_occurrence(SbOrder *order, TimestampTz now);
static void put_off(SbOrder *order, const SbPosting *posting, TimestampTz now);

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
	if (one_only)
		orders = sb_store_lock_due_orders(now, &only, 1);
	else
		orders = lock_portion(now, max_items);
	executions = sb_store_executions(2 * orders.count);
	changes = sb_store_orders(orders.count);
	for (int i = 0; i < orders.count; i++)
		skip_missed(&orders.orders[i], now, executions);
	postings = make_postings(&orders);
	judge(&orders, postings);
	(void) sb_post(postings, orders.count, false);
	SB_FAULT_POINT(orders_posted);

	for (int i = 0; i < orders.count; i++)
	{
		SbOrder *order = &orders.orders[i];

		if (has_ended(order, &postings[i], now))
		{
			SbExecution execution = execution_of(order, &postings[i]);

			sb_store_add_execution(executions, order, &execution);
			end_occurrence(order, now);
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
 * Chooses orders that are due and locks them; what is returned is in the order
 * in which they fall due.
 */
static SbOrders
lock_portion(TimestampTz now, int size)
{
	HASHCTL control = {
		.keysize = sizeof(int64), .entrysize = sizeof(AccountShare), .hcxt = CurrentMemoryContext};
	Portion portion = {.ids = palloc(sizeof(int64) * size),
					   .accounts = palloc(sizeof(int64) * size),
					   .size = size,
					   .share = Max(size / ACCOUNTS_SERVED, 1),
					   .more_ids = palloc(sizeof(int64) * size),
					   .more_accounts = palloc(sizeof(int64) * size),
					   .shares = hash_create("orders of accounts", size, &control,
											 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT),
					   .next_attempt_at = DT_NOBEGIN};
	SbOrders orders;

	choose(&portion, now);
	orders = sb_store_lock_due_orders(now, portion.ids, portion.count);
	drop_passed_over(&orders, &portion);
	return orders;
}

/*
 * In the order in which they fall due, but of one account no more than its
 * share as long as others have some.
 */
static void
choose(Portion *portion, TimestampTz now)
{
	uint64 found;

	do
	{
		found = sb_store_find_due_orders(now, portion->next_attempt_at, portion->id, LOOKED_AT_ONCE,
										 keep_due, portion);
		portion->looked_at += (int) found;
	} while (found == LOOKED_AT_ONCE && portion->count < portion->size &&
			 portion->looked_at < MOST_LOOKED_AT);
	for (int i = 0; i < portion->nmore && portion->count < portion->size; i++)
	{
		portion->ids[portion->count] = portion->more_ids[i];
		portion->accounts[portion->count++] = portion->more_accounts[i];
	}
}

static void
keep_due(TupleTableSlot *slot, void *state)
{
	Portion *portion = state;
	int64 id = DatumGetInt64(slot->tts_values[0]);
	int64 account = DatumGetInt64(slot->tts_values[1]);
	AccountShare *share;
	bool found;

	portion->id = id;
	portion->next_attempt_at = DatumGetTimestampTz(slot->tts_values[2]);
	if (portion->count == portion->size)
		return;
	share = hash_search(portion->shares, &account, HASH_ENTER, &found);
	if (!found)
		*share = (AccountShare){.account = account};
	if (share->chosen < portion->share)
	{
		share->chosen++;
		portion->ids[portion->count] = id;
		portion->accounts[portion->count++] = account;
	}
	else if (portion->nmore < portion->size)
	{
		portion->more_ids[portion->nmore] = id;
		portion->more_accounts[portion->nmore++] = account;
	}
}

/*
 * Leaves alone the accounts of which another session has an order that was
 * chosen: it would come before others of them.
 */
static void
drop_passed_over(SbOrders *orders, const Portion *portion)
{
	int64 *ours = palloc(sizeof(int64) * Max(orders->count, 1));
	AccountShare *share;
	int kept = 0;

	for (int i = 0; i < orders->count; i++)
		ours[i] = orders->orders[i].id;
	qsort(ours, orders->count, sizeof(int64), sb_compare_ids);
	for (int i = 0; i < portion->count; i++)
	{
		if (bsearch(&portion->ids[i], ours, orders->count, sizeof(int64), sb_compare_ids))
			continue;
		share = hash_search(portion->shares, &portion->accounts[i], HASH_FIND, NULL);
		share->is_passed_over = true;
	}
	for (int i = 0; i < orders->count; i++)
	{
		share = hash_search(portion->shares, &orders->orders[i].from_account, HASH_FIND, NULL);
		if (!share->is_passed_over)
			orders->orders[kept++] = orders->orders[i];
	}
	orders->count = kept;
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
								  .gateway = order->gateway,
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
	SbLedgers *ledgers = NULL;
	int64 own;

	for (int i = 0; i < orders->count; i++)
	{
		const SbOrder *order = &orders->orders[i];

		if (i == 0 || !is_of_same(order, &orders->orders[i - 1]))
			may_transfer = sb_may_transfer(order->role, order->gateway, &restricted, &ledgers);
		postings[i].ledgers = ledgers;
		postings[i].is_restricted = restricted;
		if (!may_transfer)
			sb_refuse(&postings[i], &(SbRefusal){.code = SB_NO_PRIVILEGE, .what = "transfer"});
		else if (restricted &&
				 sb_store_find_own(order->role, ledgers, &order->from_account, 1, &own) == 0)
			sb_refuse(
				&postings[i],
				&(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = order->from_account});
	}
}

/* Has the same role ordered both, by the same gateway or by none? */
static bool
is_of_same(const SbOrder *order, const SbOrder *other)
{
	return strcmp(order->role, other->role) == 0 &&
		strcmp(order->gateway ? order->gateway : "", other->gateway ? other->gateway : "") == 0;
}

/*
 * Of occurrences that were missed the last ones are made good; one row stands
 * for those before them.
 */
static void
skip_missed(SbOrder *order, TimestampTz now, SbRows *executions)
{
	SbRefusal too_many = {.code = SB_TOO_MANY_MISSED};
	SbExecution execution = {.attempts = order->attempts, .status = "missed", .refusal = &too_many};
	int32 skipped;

	if (order->every == NULL)
		return;
	skipped =
		latest_occurrence(order, Min(now, order->until)) - order->occurrence + 1 - sb_max_catch_up;
	if (skipped <= 0)
		return;
	execution.occurrences = skipped;
	order->occurrence += skipped - 1;
	order->due_at = occurrence_time(order, order->occurrence);
	sb_store_add_execution(executions, order, &execution);
	end_occurrence(order, now);
}

/*
 * The last occurrence up to a time; the one that is due where there is none
 * after it.  Times grow with the number.
 */
static int32
latest_occurrence(const SbOrder *order, TimestampTz up_to)
{
	int32 latest = order->occurrence;
	int32 step = 1;

	while (latest <= INT_MAX - step && occurrence_time(order, latest + step) <= up_to)
	{
		latest += step;
		step = step > INT_MAX / 2 ? step : 2 * step;
	}
	while (step > 1)
	{
		step /= 2;
		if (latest <= INT_MAX - step && occurrence_time(order, latest + step) <= up_to)
			latest += step;
	}
	return latest;
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

	return (SbExecution){.occurrences = 1,
						 .attempts = order->attempts + 1,
						 .status = paid ? "paid"
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
 * What comes after the occurrence that has ended: one that is due already
 * comes after all that others are waiting for.
 */
static void
end_occurrence(SbOrder *order, TimestampTz now)
{
	TimestampTz next;

	order->attempts = 0;
	order->refusal.code = SB_OK;
	if (next_occurrence(order, &next))
	{
		order->occurrence++;
		order->due_at = next;
		order->next_attempt_at = Max(next, now);
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
