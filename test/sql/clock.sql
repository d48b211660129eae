--
-- clock: when it is not believed, what an administrator accepts, and dates that
-- are missed.  A clock that jumps while the server runs: t/clock.pl.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
\set VERBOSITY terse
SET timezone = 'UTC';
CREATE SCHEMA regress_clock;
CREATE FUNCTION regress_clock.problems() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(p, '(days?) \d\d:\d\d:\d\d', '\1') FROM simplebank.health() h, unnest(h.problems) p WHERE p !~ 'not guarded';
$$;
CREATE FUNCTION regress_clock.trouble() RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(j.trouble, ':\d\d:\d\d| 00:\d\d:\d\d', '') FROM simplebank_internal.judge_clock() j;
$$;
CREATE FUNCTION regress_clock.today() RETURNS date LANGUAGE sql AS $$
	SELECT (now() AT TIME ZONE 'UTC')::date;
$$;
SELECT simplebank.open_account('ann', 'EUR') AS ann \gset
SELECT to_balance FROM simplebank.deposit(:ann, 5);
CALL simplebank.run_job('expire_holds');
SELECT * FROM regress_clock.problems();
SELECT ticked_at > booted_at AS counts, boot_id IS NOT NULL AS has_id FROM simplebank.jobs WHERE name = 'expire_holds';

-- A dated job makes good so many dates, and no more.
SELECT simplebank.set_job('purge_keys', due_time => '00:00') \g /dev/null
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard; UPDATE simplebank.jobs SET watermark = regress_clock.today() - 36 WHERE name = 'purge_keys'; ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
CALL simplebank.run_job('purge_keys');
SELECT count(*) FROM simplebank.job_runs WHERE job = 'purge_keys';
SELECT * FROM regress_clock.problems();
-- up to a date that is named, and from there on
CALL simplebank.run_job('purge_keys', regress_clock.today() - 1);
SELECT count(*), max(business_date) - regress_clock.today() AS up_to FROM simplebank.job_runs WHERE job = 'purge_keys';
CALL simplebank.run_job('purge_keys');
SELECT count(*), max(business_date) - regress_clock.today() AS up_to FROM simplebank.job_runs WHERE job = 'purge_keys';
SELECT * FROM regress_clock.problems();
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard; UPDATE simplebank.jobs SET watermark = regress_clock.today() - 100 WHERE name = 'purge_keys'; ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
CALL simplebank.run_job('purge_keys', regress_clock.today() - 50);
SELECT watermark - regress_clock.today() AS up_to FROM simplebank.jobs WHERE name = 'purge_keys';
CALL simplebank.run_job('purge_keys');
SELECT watermark - regress_clock.today() AS up_to FROM simplebank.jobs WHERE name = 'purge_keys';
-- or all of them, once somebody has said that it is so late
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard; UPDATE simplebank.jobs SET watermark = regress_clock.today() - 100 WHERE name = 'purge_keys'; ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
CALL simplebank.run_job('purge_keys');
SELECT watermark - regress_clock.today() FROM simplebank.jobs WHERE name = 'purge_keys';
SELECT simplebank.accept_clock('the server was away');
CALL simplebank.run_job('purge_keys');
SELECT watermark - regress_clock.today() FROM simplebank.jobs WHERE name = 'purge_keys';

-- What is noted.
SELECT simplebank.accept_clock(NULL);
SELECT action, reason, details->>'jump' AS jump, details->'ticks_in_future' AS ticks FROM simplebank.audit_events WHERE action = 'accept_clock';
SELECT reason, jump, accepted_at BETWEEN now() - interval '1 hour' AND clock_timestamp() AS just_now FROM simplebank.clock_acceptances;
UPDATE simplebank.clock_acceptances SET reason = 'another';

-- What was done in the future.
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard; UPDATE simplebank.jobs SET ticked_at = ticked_at + interval '1 day' WHERE name = 'expire_holds'; ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard; UPDATE simplebank.jobs SET watermark = regress_clock.today() + 1 WHERE name = 'purge_keys'; ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
SELECT * FROM regress_clock.problems();
SELECT name, value FROM simplebank.metrics() WHERE name IN ('simplebank_jobs_in_future', 'simplebank_clock_ahead_seconds') ORDER BY 1;
SELECT to_balance FROM simplebank.deposit(:ann, 5);
SELECT simplebank.accept_clock('it was set back');
SELECT details->'ticks_in_future' AS ticks FROM simplebank.audit_events WHERE reason = 'it was set back';
SELECT * FROM regress_clock.problems();
SELECT watermark - regress_clock.today() AS up_to FROM simplebank.jobs WHERE name = 'purge_keys';
-- a date that has begun is none of the future, though it is due later now
SELECT due_time FROM simplebank.set_job('purge_keys', due_time => '24:00');
SELECT * FROM regress_clock.problems();
SELECT value FROM simplebank.metrics() WHERE name = 'simplebank_jobs_in_future';
SELECT due_time FROM simplebank.set_job('purge_keys', due_time => '00:00');

