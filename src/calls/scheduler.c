/*
 * scheduler.c
 *	  Jobs on pg_cron.
 *
 * A job of pg_cron is its user's, and so are the records of its runs; so
 * pg_cron's functions and tables are used with the caller's rights, outside of
 * the door.  What they are told comes from the ledger: the jobs, which are
 * read before, and the audit, which is written afterwards, in between
 * sb_enter() and sb_leave().
 *
 * These statements run under the caller's search_path: all that they name is
 * qualified.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

#include "base/argument.h"
#include "base/error.h"
#include "calls/door.h"
#include "calls/scheduler.h"
#include "store/event.h"

#define EVERY_MINUTE "* * * * *"
#define CRON_NAME "simplebank:" /* and the name of the job */
#define MOST_PURGED "100000"	/* records of pg_cron at a time */

/* A job as pg_cron is told of it. */
typedef struct ScheduledJob
{
	char *name;
	char *due;	   /* in words */
	char *command; /* what pg_cron is to run */
} ScheduledJob;

PG_FUNCTION_INFO_V1(simplebank_schedule_jobs);
PG_FUNCTION_INFO_V1(simplebank_unschedule_jobs);

static bool may_purge(void);
static List *read_jobs(FunctionCallInfo fcinfo);
static ScheduledJob *read_job(HeapTuple row, TupleDesc columns);
static void require_cron(const List *jobs);
static void require_usage(void);
static bool has_usage(void);
static void notice_connection(void);
static char *commands_for(const List *jobs);
static int64 schedule(const ScheduledJob *job);
static int64 run_on_cron(const char *query, int nvalues, Datum *values);
static void put_job(FunctionCallInfo fcinfo, const ScheduledJob *job, int64 cron_job_id);
static void audit(FunctionCallInfo fcinfo, const char *action, const SbArgument *details);

Datum
simplebank_schedule_jobs(PG_FUNCTION_ARGS)
{
	List *jobs = read_jobs(fcinfo);
	ListCell *cell;

	require_cron(jobs);
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, jobs)
		put_job(fcinfo, lfirst(cell), schedule(lfirst(cell)));
	audit(fcinfo, "schedule_jobs", NULL);
	notice_connection();
	PG_RETURN_NULL();
}

Datum
simplebank_unschedule_jobs(PG_FUNCTION_ARGS)
{
	static const char query[] =
		"SELECT pg_catalog.count(cron.unschedule(c.jobid)) FROM cron.job c"
		" WHERE pg_catalog.starts_with(c.jobname::pg_catalog.text, '" CRON_NAME "')"
		" AND c.username OPERATOR(pg_catalog.=) current_user"
		" AND c.database OPERATOR(pg_catalog.=) pg_catalog.current_database()";
	SbArgument details = {.name = "jobs", .type = INT8OID};
	int64 taken_out;

	require_cron(read_jobs(fcinfo));
	taken_out = run_on_cron(query, 0, NULL);
	details.value = Int64GetDatum(taken_out);
	audit(fcinfo, "unschedule_jobs", &details);
	PG_RETURN_INT32((int32) taken_out);
}

/*
 * Removes pg_cron's records of the caller's runs that are older than a week,
 * which nobody else does; returns how many.
 */
int64
sb_purge_cron_history(void)
{
	static const char query[] =
		"WITH purged AS ("
		" DELETE FROM cron.job_run_details r WHERE r.runid OPERATOR(pg_catalog.=) ANY (ARRAY("
		"  SELECT d.runid FROM cron.job_run_details d"
		"  WHERE pg_catalog.starts_with(d.command, 'CALL simplebank.run_job(')"
		"  AND d.username OPERATOR(pg_catalog.=) current_user"
		"  AND d.end_time OPERATOR(pg_catalog.<)"
		"   (pg_catalog.now() OPERATOR(pg_catalog.-) '7 days'::pg_catalog.interval)"
		"  LIMIT " MOST_PURGED "))"
		" RETURNING 1)"
		" SELECT pg_catalog.count(*) FROM purged";

	if (!OidIsValid(get_extension_oid("pg_cron", true)) || !may_purge())
		return 0;
	return run_on_cron(query, 0, NULL);
}

/*
 * Who has no rights on pg_cron's tables has no records there.
 */
static bool
may_purge(void)
{
	Datum table = CStringGetTextDatum("cron.job_run_details");

	return has_usage() &&
		DatumGetBool(
			   DirectFunctionCall2(has_table_privilege_name, table, CStringGetTextDatum("DELETE")));
}

/*
 * All jobs, in the memory of the caller.
 */
static List *
read_jobs(FunctionCallInfo fcinfo)
{
	static const char query[] = "SELECT j.job, j.due FROM simplebank_internal.scheduled_jobs() j";
	MemoryContext context = CurrentMemoryContext;
	List *jobs = NIL;
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_AT_ANY_TIME);
	if (SPI_execute(query, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "the jobs cannot be read");
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
		jobs = lappend(jobs, read_job(SPI_tuptable->vals[i], SPI_tuptable->tupdesc));
	sb_leave(&scope);
	return jobs;
}

