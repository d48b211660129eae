--
-- report: a day's summary, holds by age, accounts that owe.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\getenv abs_srcdir PG_ABS_SRCDIR
\set inside :abs_srcdir '/inside.sql'
\i :inside
-- changed by hand below
ALTER TABLE simplebank.holds DISABLE TRIGGER guard;
ALTER TABLE simplebank.verifications DISABLE TRIGGER guard;
\set VERBOSITY sqlstate
-- the day shall not end in the midst of this
SELECT pg_sleep(CASE WHEN rest < 60 THEN rest + 0.1 ELSE 0 END) FROM (SELECT 86400 - extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time)) t(rest);
SELECT (now() AT TIME ZONE 'UTC')::date AS today \gset

SELECT * FROM simplebank.day_summary(:'today');
SELECT simplebank.open_account('ann', 'EUR', min_balance => -1000) AS ann, simplebank.open_account('ben', 'EUR') AS ben, simplebank.open_account('cyd', 'USD') AS cyd \gset
SELECT to_balance FROM simplebank.deposit(:ann, 1000);
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 1200);
SELECT to_balance FROM simplebank.transfer(:ben, simplebank.system_account('fees', 'EUR'), 3);
SELECT transfer_id IS NOT NULL AS posted FROM simplebank.post_journal(ARRAY[:ann, :ben, simplebank.system_account('fees', 'EUR')], '{-2, 1, 1}');
SELECT to_balance FROM simplebank.exchange(:ben, :cyd, 100, 110);
SELECT hold_id AS captured FROM simplebank.place_hold(:ben, :ann, 10) \gset
SELECT hold_id AS released FROM simplebank.place_hold(:ben, :ann, 20) \gset
SELECT hold_id AS open FROM simplebank.place_hold(:ben, :ann, 30) \gset
SELECT to_balance FROM simplebank.capture_hold(:captured);
SELECT available FROM simplebank.release_hold(:released);
SELECT hold_id AS expired FROM simplebank.place_hold(:ben, :ann, 40, expires_at => clock_timestamp() + interval '1 hour') \gset
-- as if its time had passed
UPDATE simplebank.holds SET expires_at = created_at WHERE id = :expired;
SELECT * FROM simplebank.hold_aging ORDER BY 1, 2;
SELECT simplebank.expire_holds(10);
SELECT * FROM simplebank.hold_aging ORDER BY 1, 2;
-- interest both ways
SELECT (simplebank.set_interest(:ben, 1, valid_from => '2024-01-31')).annual_rate, (simplebank.set_interest(:ann, 0, valid_from => '2024-01-31', overdraft_rate => 1)).annual_rate;
SELECT to_balance FROM simplebank.deposit(:ben, 1000, effective_at => '2024-01-01 12:00+00');
SELECT from_balance FROM simplebank.transfer(:ann, :ben, 700, effective_at => '2024-01-01 12:00+00');
CALL simplebank.run_job('interest', '2024-01-31');
-- by hand: value, the sum of the credits: 1000 + 1200 + 3 + 2 + 100 + 10 + 1000 + 700, and 5 to ben (1700 / 365), 2 from ann (700 / 365)
SELECT * FROM simplebank.day_summary(:'today');
-- the same after days were closed late
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-02-01');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-02-02');
SELECT currency, transfers, value FROM simplebank.day_summary(:'today');
-- the daily proof begins at the last day whose closing had begun when the proof before did
SELECT simplebank.inside('SELECT simplebank_internal.verify_ledger()');
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-02-03');
SELECT simplebank.inside('SELECT simplebank_internal.verify_ledger()');
SELECT simplebank.inside('SELECT simplebank_internal.verify_ledger()');
SELECT d.day FROM simplebank.verifications v LEFT JOIN simplebank.closed_days d ON d.ends_at = v.since ORDER BY v.id;
SELECT owner, currency, balance, min_balance FROM simplebank.overdrawn_accounts;
SELECT * FROM simplebank.day_summary('2024-01-31');
SELECT * FROM simplebank.day_summary(NULL);
SELECT * FROM simplebank.day_summary('infinity');

-- Who may.
SELECT simplebank.create_roles();
CREATE ROLE report_reader IN ROLE simplebank_auditor;
CREATE ROLE report_customer IN ROLE simplebank_customer;
SET ROLE report_reader;
SELECT count(*) FROM simplebank.day_summary(:'today');
SELECT count(*) FROM simplebank.overdrawn_accounts;
SELECT count(*) FROM simplebank.hold_aging;
SET ROLE report_customer;
SELECT * FROM simplebank.day_summary(:'today');
SELECT * FROM simplebank.overdrawn_accounts;
RESET ROLE;
DROP ROLE report_reader, report_customer;
