--
-- stripe: accounts whose postings spread over several rows, and that are one
-- account in every answer.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate
SELECT simplebank.open_account('alice', 'EUR') AS alice, simplebank.system_account('cash', 'EUR') AS cash \gset
SELECT from_balance, to_balance FROM simplebank.deposit(:alice, 1000);

-- What is refused.
SELECT stripes FROM simplebank.set_stripes(:alice, 4);
SELECT stripes FROM simplebank.set_stripes(:cash, 0);
SELECT stripes FROM simplebank.set_stripes(:cash, 257);
SELECT stripes FROM simplebank.set_stripes(:cash, NULL);
SELECT stripes FROM simplebank.set_stripes(NULL, 4);
SELECT stripes FROM simplebank.set_stripes(999, 4);
SELECT simplebank.open_account('bob', 'EUR', stripes => 4);
SELECT simplebank.open_account('bob', 'EUR', min_balance => NULL, max_balance => 10, stripes => 4);
SELECT simplebank.open_account('bob', 'EUR', min_balance => NULL, stripes => 300);

-- A deposit goes to a stripe, its balance is no answer; the account's is.
SELECT stripes FROM simplebank.set_stripes(:cash, 4, 'busy');
SELECT from_balance, to_balance FROM simplebank.deposit(:alice, 200, key => 'k');
SELECT from_balance, to_balance, replayed FROM simplebank.deposit(:alice, 200, key => 'k');
SELECT answer FROM simplebank.idempotency_check('k') \gset
SELECT :'answer'::jsonb ? 'to_balance' AS to_balance, :'answer'::jsonb ? 'from_balance' AS from_balance;
SELECT to_balance, from_balance FROM simplebank.withdraw(:alice, 50);
SELECT simplebank.balance(:cash), simplebank.available(:cash);
SELECT balance, held, available, version FROM simplebank.balances(:cash);
-- A stripe is no account: its id is nobody's.
SELECT min(id) AS stripe FROM simplebank.accounts \gset
SELECT simplebank.balance(:stripe);
SELECT simplebank.available(:stripe);
SELECT simplebank.balances(:stripe);
SELECT simplebank.balance_at(:stripe, now());
SELECT simplebank.statement(:stripe);
SELECT simplebank.deposit(:stripe, 1);
SELECT simplebank.withdraw(:stripe, 1);
SELECT simplebank.transfer(:alice, :stripe, 1);
SELECT simplebank.place_hold(:alice, :stripe, 1);
SELECT simplebank.exchange(:stripe, :alice, 1, 1);
SELECT simplebank.schedule_transfer(:stripe, :alice, 1);
SELECT simplebank.schedule_transfer(:alice, :stripe, 1);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:stripe, NULL, NULL);
SELECT status FROM simplebank.set_account_status(:stripe, 'frozen');
SELECT stripes FROM simplebank.set_stripes(:stripe, 4);
SELECT status FROM simplebank.close_account(:stripe);
SELECT annual_rate FROM simplebank.set_interest(:stripe, 0.01);
SELECT simplebank.interest_preview(:stripe, '2020-01-01', '2020-01-01');
SELECT simplebank.post_interest(:stripe);
BEGIN;
SELECT FROM simplebank.create_settlement_group('group', 'EUR');
SELECT simplebank.add_settlement_member('group', 'member', :stripe);
ROLLBACK;
BEGIN;
SELECT FROM simplebank.create_settlement_group('group', 'EUR');
SELECT FROM simplebank.add_settlement_member('group', 'member', :alice);
SELECT member FROM simplebank.assign_member(:stripe, 'group', 'member');
ROLLBACK;
SELECT simplebank.clear_payment(:alice, :stripe, 1);
-- An id whose stripes would wrap around to these touches no row of theirs.
SELECT array_agg(xmax::text ORDER BY id)::text AS locked FROM simplebank.accounts WHERE id < 0 \gset
SELECT status FROM simplebank.set_account_status(:cash + 72057594037927936, 'frozen');
SELECT status FROM simplebank.close_account(36028797018963968);
SELECT array_agg(xmax::text ORDER BY id)::text = :'locked' AS untouched FROM simplebank.accounts WHERE id < 0;
SELECT count(*), simplebank.account_of(min(id)) = :cash AS of_cash, sum(balance), count(*) FILTER (WHERE version > 0) AS used
FROM simplebank.accounts WHERE id < 0;
SELECT * FROM simplebank.trial_balance();
SELECT * FROM simplebank.trial_balance(now());
SELECT event, reason, before, after FROM simplebank.account_events WHERE account_id = :cash ORDER BY id;

