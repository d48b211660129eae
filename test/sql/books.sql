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
SELECT to_balance FROM simplebank.deposit(:nils, 3650, effective_at => '2024-03-01 13:00+00');
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

-- A closed day refuses postings of its ledger only.
SELECT max(day) < '2024-04-01' AS default_is_open FROM simplebank.closed_days WHERE ledger_id = 1;
SELECT simplebank.transfer(:nora, :nils, 1, effective_at => '2024-05-01 12:00+00');
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 1, effective_at => '2024-05-01 12:00+00');
SELECT simplebank.transfer(:ann, :ben, 1, effective_at => '2024-03-04 23:59:59.999999+00');
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 1, effective_at => '2024-03-05 00:00+00');
SELECT simplebank.transfer(:sam, simplebank.system_account('cash', 'EUR', 'south'), 1, effective_at => '2024-05-01 12:00+00');
SELECT simplebank.transfer(:ann, :nora, 1);

-- Interest goes over the bank's accounts of the ledger, and into its first open day.
SELECT annual_rate FROM simplebank.set_interest(:ann, 1, valid_from => '2024-03-05');
SELECT annual_rate FROM simplebank.set_interest(:nils, 1, valid_from => '2024-03-01');
SELECT to_balance > 0 AS deposited FROM simplebank.deposit(:ann, 36500, effective_at => '2024-03-31 12:00+00');
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
UPDATE simplebank.jobs SET watermark = '2024-03-30', enabled = true WHERE name = 'interest';
ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard;
CALL simplebank.run_job('interest', '2024-03-31');
SELECT items_done, items_failed, error FROM simplebank.job_runs WHERE job = 'interest';
SELECT l.name AS ledger, t.ledger_id, a.name, t.amount, t.effective_at = '2024-04-01 00:00+00' AS first_day_after, t.effective_at >= :'today'::timestamp AT TIME ZONE 'UTC' AS is_open
FROM simplebank.transfers t JOIN simplebank.accounts a ON a.id = t.from_account_id JOIN simplebank.ledgers l ON l.id = a.ledger_id
WHERE t.operation = 'interest' ORDER BY l.id;

-- Settlement groups: a name is unique within a ledger, and accounts are of it.
SELECT ledger_id, name FROM simplebank.create_settlement_group('net', 'EUR');
SELECT ledger_id, name FROM simplebank.create_settlement_group('net', 'EUR', ledger => 'north');
SELECT ledger_id, name FROM simplebank.create_settlement_group('net', 'EUR', ledger => 'north');
SELECT ledger_id, name FROM simplebank.create_settlement_group('net', 'EUR', ledger => 'west');
SELECT simplebank.open_account('bank a', 'EUR') AS a, simplebank.open_account('bank b', 'EUR') AS b,
	simplebank.open_account('bank a', 'EUR', min_balance => NULL, ledger => 'north') AS north_a, simplebank.open_account('bank b', 'EUR', ledger => 'north') AS north_b \gset
SELECT simplebank.add_settlement_member('net', 'a', :north_a);
SELECT simplebank.add_settlement_member('net', 'a', :a, 'north');
SELECT simplebank.add_settlement_member('net', 'a', :a, 'south');
SELECT simplebank.add_settlement_member('net', 'a', :a) > 0 AS added;
SELECT simplebank.add_settlement_member('net', 'b', :b) > 0 AS added;
SELECT simplebank.add_settlement_member('net', 'a', :north_a, 'north') > 0 AS added;
SELECT simplebank.add_settlement_member('net', 'b', :north_b, ledger => 'north') > 0 AS added;
SELECT l.name AS ledger, a.name, a.status FROM simplebank.accounts a JOIN simplebank.ledgers l ON l.id = a.ledger_id WHERE a.name ~ '^clearing' ORDER BY l.id, a.name;
SELECT member FROM simplebank.assign_member(:nora, 'net', 'a');
SELECT member FROM simplebank.assign_member(:ann, 'net', 'a', 'north');
SELECT member FROM simplebank.assign_member(:ann, 'net', 'a');
SELECT member FROM simplebank.assign_member(:ben, 'net', 'b');
SELECT ledger_id, member FROM simplebank.assign_member(:nora, 'net', 'a', 'north');
SELECT ledger_id, member FROM simplebank.assign_member(:nils, 'net', 'b', ledger => 'north');
SELECT member FROM simplebank.set_settlement_account('net', 'a', :a, 'north');
SELECT to_balance FROM simplebank.clear_payment(:nora, :nils, 11);
SELECT to_balance FROM simplebank.clear_payment(:ann, :ben, 13);
SELECT simplebank.clear_payment(:ann, :nils, 1);
SELECT status, gross_amount FROM simplebank.settle('net', ledger => 'north');
SELECT status, gross_amount FROM simplebank.settle('net', ledger => 'south');
SELECT status, gross_amount FROM simplebank.settle('net');
SELECT ledger_id, group_name, status, gross_count, gross_amount FROM simplebank.settlement_cycles ORDER BY id;
SELECT simplebank.balance(:north_a) AS north_a, simplebank.balance(:north_b) AS north_b, simplebank.balance(:a) AS a;
-- what waits is named with the day of its own ledger
SELECT l.name, d.settlement_waiting FROM simplebank.closed_days d JOIN simplebank.ledgers l ON l.id = d.ledger_id WHERE d.settlement_waiting IS NOT NULL;
SELECT day, settlement_waiting FROM simplebank.close_day('2024-03-05');
SELECT left_at IS NOT NULL AS has_left FROM simplebank.remove_settlement_member('net', 'a', 'north');
SELECT left_at IS NOT NULL AS has_left FROM simplebank.remove_settlement_member('net', 'a');
SELECT cutoff FROM simplebank.set_settlement_cutoff('net', '17:00', 'north');
SELECT l.name, g.name AS group_name, g.cutoff FROM simplebank.settlement_groups g JOIN simplebank.ledgers l ON l.id = g.ledger_id ORDER BY l.id;
-- the job: the groups of all ledgers
ALTER TABLE simplebank.settlement_groups DISABLE TRIGGER guard;
UPDATE simplebank.settlement_groups SET last_date = '2024-03-07';
ALTER TABLE simplebank.settlement_groups ENABLE ALWAYS TRIGGER guard;
SELECT name FROM simplebank.set_job('settlement', enabled => true);
CALL simplebank.run_job('settlement', '2024-03-11');
SELECT ledger_id, name, last_date, error FROM simplebank.settlement_groups ORDER BY 1;