-- As if all of this were some time ago, and the machine booted since; or not.
CREATE FUNCTION regress_clock.pass(since interval, is_booted boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	ALTER TABLE simplebank.transfers DISABLE TRIGGER guard;
	ALTER TABLE simplebank.entries DISABLE TRIGGER guard;
	ALTER TABLE simplebank.clock_acceptances DISABLE TRIGGER guard;
	ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
	DELETE FROM simplebank.clock_acceptances;
	UPDATE simplebank.transfers SET posted_at = posted_at - since, effective_at = effective_at - since;
	UPDATE simplebank.entries SET posted_at = posted_at - since;
	UPDATE simplebank.jobs SET ticked_at = ticked_at - since, booted_at = booted_at - since;
	UPDATE simplebank.jobs SET boot_id = gen_random_uuid() WHERE is_booted;
	/* before this server was started, which may have loaded the library then */
	UPDATE simplebank.jobs SET ticked_at = booted_at WHERE NOT is_booted;
	ALTER TABLE simplebank.transfers ENABLE ALWAYS TRIGGER guard;
	ALTER TABLE simplebank.entries ENABLE ALWAYS TRIGGER guard;
	ALTER TABLE simplebank.clock_acceptances ENABLE ALWAYS TRIGGER guard;
	ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
END $$;
-- A session knows the clock from its start, and else from the last tick.
\c
SET timezone = 'UTC';
BEGIN;
SELECT regress_clock.pass('34 days 23:00', true);
SELECT regress_clock.trouble();
SELECT regress_clock.pass('1 day', true);
SELECT regress_clock.trouble();
-- whatever has happened since will do
ALTER TABLE simplebank.transfers DISABLE TRIGGER guard;
UPDATE simplebank.transfers SET posted_at = now() - interval '34 days' WHERE id = 2;
SELECT regress_clock.trouble();
ROLLBACK;
BEGIN;
SELECT regress_clock.pass('59 minutes', false);
SELECT regress_clock.trouble();
SELECT regress_clock.pass('2 minutes', false);
SELECT regress_clock.trouble();
ROLLBACK;
BEGIN;
-- without a tick there is nothing to compare with
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard; UPDATE simplebank.jobs SET ticked_at = NULL, booted_at = NULL, boot_id = NULL; ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
SELECT regress_clock.pass('36 days', true);
SELECT regress_clock.trouble();
ROLLBACK;

-- What is refused then, in a session that has not found the clock right before.
SELECT regress_clock.pass('36 days', true);
\c
SELECT * FROM simplebank.deposit(:ann, 5);
SELECT regress_clock.trouble();
SELECT * FROM simplebank.transfer_batch(ARRAY[:ann], ARRAY[:ann + 1], '{1}', atomic => false);
CALL simplebank.run_job('expire_holds');
CALL simplebank.run_job('purge_keys');
SELECT simplebank.purge_keys();
SELECT simplebank.expire_holds();
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-01-01');
SELECT simplebank.seal();
SELECT simplebank.open_account('ben', 'EUR');
SELECT status FROM simplebank.set_account_status(:ann, 'frozen');
SELECT * FROM regress_clock.problems() LIMIT 1;
-- what is not: reading, and to order the jobs
SELECT simplebank.balance(:ann);
SELECT simplebank.set_job('purge_keys', enabled => true) \g /dev/null
SELECT simplebank.audit('looked at the clock') \g /dev/null
SELECT simplebank.accept_clock('the server was off') BETWEEN 36 * 86400 AND 36 * 86400 + 600 AS seconds;
SELECT to_balance FROM simplebank.deposit(:ann, 5);
CALL simplebank.run_job('expire_holds');
SELECT * FROM regress_clock.problems();
SELECT * FROM simplebank.verify();
DROP EXTENSION simplebank CASCADE;
SET client_min_messages = warning;
DROP SCHEMA regress_clock CASCADE;
