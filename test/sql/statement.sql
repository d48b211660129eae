--
-- statement: opening line, entries, closing line; bounds and paging.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('bob', 'USD') AS bob \gset
SELECT simplebank.system_account('cash', 'USD') AS cash \gset
SELECT posted_at AS t1 FROM simplebank.deposit(:alice, 1000, description => 'salary') \gset
SELECT pg_sleep(0.002);
SELECT posted_at AS t2, transfer_id AS id2 FROM simplebank.transfer(:alice, :bob, 300, description => 'rent') \gset
SELECT pg_sleep(0.002);
SELECT posted_at AS t3 FROM simplebank.transfer(:bob, :alice, 50, effective_at => '2020-01-01 00:00+00') \gset
SELECT pg_sleep(0.002);
SELECT posted_at AS t4 FROM simplebank.withdraw(:alice, 200) \gset
SELECT pg_sleep(0.002);
SELECT posted_at AS t5 FROM simplebank.transfer(:alice, :bob, 1) \gset

-- The whole account: lines are named after what moved the money, amounts have
-- the account's sign, the last balance is the present one.
CREATE FUNCTION pg_temp.owner_of(account bigint) RETURNS text LANGUAGE sql AS 'SELECT coalesce(name, owner) FROM simplebank.accounts WHERE id = account';
SELECT line, version, pg_temp.owner_of(counterparty) AS counterparty, amount, balance, description FROM simplebank.statement(:alice);
SELECT line, version, pg_temp.owner_of(counterparty) AS counterparty, amount, balance, description FROM simplebank.statement(:bob);
SELECT line, version, pg_temp.owner_of(counterparty) AS counterparty, amount, balance FROM simplebank.statement(:cash);
-- times and ids are the ledger's; without a time, the outer lines have none
SELECT s.line, s.posted_at = e.posted_at AS posted, s.effective_at = t.effective_at AS effective, s.transfer_id = t.id AS transfer
FROM simplebank.statement(:alice) s LEFT JOIN simplebank.entries e ON e.account_id = :alice AND e.version = s.version
	LEFT JOIN simplebank.transfers t ON t.id = e.transfer_id ORDER BY s.version NULLS FIRST, s.line DESC;
SELECT version, effective_at AT TIME ZONE 'UTC' AS effective_at FROM simplebank.statement(:alice) WHERE effective_at < '2021-01-01';
SELECT line, posted_at = :'t1' AS at_from, posted_at = :'t5' AS at_to, effective_at, transfer_id, counterparty, amount, description
FROM simplebank.statement(:alice, :'t1', :'t5') WHERE line IN ('opening', 'closing');

-- from_time is inclusive, to_time exclusive: two statements that meet share
-- no entry and leave none out.
SELECT line, version, amount, balance FROM simplebank.statement(:alice, :'t2', :'t4');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, :'t2'::timestamptz + interval '1 us', :'t4'::timestamptz + interval '1 us');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, to_time => :'t2');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, :'t4');
-- nothing in between: the two lines agree
SELECT line, version, amount, balance FROM simplebank.statement(:alice, :'t2', :'t2');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, :'t2'::timestamptz + interval '1 us', :'t3');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, '1999-01-01', '2000-01-01');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, '2200-01-01', '2300-01-01');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, '-infinity', '-infinity');
SELECT line, version, amount, balance FROM simplebank.statement(:alice, 'infinity', 'infinity');
-- an account without entries
SELECT simplebank.open_account('empty', 'USD') AS empty \gset
SELECT line, version, amount, balance FROM simplebank.statement(:empty);
SELECT line, version, amount, balance FROM simplebank.statement(:empty, max_rows => 1);

-- Pages: the opening line on the first, the closing line on the last.
SELECT line, version, balance FROM simplebank.statement(:alice, max_rows => 2);
SELECT line, version, balance FROM simplebank.statement(:alice, after_version => 2, max_rows => 2);
SELECT line, version, balance FROM simplebank.statement(:alice, after_version => 4, max_rows => 2);
-- a page that ends with the last entry is the last page
SELECT line, version, balance FROM simplebank.statement(:alice, max_rows => 5);
SELECT line, version, balance FROM simplebank.statement(:alice, max_rows => 4);
SELECT line, version, balance FROM simplebank.statement(:alice, after_version => 4, max_rows => 1);
-- after the last one, and after all that will ever be
SELECT line, version, balance FROM simplebank.statement(:alice, after_version => 5, max_rows => 1);
SELECT line, version, balance FROM simplebank.statement(:alice, after_version => 9223372036854775807, max_rows => 2147483647);
-- after_version before the first entry of the range leaves nothing out
SELECT line, version, balance FROM simplebank.statement(:alice, :'t3', :'t5', after_version => 0, max_rows => 1);
SELECT line, version, balance FROM simplebank.statement(:alice, :'t3', :'t5', after_version => 3);
-- 0 is a version like another: no opening line
SELECT line, version FROM simplebank.statement(:alice, after_version => 0);

-- The pages together are the statement, whatever their size and range.
CREATE FUNCTION pg_temp.paged(account bigint, from_time timestamptz, to_time timestamptz, size int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	last bigint;
	page record;
	done boolean := false;
BEGIN
	FOR n IN 1..100 LOOP
		FOR page IN SELECT * FROM simplebank.statement(account, from_time, to_time, last, size) LOOP
			RETURN NEXT page::text;
			last := coalesce(page.version, last);
			done := page.line = 'closing';
		END LOOP;
		EXIT WHEN done;
	END LOOP;
END $$;
SELECT size, f, t FROM generate_series(1, 7) size,
	unnest(ARRAY['-infinity', :'t1', :'t2', :'t3', :'t4', :'t5']::timestamptz[]) f, unnest(ARRAY[:'t1', :'t2', :'t3', :'t4', :'t5', 'infinity']::timestamptz[]) t
WHERE f <= t AND ARRAY(SELECT pg_temp.paged(:alice, f, t, size)) IS DISTINCT FROM ARRAY(SELECT s::text FROM simplebank.statement(:alice, f, t) s);

-- Each line's balance is the one before it plus its amount; opening and
-- closing are balance_at just before both ends.
SELECT * FROM (SELECT line, balance, amount, lag(balance) OVER () AS before FROM simplebank.statement(:alice, :'t2')) s
WHERE before IS NOT NULL AND before + coalesce(amount, 0) <> balance;
SELECT line, balance = simplebank.balance_at(:alice, posted_at - interval '1 us') AS agrees
FROM simplebank.statement(:alice, :'t2', :'t4') WHERE version IS NULL;

-- Arguments that make no statement.
SELECT simplebank.statement(0);
SELECT simplebank.statement(NULL);
SELECT simplebank.statement(:alice, NULL);
SELECT simplebank.statement(:alice, '2020-01-01', NULL);
SELECT simplebank.statement(:alice, '2020-01-02', '2020-01-01');
SELECT simplebank.statement(:alice, 'infinity', '-infinity');
SELECT simplebank.statement(:alice, after_version => -1);
SELECT simplebank.statement(:alice, max_rows => 0);
SELECT simplebank.statement(:alice, max_rows => -1);

-- In a select list too, and cut short by the caller.
SELECT (simplebank.statement(:alice)).line LIMIT 2;
SELECT line FROM simplebank.statement(:alice) LIMIT 1;
-- a closed account keeps its history
SELECT from_balance FROM simplebank.transfer(:alice, :bob, 549);
SELECT status FROM simplebank.close_account(:alice);
SELECT line, version, balance FROM simplebank.statement(:alice, after_version => 4);
