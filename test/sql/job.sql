--
-- job: what is due, in which order, once; failures, retries, giving up; the
-- work of each job.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
ALTER TABLE simplebank.job_runs DISABLE TRIGGER guard;
ALTER TABLE simplebank.verifications DISABLE TRIGGER guard;
ALTER TABLE simplebank.verification_findings DISABLE TRIGGER guard;
ALTER TABLE simplebank.holds DISABLE TRIGGER guard;
\set VERBOSITY sqlstate
-- the day shall not end in the midst of this
SELECT pg_sleep(CASE WHEN rest < 60 THEN rest + 0.1 ELSE 0 END) FROM (SELECT 86400 - extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time)) t(rest);
CREATE VIEW pg_temp.runs AS
	SELECT job, business_date - simplebank.due_date('00:00') AS day, attempt, status, items_done AS done, items_failed AS failed, error
	FROM simplebank.job_runs ORDER BY id;

-- What there is.
SELECT name, class, due_time, waits_for, enabled, max_attempts, watermark FROM simplebank.jobs ORDER BY name;
SELECT name, step FROM simplebank.jobs WHERE to_regprocedure(step || '(date)') IS NULL;
CALL simplebank.run_job('no such job');
CALL simplebank.run_job(NULL);
SELECT name FROM simplebank.set_job('no such job');
SELECT status FROM simplebank.retry_job('no such job');
\set VERBOSITY default
\set SHOW_CONTEXT never
CALL simplebank.run_job('no such job');
\set VERBOSITY sqlstate
SELECT simplebank.schedule_jobs();
SELECT simplebank.unschedule_jobs();
BEGIN;
CALL simplebank.run_job('purge_keys');
ROLLBACK;
BEGIN READ ONLY;
CALL simplebank.run_job('purge_keys');
ROLLBACK;
-- called by other code it commits where that may
CREATE PROCEDURE pg_temp.run(job text) LANGUAGE plpgsql AS 'BEGIN CALL simplebank.run_job(job); END';
CREATE FUNCTION pg_temp.run_within(job text) RETURNS void LANGUAGE plpgsql AS 'BEGIN CALL simplebank.run_job(job); END';
SELECT pg_temp.run_within('purge_keys');
SELECT count(*) FROM simplebank.job_runs;
CALL pg_temp.run('purge_keys');
SELECT job, attempt, status FROM simplebank.job_runs;
TRUNCATE simplebank.job_runs;
UPDATE simplebank.jobs SET watermark = NULL;

-- A ticking job: works off what there is; a tick with nothing to do leaves nothing.
SELECT simplebank.open_account('alice', 'USD') AS alice, simplebank.open_account('bob', 'USD') AS bob \gset
SELECT to_balance FROM simplebank.deposit(:alice, 10000);
CALL simplebank.run_job('expire_holds');
TABLE pg_temp.runs;
SELECT count(h.hold_id) FROM generate_series(1, 2003) n, simplebank.place_hold(:alice, :bob, 1 + n % 2, now() + '1 h') h;
-- as if their time had passed
UPDATE simplebank.holds SET expires_at = created_at;
CALL simplebank.run_job('expire_holds');
CALL simplebank.run_job('expire_holds');
TABLE pg_temp.runs;
SELECT held FROM simplebank.accounts WHERE id = :alice;

