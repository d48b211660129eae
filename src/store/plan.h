/*
 * plan.h
 *	  Kept plans.
 *
 * A plan is a static value in the store file that decodes its rows:
 *
 *		static SbPlan read_hold = {
 *			"read_hold", "SELECT id, amount FROM simplebank.holds WHERE id" EQ "$1",
 *			SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}};
 *
 * It is prepared at its first run and kept for the session.  A kept plan is
 * parsed again under the caller's search_path when something that it uses has
 * changed, so every name, operators included, is qualified: see sql.h.
 */
#ifndef SB_STORE_PLAN_H
#define SB_STORE_PLAN_H

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"

#include "model/ledger.h"
#include "store/planner.h"

#define SB_PLAN_ARGUMENTS 24

typedef struct SbPlan
{
	const char *name;
	const char *text;
	int result;		/* the SPI code that a run must return */
	bool read_only; /* on the caller's snapshot, not a new one */
	bool hashes;	/* joins by a hash table, not row by row */
	bool bitmaps;	/* reads a GIN index */
	int nargs;
	Oid types[SB_PLAN_ARGUMENTS];

	/* of this session */
	SPIPlanPtr kept;
	SbPlanning planning;
} SbPlan;

/* Is called for each row; the slot and what it points to end with the call. */
typedef void (*SbRowFunction)(TupleTableSlot *slot, void *state);

extern uint64 sb_plan_run(SbPlan *plan, const Datum *values, const bool *nulls,
						  SbRowFunction row_function, void *state);
extern void sb_keep_int64(TupleTableSlot *slot, void *state);
extern void sb_keep_row(TupleTableSlot *slot, void *state);
extern void sb_keep_numeric(TupleTableSlot *slot, void *state);
extern Datum sb_array(Oid type, Datum *values, bool *nulls, int count);
extern Datum sb_ledger_array(const SbLedgers *ledgers);
extern Datum sb_id_array(const int64 *ids, int count);

#endif /* SB_STORE_PLAN_H */
