-- reverse_transfer: the opposite of a transfer's entries, once.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('mint', 'USD', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('bob', 'USD') AS bob \gset
SELECT simplebank.open_account('carla', 'EUR') AS carla \gset
SELECT transfer_id AS salary FROM simplebank.transfer(:mint, :alice, 1000, effective_at => '2020-01-01') \gset
SELECT transfer_id AS rent FROM simplebank.transfer(:alice, :bob, 600) \gset
SELECT transfer_id AS cash FROM simplebank.deposit(:bob, 50) \gset
SELECT transfer_id AS journal FROM simplebank.post_journal(ARRAY[:alice, :bob, :mint], '{-30, 10, 20}') \gset
SELECT transfer_id AS exchange FROM simplebank.exchange(:alice, :carla, 110, 100) \gset
SELECT transfer_id AS batch FROM simplebank.transfer_batch(ARRAY[:alice], ARRAY[:bob], '{60}') \gset
CREATE VIEW state AS
	SELECT string_agg(coalesce(name, owner) || ' ' || currency || ' ' || balance, ', ' ORDER BY is_system, id) AS balances,
		   (SELECT count(*) FROM simplebank.verify()) AS violations
	FROM simplebank.accounts;
TABLE state;

-- Allowed to fail on funds like any debit: nothing happens, and it can be tried again.
SELECT * FROM simplebank.reverse_transfer(:salary);
-- Each kind, with what the new transfer did to its accounts.
SELECT from_balance, to_balance, replayed FROM simplebank.reverse_transfer(:batch, 'k-batch', 'oops');
SELECT from_balance, to_balance, replayed FROM simplebank.reverse_transfer(:exchange);
SELECT from_balance, to_balance, replayed FROM simplebank.reverse_transfer(:journal);
SELECT from_balance, to_balance, replayed FROM simplebank.reverse_transfer(:cash);
SELECT from_balance, to_balance, replayed FROM simplebank.reverse_transfer(:rent);
TABLE state;
SELECT from_balance, to_balance, replayed FROM simplebank.reverse_transfer(:salary);
TABLE state;

-- Linked both ways, and exactly opposite.
SELECT o.operation, o.amount, o.from_amount, o.to_amount, r.operation AS by, r.amount, r.from_amount, r.to_amount, r.description,
	   r.from_account_id IS NOT DISTINCT FROM o.to_account_id AND r.to_account_id IS NOT DISTINCT FROM o.from_account_id AS turned,
	   r.effective_at = r.posted_at AS effective_now
FROM simplebank.transfers o JOIN simplebank.transfers r ON r.reverses = o.id ORDER BY o.id;
SELECT line, amount, balance, transfer_id = ANY (ARRAY[:salary, :rent, :journal, :exchange, :batch]) AS original,
	   reverses IS NOT NULL AS reverses, reversed_by IS NOT NULL AS reversed
FROM simplebank.statement(:alice);

-- Once.
SELECT * FROM simplebank.reverse_transfer(:rent);
SELECT * FROM simplebank.reverse_transfer(:exchange, 'another key');
\set VERBOSITY terse
SELECT from_balance, to_balance, replayed FROM simplebank.reverse_transfer(:batch, 'k-batch');
\set VERBOSITY sqlstate
SELECT * FROM simplebank.reverse_transfer(:batch, 'k-new');
-- A reversal is not reversed, a key stands for one transfer, what is not there is not found.
SELECT id AS reversal FROM simplebank.transfers WHERE reverses = :rent \gset
SELECT * FROM simplebank.reverse_transfer(:reversal);
SELECT * FROM simplebank.reverse_transfer(:cash, 'k-batch');
SELECT * FROM simplebank.reverse_transfer(0);
SELECT * FROM simplebank.reverse_transfer(NULL);
SELECT * FROM simplebank.reverse_transfer(:cash, '');
-- A frozen account neither pays back nor is paid back.
SELECT transfer_id AS late FROM simplebank.transfer(:mint, :alice, 5) \gset
SELECT simplebank.set_account_status(:alice, 'frozen');
SELECT * FROM simplebank.reverse_transfer(:late);
BEGIN READ ONLY;
SELECT * FROM simplebank.reverse_transfer(:late);
ROLLBACK;
TABLE state;

-- A journal of many legs.
SELECT transfer_id AS wide FROM simplebank.post_journal(
	ARRAY(SELECT simplebank.system_account('wide ' || n, 'USD') FROM generate_series(1, 20) n ORDER BY n),
	ARRAY(SELECT CASE WHEN n < 20 THEN 1 ELSE -19 END FROM generate_series(1, 20) n ORDER BY n)) \gset
SELECT transfer_id > :wide AS reversed, from_balance, to_balance FROM simplebank.reverse_transfer(:wide);
SELECT count(*), sum(abs(balance)) FROM simplebank.accounts WHERE name ~ '^wide ';

-- A reversal that is not the opposite is found.
BEGIN;
ALTER TABLE simplebank.transfers DISABLE TRIGGER USER;
UPDATE simplebank.transfers SET reverses = :late WHERE reverses = :rent;
SELECT invariant, count(*) FROM simplebank.verify() GROUP BY 1 ORDER BY 1;
ROLLBACK;
BEGIN;
ALTER TABLE simplebank.transfers DISABLE TRIGGER USER;
UPDATE simplebank.transfers SET amount = 1 WHERE id = :journal;
SELECT invariant, count(*) FROM simplebank.verify() GROUP BY 1 ORDER BY 1;
ROLLBACK;
DROP VIEW state;
