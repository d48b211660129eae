--
-- transfer: transfer, deposit and withdraw; every limit from both sides.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('bob', 'USD', max_balance => 500) AS bob \gset
SELECT simplebank.open_account('credit line', 'USD', min_balance => -100) AS line \gset
SELECT simplebank.open_account('reserve', 'USD', min_balance => 50) AS reserve \gset
SELECT simplebank.open_account('mint', 'USD', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('big', 'USD') AS big \gset
SELECT simplebank.open_account('carla', 'EUR') AS carla \gset

-- A deposit opens the bank's cash account of the currency and goes through it.
SELECT from_balance, to_balance, replayed FROM simplebank.deposit(:alice, 1000, description => 'first salary', metadata => '{"from": "ACME"}');
SELECT simplebank.balance(simplebank.system_account('cash', 'USD'));
SELECT from_balance, to_balance, replayed FROM simplebank.withdraw(:alice, 300);
SELECT from_balance, to_balance, replayed FROM simplebank.transfer(:alice, :bob, 200);

-- What is written: one row per transfer, two entries with version, running
-- balance and the same times.
SELECT t.operation, t.amount, t.description, t.metadata, t.effective_at = t.posted_at AS effective_default,
	f.owner AS from_owner, t.from_version, o.owner AS to_owner, t.to_version
FROM simplebank.transfers t JOIN simplebank.accounts f ON f.id = t.from_account_id JOIN simplebank.accounts o ON o.id = t.to_account_id
ORDER BY t.id;
SELECT a.owner, e.version, e.amount, e.balance, e.effective_at, e.posted_at = t.posted_at AS same_time, a.version AS account_version
FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id JOIN simplebank.transfers t ON t.id = e.transfer_id
ORDER BY a.owner COLLATE "C", e.version;
SELECT DISTINCT a.updated_at = e.posted_at AS updated_by_last_entry
FROM simplebank.accounts a JOIN simplebank.entries e ON e.account_id = a.id AND e.version = a.version;

-- The answer's transfer_id and posted_at are those of the rows.
SELECT * FROM simplebank.transfer(:alice, :bob, 1) \gset answer_
SELECT posted_at = :'answer_posted_at' AS posted, from_account_id = :alice AND to_account_id = :bob AS accounts
FROM simplebank.transfers WHERE id = :answer_transfer_id;
SELECT transfer_id FROM simplebank.transfer(:bob, :alice, 1) \gset later_
SELECT :later_transfer_id > :answer_transfer_id AS ids_ascend;

-- Amounts: positive ones only.
SELECT from_balance, to_balance FROM simplebank.transfer(:alice, :bob, 1);
SELECT simplebank.transfer(:alice, :bob, 0);
SELECT simplebank.transfer(:alice, :bob, -1);
SELECT simplebank.transfer(:alice, :bob, -9223372036854775808);
SELECT simplebank.transfer(:alice, :bob, 9223372036854775807);
SELECT simplebank.deposit(:alice, 0);
SELECT simplebank.deposit(:alice, -1);
SELECT simplebank.withdraw(:alice, 0);
SELECT simplebank.withdraw(:alice, -9223372036854775808);

-- min_balance 0: all that is there, and one more.
SELECT simplebank.balance(:alice);
SELECT simplebank.transfer(:alice, :reserve, 500);
SELECT from_balance, to_balance FROM simplebank.transfer(:alice, :reserve, 499);
SELECT simplebank.transfer(:alice, :reserve, 1);
-- below zero: down to the limit, and one more
SELECT from_balance FROM simplebank.transfer(:line, :alice, 100);
SELECT simplebank.transfer(:line, :alice, 1);
-- above zero
SELECT from_balance FROM simplebank.transfer(:reserve, :alice, 449);
SELECT simplebank.transfer(:reserve, :alice, 1);
-- a fresh account below its own min_balance can be credited, even if not enough
SELECT simplebank.open_account('minimum', 'USD', min_balance => 50) AS minimum \gset
SELECT simplebank.transfer(:minimum, :alice, 1);
SELECT to_balance FROM simplebank.transfer(:mint, :minimum, 20);
SELECT simplebank.transfer(:minimum, :alice, 1);
-- max_balance: up to the limit, and one more
SELECT simplebank.balance(:bob);
SELECT simplebank.transfer(:alice, :bob, 300);
SELECT to_balance FROM simplebank.transfer(:alice, :bob, 299);
SELECT simplebank.transfer(:alice, :bob, 1);
SELECT from_balance FROM simplebank.transfer(:bob, :alice, 500);

-- What is held cannot be debited; it does not hinder credits.
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
UPDATE simplebank.accounts SET held = 700 WHERE id = :alice;
SELECT simplebank.balance(:alice), simplebank.available(:alice);
SELECT from_balance FROM simplebank.transfer(:alice, :big, 50);
SAVEPOINT s;
SELECT simplebank.transfer(:alice, :big, 1);
ROLLBACK TO s;
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 5);
SELECT from_balance FROM simplebank.transfer(:alice, :big, 5);
ROLLBACK;

