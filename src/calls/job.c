/*
 * job.c
 *	  Jobs: the loop of run_job(), and what else of them is not in SQL.
 *
 * A procedure that commits can neither be SECURITY DEFINER nor have settings
 * of its own, so run_job() enters the ledger anew for each portion of work,
 * and leaves it before it commits.  The door judges the caller each time.
 * What is kept from one transaction to the next is in JobRun, whose name is
 * in the memory of run_job()'s own connection to SPI: of the portal where it
 * may commit.
 *
 * The transactions are run_job()'s own: what the settings of the session, the
 * role, the database or the server say of transactions is for others.
 */
#include "postgres.h"

#include <math.h>

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/version.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/job.h"
#include "calls/scheduler.h"
#include "store/account.h"
#include "store/clock.h"
#include "store/lock.h"
#include "store/owner.h"

#define LONGEST_WAIT (1 * USECS_PER_HOUR)
#define LONGEST_PAUSE (1 * USECS_PER_SEC)

/* What a step leaves to do. */
typedef enum StepOutcome
{
	STEP_DONE,
	STEP_MORE,
	STEP_BUSY,	   /* another session works on the job */
	STEP_CANCELLED /* its failure is recorded, its caller is to be told */
} StepOutcome;

/* One call of run_job(). */
typedef struct JobRun
{
	char *name; /* NULL: no such job */
	bool has_date;
	DateADT business_date;
	pg_uuid_t runner;
	bool has_run;
	int64 run; /* the row of job_runs that is being worked on */
} JobRun;

PG_FUNCTION_INFO_V1(simplebank_run_job);
PG_FUNCTION_INFO_V1(simplebank_replace_job);
PG_FUNCTION_INFO_V1(simplebank_lock_job);
PG_FUNCTION_INFO_V1(simplebank_retry_wait);

SB_BODY_IN_SQL(due_date, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
SB_BODY_IN_SQL(set_job, SB_WRITES | SB_AT_ANY_TIME);
SB_BODY_IN_SQL(retry_job, SB_WRITES | SB_AT_ANY_TIME);

static JobRun begin_run(FunctionCallInfo fcinfo);
static void begin_transaction(void);
static void set_locally(const char *name, const char *value);
static StepOutcome take_step(FunctionCallInfo fcinfo, JobRun *job);
static StepOutcome read_step(JobRun *job);
static void give_way(FunctionCallInfo fcinfo, TimestampTz began);
static bool others_post(FunctionCallInfo fcinfo);
static double interval_seconds(const Interval *interval);

/*
 * Each step is a transaction.  In a transaction block, or called by a function,
 * it cannot commit: SPI says so before the first step.
 */
Datum
simplebank_run_job(PG_FUNCTION_ARGS)
{
	JobRun job;
	StepOutcome outcome;

	SPI_connect_ext(sb_is_atomic_call(fcinfo) ? 0 : SPI_OPT_NONATOMIC);
	job = begin_run(fcinfo);
	/* the rest of the caller's statement is not timed either */
	disable_timeout(STATEMENT_TIMEOUT, false);
	for (;;)
	{
		TimestampTz began;

		begin_transaction();
		began = GetCurrentTimestamp();
		outcome = take_step(fcinfo, &job);
		SPI_commit();
		if (outcome != STEP_MORE)
			break;
		give_way(fcinfo, began);
	}
	if (outcome == STEP_CANCELLED)
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED), errmsg("job \"%s\" was cancelled", job.name),
				 errdetail("The attempt is recorded as failed."),
				 errhint("See simplebank.job_status.")));
	begin_transaction();
	if (strcmp(job.name, "purge_keys") == 0)
		sb_purge_cron_history();
	if (outcome == STEP_BUSY)
		ereport(NOTICE, (errmsg("another session runs job \"%s\"", job.name)));
	SPI_finish();
	PG_RETURN_VOID();
}

static JobRun
begin_run(FunctionCallInfo fcinfo)
{
	JobRun job = {.name = NULL};
	text *name = sb_arg_optional_text(fcinfo, 0, "name");

	if (name)
		job.name = text_to_cstring(name);
	job.has_date = !PG_ARGISNULL(1);
	if (job.has_date)
		job.business_date = PG_GETARG_DATEADT(1);
	job.runner = *DatumGetUUIDP(DirectFunctionCall1(gen_random_uuid, (Datum) 0));
	return job;
}

/*
 * Commits the transaction that is there, which has done nothing yet or only
 * looked whether others post, since what a transaction is can be said at its
 * very beginning only.  A standby has none that writes; the door says so.
 *
 * A lock is waited for as long as somebody has it: to give up would leave a
 * day open that the next moment could have closed.
 */
static void
begin_transaction(void)
{
	SPI_commit();
	if (RecoveryInProgress())
		return;
	set_locally("transaction_isolation", "read committed");
	set_locally("transaction_read_only", "off");
	set_locally("lock_timeout", "0");
#if HAS_TRANSACTION_TIMEOUT
	set_locally("transaction_timeout", "0");
#endif
}

static void
set_locally(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
							 false);
}

/*
 * One portion of the job, and the record of it, as the ledger's owner.
 */
