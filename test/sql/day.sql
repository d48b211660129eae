--
-- day: closing, what closed days refuse and keep, reopening, proofs that begin
-- at a closed day.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
ALTER TABLE simplebank.day_balances DISABLE TRIGGER guard;
ALTER TABLE simplebank.day_trial_balances DISABLE TRIGGER guard;
\set VERBOSITY sqlstate

-- March 2024, by effective_at; posted today.
SELECT simplebank.open_account('ann', 'EUR') AS ann, simplebank.open_account('ben', 'EUR') AS ben, simplebank.open_account('cyd', 'JPY') AS cyd \gset
SELECT to_balance FROM simplebank.deposit(:ann, 1000, effective_at => '2024-03-01 10:00+00');
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 100, effective_at => '2024-03-02 10:00+00');
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 10, effective_at => '2024-03-02 23:59:59.999999+00');
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 1, effective_at => '2024-03-03 00:00+00', key => 'third of March');
SELECT to_balance FROM simplebank.deposit(:cyd, 5, effective_at => '2024-03-05 00:00+00');
CREATE TEMP TABLE answers AS
	SELECT a.id, t.at, b.basis, simplebank.balance_at(a.id, t.at, b.basis) AS balance
	FROM simplebank.accounts a, (VALUES ('posted'), ('effective')) b(basis),
		 unnest(ARRAY['2024-02-29 12:00+00', '2024-03-01 09:59:59+00', '2024-03-01 10:00+00', '2024-03-02 10:00+00', '2024-03-02 23:59:59.999998+00',
					  '2024-03-02 23:59:59.999999+00', '2024-03-03 00:00+00', '2024-03-04 00:00+00', '2024-03-05 00:00+00', '2025-01-01 00:00+00',
					  'infinity', '-infinity']::timestamptz[]) t(at);
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-03-02');
CREATE VIEW pg_temp.days AS
	SELECT day, ends_at AT TIME ZONE 'UTC' AS ends_at, closed_at IS NOT NULL AS closed, accounts, settlement_waiting FROM simplebank.closed_days ORDER BY day;
CREATE VIEW pg_temp.closings AS
	SELECT b.day, coalesce(a.name, a.owner) AS account, b.version, b.balance, b.value_balance
	FROM simplebank.day_balances b JOIN simplebank.accounts a ON a.id = b.account_id ORDER BY b.day, a.id;
SELECT * FROM pg_temp.days;
SELECT * FROM pg_temp.closings;
-- in the closed days nothing more, by whatever function
SELECT simplebank.transfer(:ann, :ben, 1, effective_at => '2024-03-02 23:59:59.999999+00');
SELECT simplebank.deposit(:ann, 1, effective_at => '2020-01-01 00:00+00');
SELECT simplebank.withdraw(:ann, 1, effective_at => '2024-03-02 12:00+00');
SELECT simplebank.post_journal(ARRAY[:ann, :ben], '{-1, 1}', effective_at => '2024-03-02 12:00+00');
SELECT simplebank.exchange(:ann, :cyd, 1, 1, effective_at => '2024-03-02 12:00+00');
\set VERBOSITY default
SET TimeZone = 'UTC';
SELECT simplebank.transfer(:ann, :ben, 1, effective_at => '2024-03-02 12:00+00');
RESET TimeZone;
\set VERBOSITY sqlstate
-- after the key, before the account
SELECT simplebank.transfer(:ann, 0, 1, effective_at => '2024-03-02 12:00+00');
SELECT simplebank.transfer(:ann, :ben, 2, effective_at => '2024-03-02 12:00+00', key => 'third of March');
-- in open ones
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 1, effective_at => '2024-03-03 00:00+00', key => 'open');
SELECT reversed.to_balance FROM simplebank.transfers t, LATERAL simplebank.reverse_transfer(t.id) reversed WHERE t.id = (SELECT max(id) FROM simplebank.transfers);
-- the days between are closed with it; nothing has changed on the 4th
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-03-05');
SELECT * FROM pg_temp.days;
SELECT * FROM pg_temp.closings WHERE day > '2024-03-02';
-- a replay is no posting
SELECT to_balance, replayed FROM simplebank.transfer(:ann, :ben, 1, effective_at => '2024-03-03 00:00+00', key => 'open');
-- the past has stayed what it was; what came in between is of the 3rd, and of now
SELECT a.at AT TIME ZONE 'UTC' AS at, a.basis, a.balance AS before, simplebank.balance_at(a.id, a.at, a.basis) AS now
FROM answers a WHERE simplebank.balance_at(a.id, a.at, a.basis) IS DISTINCT FROM a.balance ORDER BY a.at, a.id;