static ScheduledJob *
read_job(HeapTuple row, TupleDesc columns)
{
	ScheduledJob *job = palloc0(sizeof(ScheduledJob));

	job->name = SPI_getvalue(row, columns, SPI_fnumber(columns, "job"));
	job->due = SPI_getvalue(row, columns, SPI_fnumber(columns, "due"));
	job->command = psprintf("CALL simplebank.run_job(%s)", quote_literal_cstr(job->name));
	return job;
}

/*
 * Says what is missing, and to those who may know it what to do about it.
 */
static void
require_cron(const List *jobs)
{
	const char *home;
	const char *here = get_database_name(MyDatabaseId);

	if (OidIsValid(get_extension_oid("pg_cron", true)))
	{
		require_usage();
		return;
	}
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_SETTINGS))
		sb_raise_as(SB_SCHEDULER_MISSING, "Extension pg_cron is not in this database.",
					"A superuser is told what to do.");
	home = GetConfigOption("cron.database_name", true, false);
	if (home == NULL)
		sb_raise_as(SB_SCHEDULER_MISSING, "The server has not loaded pg_cron.",
					psprintf("Set shared_preload_libraries = 'pg_cron' and cron.database_name = %s,"
							 " restart the server, and run CREATE EXTENSION pg_cron here.",
							 quote_literal_cstr(here)));
	if (strcmp(home, here) == 0)
		sb_raise_as(SB_SCHEDULER_MISSING, "Extension pg_cron is not in this database.",
					"Run CREATE EXTENSION pg_cron.");
	sb_raise_as(SB_SCHEDULER_MISSING,
				psprintf("pg_cron lives in database %s.", quote_identifier(home)),
				psprintf("Run there: %s", commands_for(jobs)));
}

/*
 * pg_cron's schema is its superuser's until it is granted to others.
 */
static void
require_usage(void)
{
	if (has_usage())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for schema cron"),
			 errhint("A superuser grants it: GRANT USAGE ON SCHEMA cron TO %s",
					 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

static bool
has_usage(void)
{
	return DatumGetBool(DirectFunctionCall2(has_schema_privilege_name, CStringGetTextDatum("cron"),
											CStringGetTextDatum("USAGE")));
}

/*
 * A connection that asks for a password fails at each tick, which nobody sees
 * but pg_cron's table and health().
 */
static void
notice_connection(void)
{
	const char *workers = GetConfigOption("cron.use_background_workers", true, false);

	if (workers && strcmp(workers, "on") == 0)
		return;
	ereport(
		NOTICE,
		(errmsg("pg_cron will connect to this server as %s",
				quote_identifier(GetUserNameFromId(GetUserId(), false))),
		 errhint("Where that takes a password, set cron.use_background_workers = on, or keep the"
				 " password in the server's .pgpass.")));
}

/*
 * What schedules these jobs from the database where pg_cron lives.  Their names
 * have this one, since pg_cron keeps the database of a name that it knows.
 */
static char *
commands_for(const List *jobs)
{
	StringInfoData commands;
	ListCell *cell;

	const char *here = get_database_name(MyDatabaseId);

	initStringInfo(&commands);
	foreach(cell, jobs)
	{
		const ScheduledJob *job = lfirst(cell);

		appendStringInfo(&commands,
						 "%sSELECT cron.schedule_in_database(%s, '" EVERY_MINUTE "', %s, %s);",
						 commands.len > 0 ? " " : "",
						 quote_literal_cstr(psprintf(CRON_NAME "%s:%s", here, job->name)),
						 quote_literal_cstr(job->command), quote_literal_cstr(here));
	}
	return commands.data;
}

/*
 * Returns pg_cron's number of the job.
 */
static int64
schedule(const ScheduledJob *job)
{
	Datum values[] = {CStringGetTextDatum(psprintf(CRON_NAME "%s", job->name)),
					  CStringGetTextDatum(EVERY_MINUTE), CStringGetTextDatum(job->command)};

	return run_on_cron("SELECT cron.schedule($1, $2, $3)", lengthof(values), values);
}

/*
 * Runs a statement with texts as parameters as the caller, and returns the
 * one bigint that it does.
 */
static int64
run_on_cron(const char *query, int nvalues, Datum *values)
{
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID};
	bool isnull;
	int64 result;

	Assert(nvalues <= (int) lengthof(types));
	SPI_connect();
	if (SPI_execute_with_args(query, nvalues, types, values, NULL, false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "pg_cron gives no answer");
	result = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	return result;
}

static void
put_job(FunctionCallInfo fcinfo, const ScheduledJob *job, int64 cron_job_id)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[] = {CStringGetTextDatum(job->name), CStringGetTextDatum(job->due),
					  Int64GetDatum(cron_job_id)};
	bool nulls[lengthof(values)] = {false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * details is one value or NULL.
 */
static void
audit(FunctionCallInfo fcinfo, const char *action, const SbArgument *details)
{
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_AT_ANY_TIME);
	sb_store_audit(action, details ? sb_arguments_object(details, 1) : NULL, NULL, false);
	sb_leave(&scope);
}
