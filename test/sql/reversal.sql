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
SELECT status FROM simplebank.set_account_status(:alice, 'frozen');
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

-- Refunds: parts, together no more than the amount.
SELECT simplebank.open_account('shop', 'USD') AS shop, simplebank.open_account('dan', 'USD') AS dan \gset
SELECT to_balance FROM simplebank.deposit(:dan, 1000);
SELECT transfer_id AS bought FROM simplebank.transfer(:dan, :shop, 600) \gset
SELECT from_balance, to_balance, replayed FROM simplebank.refund_transfer(:bought, 100, key => 'refund 1', description => 'one of six', metadata => '{"n": 1}');
SELECT id AS refund FROM simplebank.transfers WHERE reverses = :bought \gset
SELECT from_balance, to_balance, replayed, transfer_id = :refund AS first FROM simplebank.refund_transfer(:bought, 100, 'refund 1');
SELECT operation, reverses = :bought AS linked, simplebank.account_of(from_account_id) = :shop AS pays, simplebank.account_of(to_account_id) = :dan AS is_paid,
	   amount, description, metadata, effective_at = posted_at AS effective_now FROM simplebank.transfers WHERE id = :refund;
\set VERBOSITY default
SELECT simplebank.refund_transfer(:bought, 101, 'refund 1');
SELECT simplebank.refund_transfer(:bought, 501);
SELECT simplebank.reverse_transfer(:bought);
SELECT from_balance, to_balance FROM simplebank.refund_transfer(:bought, 500);
SELECT simplebank.refund_transfer(:bought, 1);
SELECT simplebank.reverse_transfer(:bought);
\set VERBOSITY sqlstate
-- a replay comes before that
SELECT replayed FROM simplebank.refund_transfer(:bought, 100, 'refund 1');
SELECT simplebank.reverse_transfer(:bought, 'refund 1');
SELECT operation, transfer_id = :refund AS transfer, answer - 'posted_at' - 'transfer_id' AS answer FROM simplebank.idempotency_check('refund 1');
-- each refund has a line, and so has what it is of, once
SELECT line, amount, balance, reverses = :bought AS refunds, reversed_by FROM simplebank.statement(:dan);
-- One statement sees its own ones.
BEGIN;
SELECT transfer_id AS bought FROM simplebank.transfer(:dan, :shop, 100) \gset
SELECT (simplebank.refund_transfer(:bought, n)).to_balance FROM generate_series(40, 60, 20) n;
SELECT (simplebank.refund_transfer(:bought, 1)).to_balance;
ROLLBACK;
BEGIN;
SELECT transfer_id AS bought FROM simplebank.transfer(:dan, :shop, 100) \gset
SELECT simplebank.refund_transfer(:bought, n) FROM generate_series(40, 61, 21) n;
ROLLBACK;
-- What was reversed has nothing left.
SELECT transfer_id AS bought FROM simplebank.transfer(:dan, :shop, 60) \gset
SELECT from_balance FROM simplebank.reverse_transfer(:bought);
\set VERBOSITY default
SELECT simplebank.refund_transfer(:bought, 1);
-- A refund is not taken back, nor a part of what is no single amount.
SELECT simplebank.refund_transfer(:wide, 1);
SELECT simplebank.refund_transfer(:exchange, 1);
SELECT simplebank.refund_transfer(:refund, 1);
SELECT simplebank.reverse_transfer(:refund);
SELECT simplebank.refund_transfer(:reversal, 1);
\set VERBOSITY sqlstate
-- The shop needs the money, as for any debit; it may be frozen.
SELECT transfer_id AS bought FROM simplebank.transfer(:dan, :shop, 60) \gset
SELECT from_balance FROM simplebank.withdraw(:shop, 50);
SELECT simplebank.refund_transfer(:bought, 11);
SELECT from_balance, to_balance FROM simplebank.refund_transfer(:bought, 10);
SELECT to_balance FROM simplebank.deposit(:shop, 50);
SELECT simplebank.set_account_status(:dan, 'frozen') \g /dev/null
SELECT simplebank.refund_transfer(:bought, 10);
SELECT simplebank.set_account_status(:dan, 'active') \g /dev/null
-- What is wrong with a call.
SELECT simplebank.refund_transfer(NULL, 1);
SELECT simplebank.refund_transfer(:bought, NULL);
SELECT simplebank.refund_transfer(:bought, 1, '');
SELECT simplebank.refund_transfer(:bought, 1, effective_at => 'infinity');
SELECT simplebank.refund_transfer(0, 0);
SELECT simplebank.refund_transfer(0, -1);
SELECT simplebank.refund_transfer(0, 1);
-- Of any kind that has one amount: cash in and out, a capture, a journal between two.
SELECT transfer_id AS cash_in FROM simplebank.deposit(:dan, 100) \gset
SELECT transfer_id AS cash_out FROM simplebank.withdraw(:dan, 90) \gset
SELECT hold_id AS hold FROM simplebank.place_hold(:dan, :shop, 80) \gset
SELECT transfer_id AS capture FROM simplebank.capture_hold(:hold, 70) \gset
SELECT transfer_id AS journal_of_two FROM simplebank.post_journal(ARRAY[:shop, :dan], '{60, -60}') \gset
SELECT t.operation, (SELECT from_balance FROM simplebank.refund_transfer(t.id, 7)) IS NOT NULL AS refunded
FROM simplebank.transfers t WHERE id IN (:cash_in, :cash_out, :capture, :journal_of_two) ORDER BY id;
SELECT status, captured FROM simplebank.holds WHERE id = :hold;
SELECT o.operation, r.operation AS by, r.amount, r.from_account_id = o.to_account_id AND r.to_account_id = o.from_account_id AS turned
FROM simplebank.transfers o JOIN simplebank.transfers r ON r.reverses = o.id WHERE o.id IN (:cash_in, :cash_out, :capture, :journal_of_two) ORDER BY o.id;
TABLE state;

