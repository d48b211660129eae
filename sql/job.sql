/*
 * Jobs: the work that a bank does by itself.
 *
 * pg_cron calls run_job() every minute for each job; what is due the ledger
 * decides.  A ticking job works off whatever there is at each call.  A dated
 * job runs once per business date, in order, however late.
 *
 * run_job() is a loop of job_step()s, each a transaction of its own: one
 * bounded portion of work and the record of it.  A step holds the job's lock,
 * so that one session works on a job at a time; a run whose session has died
 * is taken over by the next one as it stands.
 *
 * What a job does is one function beside its topic, <job>_step(), which does
 * a portion of it: business_date is that of a dated job; done and failed say
 * how many items, error what to record of them, more whether to call it again.
 * All else that there is to know of a job stands in the table here.
 */
CREATE TABLE simplebank.jobs (
	name text COLLATE "C" PRIMARY KEY,
	class text COLLATE "C" NOT NULL CHECK (class IN ('ticking', 'dated')),
	due_time time CHECK ((class = 'dated') = (due_time IS NOT NULL)),
	ends_day boolean NOT NULL DEFAULT false CHECK (NOT ends_day OR class = 'dated' AND due_time = '24:00'),
	business_days_only boolean NOT NULL DEFAULT false,
	between_dates boolean NOT NULL DEFAULT false,
	waits_for text[] COLLATE "C" NOT NULL DEFAULT '{}',
	description text NOT NULL,
	enabled boolean NOT NULL DEFAULT true,
	max_attempts int NOT NULL DEFAULT 8 CHECK (max_attempts BETWEEN 1 AND 1000),
	retry_after interval NOT NULL DEFAULT '1 minute' CHECK (retry_after > '0'),
	watermark date,
	ticked_at timestamptz,
	booted_at timestamptz,
	boot_id uuid,
	step text GENERATED ALWAYS AS ('simplebank_internal.' || quote_ident(name || '_step')) STORED
);
COMMENT ON TABLE simplebank.jobs IS
'What the bank does by itself. Changed by set_job().';
COMMENT ON COLUMN simplebank.jobs.class IS 'ticking: works off what there is, at every tick; dated: once per business date, in order';
COMMENT ON COLUMN simplebank.jobs.due_time IS 'of a dated job: when a business date is due, in simplebank.time_zone; 24:00: when it is over';
COMMENT ON COLUMN simplebank.jobs.ends_day IS 'it is part of the end of the day: due when that is over, and at no other time';
COMMENT ON COLUMN simplebank.jobs.business_days_only IS 'of a dated job: not on other days, see business_day()';
COMMENT ON COLUMN simplebank.jobs.between_dates IS 'of a dated job: ticks as well, for what comes up between its dates';
COMMENT ON COLUMN simplebank.jobs.waits_for IS 'the jobs that must have done a business date before this one does it, unless they have never run or are disabled';
COMMENT ON COLUMN simplebank.jobs.max_attempts IS 'failed attempts before it gives up';
COMMENT ON COLUMN simplebank.jobs.retry_after IS 'wait after the first failed attempt, doubled after each further one, up to an hour';
COMMENT ON COLUMN simplebank.jobs.watermark IS 'of a dated job: the last business date done; at first, the day before the first';
COMMENT ON COLUMN simplebank.jobs.ticked_at IS 'when run_job() was last called for it, whatever there was to do';
COMMENT ON COLUMN simplebank.jobs.booted_at IS 'when the machine was booted, by the clock of that call: it moves when the clock is set, see judge_clock()';
COMMENT ON COLUMN simplebank.jobs.boot_id IS 'which boot of which machine';
COMMENT ON COLUMN simplebank.jobs.step IS 'the function that does a portion of it';

/* A restored row takes the place of the one that CREATE EXTENSION has made. */
CREATE FUNCTION simplebank_internal.replace_job() RETURNS trigger
AS 'MODULE_PATHNAME', 'simplebank_replace_job'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.replace_job IS
'Trigger of jobs: a row that is inserted, as pg_restore does it, replaces one of the same name. Errors: 39P01.';
CREATE TRIGGER replace BEFORE INSERT ON simplebank.jobs
	FOR EACH ROW EXECUTE FUNCTION simplebank_internal.replace_job();