-- A process uses one stripe; other numbers of them make it use others.
DO $$ BEGIN
	FOR n IN 1 .. 40 LOOP
		PERFORM simplebank.set_stripes(2, n);
		PERFORM simplebank.deposit(1, n);
	END LOOP;
END $$;
SELECT count(DISTINCT account_id) > 3 AS several, count(*) FILTER (WHERE account_id = :cash) AS own_row
FROM simplebank.entries WHERE simplebank.account_of(account_id) = :cash;
SELECT simplebank.balance(:cash) AS cash, simplebank.balance(:alice) AS alice;
-- what is taken back is forgotten
BEGIN;
SELECT stripes FROM simplebank.set_stripes(:cash, 200);
SELECT from_balance, to_balance FROM simplebank.deposit(:alice, 1);
ROLLBACK;
SELECT stripes FROM simplebank.set_stripes(:cash, 1);
SELECT from_balance, to_balance FROM simplebank.deposit(:alice, 1);
SELECT account_id = :cash AS own_row FROM simplebank.entries WHERE transfer_id = (SELECT max(id) FROM simplebank.transfers) AND amount < 0;
SELECT stripes FROM simplebank.set_stripes(:cash, 8);

-- The statement is one: numbered through, with the account's balance, in pages too.
CREATE TEMP TABLE whole AS SELECT * FROM simplebank.statement(:cash);
SELECT count(*), min(version), max(version), count(DISTINCT version), count(*) FILTER (WHERE counterparty = :alice) AS alice FROM whole;
SELECT line, balance FROM whole WHERE line IN ('opening', 'closing');
SELECT count(*) AS out_of_order FROM (
	SELECT balance - lag(balance) OVER (ORDER BY version) <> amount OR posted_at < lag(posted_at) OVER (ORDER BY version) AS wrong
	FROM whole WHERE version IS NOT NULL) w WHERE wrong;
CREATE TEMP TABLE pages (LIKE whole);
DO $$
DECLARE
	after bigint;
BEGIN
	LOOP
		INSERT INTO pages SELECT * FROM simplebank.statement(2, after_version => after, max_rows => 7);
		EXIT WHEN EXISTS (SELECT FROM pages WHERE line = 'closing');
		after := (SELECT max(version) FROM pages);
	END LOOP;
END $$;
SELECT count(*) AS differ FROM (TABLE whole EXCEPT TABLE pages) d;
SELECT (SELECT count(*) FROM whole) = (SELECT count(*) FROM pages) AS same;
-- of a time only, and all of one time
SELECT posted_at AS middle, balance AS middle_balance FROM whole WHERE version = 20 \gset
SELECT min(version), max(version) FROM simplebank.statement(:cash, from_time => :'middle');
SELECT simplebank.balance_at(:cash, :'middle') = :middle_balance AS balance_at;
SELECT count(transfer_id) FROM simplebank.transfer_batch(array_fill(:alice::bigint, ARRAY[5]), array_fill(:cash::bigint, ARRAY[5]), '{1, 2, 3, 4, 5}');
SELECT version - (SELECT max(version) FROM whole) AS version, amount, balance FROM simplebank.statement(:cash, after_version => (SELECT max(version) FROM whole) + 2, max_rows => 2);