-- Yesterday: what was posted by then. Its trial balance is that of the function.
CREATE TEMP TABLE yesterday AS SELECT (now() AT TIME ZONE 'UTC')::date - 1 AS day;
SELECT (simplebank.close_day(day)).closed_at IS NOT NULL AS closed FROM yesterday;
SELECT count(*) = y.day - date '2024-03-01' AS all_between FROM yesterday y, simplebank.closed_days GROUP BY y.day;
SELECT t.currency, t.kind, t.accounts, t.debits, t.credits FROM simplebank.day_trial_balances t, yesterday y WHERE t.day = y.day ORDER BY 1, 2;
SELECT * FROM simplebank.verify();
SELECT * FROM simplebank.verify(now());

-- Bad input.
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day(NULL);
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day((now() AT TIME ZONE 'UTC')::date);
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('infinity');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('1899-12-31');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-03-02');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2020-01-01');
SELECT event FROM simplebank.reopen_day(NULL, 'reason') LIMIT 1;
SELECT event FROM simplebank.reopen_day('2024-03-02', NULL) LIMIT 1;
SELECT event FROM simplebank.reopen_day('2020-01-01', 'was never closed') LIMIT 1;
SELECT event FROM simplebank.reopen_day((now() AT TIME ZONE 'UTC')::date, 'is open') LIMIT 1;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT event FROM simplebank.reopen_day('2024-03-05', 'reason') LIMIT 1;
ROLLBACK;
BEGIN READ ONLY;
SELECT event FROM simplebank.reopen_day('2024-03-05', 'reason') LIMIT 1;
ROLLBACK;

-- Reopened, from that day on.
SELECT min(event) AS event, min(day) AS first, count(*) = max(day) - min(day) + 1 AS each_after FROM simplebank.reopen_day('2024-03-05', 'a deposit was forgotten');
SELECT day FROM pg_temp.days;
-- each day since the first of March was closed once; the first three of them were not reopened
SELECT event, reason, role = current_user AS mine, y.day - date '2024-03-01' - count(*) AS fewer FROM simplebank.day_events, yesterday y GROUP BY 1, 2, 3, y.day ORDER BY 1;
SELECT event FROM simplebank.reopen_day('2024-03-05', 'again') LIMIT 1;
SELECT simplebank.deposit(:cyd, 7, effective_at => '2024-03-04 12:00+00');
SELECT to_balance FROM simplebank.deposit(:cyd, 7, effective_at => '2024-03-05 12:00+00');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-03-05');
ROLLBACK;
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-03-05');
SELECT * FROM pg_temp.closings WHERE day = '2024-03-05';
SELECT simplebank.balance_at(:cyd, '2024-03-05 12:00+00', 'effective') AS noon, simplebank.balance_at(:cyd, '2024-03-05 11:00+00', 'effective') AS before;
-- all of them, and the ledger begins anew
SELECT event FROM simplebank.reopen_day('2024-03-02', 'all') LIMIT 1;
SELECT count(*) FROM simplebank.day_balances;
SELECT a.at AT TIME ZONE 'UTC' AS at, a.basis, a.balance AS before, simplebank.balance_at(a.id, a.at, a.basis) AS now
FROM answers a WHERE a.at < '2024-03-03 00:00+00' AND simplebank.balance_at(a.id, a.at, a.basis) IS DISTINCT FROM a.balance;

-- An account with stripes is one.
SELECT stripes FROM simplebank.set_stripes(simplebank.system_account('cash', 'EUR'), 4);
SELECT to_balance FROM simplebank.deposit(:ben, 1000, effective_at => '2024-03-06 12:00+00');
SELECT simplebank.balance_at(simplebank.system_account('cash', 'EUR'), '2024-03-06 12:00+00', 'effective') AS open;
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-03-07');
SELECT simplebank.balance_at(simplebank.system_account('cash', 'EUR'), '2024-03-06 12:00+00', 'effective') AS closed,
	   simplebank.balance_at(simplebank.system_account('cash', 'EUR'), '2024-03-06 11:00+00', 'effective') AS before;