COMMENT ON TRIGGER replace ON simplebank.jobs IS 'Lets a restored row replace a built-in one.';

INSERT INTO simplebank.jobs (name, class, due_time, ends_day, business_days_only, between_dates, waits_for, description) VALUES
	('expire_holds', 'ticking', NULL, false, false, false, '{}',
	 'gives holds past their time the status expired'),
	('standing_orders', 'ticking', NULL, false, false, false, '{}',
	 'makes the scheduled transfers that are due'),
	('requests', 'ticking', NULL, false, false, false, '{}',
	 'posts the transfers of enqueue_transfer(), where no teller does'),
	('seal', 'ticking', NULL, false, false, false, '{}',
	 'seals what is new in the ledger, every simplebank.seal_interval'),
	('wipe_erased', 'ticking', NULL, false, false, false, '{}',
	 'makes zeros of what erase_texts() has erased, in the pages of the tables'),
	('purge_keys', 'dated', '02:00', false, false, false, '{}',
	 'removes idempotency keys older than simplebank.key_retention, and old requests and records of ticks'),
	('verify_ledger', 'dated', '03:00', false, false, false, '{}',
	 'runs verify() and verify_seals() and keeps what they find'),
	('settlement', 'dated', '18:00', false, true, true, '{}',
	 'settles each group at its cut-off, and tries again what waits for cover'),
	('interest', 'dated', '24:00', true, false, false, '{}',
	 'accrues the day''s interest, and posts it at the end of a month'),
	('close_day', 'dated', '24:00', true, false, false, '{settlement,interest}',
	 'keeps the day''s closing balances and closes it for postings'),
	('statements', 'dated', '24:00', true, false, false, '{close_day}',
	 'makes the statements at the end of a month');

CREATE TABLE simplebank.job_runs (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	job text COLLATE "C" NOT NULL,
	business_date date,
	attempt int NOT NULL,
	status text COLLATE "C" NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'gave_up')),
	runner uuid NOT NULL,
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	items_done bigint NOT NULL DEFAULT 0,
	items_failed bigint NOT NULL DEFAULT 0,
	error text,
	next_attempt_at timestamptz
);
CREATE INDEX job_runs_job_idx ON simplebank.job_runs (job, business_date, id);
CREATE INDEX job_runs_latest_idx ON simplebank.job_runs (job, id);
COMMENT ON TABLE simplebank.job_runs IS
'Each attempt of a job; a tick with nothing to do leaves none.';
COMMENT ON COLUMN simplebank.job_runs.business_date IS 'NULL for a ticking job';
COMMENT ON COLUMN simplebank.job_runs.status IS 'failed: tried again at next_attempt_at; gave_up: after max_attempts, see retry_job()';
COMMENT ON COLUMN simplebank.job_runs.runner IS 'the call of run_job() that works on it, or was the last to';

/* One job, or SB601. */
CREATE FUNCTION simplebank_internal.find_job(name text) RETURNS simplebank.jobs
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_job simplebank.jobs;
BEGIN
	SELECT j.* INTO found_job FROM simplebank.jobs j WHERE j.name = find_job.name;
	IF NOT FOUND THEN
		PERFORM simplebank_internal.refuse('SB601', format('There is no job %s.', coalesce(quote_literal(name), 'NULL')),
			'See table simplebank.jobs.');
	END IF;
	RETURN found_job;
END $$;
COMMENT ON FUNCTION simplebank_internal.find_job IS 'Part of run_job(). Errors: SB601.';

CREATE FUNCTION simplebank_internal.lock_job(name text, wait boolean DEFAULT true)
RETURNS boolean
AS 'MODULE_PATHNAME', 'simplebank_lock_job'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.lock_job IS
'Part of run_job(), and of what does a job''s work by hand: locks the job until the transaction ends; false where another session has it and wait is false. The lock is none that SQL can take. Errors: 22004.';

