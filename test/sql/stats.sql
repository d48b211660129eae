--
-- stats: bounds, and metrics of what the tables say.  Counts: t/stats.pl;
-- where the server has not loaded the library at its start: t/preload.pl.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.settlement_groups DISABLE TRIGGER guard;

\set VERBOSITY sqlstate
SELECT * FROM simplebank.hot_accounts(0);
SELECT * FROM simplebank.hot_accounts(257);
SELECT * FROM simplebank.hot_accounts(NULL);

-- What never was is 0, so that alerts can see it.
SELECT name, value FROM simplebank.metrics()
WHERE name LIKE '%timestamp%' AND coalesce(labels->>'job_name', 'seal') = 'seal' OR name IN ('simplebank_verification_findings', 'simplebank_unsealed_transfers')
ORDER BY name COLLATE "C";
-- Metrics of what the tables say.
SELECT name FROM simplebank.set_job('purge_keys', due_time => '00:00');
CALL simplebank.run_job('purge_keys');
SELECT name, labels, CASE WHEN name LIKE '%timestamp%' THEN (extract(epoch FROM now()) - value < 60)::int ELSE value END AS value, type
FROM simplebank.metrics()
WHERE type = 'gauge' AND name !~ 'queue|teller' AND coalesce(labels->>'job_name', 'purge_keys') = 'purge_keys' ORDER BY name COLLATE "C";
-- what is late
SELECT simplebank.open_account('alice', 'EUR') AS alice, simplebank.open_account('bob', 'EUR') AS bob \gset
SELECT to_balance FROM simplebank.deposit(:alice, 10);
SELECT simplebank.schedule_transfer(:alice, :bob, 1, now() - interval '90 s') IS NOT NULL AS ordered;
SELECT name FROM simplebank.create_settlement_group('g', 'EUR');
UPDATE simplebank.settlement_groups SET error = 'out of order';
INSERT INTO simplebank.verifications (started_at, findings) VALUES (now(), 3);
SELECT name, value >= 90 AND value < 150 OR value IN (1, 3) AS expected FROM simplebank.metrics()
WHERE name IN ('simplebank_order_delay_seconds', 'simplebank_settlement_groups_failed', 'simplebank_verification_findings')
ORDER BY name COLLATE "C";
SELECT count(*) > 15 AS all_named, bool_and(name ~ '^simplebank_[a-z_]+$' AND type IN ('counter', 'gauge', 'histogram') AND help ~ '[.?]$') AS well_formed
FROM simplebank.metrics();
