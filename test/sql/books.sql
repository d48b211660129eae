--
-- books: what each ledger has of its own: trial balance, days, settlement,
-- interest, summaries, proofs.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate
-- the day shall not end in the midst of this
SELECT pg_sleep(CASE WHEN rest < 60 THEN rest + 0.1 ELSE 0 END) FROM (SELECT 86400 - extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time)) t(rest);
SELECT (now() AT TIME ZONE 'UTC')::date AS today, (now() AT TIME ZONE 'UTC')::date - 1 AS yesterday \gset
SELECT name FROM simplebank.create_ledger('north');
SELECT name FROM simplebank.create_ledger('south');
SELECT name FROM simplebank.create_ledger('empty');
SELECT simplebank.open_account('ann', 'EUR') AS ann, simplebank.open_account('ben', 'EUR') AS ben,
	simplebank.open_account('nora', 'EUR', ledger => 'north') AS nora, simplebank.open_account('nils', 'EUR', ledger => 'north') AS nils,
	simplebank.open_account('sam', 'EUR', ledger => 'south') AS sam, simplebank.open_account('sue', 'JPY', ledger => 'south') AS sue \gset
SELECT to_balance FROM simplebank.deposit(:ann, 1000);
SELECT to_balance FROM simplebank.deposit(:nora, 500);
SELECT to_balance FROM simplebank.transfer(:nora, :nils, 40);
SELECT to_balance FROM simplebank.deposit(:sam, 7);
SELECT to_balance FROM simplebank.deposit(:sue, 9);

-- The trial balance is of one ledger.
SELECT * FROM simplebank.trial_balance();
SELECT * FROM simplebank.trial_balance(ledger => 'default');
SELECT * FROM simplebank.trial_balance(ledger => 'north');
SELECT * FROM simplebank.trial_balance('infinity', 'south');
SELECT * FROM simplebank.trial_balance('-infinity', 'south');
SELECT * FROM simplebank.trial_balance(ledger => 'empty');
SELECT * FROM simplebank.trial_balance(ledger => 'west');
SELECT stripes FROM simplebank.set_stripes(simplebank.system_account('cash', 'EUR', 'north'), 3);
SELECT to_balance FROM simplebank.deposit(:nils, 60);
SELECT * FROM simplebank.trial_balance(ledger => 'north');

-- Days are closed in each ledger by itself; one that was made later has no such day.
SELECT simplebank.close_day('2024-03-01', 'north');
ALTER TABLE simplebank.ledgers DISABLE TRIGGER guard;
UPDATE simplebank.ledgers SET created_at = '2024-03-01 23:59:59.999999+00' WHERE name IN ('north', 'empty');
UPDATE simplebank.ledgers SET created_at = '2024-03-02 00:00+00' WHERE name = 'south';
ALTER TABLE simplebank.ledgers ENABLE ALWAYS TRIGGER guard;
SELECT to_balance FROM simplebank.transfer(:nora, :nils, 5, effective_at => '2024-03-01 12:00+00');
SELECT to_balance FROM simplebank.transfer(:sam, simplebank.system_account('cash', 'EUR', 'south'), 5, effective_at => '2024-03-01 12:00+00');
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 5, effective_at => '2024-03-01 12:00+00');
CREATE VIEW pg_temp.days AS
	SELECT l.name, d.day, d.ends_at AT TIME ZONE 'UTC' AS ends_at, d.closed_at IS NOT NULL AS closed, d.accounts, d.settlement_waiting
	FROM simplebank.closed_days d JOIN simplebank.ledgers l ON l.id = d.ledger_id ORDER BY d.day, l.id;
CREATE VIEW pg_temp.closings AS
	SELECT b.day, l.name AS ledger, coalesce(a.name, a.owner) AS account, b.version, b.balance, b.value_balance
	FROM simplebank.day_balances b JOIN simplebank.accounts a ON a.id = b.account_id JOIN simplebank.ledgers l ON l.id = a.ledger_id ORDER BY b.day, l.id, a.id;
SELECT day, accounts FROM simplebank.close_day('2024-03-01', 'north');
SELECT day, accounts FROM simplebank.close_day('2024-03-01', 'empty');
SELECT day, accounts FROM simplebank.close_day('2024-03-01', 'south');
SELECT day, accounts FROM simplebank.close_day('2024-03-01', 'west');
SELECT day, accounts FROM simplebank.close_day('2024-03-01', 'north');
SELECT * FROM pg_temp.days;
SELECT * FROM pg_temp.closings;

-- The job closes what is open of all of them, each from its own last day on.
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
UPDATE simplebank.jobs SET watermark = '2024-03-01' WHERE name = 'close_day';
UPDATE simplebank.jobs SET enabled = false WHERE name IN ('settlement', 'interest');
ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
CALL simplebank.run_job('close_day', '2024-03-03');
SELECT business_date, status, items_done, items_failed FROM simplebank.job_runs WHERE job = 'close_day' ORDER BY id;
SELECT * FROM pg_temp.days;
SELECT * FROM pg_temp.closings;
SELECT l.name, count(e.event), min(e.day), max(e.day) FROM simplebank.day_events e JOIN simplebank.ledgers l ON l.id = e.ledger_id GROUP BY l.name ORDER BY l.name;

-- One is reopened; the others stay closed.
SELECT ledger_id, day, event, reason FROM simplebank.reopen_day('2024-03-02', 'forgotten', 'north');
SELECT ledger_id, day, event, reason FROM simplebank.reopen_day('2024-03-02', 'again', 'north');
SELECT ledger_id, day, event, reason FROM simplebank.reopen_day('2024-03-02', 'which', 'west');
SELECT name, max(day) FROM pg_temp.days GROUP BY name ORDER BY name;
SELECT DISTINCT ledger, max(day) FROM pg_temp.closings GROUP BY ledger ORDER BY ledger;
SELECT simplebank.balance_at(:nora, '2024-03-02 12:00+00', 'effective') AS nora, simplebank.balance_at(:sam, '2024-03-02 12:00+00', 'effective') AS sam;
CALL simplebank.run_job('close_day', '2024-03-04');
SELECT name, count(*), max(day) FROM pg_temp.days GROUP BY name ORDER BY name;
SELECT action, details FROM simplebank.audit_events WHERE action IN ('close_day', 'reopen_day') ORDER BY id;

-- Yesterday's trial balances, per ledger, are those of the function; nothing but what was opened before.
ALTER TABLE simplebank.accounts DISABLE TRIGGER guard;
UPDATE simplebank.accounts SET created_at = '2024-03-01 00:00+00' WHERE owner <> 'nils';
ALTER TABLE simplebank.accounts ENABLE ALWAYS TRIGGER guard;
SELECT day = :'yesterday' AS yesterday, accounts FROM simplebank.close_day(:'yesterday', 'south');
SELECT day = :'yesterday' AS yesterday, accounts FROM simplebank.close_day(:'yesterday', 'north');
SELECT ledger_id, currency, kind, accounts, debits, credits FROM simplebank.day_trial_balances WHERE day = :'yesterday' ORDER BY 1, 2, 3;
SELECT * FROM simplebank.verify();
SELECT * FROM simplebank.verify(now());

-- What happened on a day, in each.
SELECT currency, transfers, value FROM simplebank.day_summary(:'today');
SELECT currency, transfers, value FROM simplebank.day_summary(:'today', 'north');
SELECT currency, transfers, value FROM simplebank.day_summary(:'today', 'south');
SELECT currency, transfers, value FROM simplebank.day_summary(:'today', 'empty');
SELECT currency, transfers, value FROM simplebank.day_summary(:'today', 'west');