-- Journals, exchanges, reversals, holds, orders.
SELECT simplebank.system_account('fx', 'EUR') AS fx \gset
SELECT (simplebank.set_stripes(:fx, 3)).stripes, (simplebank.set_stripes(simplebank.system_account('fx', 'USD'), 2)).stripes;
SELECT simplebank.open_account('alice', 'USD') AS dollars \gset
SELECT from_balance, to_balance FROM simplebank.exchange(:alice, :dollars, 100, 110);
SELECT transfer_id AS exchanged FROM simplebank.exchange(:alice, :dollars, 10, 11) \gset
SELECT stripes FROM simplebank.set_stripes(:fx, 30);
SELECT from_balance, to_balance FROM simplebank.reverse_transfer(:exchanged);
SELECT simplebank.balance(:fx);
SELECT replayed FROM simplebank.post_journal(ARRAY[:cash, :alice, :cash], '{-5, 3, 2}');
SELECT simplebank.open_account('merchant', 'EUR', min_balance => NULL, stripes => 16, key => 'm') AS merchant \gset
SELECT simplebank.open_account('merchant', 'EUR', min_balance => NULL, stripes => 16, key => 'm') = :merchant AS same;
SELECT simplebank.open_account('merchant', 'EUR', min_balance => NULL, stripes => 17, key => 'm');
SELECT hold_id FROM simplebank.place_hold(:alice, :merchant, 30) \gset
SELECT to_balance FROM simplebank.capture_hold(:hold_id, key => 'c');
SELECT to_balance, replayed FROM simplebank.capture_hold(:hold_id, key => 'c');
SELECT hold_id, available FROM simplebank.place_hold(:merchant, :alice, 10) \gset
SELECT balance, held, available FROM simplebank.balances(:merchant);
SELECT from_balance, to_balance IS NOT NULL AS to_balance FROM simplebank.capture_hold(:hold_id, 4, key => 'd');
SELECT from_balance, replayed FROM simplebank.capture_hold(:hold_id, 4, key => 'd');
SELECT balance, held FROM simplebank.balances(:merchant);

SELECT to_balance, replayed FROM simplebank.transfer(:alice, :merchant, 1, 't');
SELECT to_balance, replayed FROM simplebank.transfer(:alice, :merchant, 1, 't');
SELECT from_balance, replayed FROM simplebank.withdraw(:merchant, 2, 'w');
SELECT simplebank.schedule_transfer(:alice, :merchant, 3, key => 's') IS NOT NULL AS ordered;
CALL simplebank.run_job('standing_orders');
SELECT status, amount FROM simplebank.scheduled_transfer_executions;
SELECT simplebank.balance(:merchant);
SELECT * FROM simplebank.verify();

-- Settings hold for all of it.
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:merchant, 0, NULL);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:merchant, NULL, NULL);
SELECT status FROM simplebank.set_account_status(:merchant, 'frozen');
SELECT simplebank.transfer(:alice, :merchant, 1);
SELECT count(DISTINCT status) FROM simplebank.accounts WHERE simplebank.account_of(id) = :merchant;
SELECT status FROM simplebank.set_account_status(:merchant, 'active');
SELECT status FROM simplebank.close_account(:merchant);
SELECT from_balance FROM simplebank.transfer(:merchant, :alice, 28);
SELECT status FROM simplebank.close_account(:merchant);
SELECT simplebank.transfer(:alice, :merchant, 1);
SELECT stripes FROM simplebank.set_stripes(:merchant, 2);

-- Nobody asks for a stripe.
SELECT min(id) AS stripe FROM simplebank.accounts WHERE simplebank.account_of(id) = :cash \gset
SELECT simplebank.transfer(:stripe, :alice, 1);
SELECT simplebank.transfer(:alice, :stripe, 1);
SELECT simplebank.post_journal(ARRAY[:stripe, :alice], '{-5, 5}');
SELECT status FROM simplebank.set_account_status(:stripe, 'frozen');
SELECT stripes FROM simplebank.set_stripes(:stripe, 2);
SELECT status FROM simplebank.close_account(:stripe);
SELECT sqlstate FROM simplebank.transfer_batch(ARRAY[:stripe], ARRAY[:alice], '{1}', atomic => false);
SELECT simplebank.account_of(:stripe) = :cash AS of_stripe, simplebank.account_of(:cash) = :cash AS of_account;

-- The proof finds damage to stripes.
SELECT * FROM simplebank.verify();
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
UPDATE simplebank.accounts SET currency = 'USD' WHERE id = :stripe;
SELECT invariant FROM simplebank.verify() WHERE invariant = 'stripe_account';
ROLLBACK;
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
UPDATE simplebank.accounts SET stripes = NULL WHERE id = :cash;
SELECT DISTINCT invariant FROM simplebank.verify() ORDER BY 1;
ROLLBACK;

-- A session that has known another ledger.
SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
SELECT simplebank.open_account('alice', 'EUR') AS alice \gset
SELECT from_balance FROM simplebank.deposit(:alice, 1);
SELECT stripes FROM simplebank.set_stripes(simplebank.system_account('cash', 'EUR'), 4);
SELECT from_balance FROM simplebank.deposit(:alice, 1);
SELECT count(*) FROM simplebank.entries WHERE account_id < 0;