SELECT t.* FROM simplebank.day_trial_balances t WHERE t.day = '2024-03-07' ORDER BY 2, 3;

-- The job: in order, after those that it waits for.
UPDATE simplebank.jobs SET watermark = '2024-03-08' WHERE name IN ('interest', 'close_day');
CALL simplebank.run_job('close_day', '2024-03-10');
SELECT max(day) FROM simplebank.closed_days;
CALL simplebank.run_job('interest', '2024-03-09');
CALL simplebank.run_job('close_day', '2024-03-10');
SELECT max(day) FROM simplebank.closed_days;
-- a settlement of Friday, the 8th, is waited for, one of the weekend is not
UPDATE simplebank.jobs SET watermark = '2024-03-07' WHERE name = 'settlement';
CALL simplebank.run_job('interest', '2024-03-11');
CALL simplebank.run_job('close_day', '2024-03-11');
SELECT max(day) FROM simplebank.closed_days;
UPDATE simplebank.jobs SET watermark = '2024-03-08' WHERE name = 'settlement';
CALL simplebank.run_job('close_day', '2024-03-11');
SELECT max(day) FROM simplebank.closed_days;
SELECT name FROM simplebank.set_job('settlement', enabled => false);
CALL simplebank.run_job('close_day', '2024-03-11');
SELECT max(day), (SELECT watermark FROM simplebank.jobs WHERE name = 'close_day') FROM simplebank.closed_days;
SELECT name FROM simplebank.set_job('close_day', due_time => '23:00');
CALL simplebank.run_job('close_day', '2024-03-11');
SELECT status, items_done, count(*) FROM simplebank.job_runs WHERE job = 'close_day' GROUP BY 1, 2;
-- reopened days stay open until the next day is closed
SELECT event FROM simplebank.reopen_day('2024-03-10', 'late') LIMIT 1;
CALL simplebank.run_job('close_day', '2024-03-11');
SELECT max(day) FROM simplebank.closed_days;
CALL simplebank.run_job('interest', '2024-03-12');
CALL simplebank.run_job('close_day', '2024-03-12');
SELECT max(day) FROM simplebank.closed_days;
SELECT * FROM simplebank.verify();

-- A settlement that waits for cover does not keep a day open, and is named.
SELECT name FROM simplebank.create_settlement_group('sepa', 'EUR');
SELECT simplebank.add_settlement_member('sepa', 'alpha', simplebank.open_account('alpha', 'EUR')) IS NOT NULL AS alpha,
	   simplebank.add_settlement_member('sepa', 'beta', simplebank.open_account('beta', 'EUR')) IS NOT NULL AS beta;
SELECT (simplebank.assign_member(:ann, 'sepa', 'alpha')).member, (simplebank.assign_member(:ben, 'sepa', 'beta')).member;
SELECT to_balance FROM simplebank.clear_payment(:ann, :ben, 1);
SELECT status FROM simplebank.settle('sepa');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-03-13');
SELECT settlement_waiting FROM simplebank.closed_days WHERE day = '2024-03-13';

-- A proof that begins at a closed day finds what was damaged since, the full
-- one what was before.
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 3, effective_at => '2024-03-14 12:00+00');
SELECT (simplebank.close_day(day)).closed_at IS NOT NULL AS closed FROM yesterday;
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 5);
SELECT simplebank.place_hold(:ann, :ben, 5) \g /dev/null
CREATE PROCEDURE pg_temp.damage(command text) LANGUAGE plpgsql AS $$
DECLARE
	found record;
BEGIN
	ALTER TABLE simplebank.transfers DISABLE TRIGGER ALL;
	ALTER TABLE simplebank.entries DISABLE TRIGGER ALL;
	ALTER TABLE simplebank.accounts DISABLE TRIGGER ALL;
	ALTER TABLE simplebank.account_events DISABLE TRIGGER ALL;
	ALTER TABLE simplebank.holds DISABLE TRIGGER ALL;
	EXECUTE command;
	FOR found IN
		SELECT f.invariant, string_agg(f.proof, ' and ' ORDER BY f.proof) AS proofs
		FROM (SELECT DISTINCT invariant, 'full' AS proof FROM simplebank.verify() UNION SELECT DISTINCT invariant, 'since' FROM simplebank.verify(now())) f
		GROUP BY 1 ORDER BY 1
	LOOP
		RAISE NOTICE '%: %', found.invariant, found.proofs;
	END LOOP;
	ROLLBACK;
