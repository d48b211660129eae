/*
 * rows.c
 *	  Rows that are gathered and written by statements of bounded size.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "store/rows.h"

/* A statement writes so many rows at most: bounds its memory, and what a cancel waits for. */
#define ROWS_PER_STATEMENT 8192
#define MAX_COLUMNS SB_PLAN_ARGUMENTS

struct SbRows
{
	SbPlan *plan;
	const Oid *types;
	int ncolumns;
	int column; /* where the next value goes */
	int count;
	int room;
	Datum *values[MAX_COLUMNS];
	bool *nulls[MAX_COLUMNS];
	bool has_values[MAX_COLUMNS]; /* not only NULL */
};

/*
 * Rows for a plan that takes an array per column, as many as expected at most,
 * in portions of bounded size and memory.
 */
SbRows *
sb_rows_make(SbPlan *plan, const Oid *types, int ncolumns, int expected)
{
	SbRows *rows = palloc0(sizeof(SbRows));

	Assert(ncolumns == plan->nargs);
	rows->plan = plan;
	rows->types = types;
	rows->ncolumns = ncolumns;
	rows->room = Min(expected, ROWS_PER_STATEMENT);
	for (int i = 0; i < ncolumns; i++)
	{
		rows->values[i] = palloc(sizeof(Datum) * rows->room);
		rows->nulls[i] = palloc(sizeof(bool) * rows->room);
	}
	return rows;
}

void
sb_rows_value(SbRows *rows, Datum value, bool isnull)
{
	rows->values[rows->column][rows->count] = value;
	rows->nulls[rows->column][rows->count] = isnull;
	rows->has_values[rows->column] |= !isnull;
	rows->column++;
}

/* Of an integer or a time. */
void
sb_rows_int64(SbRows *rows, int64 value, bool isnull)
{
	sb_rows_value(rows, Int64GetDatum(value), isnull);
}

void
sb_rows_end(SbRows *rows)
{
	Assert(rows->column == rows->ncolumns);
	rows->column = 0;
	if (++rows->count == rows->room)
		sb_rows_write(rows);
}

void
sb_rows_write(SbRows *rows)
{
	MemoryContext context;
	MemoryContext old_context;
	Datum arrays[MAX_COLUMNS];
	bool nulls[MAX_COLUMNS] = {0};

	if (rows->count == 0)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "ledger rows", ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	for (int i = 0; i < rows->ncolumns; i++)
	{
		/* unnest() fills up with NULLs by itself, and much faster */
		nulls[i] = !rows->has_values[i];
		if (rows->has_values[i])
			arrays[i] = sb_array(rows->types[i], rows->values[i], rows->nulls[i], rows->count);
	}
	if (sb_plan_run(rows->plan, arrays, nulls, NULL, NULL) != (uint64) rows->count)
		elog(ERROR, "plan %s did not write %d rows", rows->plan->name, rows->count);
	rows->count = 0;
	memset(rows->has_values, false, sizeof(rows->has_values));
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}
