-- post_journal: any number of legs as one transfer.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('mint', 'USD', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('bob', 'USD', max_balance => 500) AS bob \gset
SELECT simplebank.open_account('carla', 'EUR', min_balance => -100) AS carla \gset
SELECT simplebank.open_account('euro mint', 'EUR', 'equity', min_balance => NULL) AS euro \gset
SELECT transfer_id FROM simplebank.transfer(:mint, :alice, 1000) \gset

CREATE FUNCTION journal(legs bigint[], key text DEFAULT NULL, effective_at timestamptz DEFAULT NULL)
RETURNS TABLE (posted boolean, replayed boolean) LANGUAGE sql AS $$
	SELECT j.transfer_id IS NOT NULL, j.replayed FROM simplebank.post_journal(
		ARRAY(SELECT legs[i] FROM generate_series(1, array_length(legs, 1), 2) i ORDER BY i),
		ARRAY(SELECT legs[i + 1] FROM generate_series(1, array_length(legs, 1), 2) i ORDER BY i),
		key => key, description => 'a journal', effective_at => effective_at) j
$$;
CREATE VIEW state AS
	SELECT string_agg(owner || ' ' || balance, ', ' ORDER BY id) AS balances,
		   (SELECT count(*) FROM simplebank.transfers) AS transfers,
		   (SELECT count(*) FROM simplebank.verify()) AS violations
	FROM simplebank.accounts;

-- Three legs: the record names no account, its entries are numbered in order of the legs.
SELECT * FROM journal(ARRAY[:alice, -300, :bob, 200, :mint, 100]);
SELECT from_account_id, to_account_id, amount, operation, description FROM simplebank.transfers WHERE operation = 'journal';
SELECT a.owner, e.leg, e.amount, e.balance, e.version FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id
WHERE e.leg IS NOT NULL ORDER BY e.leg;
-- Two legs are a transfer between two accounts, whichever comes first.
SELECT * FROM journal(ARRAY[:mint, 7, :alice, -7]);
SELECT f.owner AS debited, t.owner AS credited, amount FROM simplebank.transfers j
	JOIN simplebank.accounts f ON f.id = from_account_id JOIN simplebank.accounts t ON t.id = to_account_id
WHERE operation = 'journal';
-- Two currencies: balanced in each, no common amount.
SELECT * FROM journal(ARRAY[:alice, -10, :euro, -9, :mint, 10, :carla, 9]);
SELECT amount FROM simplebank.transfers ORDER BY id DESC LIMIT 1;
-- An account twice, its limits judged on the net effect: alice pays 690 and gets 20.
SELECT * FROM journal(ARRAY[:alice, -690, :mint, 670, :alice, 20]);
SELECT e.amount, e.balance, e.version FROM simplebank.entries e WHERE account_id = :alice ORDER BY version DESC LIMIT 2;
-- ... and only one account at all, to and fro.
SELECT * FROM journal(ARRAY[:alice, -1000000, :alice, 1000000]);
TABLE state;

-- SB008 says by how much the legs do not sum to zero.
\set VERBOSITY default
SELECT * FROM journal(ARRAY[:alice, -5, :mint, 6]);
SELECT * FROM journal(ARRAY[:alice, -5, :mint, 5, :carla, -1, :euro, 4, :carla, -2]);
SELECT * FROM journal(ARRAY[:mint, 9223372036854775807, :alice, 9223372036854775807]);
\set VERBOSITY sqlstate
-- Limits on both sides, of net debits and net credits.
SELECT * FROM journal(ARRAY[:alice, -14, :mint, 7, :alice, 0 + 1, :mint, 6]);
SELECT * FROM journal(ARRAY[:alice, -14, :mint, 8, :mint, 6]);
SELECT * FROM journal(ARRAY[:carla, -109, :euro, 100, :euro, 9]);
SELECT * FROM journal(ARRAY[:carla, -1, :euro, 1]);
SELECT * FROM journal(ARRAY[:bob, 301, :bob, -1, :mint, -300]);
SELECT * FROM journal(ARRAY[:bob, 2, :bob, -1, :mint, -1]);
TABLE state;

-- Sums that leave bigint: credits, net effects, running balances.
SELECT * FROM journal(ARRAY[:mint, -9223372036854775807, :euro, 5, :mint, 9223372036854775807, :euro, -5]);
SELECT * FROM journal(ARRAY[:mint, -9223372036854775807, :mint, 9223372036854775807,
							:mint, -9223372036854775807, :mint, 9223372036854775807]);
SELECT * FROM journal(ARRAY[:mint, -9223372036854775807, :mint, -5, :mint, 9223372036854775807, :alice, 5]);
SELECT * FROM journal(ARRAY[:mint, '-9223372036854775808'::bigint, :mint, 9223372036854775807, :alice, 1]);

-- What is wrong with the legs.
SELECT * FROM simplebank.post_journal(NULL, '{}');
SELECT * FROM simplebank.post_journal('{}', NULL);
SELECT * FROM simplebank.post_journal('{}', '{}');
SELECT * FROM simplebank.post_journal('{1}', '{5}');
\set VERBOSITY default
SELECT * FROM simplebank.post_journal('{1, NULL}', '{5, -5}');
SELECT * FROM simplebank.post_journal('{1, 2}', '{5, NULL}');
SELECT * FROM simplebank.post_journal('{1, 2}', '{5}');
SELECT * FROM simplebank.post_journal('{1, 2}', '{5, -5, 0}');
SELECT * FROM simplebank.post_journal('{{1}, {2}}', '{5, -5}');
SELECT * FROM simplebank.post_journal('{1, 2}', '{{5, -5}}');
\set VERBOSITY sqlstate
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 0, :bob, 5]);
SELECT * FROM journal(ARRAY[:mint, -5, 0, 5]);
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 5], key => '');
SELECT status FROM simplebank.set_account_status(:bob, 'credit_blocked');
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 4, :bob, 1]);
SELECT * FROM journal(ARRAY[:mint, 5, :alice, -4, :bob, -1]);
-- 10,000 legs, and one more.
SELECT j.replayed FROM simplebank.post_journal(
	ARRAY(SELECT CASE WHEN i % 2 = 0 THEN :mint ELSE :alice END FROM generate_series(1, 10000) i ORDER BY i),
	ARRAY(SELECT CASE WHEN i % 2 = 0 THEN -1 ELSE 1 END FROM generate_series(1, 10000) i ORDER BY i)) j;
