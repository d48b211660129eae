--
-- account: opening, limits, status, closing, the bank's own accounts.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

-- What is opened is what was asked, with the documented defaults.
BEGIN;
SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT owner, currency, kind, balance, held, version, status, min_balance, max_balance, name, metadata, is_system,
	created_at > now() AND created_at <= clock_timestamp() AS created_now, updated_at BETWEEN now() AND clock_timestamp() AS updated_now
FROM simplebank.accounts WHERE id = :alice;
COMMIT;
SELECT simplebank.open_account('bob', 'EUR', 'asset', -100, 5000, 'savings', '{"a": [1, 2]}') AS bob \gset
SELECT owner, currency, kind, balance, held, version, status, min_balance, max_balance, name, metadata, is_system
FROM simplebank.accounts WHERE id = :bob;
SELECT event, version, role = current_user AS by_me, created_at <= clock_timestamp() AS dated, reason, before, after
FROM simplebank.account_events WHERE account_id = :bob;

-- Without a key each call opens another account, of the same name even.
SELECT simplebank.open_account('twin', 'USD', name => 'x') AS twin1 \gset
SELECT simplebank.open_account('twin', 'USD', name => 'x') AS twin2 \gset
SELECT :twin1 <> :twin2 AS differ;

-- Every kind, and nothing else.
SELECT kind, simplebank.open_account('kinds', 'USD', kind) > 0 AS opened
FROM unnest('{asset,liability,equity,income,expense}'::text[]) kind;
SELECT simplebank.open_account('kinds', 'USD', 'Asset');
SELECT simplebank.open_account('kinds', 'USD', '');
SELECT simplebank.open_account('kinds', 'USD', 'asset ');
SELECT simplebank.open_account('kinds', 'USD', NULL);

-- Texts that name something: 1 to 255 bytes, not characters.
SELECT simplebank.open_account(repeat('o', 255), 'USD', name => repeat('n', 255)) > 0 AS opened;
SELECT simplebank.open_account(repeat('é', 127) || 'e', 'USD') > 0 AS opened;
SELECT simplebank.open_account(repeat('é', 128), 'USD');
SELECT simplebank.open_account(repeat('o', 256), 'USD');
SELECT simplebank.open_account('', 'USD');
SELECT simplebank.open_account(NULL, 'USD');
SELECT simplebank.open_account('name', 'USD', name => repeat('n', 256));
SELECT simplebank.open_account('name', 'USD', name => '');
SELECT simplebank.open_account('name', 'USD', key => repeat('k', 256));
SELECT simplebank.open_account('name', 'USD', key => '');
SELECT simplebank.open_account('name', 'USD', key => repeat('k', 255)) > 0 AS opened;

-- A currency must be there, by its exact code.
SELECT simplebank.open_account('cur', NULL);
SELECT simplebank.open_account('cur', 'ZZZ');
SELECT simplebank.open_account('cur', 'usd');
SELECT simplebank.open_account('cur', 'USD ');
SELECT simplebank.open_account('cur', '');

-- Limits: equal is fine, crossed is not, either may be missing, all of bigint.
SELECT simplebank.open_account('lim', 'USD', min_balance => 5, max_balance => 5) > 0 AS opened;
SELECT simplebank.open_account('lim', 'USD', min_balance => 6, max_balance => 5);
SELECT simplebank.open_account('lim', 'USD', max_balance => 0) > 0 AS opened;
SELECT simplebank.open_account('lim', 'USD', max_balance => -1);
SELECT simplebank.open_account('lim', 'USD', min_balance => NULL, max_balance => -1) > 0 AS opened;
SELECT simplebank.open_account('lim', 'USD', min_balance => '-9223372036854775808', max_balance => 9223372036854775807) > 0 AS opened;

-- Refused calls leave nothing.
SELECT count(*) AS accounts, count(*) = (SELECT count(*) FROM simplebank.account_events WHERE event = 'opened') AS each_recorded
FROM simplebank.accounts;

-- set_account_limits: recorded with who, why, before and after; NULL is "no
-- limit" and is left out of the record.
SELECT to_balance FROM simplebank.deposit(:alice, 1000);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, -50, 2000, 'a good customer');
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, NULL, NULL);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 10, 10);
SELECT event, version, role = current_user AS by_me, reason, before, after
FROM simplebank.account_events WHERE account_id = :alice ORDER BY id;
SELECT min_balance, max_balance, balance, version FROM simplebank.accounts WHERE id = :alice;
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 11, 10);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(NULL, 0, 0);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(0, 0, 0);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(-1, 0, 0);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(9223372036854775807, 0, 0);

-- Limits bind later postings only: a balance outside them stays, moves that
-- lead back are taken, moves that lead further out are not.
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 0, 500);
SELECT to_balance FROM simplebank.deposit(:alice, 1);
SELECT from_balance FROM simplebank.withdraw(:alice, 1);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 2000, NULL);
SELECT from_balance FROM simplebank.withdraw(:alice, 1);
SELECT to_balance FROM simplebank.deposit(:alice, 1);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 0, NULL);

-- set_account_status: the four that it sets; closing is another function.
SELECT status FROM simplebank.set_account_status(:bob, 'debit_blocked');
SELECT status FROM simplebank.set_account_status(:bob, 'credit_blocked');
SELECT status FROM simplebank.set_account_status(:bob, 'frozen', 'court order 7');
SELECT status FROM simplebank.set_account_status(:bob, 'frozen');
SELECT status FROM simplebank.set_account_status(:bob, 'active');
SELECT event, version, reason, before, after FROM simplebank.account_events WHERE account_id = :bob ORDER BY id;
SELECT status FROM simplebank.set_account_status(:bob, 'closed');
SELECT status FROM simplebank.set_account_status(:bob, 'Frozen');
SELECT status FROM simplebank.set_account_status(:bob, '');
SELECT status FROM simplebank.set_account_status(:bob, NULL);
SELECT status FROM simplebank.set_account_status(NULL, 'active');
SELECT status FROM simplebank.set_account_status(0, 'active');
SELECT status FROM simplebank.accounts WHERE id = :bob;

