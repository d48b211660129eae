/*
 * order.h
 *	  Rows of simplebank.standing_orders and simplebank.order_executions.
 */
#ifndef SB_STORE_ORDER_H
#define SB_STORE_ORDER_H

#include "utils/timestamp.h"

#include "base/error.h"
#include "store/rows.h"

/* An order, and what becomes of its occurrence. */
typedef struct SbOrder
{
	int64 id;
	char *role;
	char *gateway; /* or NULL: that acted for this customer */
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
} SbOrder;

typedef struct SbOrders
{
	int count;
	SbOrder *orders;
} SbOrders;

/* How an occurrence has ended, or several with it. */
typedef struct SbExecution
{
	int32 occurrences;
	int32 attempts;
	const char *status;
	bool has_transfer;
	int64 transfer_id;
	const SbRefusal *refusal; /* or NULL */
} SbExecution;

extern void sb_store_insert_order(const SbOrder *order);
extern int64 sb_store_count_orders(int64 account_id, int64 up_to);
extern bool sb_store_cancel_order(int64 id, const char *role, const SbLedgers *ledgers, Datum *row);
extern int64 sb_store_cancel_own_orders(int64 account_id);
extern uint64 sb_store_find_due_orders(TimestampTz now, TimestampTz after_time, int64 after_id,
									   int limit, SbRowFunction row_function, void *state);
extern SbOrders sb_store_lock_due_orders(TimestampTz now, const int64 *ids, int count);
extern SbRows *sb_store_executions(int expected);
extern void sb_store_add_execution(SbRows *rows, const SbOrder *order,
								   const SbExecution *execution);
extern SbRows *sb_store_orders(int expected);
extern void sb_store_add_order(SbRows *rows, const SbOrder *order);

#endif /* SB_STORE_ORDER_H */