static StepOutcome
take_step(FunctionCallInfo fcinfo, JobRun *job)
{
	static const char query[] =
		"SELECT s.run, s.outcome FROM simplebank_internal.job_step($1, $2, $3, $4) s";
	Oid types[] = {TEXTOID, DATEOID, UUIDOID, INT8OID};
	char nulls[] = {job->name ? ' ' : 'n', job->has_date ? ' ' : 'n', ' ',
					job->has_run ? ' ' : 'n'};
	Datum values[4] = {0};
	SbScope scope;
	StepOutcome outcome;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (job->name)
		values[0] = CStringGetTextDatum(job->name);
	values[1] = DateADTGetDatum(job->business_date);
	values[2] = UUIDPGetDatum(&job->runner);
	values[3] = Int64GetDatum(job->run);
	if (SPI_execute_with_args(query, lengthof(types), types, values, nulls, false, 1) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "a step of a job has no outcome");
	outcome = read_step(job);
	(void) sb_clock_time();
	sb_leave(&scope);
	return outcome;
}

/*
 * The row that job_step() has returned: the run that goes on, and the outcome.
 */
static StepOutcome
read_step(JobRun *job)
{
	HeapTuple row = SPI_tuptable->vals[0];
	TupleDesc columns = SPI_tuptable->tupdesc;
	const char *outcome = SPI_getvalue(row, columns, SPI_fnumber(columns, "outcome"));
	bool isnull;

	job->run = DatumGetInt64(SPI_getbinval(row, columns, SPI_fnumber(columns, "run"), &isnull));
	job->has_run = !isnull;
	if (outcome && strcmp(outcome, "done") == 0)
		return STEP_DONE;
	if (outcome && strcmp(outcome, "more") == 0)
		return STEP_MORE;
	if (outcome && strcmp(outcome, "busy") == 0)
		return STEP_BUSY;
	if (outcome && strcmp(outcome, "cancelled") == 0)
		return STEP_CANCELLED;
	elog(ERROR, "unknown outcome of a step of job \"%s\"", job->name);
}

/*
 * While others post transfers, the pause after a portion is twice as long as
 * that took, a second at most.  Nothing is locked meanwhile, and no snapshot
 * is held.
 */
static void
give_way(FunctionCallInfo fcinfo, TimestampTz began)
{
	int64 pause = Min(2 * Max(GetCurrentTimestamp() - began, 0), LONGEST_PAUSE);

	if (others_post(fcinfo))
		DirectFunctionCall1(pg_sleep, Float8GetDatum((double) pause / USECS_PER_SEC));
}

static bool
others_post(FunctionCallInfo fcinfo)
{
	SbScope scope;
	bool isnull;
	bool result;

	sb_enter(&scope, fcinfo, SB_READS);
	if (SPI_execute("SELECT simplebank_internal.others_post()", false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "others_post() has no answer");
	result = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	sb_leave(&scope);
	return result;
}

/*
 * The one place where a job's lock is taken.  What is done by hand waits for
 * the job of the same name.
 */
Datum
simplebank_lock_job(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(sb_arg_text(fcinfo, 0, "name"));
	bool wait = sb_arg_bool(fcinfo, 1, "wait");
	SbScope scope;
	bool locked;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	locked = sb_lock_job(name, wait);
	sb_leave(&scope);
	PG_RETURN_BOOL(locked);
}

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

/* As intervals are compared: a month has 30 days. */
static double
interval_seconds(const Interval *interval)
{
	double days = (double) interval->month * DAYS_PER_MONTH + interval->day;

	return days * SECS_PER_DAY + (double) interval->time / USECS_PER_SEC;
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
	wait->time = sb_retry_wait(attempts, interval_seconds(first) * USECS_PER_SEC);
	PG_RETURN_INTERVAL_P(wait);
}

/*
 * Trigger of jobs, before a row is inserted.  The guard lets pass what the
 * ledger's functions do, so it is done as one of them.
 */
Datum
simplebank_replace_job(PG_FUNCTION_ARGS)
{
	static const char query[] = "DELETE FROM simplebank.jobs WHERE name OPERATOR(pg_catalog.=) $1";
	TriggerData *call = (TriggerData *) fcinfo->context;
	Oid types[] = {TEXTOID};
	SbSelf self;
	Datum name;
	bool isnull;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(call->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(call->tg_event) || !TRIGGER_FIRED_BY_INSERT(call->tg_event) ||
		RelationGetRelid(call->tg_relation) != sb_store_relation("jobs"))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("replace_job() can only be called as the trigger of jobs")));
	name =
		heap_getattr(call->tg_trigtuple, SPI_fnumber(RelationGetDescr(call->tg_relation), "name"),
					 RelationGetDescr(call->tg_relation), &isnull);
	if (isnull)
		return PointerGetDatum(call->tg_trigtuple); /* its column says so */
	SPI_connect();
	sb_become_owner(&self, false);
	if (SPI_execute_with_args(query, lengthof(types), types, &name, NULL, false, 0) !=
		SPI_OK_DELETE)
		elog(ERROR, "a job is not replaced");
	sb_become_self(&self);
	SPI_finish();
	return PointerGetDatum(call->tg_trigtuple);
}