-- Debts and holds, by ledger.
SELECT simplebank.place_hold(:nora, :nils, 2) \g /dev/null
SELECT * FROM simplebank.hold_aging;
SELECT owner, balance, ledger FROM simplebank.overdrawn_accounts ORDER BY ledger, owner;

-- Proofs are by ledger.
SELECT * FROM simplebank.verify();
SELECT * FROM simplebank.verify(now());
CREATE PROCEDURE pg_temp.damage(command text) LANGUAGE plpgsql AS $$
DECLARE
	found record;
	guarded text;
BEGIN
	FOR guarded IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind = 'r' LOOP
		EXECUTE format('ALTER TABLE simplebank.%I DISABLE TRIGGER ALL', guarded);
	END LOOP;
	EXECUTE command;
	FOR found IN
		SELECT f.invariant, string_agg(DISTINCT f.detail, '; ' ORDER BY f.detail) AS detail, string_agg(DISTINCT f.proof, ' and ' ORDER BY f.proof) AS proofs
		FROM (SELECT invariant, detail, 'full' AS proof FROM simplebank.verify() UNION SELECT invariant, detail, 'since' FROM simplebank.verify(now())) f
		GROUP BY 1 ORDER BY 1
	LOOP
		RAISE NOTICE '%: %: %', found.invariant, found.proofs, regexp_replace(found.detail, '[0-9]+-[0-9]+-[0-9]+', '<day>', 'g');
	END LOOP;
	ROLLBACK;
END $$;
\set VERBOSITY terse
-- an account that changes its books
CALL pg_temp.damage(format('UPDATE simplebank.accounts SET ledger_id = 1 WHERE id = %s', :nils));
-- a transfer that names others than its accounts
CALL pg_temp.damage('UPDATE simplebank.transfers SET ledger_id = 1 WHERE id = (SELECT max(id) FROM simplebank.transfers WHERE ledger_id = 2)');
CALL pg_temp.damage('UPDATE simplebank.transfers SET ledger_id = 2 WHERE id = (SELECT min(id) FROM simplebank.transfers WHERE ledger_id IS NULL)');
-- two errors that are even over all ledgers are none within one
CALL pg_temp.damage(format('UPDATE simplebank.accounts SET balance = balance + CASE id WHEN %s THEN 1 ELSE -1 END WHERE id IN (%1$s, %s)', :ann, :nora));
-- days
CALL pg_temp.damage(format('UPDATE simplebank.day_balances SET value_balance = value_balance + 1 WHERE account_id = %s', :nora));
CALL pg_temp.damage('UPDATE simplebank.day_trial_balances SET credits = credits + 1 WHERE ledger_id = 3 AND day = (SELECT max(day) FROM simplebank.day_trial_balances) AND currency = ''JPY'' AND kind = ''asset''');
-- settlement
CALL pg_temp.damage('UPDATE simplebank.settlement_members SET ledger_id = 3 WHERE ledger_id = 1 AND member = ''a''');
CALL pg_temp.damage('UPDATE simplebank.settlement_assignments SET ledger_id = 3 WHERE ledger_id = 1 AND member = ''a''');