-- close_account: only when empty, of either sign, and with nothing held.
SELECT status FROM simplebank.close_account(:alice);
SELECT from_balance FROM simplebank.withdraw(:bob, 100);
SELECT status FROM simplebank.close_account(:bob);
SELECT to_balance FROM simplebank.deposit(:bob, 100);
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
UPDATE simplebank.accounts SET held = 1 WHERE id = :bob;
SELECT status FROM simplebank.close_account(:bob);
ROLLBACK;
SELECT status FROM simplebank.close_account(NULL);
SELECT status FROM simplebank.close_account(0);
SELECT status FROM simplebank.set_account_status(:bob, 'frozen');
SELECT status FROM simplebank.close_account(:bob, 'moved abroad');
SELECT event, version, reason, before, after FROM simplebank.account_events WHERE account_id = :bob ORDER BY id DESC LIMIT 1;

-- Closed is for good, and has no settings left.
SELECT status FROM simplebank.close_account(:bob);
SELECT status FROM simplebank.set_account_status(:bob, 'active');
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:bob, NULL, NULL);
SELECT simplebank.deposit(:bob, 1);
SELECT simplebank.balance(:bob), simplebank.available(:bob);
SELECT status, min_balance FROM simplebank.accounts WHERE id = :bob;

-- An aborted change is no change, and leaves no record.
BEGIN;
SAVEPOINT s;
SELECT status FROM simplebank.set_account_status(:alice, 'frozen');
ROLLBACK TO s;
SELECT status FROM simplebank.accounts WHERE id = :alice;
SELECT count(*) FROM simplebank.account_events WHERE account_id = :alice AND event = 'status';
COMMIT;

-- The bank's own accounts: opened once, without limits, of the kind that
-- their name says.
SELECT count(DISTINCT simplebank.system_account(system_name, 'GBP')) AS opened
FROM unnest('{cash,fees,interest,fx,suspense,Cash}'::text[]) system_name;
SELECT name, kind, currency, owner, status, min_balance, max_balance, is_system
FROM simplebank.accounts WHERE currency = 'GBP' ORDER BY name;
SELECT simplebank.system_account('cash', 'GBP') = simplebank.system_account('cash', 'GBP') AS same,
	simplebank.system_account('cash', 'GBP') <> simplebank.system_account('cash', 'CHF') AS per_currency;
SELECT count(*) FROM simplebank.accounts WHERE is_system AND name = 'cash' AND currency = 'GBP';
-- in one transaction too, and gone with it
BEGIN;
SELECT simplebank.system_account('tax', 'GBP') = simplebank.system_account('tax', 'GBP') AS same;
ROLLBACK;
SELECT count(*) FROM simplebank.accounts WHERE name = 'tax';
-- a customer's account of that name is not the bank's, and none has the bank for its owner
SELECT simplebank.open_account('Simplebank', 'SEK', 'asset', name => 'cash') AS fake \gset
SELECT simplebank.system_account('cash', 'SEK') <> :fake AS not_the_fake;
SELECT simplebank.open_account('simplebank', 'SEK', 'asset', name => 'cash');
SELECT simplebank.open_account('simplebank ', 'SEK') > 0 AS opened;
-- nor can a second one be written beside it
INSERT INTO simplebank.accounts (owner, currency, kind, name, is_system) VALUES ('x', 'SEK', 'asset', 'cash', true);
SELECT simplebank.system_account(repeat('s', 255), 'USD') > 0 AS opened;
SELECT simplebank.system_account(repeat('s', 256), 'USD');
SELECT simplebank.system_account('', 'USD');
SELECT simplebank.system_account(NULL, 'USD');
SELECT simplebank.system_account('cash', NULL);
SELECT simplebank.system_account('cash', 'ZZZ');
SELECT simplebank.system_account('cash', 'usd');

-- Events name the role that the caller acts as, not the login.
CREATE ROLE regress_clerk;
GRANT USAGE ON SCHEMA simplebank TO regress_clerk;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_clerk;
SET ROLE regress_clerk;
SELECT simplebank.open_account('eve', 'USD') AS eve \gset
SELECT status FROM simplebank.set_account_status(:eve, 'frozen');
RESET ROLE;
SELECT event, role FROM simplebank.account_events WHERE account_id = :eve ORDER BY id;

-- What is in the table all the time is what a table may hold.
INSERT INTO simplebank.accounts (owner, currency, kind) VALUES ('x', 'USD', 'gift');
INSERT INTO simplebank.accounts (owner, currency, kind, status) VALUES ('x', 'USD', 'asset', 'lost');

-- A session that has kept plans survives a new installation of the extension.
SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
CREATE EXTENSION simplebank;
RESET client_min_messages;
SELECT simplebank.open_account('new', 'USD') AS fresh \gset
SELECT to_balance FROM simplebank.deposit(:fresh, 5);
SELECT simplebank.balance(:fresh), (SELECT count(*) FROM simplebank.accounts) AS accounts;
SELECT * FROM simplebank.verify();
-- (its privileges went with the schema)
DROP ROLE regress_clerk;
