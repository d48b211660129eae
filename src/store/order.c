/*
 * order.c
 *	  Rows of simplebank.standing_orders and simplebank.order_executions.
 *
 * The row of an order that is due is locked, FOR NO KEY UPDATE and in the
 * order in which orders fall due, before any account.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/fault.h"
#include "store/order.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan insert_order = {
	"insert_order",
	"INSERT INTO simplebank.standing_orders"
	" (id, role, from_account_id, to_account_id, amount, keep, run_at, every, until,"
	"  due_at, next_attempt_at, description, gateway)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, $7, $10, $11)",
	SPI_OK_INSERT, .nargs = 11,
	.types = {INT8OID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID,
	INTERVALOID, TIMESTAMPTZOID, TEXTOID, TEXTOID}
};
static SbPlan count_orders = {
	"count_orders",
	"SELECT pg_catalog.count(*) FROM (SELECT FROM simplebank.standing_orders"
	" WHERE from_account_id" EQ "$1 AND status" EQ "'active' LIMIT $2) o",
	SPI_OK_SELECT, .nargs = 2, .types = {INT8OID, INT8OID}
};
/* $2: only if this role has given it; $3: only in one of these ledgers */
static SbPlan cancel_order = {
	"cancel_order",
	"UPDATE simplebank.standing_orders o SET status = 'cancelled'"
	" WHERE id" EQ "$1 AND status" EQ "'active' AND ($2 IS NULL OR role" EQ "$2)"
	" AND ($3 IS NULL OR EXISTS (SELECT FROM simplebank.accounts a"
	" WHERE a.id" EQ "o.from_account_id AND a.ledger_id" EQ "ANY ($3))) RETURNING o",
	SPI_OK_UPDATE_RETURNING, .nargs = 3, .types = {INT8OID, TEXTOID, INT4ARRAYOID}
};
static SbPlan cancel_own_orders = {
	"cancel_own_orders",
	"UPDATE simplebank.standing_orders o SET status = 'cancelled' FROM simplebank.accounts a"
	" WHERE a.id" EQ "$1 AND o.from_account_id" EQ "a.id AND o.status" EQ "'active'"
	" AND o.role" EQ "a.owner",
	SPI_OK_UPDATE, .nargs = 1, .types = {INT8OID}
};
static SbPlan find_due_orders = {
	"find_due_orders",
	"SELECT id, from_account_id, next_attempt_at FROM simplebank.standing_orders"
	" WHERE status" EQ "'active' AND next_attempt_at" LE "$1"
	" AND ROW(next_attempt_at, id)" GT "ROW($2, $3)"
	" ORDER BY next_attempt_at, id LIMIT $4",
	SPI_OK_SELECT, .nargs = 4, .types = {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID}
};
static SbPlan lock_due_orders = {
	"lock_due_orders",
	"SELECT id, role, from_account_id, to_account_id, amount, keep, run_at, every, until,"
	" occurrence, due_at, next_attempt_at, attempts, description, gateway"
	" FROM simplebank.standing_orders"
	" WHERE status" EQ "'active' AND next_attempt_at" LE "$1 AND id" EQ "ANY ($2)"
	" ORDER BY next_attempt_at, id FOR NO KEY UPDATE SKIP LOCKED",
	SPI_OK_SELECT, .nargs = 2, .types = {TIMESTAMPTZOID, INT8ARRAYOID}
};
static SbPlan insert_executions = {
	"insert_executions",
	"WITH x AS MATERIALIZED (SELECT " UNNEST("$1") " order_id, " UNNEST("$2") " occurrence, "
	UNNEST("$3") " occurrences, " UNNEST("$4") " due_at, " UNNEST("$5") " status, " UNNEST("$6") " transfer_id, "
	UNNEST("$7") " attempts, " UNNEST("$8") " sqlstate, " UNNEST("$9") " error),"
	" noticed AS (INSERT INTO simplebank.notices (kind, ledger_id, account_id, object_id, role, gateway, details)"
	" SELECT 'order_missed', a.ledger_id, a.id, o.id, o.role, o.gateway, pg_catalog.jsonb_build_object("
	"'occurrence', x.occurrence, 'occurrences', x.occurrences,"
	" 'due_at', pg_catalog.to_char(pg_catalog.timezone('UTC', x.due_at), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"'),"
	" 'attempts', x.attempts, 'sqlstate', x.sqlstate, 'error', x.error)"
	" FROM x JOIN simplebank.standing_orders o ON o.id" EQ "x.order_id"
	" JOIN simplebank.accounts a ON a.id" EQ ACCOUNT_OF("o.from_account_id")
	" WHERE x.status" EQ "'missed')"
	" INSERT INTO simplebank.order_executions"
	" (order_id, occurrence, occurrences, due_at, status, transfer_id, attempts, sqlstate, error)"
	" SELECT x.order_id, x.occurrence, x.occurrences, x.due_at, x.status, x.transfer_id, x.attempts, x.sqlstate, x.error FROM x",
	SPI_OK_INSERT, .nargs = 9,
	.types = {INT8ARRAYOID, INT4ARRAYOID, INT4ARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID,
	INT8ARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
};
static SbPlan update_orders = {
	"update_orders",
	"UPDATE simplebank.standing_orders o SET status = v.status, occurrence = v.occurrence,"
	" due_at = v.due_at, next_attempt_at = v.next_attempt_at, attempts = v.attempts,"
	" sqlstate = v.sqlstate, error = v.error"
	" FROM (SELECT " UNNEST("$1") " id, " UNNEST("$2") " status, " UNNEST("$3") " occurrence, "
	UNNEST("$4") " due_at, " UNNEST("$5") " next_attempt_at, " UNNEST("$6") " attempts, "
	UNNEST("$7") " sqlstate, " UNNEST("$8") " error) v WHERE o.id" EQ "v.id",
	SPI_OK_UPDATE, .nargs = 8,
	.types = {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAYOID, TIMESTAMPTZARRAYOID,
	TIMESTAMPTZARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
};
/* clang-format on */

static void keep_order(TupleTableSlot *slot, void *state);
static void add_reason(SbRows *rows, const SbRefusal *refusal);

void
sb_store_insert_order(const SbOrder *order)
{
	Datum amount = Int64GetDatum(order->amount);
	Datum values[] = {Int64GetDatum(order->id),
					  CStringGetTextDatum(order->role),
					  Int64GetDatum(order->from_account),
					  Int64GetDatum(order->to_account),
					  amount,
					  amount,
					  TimestampTzGetDatum(order->run_at),
					  IntervalPGetDatum(order->every),
					  TimestampTzGetDatum(order->until),
					  PointerGetDatum(order->description),
					  order->gateway ? CStringGetTextDatum(order->gateway) : 0};
	bool nulls[] = {[4] = order->sweeps,
					[5] = !order->sweeps,
					[7] = order->every == NULL,
					[8] = TIMESTAMP_IS_NOEND(order->until),
					[9] = order->description == NULL,
					[10] = order->gateway == NULL};

	sb_plan_run(&insert_order, values, nulls, NULL, NULL);
	SB_FAULT_POINT(order_written);
}

/*
 * How many orders of an account are active, counted up to so many.
 */
int64
sb_store_count_orders(int64 account_id, int64 up_to)
{
	Datum values[] = {Int64GetDatum(account_id), Int64GetDatum(up_to)};
	int64 count;

	sb_plan_run(&count_orders, values, NULL, sb_keep_int64, &count);
	return count;
}

/*
 * role: only if this one has given it; NULL: whoever has; ledgers: only if its
 * account is in one of them.  False where there
 * is no such active order.
 */
bool
sb_store_cancel_order(int64 id, const char *role, const SbLedgers *ledgers, Datum *row)
{
	Datum values[] = {Int64GetDatum(id), role ? CStringGetTextDatum(role) : 0,
					  sb_ledger_array(ledgers)};
	bool nulls[] = {false, role == NULL, ledgers == NULL};

	if (sb_plan_run(&cancel_order, values, nulls, sb_keep_row, row) == 0)
		return false;
	SB_FAULT_POINT(order_cancelled);
	return true;
}

/*
 * The ids, accounts and times of orders that are due, whoever has locked them,
 * in the order in which they fall due and after the one that is named; returns
 * how many, limit at most.
 */
/*
 * Ends what the owner of an account has ordered of it; returns how many orders.
 */
int64
sb_store_cancel_own_orders(int64 account_id)
{
	Datum value = Int64GetDatum(account_id);
	int64 count = (int64) sb_plan_run(&cancel_own_orders, &value, NULL, NULL, NULL);

	SB_FAULT_POINT(orders_cancelled);
	return count;
}

uint64
sb_store_find_due_orders(TimestampTz now, TimestampTz after_time, int64 after_id, int limit,
						 SbRowFunction row_function, void *state)
{
	Datum values[] = {TimestampTzGetDatum(now), TimestampTzGetDatum(after_time),
					  Int64GetDatum(after_id), Int64GetDatum(limit)};

	return sb_plan_run(&find_due_orders, values, NULL, row_function, state);
}

/*
 * Locks those of these orders that are due and that no other session has
 * locked, in the order in which they fall due.
 */
SbOrders
sb_store_lock_due_orders(TimestampTz now, const int64 *ids, int count)
{
	Datum values[] = {TimestampTzGetDatum(now), sb_id_array(ids, count)};
	SbOrders orders = {.orders = palloc(sizeof(SbOrder) * Max(count, 1))};

	sb_plan_run(&lock_due_orders, values, NULL, keep_order, &orders);
	SB_FAULT_POINT(orders_locked);
	return orders;
}

static void
keep_order(TupleTableSlot *slot, void *state)
{
	SbOrders *orders = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	orders->orders[orders->count++] =
		(SbOrder){.id = DatumGetInt64(values[0]),
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
				  .description = nulls[13] ? NULL : DatumGetTextPCopy(values[13]),
				  .gateway = nulls[14] ? NULL : TextDatumGetCString(values[14])};
}

SbRows *
sb_store_executions(int expected)
{
	static const Oid types[] = {INT8OID, INT4OID, INT4OID, TIMESTAMPTZOID, TEXTOID,
								INT8OID, INT4OID, TEXTOID, TEXTOID};

	return sb_rows_make(&insert_executions, types, lengthof(types), expected);
}

void
sb_store_add_execution(SbRows *rows, const SbOrder *order, const SbExecution *execution)
{
	sb_rows_int64(rows, order->id, false);
	sb_rows_value(rows, Int32GetDatum(order->occurrence), false);
	sb_rows_value(rows, Int32GetDatum(execution->occurrences), false);
	sb_rows_int64(rows, order->due_at, false);
	sb_rows_value(rows, CStringGetTextDatum(execution->status), false);
	sb_rows_int64(rows, execution->transfer_id, !execution->has_transfer);
	sb_rows_value(rows, Int32GetDatum(execution->attempts), false);
	add_reason(rows, execution->refusal);
	sb_rows_end(rows);
}

SbRows *
sb_store_orders(int expected)
{
	static const Oid types[] = {INT8OID,		TEXTOID, INT4OID, TIMESTAMPTZOID,
								TIMESTAMPTZOID, INT4OID, TEXTOID, TEXTOID};

	return sb_rows_make(&update_orders, types, lengthof(types), expected);
}

void
sb_store_add_order(SbRows *rows, const SbOrder *order)
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