-- A dated job: its first date is the last that is due; each date once, in order.
SELECT (simplebank.set_job('purge_keys', due_time => '00:00')).name, (simplebank.set_job('verify_ledger', due_time => '00:00')).name;
CALL simplebank.run_job('purge_keys');
CALL simplebank.run_job('purge_keys');
SELECT * FROM pg_temp.runs WHERE job = 'purge_keys';
UPDATE simplebank.jobs SET watermark = watermark - 3 WHERE name = 'purge_keys';
CALL simplebank.run_job('purge_keys', simplebank.due_date('00:00') - 1);
CALL simplebank.run_job('purge_keys', simplebank.due_date('00:00') - 2);
SELECT * FROM pg_temp.runs WHERE job = 'purge_keys';
CALL simplebank.run_job('purge_keys', simplebank.due_date('00:00') + 100);
SELECT watermark - simplebank.due_date('00:00') AS behind FROM simplebank.jobs WHERE name = 'purge_keys';
-- what has not come yet is not due
SELECT name FROM simplebank.set_job('purge_keys', due_time => '24:00');
UPDATE simplebank.jobs SET watermark = simplebank.due_date('00:00') - 1 WHERE name = 'purge_keys';
CALL simplebank.run_job('purge_keys');
SELECT watermark - simplebank.due_date('00:00') AS behind FROM simplebank.jobs WHERE name = 'purge_keys';
SELECT name FROM simplebank.set_job('purge_keys', due_time => '00:00');
-- one job waits for another, date by date
UPDATE simplebank.jobs SET waits_for = '{purge_keys}', watermark = simplebank.due_date('00:00') - 3 WHERE name = 'verify_ledger';
UPDATE simplebank.jobs SET watermark = simplebank.due_date('00:00') - 2 WHERE name = 'purge_keys';
CALL simplebank.run_job('verify_ledger');
SELECT watermark - simplebank.due_date('00:00') AS behind FROM simplebank.jobs WHERE name = 'verify_ledger';
CALL simplebank.run_job('purge_keys');
CALL simplebank.run_job('verify_ledger');
SELECT job, days_behind, status FROM simplebank.job_status ORDER BY job;
-- switched off it does nothing
SELECT name FROM simplebank.set_job('purge_keys', enabled => false);
UPDATE simplebank.jobs SET watermark = watermark - 1 WHERE name = 'purge_keys';
CALL simplebank.run_job('purge_keys');
SELECT days_behind FROM simplebank.job_status WHERE job = 'purge_keys';
SELECT name FROM simplebank.set_job('purge_keys', enabled => true);
-- settings that make no sense
SELECT name FROM simplebank.set_job('expire_holds', due_time => '12:00');
SELECT name FROM simplebank.set_job('purge_keys', max_attempts => 0);
SELECT name FROM simplebank.set_job('purge_keys', retry_after => '-1 s');
-- A wait of months is long, too; an hour at most, give or take a quarter.
SELECT simplebank_internal.retry_wait(1, '1 month') BETWEEN '45 min' AND '75 min' AS an_hour;

-- A job that fails is tried again, later each time, gives up with a warning,
-- and is taken up again; what it had done of a portion is undone.
CREATE FUNCTION pg_temp.break(broken boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE OR REPLACE FUNCTION simplebank_internal.purge_ticks(max_items int) RETURNS int LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
		SET search_path = pg_catalog, pg_temp AS %L',
		CASE WHEN broken THEN 'BEGIN RAISE EXCEPTION ''out of order'' USING ERRCODE = ''55000''; END' ELSE 'BEGIN RETURN 0; END' END);
