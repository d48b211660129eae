/*
 * job.c
 *	  What jobs share that is not in SQL.
 */
#include "postgres.h"

#include <math.h>

#include "common/pg_prng.h"
#include "utils/timestamp.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "calls/job.h"

#define LONGEST_WAIT (1 * USECS_PER_HOUR)

PG_FUNCTION_INFO_V1(simplebank_retry_wait);

SB_BODY_IN_SQL(due_date, SB_READS | SB_FOR_CUSTOMERS);
SB_BODY_IN_SQL(set_job, SB_WRITES);
SB_BODY_IN_SQL(retry_job, SB_WRITES);
SB_BODY_IN_SQL(job_step, SB_WRITES);

/*
 * How long to wait after so many attempts have failed, in microseconds: the
 * first wait, doubled after each further attempt, up to an hour, with jitter,
 * so that what has failed together does not come back together.
 */
int64
sb_retry_wait(int32 attempts, double first)
{
	double wait = Max(0, Min(ldexp(first, Max(Min(attempts, 100), 1) - 1), LONGEST_WAIT));

	return (int64) (wait * (0.75 + pg_prng_double(&pg_global_prng_state) / 2));
}

Datum
simplebank_retry_wait(PG_FUNCTION_ARGS)
{
	int32 attempts = sb_arg_int32(fcinfo, 0, "attempts");
	Interval *wait = palloc0(sizeof(Interval));
	Interval *first;

	if (PG_ARGISNULL(1))
		sb_raise_null("first");
	first = PG_GETARG_INTERVAL_P(1);
	wait->time =
		sb_retry_wait(attempts, (double) first->time + (double) first->day * USECS_PER_DAY);
	PG_RETURN_INTERVAL_P(wait);
}