-- Each status in each direction: the debit of the account, then its credit.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.directions(account bigint, other bigint, new_status text, OUT status text, OUT debit text, OUT credit text,
	OUT deposit text, OUT withdraw text) LANGUAGE plpgsql AS $$
BEGIN
	IF new_status <> 'closed' THEN
		PERFORM simplebank.set_account_status(account, new_status);
	ELSE
		PERFORM simplebank.transfer(account, other, simplebank.balance(account));
		PERFORM simplebank.close_account(account);
	END IF;
	status := new_status;
	debit := pg_temp.outcome(format('SELECT simplebank.transfer(%s, %s, 1)', account, other));
	credit := pg_temp.outcome(format('SELECT simplebank.transfer(%s, %s, 1)', other, account));
	deposit := pg_temp.outcome(format('SELECT simplebank.deposit(%s, 1)', account));
	withdraw := pg_temp.outcome(format('SELECT simplebank.withdraw(%s, 1)', account));
END $$;
SELECT simplebank.open_account('status', 'USD') AS status \gset
SELECT simplebank.open_account('other', 'USD') AS other \gset
SELECT to_balance FROM simplebank.transfer(:mint, :status, 10);
SELECT to_balance FROM simplebank.transfer(:mint, :other, 10);
SELECT * FROM pg_temp.directions(:status, :other, 'active');
SELECT * FROM pg_temp.directions(:status, :other, 'debit_blocked');
SELECT * FROM pg_temp.directions(:status, :other, 'credit_blocked');
SELECT * FROM pg_temp.directions(:status, :other, 'frozen');
SELECT * FROM pg_temp.directions(:status, :other, 'active');
SELECT * FROM pg_temp.directions(:status, :other, 'closed');

-- Accounts: two different ones, both there, of one currency.
SELECT simplebank.transfer(:alice, :alice, 1);
SELECT simplebank.transfer(:alice, 0, 1);
SELECT simplebank.transfer(-1, :alice, 1);
SELECT simplebank.transfer(:alice, :carla, 1);
SELECT simplebank.transfer(:carla, :alice, 1);
SELECT simplebank.deposit(0, 1);
SELECT simplebank.withdraw(0, 1);
SELECT simplebank.deposit(simplebank.system_account('cash', 'USD'), 1);
SELECT simplebank.withdraw(simplebank.system_account('cash', 'USD'), 1);
-- a deposit in another currency has a cash account of its own
SELECT from_balance, to_balance FROM simplebank.deposit(:carla, 7);
-- a first deposit that is refused leaves no cash account
SELECT simplebank.open_account('full', 'CHF', max_balance => 0) AS full \gset
SELECT simplebank.deposit(:full, 1);
SELECT count(*) FROM simplebank.accounts WHERE currency = 'CHF' AND is_system;

-- A value for each required argument.
SELECT simplebank.transfer(NULL, :bob, 1);
SELECT simplebank.transfer(:alice, NULL, 1);
SELECT simplebank.transfer(:alice, :bob, NULL);
SELECT simplebank.deposit(NULL, 1);
SELECT simplebank.deposit(:alice, NULL);
SELECT simplebank.withdraw(NULL, 1);
SELECT simplebank.withdraw(:alice, NULL);

-- Keys: 1 to 255 bytes; description and metadata: see bound.sql.
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1, key => repeat('k', 255));
SELECT simplebank.transfer(:mint, :alice, 1, key => repeat('k', 256));
SELECT simplebank.transfer(:mint, :alice, 1, key => repeat('é', 128));
SELECT simplebank.transfer(:mint, :alice, 1, key => '');
SELECT simplebank.deposit(:alice, 1, key => '');
SELECT simplebank.withdraw(:alice, 1, key => repeat('k', 256));
SELECT simplebank.transfer(:mint, :alice, 1, key => repeat('k', 1000000));
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1, description => '', metadata => 'null');
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1, description => repeat('d', 1024));