END $$;
CREATE PROCEDURE pg_temp.wait_for_retry() LANGUAGE sql AS 'UPDATE simplebank.job_runs SET next_attempt_at = now() WHERE next_attempt_at > now()';
SELECT pg_temp.break(true);
TRUNCATE simplebank.job_runs;
SELECT name FROM simplebank.set_job('purge_keys', max_attempts => 3, retry_after => '20 min');
CALL simplebank.run_job('purge_keys');
CALL simplebank.run_job('purge_keys');
TABLE pg_temp.runs;
SELECT next_attempt_at - finished_at BETWEEN '15 min' AND '26 min' AS soon FROM simplebank.job_runs;
CALL pg_temp.wait_for_retry();
CALL simplebank.run_job('purge_keys');
SELECT next_attempt_at - finished_at BETWEEN '30 min' AND '52 min' AS later FROM simplebank.job_runs WHERE attempt = 2;
CALL pg_temp.wait_for_retry();
\set VERBOSITY terse
CALL simplebank.run_job('purge_keys');
\set VERBOSITY sqlstate
CALL pg_temp.wait_for_retry();
CALL simplebank.run_job('purge_keys');
TABLE pg_temp.runs;
SELECT job, days_behind, status, attempt, next_try IS NULL AS for_good, last_error FROM simplebank.job_status WHERE job = 'purge_keys';
SELECT status FROM simplebank.retry_job('purge_keys');
SELECT status FROM simplebank.retry_job('purge_keys', simplebank.due_date('00:00') - 1);
SELECT status FROM simplebank.retry_job('purge_keys', simplebank.due_date('00:00'));
CALL simplebank.run_job('purge_keys');
SELECT pg_temp.break(false);
CALL pg_temp.wait_for_retry();
CALL simplebank.run_job('purge_keys');
TABLE pg_temp.runs;
SELECT days_behind FROM simplebank.job_status WHERE job = 'purge_keys';
SELECT status FROM simplebank.retry_job('purge_keys', simplebank.due_date('00:00'));

-- The very first date is made good as well before the next.
UPDATE simplebank.jobs SET watermark = NULL WHERE name = 'purge_keys';
TRUNCATE simplebank.job_runs;
SELECT pg_temp.break(true);
CALL simplebank.run_job('purge_keys', simplebank.due_date('00:00') - 1);
SELECT pg_temp.break(false);
CALL pg_temp.wait_for_retry();
CALL simplebank.run_job('purge_keys');
TABLE pg_temp.runs;

-- A run whose session has died goes on where it stood.
UPDATE simplebank.jobs SET watermark = watermark - 1 WHERE name = 'purge_keys';
TRUNCATE simplebank.job_runs;
INSERT INTO simplebank.job_runs (job, business_date, attempt, status, runner, items_done)
VALUES ('purge_keys', simplebank.due_date('00:00'), 2, 'running', gen_random_uuid(), 4000);
CALL simplebank.run_job('purge_keys');
TABLE pg_temp.runs;

-- Keys are removed once they have been known for long enough, by the job too; younger ones stay.
SELECT replayed FROM simplebank.deposit(:alice, 1, key => 'first');
CREATE TEMP TABLE keys AS SELECT * FROM simplebank.idempotency_keys;
INSERT INTO simplebank.idempotency_keys (role, key, operation, request, transfer_id, created_at)
SELECT role, 'old ' || n, operation, request, transfer_id, now() - interval '31 days' FROM keys, generate_series(1, 2500) n;
SELECT simplebank.purge_keys(NULL);
SELECT simplebank.purge_keys(0);
SELECT simplebank.purge_keys(8193);
-- days of the ledger's own time, of which the mark of each purge counts one
SET client_min_messages = warning;
ALTER TABLE simplebank.key_marks DISABLE TRIGGER guard;
RESET client_min_messages;
CREATE PROCEDURE pg_temp.pass_days(days int) LANGUAGE plpgsql AS $$
BEGIN
	FOR n IN 1 .. days LOOP
		UPDATE simplebank.key_marks SET marked_at = marked_at - interval '1 day';
		PERFORM simplebank.purge_keys(1);
		COMMIT;
	END LOOP;
END $$;
CALL pg_temp.pass_days(31);
SELECT count(*) FROM simplebank.idempotency_keys;
SELECT replayed FROM simplebank.deposit(:alice, 1, key => 'young');
CALL pg_temp.pass_days(1);
SELECT simplebank.purge_keys(10);
UPDATE simplebank.jobs SET watermark = watermark - 1 WHERE name = 'purge_keys';
CALL simplebank.run_job('purge_keys');
SELECT done FROM pg_temp.runs OFFSET 1;
SELECT key FROM simplebank.idempotency_keys;

