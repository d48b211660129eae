/*
 * stats.c
 *	  The SQL functions that show what counter.c counts.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/counter.h"
#include "base/error.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "teller/place.h"

static Datum bigint_array(const uint64 *values, int count);
static int compare_hot(const void *a, const void *b);

PG_FUNCTION_INFO_V1(simplebank_read_stats);
PG_FUNCTION_INFO_V1(simplebank_read_refusals);
PG_FUNCTION_INFO_V1(simplebank_hot_accounts);
PG_FUNCTION_INFO_V1(simplebank_stats_reset);
PG_FUNCTION_INFO_V1(simplebank_queue_state);

Datum
simplebank_read_stats(PG_FUNCTION_ARGS)
{
	SbCounts sum;
	TimestampTz since;
	TupleDesc row_type;
	Datum values[SB_COUNTERS + 2 * SB_TIMED + 2];
	bool nulls[lengthof(values)] = {0};
	int n = 0;

	sb_admit(fcinfo, SB_READS);
	since = sb_counts_read(&sum);
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE ||
		row_type->natts != lengthof(values))
		elog(ERROR, "return type must be a row of %d columns", (int) lengthof(values));
	for (int i = 0; i < SB_COUNTERS; i++)
		values[n++] = Int64GetDatum(sum.counters[i]);
	for (int i = 0; i < SB_TIMED; i++)
	{
		values[n++] = bigint_array(sum.latencies[i], SB_LATENCY_BUCKETS);
		values[n++] = Int64GetDatum(sum.latency_sums[i]);
	}
	values[n++] = Int32GetDatum(sb_deepest_queue());
	values[n++] = TimestampTzGetDatum(since);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}

static Datum
bigint_array(const uint64 *values, int count)
{
	Datum *elements = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(values[i]);
	return PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
simplebank_read_refusals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SbCounts sum;

	sb_admit(fcinfo, SB_READS);
	InitMaterializedSRF(fcinfo, 0);
	(void) sb_counts_read(&sum);
	for (int i = SB_OK + 1; i < SB_CODES; i++)
	{
		Datum values[2] = {CStringGetTextDatum(sb_sqlstate(i)), Int64GetDatum(sum.refusals[i])};
		bool nulls[2] = {0};

		if (sum.refusals[i] > 0)
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
simplebank_hot_accounts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int32 n = sb_arg_int32(fcinfo, 0, "n");
	SbHotAccount hot[SB_HOT_ACCOUNTS];
	SbScope scope;
	int told = 0;

	if (n < 1 || n > SB_HOT_ACCOUNTS)
		sb_raise_invalid("n", psprintf("It is 1 to %d.", SB_HOT_ACCOUNTS));
	InitMaterializedSRF(fcinfo, 0);
	sb_enter(&scope, fcinfo, SB_READS);
	sb_hot_accounts_read(hot);
	qsort(hot, SB_HOT_ACCOUNTS, sizeof(SbHotAccount), compare_hot);
	for (int i = 0; i < SB_HOT_ACCOUNTS && told < n && hot[i].account_id != 0; i++)
	{
		Datum values[3] = {Int64GetDatum(hot[i].account_id), Int64GetDatum(hot[i].entries),
						   Int64GetDatum(hot[i].wait)};
		bool nulls[3] = {0};

		if (sb_is_foreign(&scope, hot[i].account_id))
			continue;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		told++;
	}
	sb_leave(&scope);
	return (Datum) 0;
}

/* Who has waited most comes first, then who has most entries. */
static int
compare_hot(const void *a, const void *b)
{
	const SbHotAccount *left = a;
	const SbHotAccount *right = b;

	if (left->wait != right->wait)
		return left->wait > right->wait ? -1 : 1;
	return left->entries > right->entries ? -1 : left->entries < right->entries;
}

Datum
simplebank_stats_reset(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_READS);
	sb_counters_reset();
	PG_RETURN_VOID();
}

Datum
simplebank_queue_state(PG_FUNCTION_ARGS)
{
	TupleDesc row_type;
	Datum values[2];
	bool nulls[2] = {0};
	int tellers;
	int used;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	sb_admit(fcinfo, SB_READS);
	sb_queue_state(&tellers, &used);
	values[0] = Int32GetDatum(tellers);
	values[1] = Int32GetDatum(used);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}
