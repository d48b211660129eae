/*
 * Jobs on pg_cron.  Its jobs are the calling role's, so its functions are
 * called with that one's rights; the ledger is entered for the rest.
 */
CREATE FUNCTION simplebank_internal.scheduled_jobs(OUT job text, OUT due text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT j.name, coalesce(j.due_time || ' ' || simplebank_internal.setting('time_zone'), 'every minute')
	FROM simplebank.jobs j ORDER BY j.name;
END;
COMMENT ON FUNCTION simplebank_internal.scheduled_jobs IS 'Part of schedule_jobs(): the jobs, and when each is due, in words.';

CREATE FUNCTION simplebank.schedule_jobs(OUT job text, OUT due text, OUT cron_job_id bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_schedule_jobs'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.schedule_jobs IS
'Has pg_cron call run_job() every minute for each job, as the calling role; may be called again. Answers a row per job. A NOTICE says that pg_cron connects as any client does, unless cron.use_background_workers is on. Errors: SB602 where pg_cron is not in this database, 42501 without USAGE on schema cron.';

CREATE FUNCTION simplebank.unschedule_jobs()
RETURNS int
AS 'MODULE_PATHNAME', 'simplebank_unschedule_jobs'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.unschedule_jobs IS
'Takes the calling role''s jobs of schedule_jobs() out of pg_cron; answers how many. Errors: SB602, 42501.';