-- effective_at: a finite time, before or after the posting.
SELECT transfer_id FROM simplebank.transfer(:mint, :alice, 1, effective_at => '2020-02-29 12:00+00') \gset
SELECT t.effective_at = '2020-02-29 12:00+00' AS in_transfer, e.effective_at = t.effective_at AS in_entry, t.posted_at > t.effective_at AS posted_later
FROM simplebank.transfers t JOIN simplebank.entries e ON e.transfer_id = t.id WHERE t.id = :transfer_id;
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1, effective_at => '2100-01-01 00:00+00');
SELECT simplebank.transfer(:mint, :alice, 1, effective_at => 'infinity');
SELECT simplebank.transfer(:mint, :alice, 1, effective_at => '-infinity');
SELECT simplebank.deposit(:alice, 1, effective_at => 'infinity');
-- from 1900 to 100 years of 365.25 days from now, by every function that takes it
SELECT to_balance > 0 AS posted FROM simplebank.transfer(:mint, :alice, 1, effective_at => '1900-01-01 00:00+00');
SELECT simplebank.transfer(:mint, :alice, 1, effective_at => '1899-12-31 23:59:59.999999+00');
SELECT to_balance > 0 AS posted FROM simplebank.transfer(:mint, :alice, 1, effective_at => now() + 36525 * interval '24 hours' - interval '1 hour');
SELECT simplebank.transfer(:mint, :alice, 1, effective_at => now() + 36525 * interval '24 hours' + interval '1 hour');
SELECT simplebank.deposit(:alice, 1, effective_at => '4714-11-24 00:00+00 BC');
SELECT simplebank.withdraw(:alice, 1, effective_at => '294276-12-31 23:59:59+00');
SELECT simplebank.post_journal(ARRAY[:mint, :alice], ARRAY[-1, 1], effective_at => '1899-12-31 12:00+00');
SELECT simplebank.exchange(:mint, :alice, 1, 1, effective_at => '1899-12-31 12:00+00');
\set VERBOSITY default
SELECT simplebank.transfer(:mint, :alice, 1, effective_at => '1899-12-31 12:00+00');
\set VERBOSITY sqlstate
SET simplebank.min_effective_year = 2020;
SET simplebank.max_effective_years = 0;
SELECT simplebank.transfer(:mint, :alice, 1, effective_at => '2019-12-31 23:59:59.999999+00');
SELECT simplebank.transfer(:mint, :alice, 1, effective_at => now() + interval '1 hour');
SELECT to_balance > 0 AS posted FROM simplebank.transfer(:mint, :alice, 1, effective_at => '2020-01-01 00:00+00');
RESET simplebank.min_effective_year;
RESET simplebank.max_effective_years;

-- Balances at the ends of bigint: the last unit goes in, one more does not,
-- on either side.
SELECT simplebank.open_account('low', 'USD', min_balance => NULL) AS low \gset
SELECT simplebank.open_account('high', 'USD', min_balance => NULL) AS high \gset
SELECT from_balance, to_balance FROM simplebank.transfer(:low, :high, 9223372036854775807);
SELECT simplebank.transfer(:low, :high, 1);
SELECT from_balance, to_balance FROM simplebank.transfer(:low, :big, 1);
SELECT simplebank.transfer(:low, :big, 1);
SELECT from_balance, to_balance FROM simplebank.transfer(:high, :low, 9223372036854775807);

-- The order of checks, as the function's comment has it: each call below has
-- the reason that comes first and the one after it.
SELECT simplebank.open_account('poor', 'USD') AS poor \gset
SELECT simplebank.open_account('capped', 'USD', max_balance => 0) AS capped \gset
SELECT simplebank.open_account('icy', 'USD') AS icy \gset
SELECT status FROM simplebank.set_account_status(:icy, 'frozen');
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1, key => 'used');
-- 22004 before 22023, 22023 before SB007, SB007 before SB006
SELECT simplebank.transfer(NULL, 1, 1, key => '');
SELECT simplebank.transfer(:alice, :alice, 0, key => '');
SELECT simplebank.transfer(:alice, :alice, 0, effective_at => 'infinity');
SELECT simplebank.transfer(:alice, :alice, 0);
-- SB006 before SB301, SB301 before SB003
SELECT simplebank.transfer(:alice, :alice, 1, key => 'used');
SELECT simplebank.transfer(0, :alice, 1, key => 'used');
-- SB003 before SB004, SB004 before SB005, SB005 before SB001
SELECT simplebank.transfer(:icy, 0, 1);
SELECT simplebank.transfer(:icy, :carla, 1);
SELECT simplebank.transfer(:poor, :carla, 1);
-- SB001 before SB002, SB002 before 22003, SB001 before 22003
SELECT simplebank.transfer(:poor, :capped, 1);
SELECT simplebank.transfer(:mint, :capped, 9223372036854775807);
SELECT from_balance, to_balance FROM simplebank.transfer(:low, :high, 9223372036854775807);
SELECT simplebank.transfer(:low, :capped, 9223372036854775807);
SELECT simplebank.transfer(:poor, :high, 1);
-- deposit and withdraw: the same order, but SB003 right after SB007
SELECT simplebank.deposit(NULL, 1, key => '');
SELECT simplebank.deposit(0, 0, key => '');
SELECT simplebank.deposit(0, 0, key => 'used');
SELECT simplebank.deposit(0, 1, key => 'used');
SELECT simplebank.withdraw(0, 1, key => 'used');
SELECT simplebank.deposit(simplebank.system_account('cash', 'USD'), 1, key => 'used');
-- of two accounts, the debited one is named
\set VERBOSITY default
SELECT simplebank.transfer(-1, -2, 1);
\set VERBOSITY sqlstate