END $$;
\set VERBOSITY terse
-- all was posted today, after the closed days: both see all of it
CALL pg_temp.damage('DELETE FROM simplebank.entries WHERE account_id = 1 AND version = 1');
CALL pg_temp.damage('UPDATE simplebank.entries SET amount = amount + 1 WHERE account_id = 2 AND version = 2');
CALL pg_temp.damage('INSERT INTO simplebank.entries SELECT 2, version + 1, transfer_id, amount, balance + amount, posted_at, created_at, effective_at, leg FROM simplebank.entries WHERE account_id = 2 ORDER BY version DESC LIMIT 1');
CALL pg_temp.damage('UPDATE simplebank.accounts SET balance = balance + 1 WHERE id = 1');
CALL pg_temp.damage('UPDATE simplebank.transfers SET amount = amount + 1 WHERE id = (SELECT max(id) FROM simplebank.transfers)');
CALL pg_temp.damage('DELETE FROM simplebank.transfers WHERE id = (SELECT max(id) FROM simplebank.transfers)');
CALL pg_temp.damage('INSERT INTO simplebank.transfers (posted_at, effective_at, operation, role) VALUES (now(), now(), ''journal'', ''nobody'')');
CALL pg_temp.damage('UPDATE simplebank.holds SET amount = amount + 1');
CALL pg_temp.damage('UPDATE simplebank.holds SET status = ''released'', closed_at = now()');
CALL pg_temp.damage('DELETE FROM simplebank.account_events WHERE hold_id IS NOT NULL');
-- what was kept of a day
CALL pg_temp.damage('UPDATE simplebank.day_balances SET value_balance = value_balance + 1 WHERE account_id = 1 AND day = (SELECT max(day) FROM simplebank.day_balances WHERE account_id = 1)');
CALL pg_temp.damage('INSERT INTO simplebank.day_balances SELECT 1, max(day), 1, 1, 1 FROM simplebank.closed_days');
CALL pg_temp.damage('UPDATE simplebank.day_trial_balances SET credits = credits + 1 WHERE day = (SELECT max(day) FROM simplebank.closed_days)');
CALL pg_temp.damage('UPDATE simplebank.accounts SET created_at = ''2000-01-01 00:00+00''');

-- A date that its zone has skipped, as Samoa did on 2011-12-30, begins and ends with the end of the one before. It is a date of
-- the calendar: days are counted with it.
\set VERBOSITY sqlstate
SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
SET simplebank.time_zone = 'Pacific/Apia';
SELECT simplebank.open_account('ann', 'WST') AS ann, simplebank.open_account('ben', 'WST', min_balance => NULL) AS ben \gset
SELECT annual_rate FROM simplebank.set_interest(:ann, 0.0365, valid_from => '2011-12-28');
SELECT to_balance FROM simplebank.transfer(:ben, :ann, 10000, effective_at => '2011-12-28 12:00 Pacific/Apia');
SELECT to_balance FROM simplebank.transfer(:ben, :ann, 20000, effective_at => '2011-12-29 23:59:59.999999 Pacific/Apia');
SELECT to_balance FROM simplebank.transfer(:ben, :ann, 30000, effective_at => '2011-12-31 00:00 Pacific/Apia');
SELECT name FROM simplebank.create_settlement_group('late', 'WST', cutoff => '18:00');
SELECT d::date AS day, simplebank_internal.day_moment(d::date, g.cutoff) AT TIME ZONE 'UTC' AS cut_off FROM simplebank.settlement_groups g, generate_series('2011-12-29'::timestamp, '2011-12-31', '1 day') d;
CALL simplebank.run_job('interest', '2011-12-28');
CALL simplebank.run_job('close_day', '2011-12-28');
CALL simplebank.run_job('interest', '2012-01-01');
CALL simplebank.run_job('close_day', '2012-01-01');
CALL simplebank.run_job('statements', '2011-12-31');
SELECT job, count(*), max(business_date), min(status), max(status) FROM simplebank.job_runs GROUP BY job ORDER BY job;
SELECT day, ends_at AT TIME ZONE 'UTC' AS ends_at, accounts FROM simplebank.closed_days ORDER BY day;
SELECT day, balance, round(units / 1603080, 4) AS accrued FROM simplebank.interest_accruals WHERE account_id = :ann AND day < '2012-01-01' AND transfer_id IS NULL ORDER BY day;
SELECT day, balance, value_balance FROM simplebank.day_balances WHERE account_id = :ann ORDER BY day;
SELECT simplebank.balance_at(:ann, '2011-12-30 10:00+00'::timestamptz - interval '1 microsecond', 'effective') AS before, simplebank.balance_at(:ann, '2011-12-30 10:00+00', 'effective') AS after;
SELECT * FROM simplebank.day_summary('2011-12-30') WHERE currency IS NOT NULL;
SELECT event FROM simplebank.reopen_day('2011-12-30', 'again') LIMIT 1;
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2011-12-30');
SELECT simplebank.transfer(:ben, :ann, 1, effective_at => '2011-12-30 09:59:59+00');
SELECT to_balance FROM simplebank.transfer(:ben, :ann, 1, effective_at => '2011-12-30 10:00+00');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2011-12-31');
SELECT * FROM simplebank.verify();
SELECT * FROM simplebank.verify('2011-12-30 12:00+00');
RESET simplebank.time_zone;

