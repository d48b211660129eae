-- Who has done what: each administrative act leaves a row, each transfer the
-- role that asked for it.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_boss LOGIN;
GRANT simplebank_admin TO regress_boss;
CREATE ROLE regress_clerk LOGIN;
GRANT simplebank_teller TO regress_clerk;
CREATE ROLE regress_alice LOGIN;
GRANT simplebank_customer TO regress_alice;
GRANT regress_boss, regress_clerk, regress_alice TO CURRENT_USER;
RESET client_min_messages;
SET application_name = 'audit test';
\set VERBOSITY terse

-- the roles themselves were the first act
SELECT id, action, details, role = current_user AS by_me, session_role = session_user AS as_me, application_name <> '' AS named,
	process_id = pg_backend_pid() AS here, client_address IS NOT DISTINCT FROM inet_client_addr() AS from_here,
	created_at BETWEEN now() - interval '1 hour' AND clock_timestamp() AS just_now
FROM simplebank.audit_events;

-- what tellers and customers do is no administrative act
SET ROLE regress_clerk;
SELECT simplebank.open_account('regress_alice', 'EUR');
SELECT simplebank.open_account('bank A', 'EUR');
SELECT simplebank.open_account('bank B', 'EUR');
SELECT (simplebank.deposit(1, 1000)).transfer_id, (simplebank.deposit(2, 1000)).transfer_id;
SELECT count(*) FROM simplebank.accounts;
RESET ROLE;
SELECT count(*) FROM simplebank.audit_events WHERE id > 1;

-- every act of an administrator is
SET ROLE regress_boss;
SELECT simplebank.open_account('overdrawn', 'EUR', min_balance => -100, name => 'with credit');
SELECT min_balance, max_balance FROM simplebank.set_account_limits(1, -50, NULL, 'a good customer');
SELECT status FROM simplebank.set_account_status(1, 'debit_blocked', 'card lost');
SELECT status FROM simplebank.set_account_status(1, 'active', 'card found');
SELECT status FROM simplebank.close_account(5, 'never used');
SELECT simplebank.open_account('shop', 'EUR', min_balance => NULL);
SELECT stripes FROM simplebank.set_stripes(6, 4, 'busy');
SELECT code FROM simplebank.add_currency('POINTS', 0, 'Points');
SELECT is_business_day FROM simplebank.set_business_day('2299-01-01', false, 'New Year');
SELECT name FROM simplebank.set_job('verify_ledger', enabled => false);
SELECT name FROM simplebank.create_settlement_group('cards', 'EUR', '17:00');
SELECT simplebank.add_settlement_member('cards', 'A', 2) > 0;
SELECT simplebank.add_settlement_member('cards', 'B', 3) > 0;
SELECT member FROM simplebank.assign_member(1, 'cards', 'A');
SELECT status FROM simplebank.settle('cards');
SELECT annual_rate FROM simplebank.set_interest(1, 0.02, valid_from => '2024-01-01');
SELECT simplebank.post_interest(1);
SELECT to_char(now() AT TIME ZONE 'UTC' - interval '1 day', 'YYYY-MM-DD') AS yesterday \gset
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day(:'yesterday');
SELECT event FROM simplebank.reopen_day(:'yesterday', 'a late file') LIMIT 1;
SELECT simplebank.audit('restore drill', '{"host": "two"}', 'every quarter');
RESET ROLE;

-- a refused one, and one that is rolled back, are none
SELECT min_balance, max_balance FROM simplebank.set_account_limits(999, 0, 0);
SELECT status FROM simplebank.retry_job('verify_ledger');
BEGIN;
SELECT status FROM simplebank.set_account_status(1, 'frozen');
ROLLBACK;

SELECT action, replace(CASE action WHEN 'set_job' THEN details -> 'after' -> 'enabled' ELSE details END::text,
	:'yesterday', 'yesterday') AS details, reason, role
FROM simplebank.audit_events WHERE id > 1 ORDER BY id;
-- what was noted by hand is no act, whatever it says it is
SELECT action, by_hand FROM simplebank.audit_events WHERE by_hand ORDER BY id;
BEGIN;
SET LOCAL ROLE regress_boss;
SELECT simplebank.audit('close_account', '{"account_id": 1}');
RESET ROLE;
INSERT INTO simplebank.audit_events (action) VALUES ('close_account');
SELECT simplebank.create_roles();
SELECT action, by_hand FROM simplebank.audit_events ORDER BY id DESC LIMIT 3;
ROLLBACK;
SELECT DISTINCT session_role = session_user AS as_me, application_name FROM simplebank.audit_events WHERE id > 1;

-- nobody takes it back, or reads it who need not
UPDATE simplebank.audit_events SET role = 'nobody';
DELETE FROM simplebank.audit_events;
TRUNCATE simplebank.audit_events;
SET session_replication_role = replica;
DELETE FROM simplebank.audit_events;
RESET session_replication_role;
SET ROLE regress_boss;
DELETE FROM simplebank.audit_events;
INSERT INTO simplebank.audit_events (action, role) VALUES ('set_job', 'somebody else');
SET ROLE regress_clerk;
SELECT simplebank.audit('an act');
SELECT count(*) FROM simplebank.audit_events;
RESET ROLE;
SELECT simplebank.audit(NULL);
SELECT simplebank.audit('');

--
-- Each transfer keeps the role that asked for it.
--
SET ROLE regress_alice;
SELECT transfer_id FROM simplebank.transfer(1, 3, 10);
SELECT transfer_id FROM simplebank.transfer_batch(ARRAY[1, 1], ARRAY[2, 3], ARRAY[1, 2]);
SELECT hold_id FROM simplebank.place_hold(1, 3, 5);
SELECT simplebank.schedule_transfer(1, 3, 7, clock_timestamp());
SET ROLE regress_clerk;
SELECT transfer_id FROM simplebank.capture_hold(1);
SELECT transfer_id FROM simplebank.post_journal(ARRAY[1, 2, 3], '{-2, 1, 1}');
RESET ROLE;
SELECT transfer_id FROM simplebank.reverse_transfer(3) \gset reversal_
CALL simplebank.run_job('standing_orders');
SELECT id, operation, CASE WHEN role = current_user THEN 'superuser' ELSE role END AS role FROM simplebank.transfers ORDER BY id;

DROP EXTENSION simplebank;
DROP OWNED BY regress_boss, regress_clerk, regress_alice;
DROP ROLE regress_boss, regress_clerk, regress_alice;