-- The value date is the present, or as given: that of what is taken back.
SELECT transfer_id AS dated FROM simplebank.transfer(:dan, :shop, 20, effective_at => '2020-02-01 00:00+00') \gset
SELECT simplebank.balance_at(:dan, '2020-02-02 00:00+00', 'effective') AS spent;
SELECT replayed FROM simplebank.refund_transfer(:dated, 5, 'dated 1', effective_at => '2020-02-01 00:00+00');
SELECT simplebank.balance_at(:dan, '2020-02-02 00:00+00', 'effective') AS refunded;
SELECT replayed FROM simplebank.refund_transfer(:dated, 5, 'dated 1', effective_at => '2020-02-01 00:00+00');
SELECT simplebank.refund_transfer(:dated, 5, 'dated 1');
SELECT transfer_id AS dated FROM simplebank.transfer(:dan, :shop, 20, effective_at => '2020-02-01 00:00+00') \gset
SELECT replayed FROM simplebank.reverse_transfer(:dated, 'dated 2', 'by mistake', '{"who": "clerk"}', effective_at => (SELECT effective_at FROM simplebank.transfers WHERE id = :dated));
SELECT simplebank.balance_at(:dan, '2020-02-02 00:00+00', 'effective') AS reversed;
SELECT replayed FROM simplebank.reverse_transfer(:dated, 'dated 2', effective_at => '2020-02-01 00:00+00');
SELECT simplebank.reverse_transfer(:dated, 'dated 2');
SELECT operation, effective_at AT TIME ZONE 'UTC' AS effective_at, description, metadata FROM simplebank.transfers WHERE reverses = :dated;
BEGIN;
SELECT transfer_id AS dated FROM simplebank.transfer(:dan, :shop, 20, effective_at => '2020-02-01 00:00+00') \gset
SELECT simplebank.close_day('2020-02-01') \g /dev/null
SAVEPOINT s;
SELECT simplebank.reverse_transfer(:dated, effective_at => '2020-02-01 00:00+00');
ROLLBACK TO s;
SELECT simplebank.refund_transfer(:dated, 1, effective_at => '2020-02-01 00:00+00');
ROLLBACK TO s;
SELECT replayed FROM simplebank.reverse_transfer(:dated, effective_at => '2020-02-02 00:00+00');
ROLLBACK;

-- Refunds that are more than there was, of another account, of another transfer, of none, are found.
CREATE FUNCTION pg_temp.found(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	names text;
BEGIN
	EXECUTE statement;
	SELECT string_agg(DISTINCT invariant, ', ') INTO names FROM simplebank.verify();
	RAISE EXCEPTION USING ERRCODE = 'DONE1';
EXCEPTION WHEN SQLSTATE 'DONE1' THEN
	RETURN names;
END $$;
SELECT transfer_id AS small FROM simplebank.transfer(:dan, :shop, 30) \gset
SELECT transfer_id AS part FROM simplebank.refund_transfer(:small, 20) \gset
SELECT transfer_id AS smaller FROM simplebank.transfer(:dan, :shop, 19) \gset
ALTER TABLE simplebank.transfers DISABLE TRIGGER USER;
SELECT found, pg_temp.found(statement) FROM (VALUES
	('too much', format('UPDATE simplebank.transfers SET reverses = %s WHERE id = %s', :smaller, :part)),
	('of another account', format('UPDATE simplebank.transfers SET reverses = %s WHERE id = %s', :cash_in, :part)),
	('of nothing', format('UPDATE simplebank.transfers SET reverses = 1000000 WHERE id = %s', :part)),
	('of none', format('UPDATE simplebank.transfers SET reverses = NULL WHERE id = %s', :part)),
	('of a refund', format('UPDATE simplebank.transfers SET reverses = %s WHERE id = %s', :refund, :part)),
	('as a reversal', format('UPDATE simplebank.transfers SET operation = ''reversal'' WHERE id = %s', :part)),
	('nothing', 'SELECT')) f(found, statement);
ALTER TABLE simplebank.transfers ENABLE TRIGGER USER;

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
BEGIN;
INSERT INTO simplebank.transfers (posted_at, effective_at, operation, reverses, role)
SELECT posted_at, effective_at, operation, reverses, role FROM simplebank.transfers WHERE id = :reversal;
SELECT invariant, detail FROM simplebank.verify() WHERE transfer_id = :rent;
ROLLBACK;
DROP VIEW state;
