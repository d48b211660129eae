-- exchange: two currencies through the bank's fx accounts.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('alice', 'JPY', max_balance => 20000) AS yen \gset
SELECT simplebank.open_account('bob', 'USD') AS bob \gset
SELECT to_balance FROM simplebank.deposit(:alice, 10000);
CREATE VIEW state AS
	SELECT string_agg(coalesce(name, owner) || ' ' || currency || ' ' || balance, ', ' ORDER BY is_system, currency, owner) AS balances,
		   (SELECT count(*) FROM simplebank.verify()) AS violations
	FROM simplebank.accounts;

-- One transfer, four entries; the rate is both amounts.
SELECT from_balance, to_balance, replayed FROM simplebank.exchange(:alice, :yen, 10000, 15000, 'k', 'holiday');
SELECT amount, from_amount, to_amount, from_account_id, operation, description FROM simplebank.transfers WHERE operation = 'exchange';
SELECT a.owner, a.name, a.currency, e.leg, e.amount FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id
WHERE leg IS NOT NULL ORDER BY leg;
TABLE state;
SELECT line, counterparty, amount, balance FROM simplebank.statement(:yen);
-- The same again, and something else by the same key.
SELECT from_balance, to_balance, replayed FROM simplebank.exchange(:alice, :yen, 10000, 15000, 'k');
SELECT answer - 'posted_at' - 'transfer_id' AS answer FROM simplebank.idempotency_check('k');
\set VERBOSITY default
SELECT * FROM simplebank.exchange(:alice, :yen, 10000, 15001, 'k');
SELECT * FROM simplebank.exchange(:alice, :bob, 1, 1);
\set VERBOSITY sqlstate
-- Limits of both accounts; the fx accounts have none.
SELECT * FROM simplebank.exchange(:alice, :yen, 1, 1);
SELECT to_balance FROM simplebank.deposit(:alice, 100);
SELECT * FROM simplebank.exchange(:alice, :yen, 100, 5001);
SELECT from_balance, to_balance FROM simplebank.exchange(:alice, :yen, 100, 5000);
-- Refusals.
SELECT * FROM simplebank.exchange(NULL, :yen, 1, 1);
SELECT * FROM simplebank.exchange(:alice, NULL, 1, 1);
SELECT * FROM simplebank.exchange(:alice, :yen, NULL, 1);
SELECT * FROM simplebank.exchange(:alice, :yen, 1, NULL);
SELECT * FROM simplebank.exchange(:alice, :yen, 0, 1);
SELECT * FROM simplebank.exchange(:alice, :yen, 1, -1);
SELECT * FROM simplebank.exchange(:alice, :alice, 1, 1);
SELECT * FROM simplebank.exchange(:alice, 0, 1, 1);
SELECT * FROM simplebank.exchange(0, :alice, 1, 1);
SELECT status FROM simplebank.set_account_status(:yen, 'frozen');
SELECT * FROM simplebank.exchange(:yen, :alice, 1, 1);
TABLE state;
DROP VIEW state;
