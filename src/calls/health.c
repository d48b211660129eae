/*
 * health.c
 *	  The entry point of health(), whose body is in SQL, and what of it only C
 *	  can see.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include "base/durability.h"
#include "calls/door.h"

PG_FUNCTION_INFO_V1(simplebank_synchronous_standbys);

SB_BODY_IN_SQL(health, SB_READS);

/*
 * pg_stat_replication would not show them to the ledger's owner.
 */
Datum
simplebank_synchronous_standbys(PG_FUNCTION_ARGS)
{
	TupleDesc row_type;
	Datum values[2];
	bool nulls[2] = {0};
	int wanted;
	int connected;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	sb_admit(fcinfo, SB_READS | SB_PART);
	sb_synchronous_standbys(&wanted, &connected);
	values[0] = Int32GetDatum(wanted);
	values[1] = Int32GetDatum(connected);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}