-- Read-only comes right after missing and malformed arguments, for every function that writes.
BEGIN READ ONLY;
SAVEPOINT s;
SELECT simplebank.transfer(:mint, :alice, 1);
ROLLBACK TO s;
SELECT simplebank.transfer(:mint, :alice, 1, key => 'used');
ROLLBACK TO s;
SELECT simplebank.transfer(NULL, :alice, 1);
ROLLBACK TO s;
SELECT simplebank.transfer(:alice, :alice, 0, key => '');
ROLLBACK TO s;
SELECT simplebank.deposit(:alice, 1);
ROLLBACK TO s;
SELECT simplebank.deposit(:alice, 0);
ROLLBACK TO s;
SELECT simplebank.withdraw(:alice, 1);
ROLLBACK TO s;
SELECT simplebank.open_account('x', 'USD');
ROLLBACK TO s;
SELECT simplebank.system_account('cash', 'USD');
ROLLBACK TO s;
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 0, 0);
ROLLBACK TO s;
SELECT status FROM simplebank.set_account_status(:alice, 'frozen');
ROLLBACK TO s;
SELECT status FROM simplebank.close_account(:capped);
ROLLBACK TO s;
SELECT code FROM simplebank.add_currency('RO', 0);
ROLLBACK TO s;
-- those that only read go on working
SELECT simplebank.balance(:poor), simplebank.available(:poor), simplebank.balance_at(:poor, now()),
	(SELECT count(*) FROM simplebank.statement(:poor)) AS lines, (SELECT count(*) FROM simplebank.verify()) AS violations,
	simplebank.to_minor(1, 'USD'), (SELECT count(*) FROM simplebank.idempotency_check('used')) AS keys;
COMMIT;

-- Several transfers in one statement, in one transaction, and around
-- savepoints, see each other and vanish together.
SELECT simplebank.open_account('chain', 'USD') AS chain \gset
SELECT n, (simplebank.transfer(:mint, :chain, n)).to_balance FROM generate_series(1, 4) n;
BEGIN;
SELECT to_balance FROM simplebank.transfer(:mint, :chain, 100);
SAVEPOINT s;
SELECT from_balance FROM simplebank.transfer(:chain, :mint, 60);
ROLLBACK TO s;
SELECT from_balance FROM simplebank.transfer(:chain, :mint, 110);
SAVEPOINT s2;
SELECT simplebank.transfer(:chain, :mint, 1);
ROLLBACK TO s2;
COMMIT;
SELECT balance, version FROM simplebank.accounts WHERE id = :chain;

-- After a refusal caught in a block, the caller is again who it was.
DO $$
BEGIN
	PERFORM simplebank.transfer(-1, -2, 1);
EXCEPTION WHEN SQLSTATE 'SB003' THEN
	IF current_user <> session_user THEN
		RAISE EXCEPTION 'left behind as %', current_user;
	END IF;
END $$;
SELECT current_user = session_user AS myself;

-- Prepared statements and server-side functions are only other callers.
PREPARE pay(bigint, bigint, bigint) AS SELECT to_balance FROM simplebank.transfer($1, $2, $3);
EXECUTE pay(:mint, :chain, 1);
EXECUTE pay(:mint, :chain, 1);
EXECUTE pay(:mint, :chain, 1);
EXECUTE pay(:mint, :chain, 1);
EXECUTE pay(:mint, :chain, 1);
EXECUTE pay(:mint, :chain, 1);
EXECUTE pay(:mint, :chain, 1);

SELECT * FROM simplebank.verify();