-- A change of the zone moves the ends of the days to come: neither those that are past nor that of the day that is on.
SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- the day shall not end in the midst of this
SELECT pg_sleep(CASE WHEN rest < 60 THEN rest + 0.1 ELSE 0 END) FROM (SELECT 86400 - extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time)) t(rest);
SELECT simplebank.open_account('ann', 'EUR') AS ann \gset
SELECT annual_rate FROM simplebank.set_interest(:ann, 0.01);
SELECT (now() AT TIME ZONE 'UTC')::date AS today, (now() AT TIME ZONE 'UTC')::date - 1 AS yesterday \gset
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day(:'yesterday');
CREATE VIEW pg_temp.ends AS SELECT e.day - :'today' AS day, (e.ends_at AT TIME ZONE 'UTC') - :'today'::timestamp AS ends_at, e.time_zone FROM simplebank.day_ends e ORDER BY e.day;
CREATE FUNCTION pg_temp.ends_then(today date) RETURNS TABLE (day int, ends_at interval) LANGUAGE sql AS $$
	SELECT n, (simplebank_internal.day_end(today + n) AT TIME ZONE 'UTC') - today::timestamp FROM generate_series(-1, 2) n
$$;
SELECT * FROM pg_temp.ends;
-- east: the day after the one that is on is shorter
SET simplebank.time_zone = '<E>-14';
SELECT * FROM pg_temp.ends_then(:'today');
SELECT simplebank.due_date('24:00') = :'yesterday' AS is_on, simplebank_internal.day_of(now()) = :'today' AS today,
	   simplebank_internal.day_of(:'today'::timestamp AT TIME ZONE 'UTC' + interval '25 hours') - :'today' AS tomorrow,
	   simplebank_internal.day_of(:'today'::timestamp AT TIME ZONE 'UTC' + interval '34 hours') - :'today' AS after;
-- times of a day lie within it
SELECT d - :'today' AS day, t AS time, (simplebank_internal.day_moment(d, t) AT TIME ZONE 'UTC') - :'today'::timestamp AS at
FROM unnest(ARRAY[:'today'::date, :'today'::date + 1]) d, unnest('{00:00,12:00,23:00,24:00}'::time[]) t;
-- west: it is longer
SET simplebank.time_zone = '<W>+11';
SELECT * FROM pg_temp.ends_then(:'today');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day(:'today');
-- closed anew in another zone, a day is what it was
SELECT event FROM simplebank.reopen_day(:'yesterday', 'again') LIMIT 1;
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day(:'yesterday');
SELECT * FROM pg_temp.ends;
SELECT day - :'today' AS day, (ends_at AT TIME ZONE 'UTC') - :'today'::timestamp AS ends_at FROM simplebank.closed_days;
RESET simplebank.time_zone;