CREATE FUNCTION simplebank_internal.set_job(
	name text, enabled boolean, due_time time,
	max_attempts int, retry_after interval)
RETURNS simplebank.jobs
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	before CONSTANT simplebank.jobs = simplebank_internal.find_job(name);
	after simplebank.jobs;
BEGIN
	UPDATE simplebank.jobs j
	SET enabled = coalesce(set_job.enabled, j.enabled), due_time = coalesce(set_job.due_time, j.due_time),
		max_attempts = coalesce(set_job.max_attempts, j.max_attempts),
		retry_after = coalesce(set_job.retry_after, j.retry_after)
	WHERE j.name = set_job.name
	RETURNING j.* INTO after;
	PERFORM simplebank.audit('set_job', jsonb_build_object('before', before, 'after', after));
	RETURN after;
END $$;
COMMENT ON FUNCTION simplebank_internal.set_job IS 'Body of simplebank.set_job.';

CREATE FUNCTION simplebank.set_job(
	name text, enabled boolean DEFAULT NULL, due_time time DEFAULT NULL,
	max_attempts int DEFAULT NULL, retry_after interval DEFAULT NULL)
RETURNS simplebank.jobs
AS 'MODULE_PATHNAME', 'simplebank_set_job'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.set_job IS
'Changes what is not NULL of a job''s settings. Answers the job as it is now. Errors: SB601, 23514 a due_time for a ticking job, another one than 24:00 for a job that ends the day, max_attempts below 1, retry_after not positive.';

CREATE FUNCTION simplebank_internal.is_value_date(day date)
RETURNS boolean
AS 'MODULE_PATHNAME', 'simplebank_is_value_date'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.is_value_date IS
'Does a day lie in the years that value dates may lie in, by simplebank.min_effective_year and simplebank.max_effective_years? NULL for NULL. No errors.';

CREATE FUNCTION simplebank_internal.due_date(due_time time, at timestamptz DEFAULT clock_timestamp()) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT max(d.day)
	FROM (SELECT (at AT TIME ZONE simplebank_internal.setting('time_zone'))::date + n AS day FROM generate_series(-3, 2) n) d
	WHERE simplebank_internal.day_moment(d.day, due_time) <= at;
END;
COMMENT ON FUNCTION simplebank_internal.due_date IS 'Body of simplebank.due_date.';

CREATE FUNCTION simplebank.due_date(due_time time, at timestamptz DEFAULT clock_timestamp()) RETURNS date
AS 'MODULE_PATHNAME', 'simplebank_due_date'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.due_date IS
'The last date on which it has been this time of day, in simplebank.time_zone; a time that daylight saving skips is as many minutes after the skip. Where the zone was changed, a day ends as day_ends has it, and no time of it comes later.';

CREATE FUNCTION simplebank_internal.retry_wait(attempts int, first interval DEFAULT '1 minute')
RETURNS interval
AS 'MODULE_PATHNAME', 'simplebank_retry_wait'
LANGUAGE c VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION simplebank_internal.retry_wait IS
'How long to wait after so many failed attempts: the first wait, doubled after each further one, up to an hour, with jitter. Errors: 22004.';

CREATE PROCEDURE simplebank.run_job(name text, business_date date DEFAULT NULL)
AS 'MODULE_PATHNAME', 'simplebank_run_job'
LANGUAGE c;
COMMENT ON PROCEDURE simplebank.run_job IS
'Works off what is due of a job; a dated one: each due business date up to the given one, in order; where none is given and more than simplebank.max_missed_days were missed, none, see accept_clock(). Commits after each portion, so it cannot be called in a transaction block (2D000). Its transactions are READ COMMITTED and read-write, and no timeout ends them, whatever the settings say. A failed attempt is recorded in job_runs and tried again later; one that another session works on is left to it, with a NOTICE. While the clock is ahead nothing is done. Errors: SB601, SB902, 25006, 57014 a cancel, which is recorded as a failed attempt too.';

