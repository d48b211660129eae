/*
 * plan.c
 *	  Runs kept plans.
 *
 * Rows go from the executor straight to the caller's function, without a
 * copy in between.
 */
#include "postgres.h"

#include "nodes/params.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "store/plan.h"

/* A receiver that hands each row to a function. */
typedef struct RowReceiver
{
	DestReceiver pub; /* MUST BE FIRST: the executor knows nothing else */
	SbRowFunction row_function;
	void *state;
	MemoryContext context; /* the caller's: what row_function keeps stays */
	uint64 rows;
} RowReceiver;

StaticAssertDecl(offsetof(RowReceiver, pub) == 0, "a receiver begins with what the executor calls");

static void prepare(SbPlan *plan);
static ParamListInfo make_parameters(const SbPlan *plan, const Datum *values, const bool *nulls);
static void receive_startup(DestReceiver *self, int operation, TupleDesc typeinfo);
static bool receive_row(TupleTableSlot *slot, DestReceiver *self);
static void receive_end(DestReceiver *self);

/*
 * Runs a plan as the ledger's owner and returns the number of its rows.
 * nulls may be NULL where no value is; row_function where the plan has none.
 */
uint64
sb_plan_run(SbPlan *plan, const Datum *values, const bool *nulls, SbRowFunction row_function,
			void *state)
{
	SPIExecuteOptions options = {0};
	RowReceiver receiver = {
		.pub = {receive_row, receive_startup, receive_end, receive_end, DestTuplestore},
		.row_function = row_function,
		.state = state,
		.context = CurrentMemoryContext};
	int nest_level;
	int result;

	if (unlikely(plan->kept == NULL))
		prepare(plan);
	options.params = make_parameters(plan, values, nulls);
	options.read_only = plan->read_only;
	if (row_function)
		options.dest = &receiver.pub;

	nest_level = sb_planner_begin(plan->kept, &plan->planning, plan->hashes, plan->bitmaps);
	result = SPI_execute_plan_extended(plan->kept, &options);
	sb_planner_end(plan->kept, &plan->planning, nest_level);

	if (result != plan->result)
		elog(ERROR, "plan %s returned %s", plan->name, SPI_result_code_string(result));
	return row_function ? receiver.rows : SPI_processed;
}

/*
 * For a plan that has one bigint.
 */
void
sb_keep_int64(TupleTableSlot *slot, void *state)
{
	*(int64 *) state = DatumGetInt64(slot->tts_values[0]);
}

/*
 * For a plan that has one numeric, which is copied.
 */
void
sb_keep_numeric(TupleTableSlot *slot, void *state)
{
	*(Numeric *) state = DatumGetNumericCopy(slot->tts_values[0]);
}

/*
 * For a plan that has one row of a table as a whole: it is copied to where a
 * function has been called, so that it can return it after sb_leave().
 */
void
sb_keep_row(TupleTableSlot *slot, void *state)
{
	*(Datum *) state = SPI_datumTransfer(slot->tts_values[0], false, -1);
}

/*
 * An array for a plan; nulls may be NULL.
 */
Datum
sb_array(Oid type, Datum *values, bool *nulls, int count)
{
	int lower_bound = 1;
	int16 length;
	bool by_value;
	char align;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(
		construct_md_array(values, nulls, 1, &count, &lower_bound, type, length, by_value, align));
}

Datum
sb_id_array(const int64 *ids, int count)
{
	Datum *elements = palloc(sizeof(Datum) * Max(count, 1));
	Datum array;

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	array = sb_array(INT8OID, elements, NULL, count);
	pfree(elements);
	return array;
}

/* For a parameter that is NULL where ledgers are. */
Datum
sb_ledger_array(const SbLedgers *ledgers)
{
	Datum *elements;

	if (ledgers == NULL)
		return (Datum) 0;
	elements = palloc(sizeof(Datum) * Max(ledgers->count, 1));
	for (int i = 0; i < ledgers->count; i++)
		elements[i] = Int32GetDatum(ledgers->ids[i]);
	return sb_array(INT4OID, elements, NULL, ledgers->count);
}

static void
prepare(SbPlan *plan)
{
	SPIPlanPtr prepared;

	Assert(plan->nargs <= SB_PLAN_ARGUMENTS);
	prepared = SPI_prepare_cursor(plan->text, plan->nargs, plan->types, CURSOR_OPT_GENERIC_PLAN);
	if (prepared == NULL)
		elog(ERROR, "could not prepare plan %s: %s", plan->name,
			 SPI_result_code_string(SPI_result));
	if (SPI_keepplan(prepared) != 0)
		elog(ERROR, "could not keep plan %s", plan->name);
	plan->kept = prepared;
}

static ParamListInfo
make_parameters(const SbPlan *plan, const Datum *values, const bool *nulls)
{
	ParamListInfo parameters = makeParamList(plan->nargs);

	for (int i = 0; i < plan->nargs; i++)
	{
		ParamExternData *parameter = &parameters->params[i];

		parameter->value = values[i];
		parameter->isnull = nulls && nulls[i];
		parameter->pflags = PARAM_FLAG_CONST;
		parameter->ptype = plan->types[i];
	}
	return parameters;
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
	((RowReceiver *) self)->rows = 0;
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext old_context = MemoryContextSwitchTo(receiver->context);

	slot_getallattrs(slot);
	receiver->row_function(slot, receiver->state);
	MemoryContextSwitchTo(old_context);
	receiver->rows++;
	return true;
}

static void
receive_end(DestReceiver *self)
{
}
