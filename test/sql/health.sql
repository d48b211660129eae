--
-- health: one row; each problem is named, and gone when it is.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\getenv abs_srcdir PG_ABS_SRCDIR
\set inside :abs_srcdir '/inside.sql'
\i :inside
\set VERBOSITY terse
CREATE FUNCTION pg_temp.problems() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT unnest(h.problems) FROM simplebank.health() h;
$$;

-- Nobody calls run_job() yet.
SELECT ok, problems, role, lag_seconds, scheduler_alive, last_tick, jobs_behind, jobs_failed, last_verification, findings, last_seal FROM simplebank.health();
CALL simplebank.run_job('expire_holds');
SELECT ok, problems, scheduler_alive, last_tick BETWEEN now() - interval '1 hour' AND clock_timestamp() AS just_now FROM simplebank.health();
-- a guard that is off is a problem too
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
UPDATE simplebank.jobs SET ticked_at = ticked_at - interval '3 minutes';
SELECT * FROM pg_temp.problems();
-- or that fires in no replication role, as after pg_restore --disable-triggers
ALTER TABLE simplebank.jobs ENABLE TRIGGER guard;
SELECT * FROM pg_temp.problems();
ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
CALL simplebank.run_job('expire_holds');
SELECT * FROM pg_temp.problems();

-- A job that is behind: for more than an hour, and not one that is disabled.
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
UPDATE simplebank.jobs SET watermark = (now() AT TIME ZONE 'UTC')::date - 10 WHERE name IN ('verify_ledger', 'settlement');
ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
SELECT * FROM pg_temp.problems();
SELECT jobs_behind, jobs_failed FROM simplebank.health();
SELECT name FROM simplebank.set_job('settlement', enabled => false);
SELECT * FROM pg_temp.problems();
CALL simplebank.run_job('verify_ledger');
SELECT * FROM pg_temp.problems();
SELECT last_verification BETWEEN now() - interval '1 hour' AND clock_timestamp() AS just_now, findings FROM simplebank.health();

-- One that fails, until it has succeeded.
INSERT INTO simplebank.job_runs (job, attempt, status, runner) VALUES ('purge_keys', 1, 'failed', gen_random_uuid());
SELECT * FROM pg_temp.problems();
SELECT ok, jobs_failed FROM simplebank.health();
INSERT INTO simplebank.job_runs (job, attempt, status, runner) VALUES ('purge_keys', 2, 'succeeded', gen_random_uuid());
SELECT * FROM pg_temp.problems();

-- What the proof has found, and a proof that is old.
INSERT INTO simplebank.verifications (started_at, findings) VALUES (now(), 2);
SELECT * FROM pg_temp.problems();
INSERT INTO simplebank.verifications (started_at, finished_at, findings) VALUES (now() - interval '2 days', now() - interval '2 days', 0);
SELECT * FROM pg_temp.problems();
INSERT INTO simplebank.verifications (started_at, findings) VALUES (now(), 0);
SELECT * FROM pg_temp.problems();

-- Seals: old ones are a problem where there is something to seal.
SELECT simplebank.open_account('ann', 'EUR') AS ann \gset
SELECT to_balance FROM simplebank.deposit(:ann, 5);
SELECT simplebank.seal();
BEGIN;
ALTER TABLE simplebank.seals DISABLE TRIGGER guard;
ALTER TABLE simplebank.transfers DISABLE TRIGGER guard;
ALTER TABLE simplebank.verifications DISABLE TRIGGER guard;
UPDATE simplebank.seals SET sealed_at = sealed_at - interval '1 hour';
SELECT * FROM pg_temp.problems();
SELECT to_balance FROM simplebank.deposit(:ann, 5);
SELECT * FROM pg_temp.problems();
UPDATE simplebank.transfers SET posted_at = posted_at - interval '1 hour';
SELECT * FROM pg_temp.problems();
/* what this transaction has posted gets its position here by itself */
SELECT simplebank.inside('SELECT simplebank_internal.append_log() IS NOT NULL AS logged');
SELECT simplebank.seal();
SELECT * FROM pg_temp.problems();
-- A proof that never was: for as long as there is something to prove.
DELETE FROM simplebank.verifications;
SELECT * FROM pg_temp.problems();
UPDATE simplebank.transfers SET posted_at = posted_at - interval '2 days';
SELECT * FROM pg_temp.problems();
ROLLBACK;

-- Who may ask.
CREATE ROLE regress_probe;
GRANT USAGE ON SCHEMA simplebank TO regress_probe;
SET ROLE regress_probe;
SELECT ok FROM simplebank.health();
RESET ROLE;
GRANT EXECUTE ON FUNCTION simplebank.health TO regress_probe;
SET ROLE regress_probe;
SELECT ok FROM simplebank.health();
BEGIN READ ONLY;
SELECT ok FROM simplebank.health();
ROLLBACK;
RESET ROLE;
DROP EXTENSION simplebank CASCADE;
DROP ROLE regress_probe;