CREATE FUNCTION simplebank_internal.others_post()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT EXISTS (SELECT FROM pg_locks l
				   WHERE l.relation = 'simplebank.transfers'::regclass AND l.mode = 'RowExclusiveLock'
				     AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()));
END;
COMMENT ON FUNCTION simplebank_internal.others_post IS 'Part of run_job(): is somebody posting transfers now?';

CREATE FUNCTION simplebank_internal.job_step(
	name text, business_date date, runner uuid, INOUT run bigint, OUT outcome text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	job CONSTANT simplebank.jobs = simplebank_internal.find_job(name);
	run_date date;
	work record;
BEGIN
	IF NOT job.enabled THEN
		outcome := 'done';
		RETURN;
	ELSIF NOT simplebank_internal.lock_job(name, wait => false) THEN
		outcome := 'busy';
		RETURN;
	END IF;

	IF run IS NULL THEN
		UPDATE simplebank.jobs j SET ticked_at = c.now, booted_at = c.booted_at, boot_id = c.boot_id
		FROM simplebank_internal.clock() c WHERE j.name = job_step.name;
		SELECT b.run, b.outcome INTO run, outcome FROM simplebank_internal.begin_run(job, business_date, runner) b;
		IF outcome <> 'work' THEN
			RETURN;
		END IF;
	ELSIF NOT EXISTS (SELECT FROM simplebank.job_runs r
					  WHERE r.id = run AND r.runner = job_step.runner AND r.status = 'running') THEN
		outcome := 'busy';
		RETURN;
	END IF;

	BEGIN
		SELECT r.business_date INTO run_date FROM simplebank.job_runs r WHERE r.id = run;
		EXECUTE format('SELECT * FROM %s($1)', job.step) INTO work USING run_date;
		run := simplebank_internal.record_work(job, run, runner, work.done, work.failed, work.error, work.more);
		/* another date may be due */
		outcome := CASE WHEN work.more OR run_date IS NOT NULL THEN 'more' ELSE 'done' END;
	EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
		PERFORM simplebank_internal.record_failure(job, run, runner, format('%s: %s', SQLSTATE, SQLERRM));
		outcome := CASE SQLSTATE WHEN '57014' THEN 'cancelled' ELSE 'done' END;
	END;
END $$;
COMMENT ON FUNCTION simplebank_internal.job_step IS
'Part of run_job(): one portion of a job. outcome: more, done, busy where another session has taken over, or cancelled. Errors: SB601.';

/* Of a dated job: the date that is next, if it is due, and no job that it waits for is behind. */
CREATE FUNCTION simplebank_internal.next_date(job simplebank.jobs, up_to date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT n.day
	FROM (SELECT least(up_to, simplebank_internal.due_date(job.due_time))) d(due),
		LATERAL (SELECT CASE WHEN job.watermark IS NULL
							 THEN CASE WHEN NOT job.business_days_only OR simplebank_internal.business_day(d.due) THEN d.due END
							 WHEN job.business_days_only THEN simplebank_internal.next_business_day(job.watermark)
							 ELSE job.watermark + 1 END) n(day)
	WHERE job.class = 'dated' AND n.day <= d.due
	  AND (up_to IS NOT NULL OR NOT simplebank_internal.missed_too_many(job.watermark, d.due))
	  AND NOT EXISTS (SELECT FROM simplebank.jobs w
					  WHERE w.name = ANY (job.waits_for) AND w.enabled AND w.watermark < n.day
					    AND (NOT w.business_days_only OR simplebank_internal.next_business_day(w.watermark) <= n.day));
END;
COMMENT ON FUNCTION simplebank_internal.next_date IS 'Part of run_job(): the business date that a dated job runs next; NULL for none.';

/*
 * Decides whether there is something to run, and which.  A dated run is
 * recorded, and committed, before its work; a tick only once it has done some.
 */
CREATE FUNCTION simplebank_internal.begin_run(
	job simplebank.jobs, business_date date, runner uuid, OUT run bigint, OUT outcome text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	next_date date = simplebank_internal.next_date(job, business_date);
	ticks CONSTANT boolean = job.class = 'ticking' OR job.between_dates AND business_date IS NULL;
	latest simplebank.job_runs;
BEGIN
	outcome := 'done';
	LOOP
		IF next_date IS NULL AND NOT ticks THEN
			RETURN;
		END IF;
		SELECT r.* INTO latest FROM simplebank.job_runs r
		WHERE r.job = begin_run.job.name AND r.business_date IS NOT DISTINCT FROM next_date
		ORDER BY r.id DESC LIMIT 1;
		EXIT WHEN (latest.status IN ('failed', 'gave_up')
				   AND (latest.next_attempt_at <= clock_timestamp()) IS NOT TRUE) IS NOT TRUE;
		/* it is too early to try it again; a date that fails does not stop what ticks */
		IF next_date IS NULL THEN
			RETURN;
		END IF;
		next_date := NULL;
	END LOOP;

	IF latest.status = 'running' THEN
		/* its session has died, else it would have the lock, or will find that we have taken over */
		UPDATE simplebank.job_runs r SET runner = begin_run.runner WHERE r.id = latest.id;
		run := latest.id;
	ELSIF next_date IS NOT NULL OR latest.status IN ('failed', 'gave_up') THEN
		INSERT INTO simplebank.job_runs AS r (job, business_date, attempt, status, runner)
		VALUES (job.name, next_date, CASE latest.status WHEN 'failed' THEN latest.attempt + 1 ELSE 1 END,
				'running', runner)
		RETURNING r.id INTO run;
		/* its first date: from here on none is left out */
		UPDATE simplebank.jobs j SET watermark = next_date - 1 WHERE j.name = job.name AND j.watermark IS NULL;
	END IF;
	outcome := CASE WHEN next_date IS NOT NULL THEN 'more' ELSE 'work' END;
END $$;
COMMENT ON FUNCTION simplebank_internal.begin_run IS 'Part of run_job(): what is to be run now, if anything.';

CREATE FUNCTION simplebank_internal.record_work(
	job simplebank.jobs, run bigint, runner uuid, done bigint, failed bigint, error text, more boolean)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	finished simplebank.job_runs;
BEGIN
	IF run IS NULL AND done + failed > 0 THEN
		INSERT INTO simplebank.job_runs AS r (job, attempt, status, runner)
		VALUES (job.name, 1, 'running', runner) RETURNING r.id INTO run;
	END IF;
	UPDATE simplebank.job_runs r
	SET items_done = r.items_done + done, items_failed = r.items_failed + failed,
		error = coalesce(record_work.error, r.error),
		status = CASE WHEN more THEN 'running' ELSE 'succeeded' END,
		finished_at = CASE WHEN NOT more THEN clock_timestamp() END
	WHERE r.id = run
	RETURNING r.* INTO finished;
	IF more THEN
		RETURN run;
	END IF;
	UPDATE simplebank.jobs j SET watermark = finished.business_date
	WHERE j.name = job.name AND finished.business_date IS NOT NULL;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION simplebank_internal.record_work IS
'Part of run_job(): records a portion of work; answers the run that goes on, NULL where it is finished.';

CREATE FUNCTION simplebank_internal.record_failure(job simplebank.jobs, run bigint, runner uuid, error text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	failed simplebank.job_runs;
	wait interval;
BEGIN
	IF run IS NULL THEN
		INSERT INTO simplebank.job_runs AS r (job, attempt, status, runner)
		VALUES (job.name, 1, 'running', runner) RETURNING r.id INTO run;
	END IF;
	SELECT r.* INTO STRICT failed FROM simplebank.job_runs r WHERE r.id = run;
	wait := simplebank_internal.retry_wait(failed.attempt, job.retry_after);
	failed.status := 'failed';
	IF failed.attempt >= job.max_attempts THEN
		failed.status := 'gave_up';
		/* the next date waits for an operator; what ticks begins anew after a while */
		wait := CASE WHEN failed.business_date IS NULL THEN interval '1 hour' END;
		RAISE WARNING 'job "%" gave up: %', job.name, error
			USING DETAIL = coalesce('Its business date is ' || to_char(failed.business_date, 'YYYY-MM-DD') || '.', 'It ticks on in an hour.'),
				  HINT = 'See simplebank.job_status; simplebank.retry_job() takes it up again.';
	END IF;
	UPDATE simplebank.job_runs r
	SET status = failed.status, finished_at = clock_timestamp(), error = record_failure.error,
		next_attempt_at = clock_timestamp() + wait
	WHERE r.id = run;
END $$;
COMMENT ON FUNCTION simplebank_internal.record_failure IS 'Part of run_job(): records a failed attempt, and when to try again.';

CREATE FUNCTION simplebank_internal.purge_ticks(max_items int)
RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	purged int;
BEGIN
	DELETE FROM simplebank.job_runs r
	WHERE r.id IN (SELECT o.id FROM simplebank.job_runs o
				   WHERE o.business_date IS NULL AND o.status = 'succeeded'
				     AND o.finished_at < now() - simplebank_internal.setting('key_retention')::interval
				   ORDER BY o.id LIMIT max_items);
	GET DIAGNOSTICS purged = ROW_COUNT;
	RETURN purged;
END $$;
COMMENT ON FUNCTION simplebank_internal.purge_ticks IS 'Part of the job purge_keys: removes old records of ticks.';

CREATE FUNCTION simplebank_internal.retry_job(name text, business_date date)
RETURNS simplebank.job_runs
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	again simplebank.job_runs;
BEGIN
	PERFORM simplebank_internal.find_job(name);
	UPDATE simplebank.job_runs r SET next_attempt_at = clock_timestamp()
	WHERE r.status IN ('failed', 'gave_up')
	  AND r.id = (SELECT max(l.id) FROM simplebank.job_runs l
				  WHERE l.job = name AND l.business_date IS NOT DISTINCT FROM retry_job.business_date)
	RETURNING r.* INTO again;
	IF NOT FOUND THEN
		PERFORM simplebank_internal.refuse('22023', CASE WHEN business_date IS NULL THEN 'name' ELSE 'business_date' END,
			format('Job "%s" has not failed%s; see simplebank.job_status.', name, ' on ' || business_date));
	END IF;
	PERFORM simplebank.audit('retry_job', jsonb_build_object('name', name, 'business_date', business_date));
	RETURN again;
END $$;
COMMENT ON FUNCTION simplebank_internal.retry_job IS 'Body of simplebank.retry_job.';

CREATE FUNCTION simplebank.retry_job(name text, business_date date DEFAULT NULL)
RETURNS simplebank.job_runs
AS 'MODULE_PATHNAME', 'simplebank_retry_job'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.retry_job IS
'Has a failed attempt of a job (of a dated one: for this business date) tried again at the next tick, also one that has given up, which then begins to count anew. Answers the attempt as it is now, a row of job_runs. Errors: SB601, 22023 where there is none.';

CREATE VIEW simplebank.job_status AS
SELECT j.name AS job, j.class, j.enabled,
	   CASE WHEN j.class = 'dated' THEN j.watermark END AS watermark,
	   CASE WHEN j.class = 'ticking' THEN 0
			WHEN NOT j.business_days_only THEN simplebank.due_date(j.due_time) - j.watermark
			ELSE (SELECT count(*) FILTER (WHERE simplebank.business_day(j.watermark + n))
				  FROM generate_series(1, simplebank.due_date(j.due_time) - j.watermark) n)::int END AS days_behind,
	   (SELECT max(r.finished_at) FROM simplebank.job_runs r WHERE r.job = j.name AND r.status = 'succeeded') AS last_success,
	   l.business_date, l.status, l.attempt, l.items_done, l.items_failed, l.next_attempt_at AS next_try, l.error AS last_error
FROM simplebank.jobs j
	LEFT JOIN LATERAL (SELECT r.* FROM simplebank.job_runs r WHERE r.job = j.name ORDER BY r.id DESC LIMIT 1) l ON true
ORDER BY j.name;
COMMENT ON VIEW simplebank.job_status IS
'For operators: each job with how many due business dates it is behind, its last success, and its latest attempt.';