SELECT * FROM simplebank.post_journal(array_fill(:mint::bigint, ARRAY[10001]), array_fill(1::bigint, ARRAY[10001]));
TABLE state;

-- Keys: the same legs in the same order are the same request.
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 4, :mint, 1], key => 'k');
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 4, :mint, 1], key => 'k');
\set VERBOSITY default
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 3, :mint, 2], key => 'k');
SELECT * FROM journal(ARRAY[:mint, -5, :bob, 4, :mint, 1], key => 'k');
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 4, :mint, 1], key => 'k', effective_at => '2020-01-01');
SELECT * FROM simplebank.transfer(:mint, :alice, 5, key => 'k');
\set VERBOSITY sqlstate
SELECT operation, answer - 'posted_at' - 'transfer_id' AS answer FROM simplebank.idempotency_check('k');
-- Value date: each entry carries it.
SELECT * FROM journal(ARRAY[:mint, -5, :alice, 4, :mint, 1], effective_at => '2020-01-01 00:00+00');
SELECT simplebank.balance_at(:alice, '2020-01-02 00:00+00', 'effective') AS alice_then;
-- The statement says what it is; there is not one counterparty.
SELECT line, counterparty, amount FROM simplebank.statement(:alice) OFFSET 1 LIMIT 3;
TABLE state;
DROP VIEW state;
DROP FUNCTION journal;
