/*
 * plan.h
 *	  All SQL that the library runs, as kept plans in one table.
 */
#ifndef SB_PLAN_H
#define SB_PLAN_H

#include "executor/tuptable.h"

typedef enum SbPlanId
{
	PLAN_LOCK_ACCOUNTS,
	PLAN_FIND_OWN,
	PLAN_READ_ACCOUNT,
	PLAN_READ_BALANCE,
	PLAN_INSERT_ACCOUNT,
	PLAN_INSERT_SYSTEM_ACCOUNT,
	PLAN_FIND_SYSTEM_ACCOUNT,
	PLAN_FIND_BANK_ACCOUNT,
	PLAN_SET_LIMITS,
	PLAN_SET_STATUS,
	PLAN_INSERT_EVENT,
	PLAN_WRITE_TRANSFER,
	PLAN_INSERT_TRANSFERS,
	PLAN_INSERT_ENTRIES,
	PLAN_UPDATE_ACCOUNTS,
	PLAN_INSERT_HOLD,
	PLAN_UPDATE_HOLD,
	PLAN_READ_HOLD,
	PLAN_FIND_DUE_HOLDS,
	PLAN_LOCK_DUE_HOLDS,
	PLAN_EXPIRE_HOLDS,
	PLAN_SUM_DUE_HOLDS,
	PLAN_FIND_HOLD_IN_FAVOUR,
	PLAN_READ_HOLD_ANSWER,
	PLAN_CLAIM_KEY,
	PLAN_CLAIM_KEYS,
	PLAN_FIND_KEYS,
	PLAN_DELETE_KEYS,
	PLAN_PURGE_KEYS,
	PLAN_READ_ANSWER,
	PLAN_CHECK_KEY,
	PLAN_READ_TRANSFER,
	PLAN_READ_LEGS,
	PLAN_FIND_REVERSAL,
	PLAN_READ_ENTRY,
	PLAN_READ_STATEMENT,
	PLAN_FIND_DISPLACEMENT,
	PLAN_SUM_DISPLACED,
	PLAN_INSERT_ORDER,
	PLAN_COUNT_ORDERS,
	PLAN_CANCEL_ORDER,
	PLAN_LOCK_DUE_ORDERS,
	PLAN_FIND_ORDERS_UP_TO,
	PLAN_INSERT_EXECUTIONS,
	PLAN_UPDATE_ORDERS,
	PLAN_FIND_MEMBERSHIP,
	PLAN_FIND_CURRENCY,
	PLAN_ADD_CURRENCY,
	PLAN_COUNT
} SbPlanId;

/* Is called for each row; the slot and what it points to end with the call. */
typedef void (*SbRowFunction)(TupleTableSlot *slot, void *state);

extern uint64 sb_plan_run(SbPlanId id, const Datum *values, const bool *nulls,
						  SbRowFunction row_function, void *state);
extern void sb_keep_int64(TupleTableSlot *slot, void *state);
extern Datum sb_array(Oid type, Datum *values, bool *nulls, int count);

#endif /* SB_PLAN_H */