-- Transactions of jobs are their own, whatever the settings say of others.
TRUNCATE simplebank.job_runs;
SET default_transaction_isolation = 'repeatable read';
SELECT simplebank.seal();
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-01-01');
SET default_transaction_read_only = on;
CALL simplebank.run_job('seal');
CALL simplebank.run_job('interest');
CALL simplebank.run_job('close_day');
CALL simplebank.run_job('statements');
RESET default_transaction_isolation;
RESET default_transaction_read_only;
SELECT job, attempt, status, error FROM simplebank.job_runs ORDER BY id;

-- The ledger is proved, and what is found is kept and said aloud.
TRUNCATE simplebank.job_runs, simplebank.verifications, simplebank.verification_findings;
UPDATE simplebank.jobs SET watermark = watermark - 1, waits_for = '{}' WHERE name = 'verify_ledger';
CALL simplebank.run_job('verify_ledger');
SELECT findings FROM simplebank.verifications;
ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
UPDATE simplebank.accounts SET balance = balance + 1 WHERE id = :alice;
ALTER TABLE simplebank.accounts ENABLE TRIGGER USER;
UPDATE simplebank.jobs SET watermark = watermark - 1 WHERE name = 'verify_ledger';
\set VERBOSITY default
CALL simplebank.run_job('verify_ledger');
\set VERBOSITY sqlstate
SELECT invariant, account_id = :alice AS alice, detail FROM simplebank.verification_findings ORDER BY 1;
SELECT status, items_failed, last_error FROM simplebank.job_status WHERE job = 'verify_ledger';

-- Business days: weekends are none, unless the calendar says so.
SELECT d::date, extract(isodow FROM d) AS isodow, simplebank.business_day(d::date), simplebank.next_business_day(d::date)
FROM generate_series('2026-12-24'::date, '2026-12-28', '1 day') d;
SELECT (simplebank.set_business_day('2026-12-25', false, 'Christmas')).is_business_day, (simplebank.set_business_day('2026-12-26', true, 'stocktaking')).is_business_day;
SELECT is_business_day FROM simplebank.set_business_day('2026-12-25', false, 'Christmas Day');
SELECT d::date, simplebank.business_day(d::date), simplebank.next_business_day(d::date) FROM generate_series('2026-12-24'::date, '2026-12-27', '1 day') d;
SELECT * FROM simplebank.business_calendar ORDER BY 1;
SELECT simplebank.business_day(NULL), simplebank.next_business_day(NULL);
SELECT is_business_day FROM simplebank.set_business_day(NULL, true);
SELECT is_business_day FROM simplebank.set_business_day('infinity', true);

-- Business dates: in the bank's time zone; a day is due once, be it short or long.
SET simplebank.time_zone = 'Nowhere/Land';
SELECT simplebank.due_date('18:00', '2026-06-01 17:59+00') AS utc_before, simplebank.due_date('18:00', '2026-06-01 18:00+00') AS utc;
SET simplebank.time_zone = 'Europe/Berlin';
SELECT simplebank.due_date('18:00', '2026-06-01 15:59+00') AS summer_before, simplebank.due_date('18:00', '2026-06-01 16:00+00') AS summer,
	simplebank.due_date('18:00', '2026-12-01 16:59+00') AS winter_before, simplebank.due_date('18:00', '2026-12-01 17:00+00') AS winter;
SELECT due, min(at) AS from_time, count(*) AS quarters FROM generate_series('2026-03-28 00:00+00'::timestamptz, '2026-03-31 00:00+00', '15 min') at,
	simplebank.due_date('02:30', at) due GROUP BY 1 ORDER BY 1;
SELECT due, min(at) AS from_time, count(*) AS quarters FROM generate_series('2026-10-24 00:00+00'::timestamptz, '2026-10-27 00:00+00', '15 min') at,
	simplebank.due_date('02:30', at) due GROUP BY 1 ORDER BY 1;
RESET simplebank.time_zone;
