/*
 * clock.c
 *	  The clock: what it shows, and that an administrator accepts it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/clock.h"
#include "calls/door.h"

PG_FUNCTION_INFO_V1(simplebank_clock);

SB_BODY_IN_SQL(accept_clock, SB_WRITES | SB_AT_ANY_TIME);

/*
 * Tells nothing that a caller must not know.
 */
Datum
simplebank_clock(PG_FUNCTION_ARGS)
{
	SbClock clock = sb_clock_read();
	SbClock at_start = sb_clock_at_start();
	pg_uuid_t *boot_id = palloc(sizeof(pg_uuid_t));
	TupleDesc row_type;
	Datum values[5];
	bool nulls[5] = {0};

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	*boot_id = sb_clock_boot_id();
	values[0] = TimestampTzGetDatum(clock.now);
	values[1] = TimestampTzGetDatum(clock.booted_at);
	values[2] = UUIDPGetDatum(boot_id);
	values[3] = TimestampTzGetDatum(at_start.now);
	values[4] = TimestampTzGetDatum(at_start.booted_at);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}
