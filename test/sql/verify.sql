--
-- verify: silent on a sound ledger; each kind of damage is seen.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

-- An empty ledger is sound.
SELECT * FROM simplebank.verify();
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2019-06-01');
SELECT * FROM simplebank.verify('infinity');

-- A small sound one: two currencies, limits, keys, dated transfers, accounts
-- frozen and closed.
SELECT simplebank.open_account('alice', 'USD', key => 'open-alice') AS alice \gset
SELECT simplebank.open_account('bob', 'USD', max_balance => 1000) AS bob \gset
SELECT simplebank.open_account('carla', 'EUR') AS carla \gset
SELECT simplebank.open_account('gone', 'USD') AS gone \gset
SELECT to_balance FROM simplebank.deposit(:alice, 1000);
SELECT transfer_id AS t FROM simplebank.transfer(:alice, :bob, 100, key => 'rent') \gset
SELECT pg_sleep(0.002);
SELECT from_balance FROM simplebank.transfer(:alice, :bob, 30, effective_at => '2020-01-01 00:00+00');
SELECT from_balance FROM simplebank.transfer(:bob, :alice, 5);
SELECT to_balance FROM simplebank.deposit(:carla, 70);
SELECT status FROM simplebank.close_account(:gone);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:carla, 100, 1000);
SELECT status FROM simplebank.set_account_status(:bob, 'frozen');
SELECT simplebank.system_account('cash', 'USD') AS cash \gset
SELECT * FROM simplebank.verify();

-- What an auditor sees, in full, for one wrong balance.
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
UPDATE simplebank.accounts SET balance = balance + 1 WHERE id = :alice;
SELECT invariant, account_id = :alice AS alice, version, transfer_id, detail FROM simplebank.verify() ORDER BY 1;
ROLLBACK;

-- Each damage by a superuser with the guards switched off; then exactly what
-- it breaks is reported.  Who is meant: by owner, or the bank's own account.
-- Since a day on which there was nothing yet, the same is reported.
CREATE VIEW pg_temp.report AS
	WITH whole AS MATERIALIZED (SELECT * FROM simplebank.verify()),
		since AS MATERIALIZED (SELECT * FROM simplebank.verify('infinity'))
	SELECT v.invariant, coalesce(a.name, a.owner) AS account, v.version, count(*) AS rows
	FROM (SELECT * FROM whole
		  UNION ALL
		  SELECT 'in full only: ' || f.invariant, f.account_id, f.version, f.transfer_id, f.detail
		  FROM (SELECT * FROM whole EXCEPT ALL SELECT * FROM since) f
		  UNION ALL
		  SELECT 'since then only: ' || s.invariant, s.account_id, s.version, s.transfer_id, s.detail
		  FROM (SELECT * FROM since EXCEPT ALL SELECT * FROM whole) s) v
		LEFT JOIN simplebank.accounts a ON a.id = v.account_id
	GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
CREATE FUNCTION pg_temp.unguard() RETURNS void LANGUAGE sql AS $$
	ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
	ALTER TABLE simplebank.account_events DISABLE TRIGGER USER;
	ALTER TABLE simplebank.transfers DISABLE TRIGGER USER;
	ALTER TABLE simplebank.entries DISABLE TRIGGER USER;
	ALTER TABLE simplebank.holds DISABLE TRIGGER USER;
	ALTER TABLE simplebank.idempotency_keys DISABLE TRIGGER USER;
$$;

\echo an entry is deleted, in the middle of an account
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.entries WHERE account_id = :alice AND version = 2;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo the last entry is deleted
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.entries WHERE account_id = :bob AND version = 3;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo an entry is doubled
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.entries (account_id, version, transfer_id, amount, balance, posted_at)
SELECT account_id, 4, transfer_id, amount, balance, posted_at FROM simplebank.entries WHERE account_id = :bob AND version = 3;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a whole transfer is posted twice: both entries doubled, balances made to fit
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.entries (account_id, version, transfer_id, amount, balance, posted_at)
SELECT e.account_id, a.version + 1, e.transfer_id, e.amount, a.balance + e.amount, a.updated_at
FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id WHERE e.transfer_id = :t;
UPDATE simplebank.accounts a SET balance = e.balance, version = e.version
FROM simplebank.entries e WHERE e.account_id = a.id AND e.version = a.version + 1;
SELECT count(*) > 0 AS seen FROM simplebank.verify();
ROLLBACK;

\echo two versions are swapped
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET version = 100 WHERE account_id = :bob AND version = 1;
UPDATE simplebank.entries SET version = 1 WHERE account_id = :bob AND version = 2;
UPDATE simplebank.entries SET version = 2 WHERE account_id = :bob AND version = 100;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo an entry is changed
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET amount = 31 WHERE account_id = :bob AND version = 2;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a running balance is changed
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET balance = balance + 1 WHERE account_id = :bob AND version = 2;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo an entry of amount 0
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.entries (account_id, version, transfer_id, amount, balance, posted_at)
SELECT id, version + 1, :t, 0, balance, updated_at FROM simplebank.accounts WHERE id = :carla;
UPDATE simplebank.accounts SET version = version + 1 WHERE id = :carla;
SELECT * FROM pg_temp.report WHERE invariant = 'entry_amount';
ROLLBACK;

\echo an entry posted before the one before it
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET posted_at = posted_at - interval '1 day' WHERE transfer_id = :t;
UPDATE simplebank.transfers SET posted_at = posted_at - interval '1 day', effective_at = effective_at - interval '1 day' WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a business time is changed, in the entry and in the transfer
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET effective_at = '2019-01-01 00:00+00' WHERE account_id = :alice AND version = 3;
SELECT * FROM pg_temp.report;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET effective_at = '2019-01-01 00:00+00' WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo an amount is changed in a transfer
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET amount = 101 WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a transfer is deleted, with its key in use
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.transfers WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a transfer without entries
BEGIN;
INSERT INTO simplebank.transfers (from_account_id, to_account_id, amount, from_version, to_version, posted_at, effective_at, operation, role)
VALUES (:alice, :bob, 1, 50, 50, now(), now(), 'transfer', 'nobody');
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a transfer that names another account
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET to_account_id = :carla, to_version = 1 WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo money made out of nothing, books otherwise in order
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.entries (account_id, version, transfer_id, amount, balance, posted_at)
SELECT id, version + 1, :t, 1000, balance + 1000, updated_at FROM simplebank.accounts WHERE id = :alice;
UPDATE simplebank.accounts SET version = version + 1, balance = balance + 1000 WHERE id = :alice;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a version is changed
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET version = version + 1 WHERE id = :alice;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo an account is deleted
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.accounts WHERE id = :alice;
SELECT invariant, account_id = :alice AS alice, version, count(*) AS rows FROM simplebank.verify() GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
ROLLBACK;

\echo something is held without a hold
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET held = 1 WHERE id = :alice;
SELECT * FROM pg_temp.report;
UPDATE simplebank.accounts SET held = -1 WHERE id = :alice;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a limit changed without a record, below and above
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET min_balance = 1000 WHERE id = :alice;
SELECT * FROM pg_temp.report;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET max_balance = 129 WHERE id = :bob;
SELECT * FROM pg_temp.report;
ROLLBACK;
\echo the same by an administrator binds later entries only
BEGIN;
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 2000, NULL);
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a currency that is not there
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET currency = 'QQQ' WHERE id = :gone;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo money changes its currency
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET currency = 'EUR' WHERE id = :bob;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a closed account with money
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET status = 'closed' WHERE id = :carla;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo keys that point to nothing, to too much, to what is not there, to another transfer
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.idempotency_keys SET transfer_id = NULL WHERE key = 'rent';
SELECT * FROM pg_temp.report;
UPDATE simplebank.idempotency_keys SET transfer_id = :t, account_id = :alice WHERE key = 'rent';
SELECT * FROM pg_temp.report;
UPDATE simplebank.idempotency_keys SET transfer_id = 1000000, account_id = NULL WHERE key = 'rent';
SELECT invariant, account_id, transfer_id, replace(detail, current_user, 'me') AS detail FROM simplebank.verify();
UPDATE simplebank.idempotency_keys SET transfer_id = :t WHERE key = 'rent';
UPDATE simplebank.idempotency_keys SET account_id = 1000000 WHERE key = 'open-alice';
SELECT invariant, account_id, transfer_id FROM simplebank.verify();
UPDATE simplebank.idempotency_keys SET account_id = :bob WHERE key = 'open-alice';
SELECT * FROM pg_temp.report;
UPDATE simplebank.idempotency_keys SET account_id = :alice WHERE key = 'open-alice';
UPDATE simplebank.idempotency_keys SET request = request || '{"amount": 12345}' WHERE key = 'rent';
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo the clock of an account lies in the future
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET updated_at = '2999-01-01' WHERE id = :alice;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a limit that nobody set, an account that nobody opened
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.accounts SET min_balance = min_balance - 1 WHERE id = :bob;
SELECT * FROM pg_temp.report;
INSERT INTO simplebank.accounts (owner, currency, kind) VALUES ('nobody', 'EUR', 'asset');
SELECT invariant, count(*) FROM simplebank.verify() GROUP BY 1;
ROLLBACK;

\echo a transfer that names only one of its entries
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET from_account_id = NULL WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo holds: their amounts, states, captures, events and keys
BEGIN;
SELECT status FROM simplebank.set_account_status(:bob, 'active');
SELECT hold_id AS hold FROM simplebank.place_hold(:alice, :bob, 50, key => 'hold') \gset
SELECT transfer_id AS capture FROM simplebank.capture_hold(:hold, 20, false) \gset
SELECT hold_id AS freed FROM simplebank.place_hold(:alice, :bob, 7) \gset
SELECT available FROM simplebank.release_hold(:freed, 'release');
SELECT * FROM pg_temp.report;
SELECT pg_temp.unguard();
SAVEPOINT s;
UPDATE simplebank.accounts SET held = held + 1 WHERE id = :alice;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET amount = amount + 1 WHERE id = :hold;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET captured = captured + 1 WHERE id = :hold;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET status = 'released' WHERE id = :hold;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET status = 'expired' WHERE id = :freed;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET closed_at = NULL WHERE id = :freed;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET to_account_id = :carla WHERE id = :hold;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET to_account_id = 1000000 WHERE id = :freed;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
DELETE FROM simplebank.holds WHERE id = :hold;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.transfers SET hold_id = NULL WHERE id = :capture;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.transfers SET hold_id = :freed WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
DELETE FROM simplebank.account_events WHERE hold_id = :freed AND event = 'hold_released';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
INSERT INTO simplebank.account_events (account_id, event, version, hold_id, role)
SELECT account_id, event, version, hold_id, role FROM simplebank.account_events WHERE hold_id = :freed AND event = 'hold_released';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.account_events SET account_id = :bob WHERE hold_id = :freed;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.idempotency_keys SET hold_id = :freed WHERE key = 'hold';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.idempotency_keys SET hold_id = :hold WHERE key = 'release';
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo holds that have ended, and one that has not
BEGIN;
SELECT status FROM simplebank.set_account_status(:bob, 'active');
SELECT hold_id AS spent FROM simplebank.place_hold(:alice, :bob, 40) \gset
SELECT transfer_id AS capture FROM simplebank.capture_hold(:spent, key => 'capture') \gset
SELECT hold_id AS late FROM simplebank.place_hold(:alice, :bob, 30, clock_timestamp() + '2 s', key => 'place') \gset
SELECT hold_id AS open FROM simplebank.place_hold(:alice, :bob, 20) \gset
SELECT hold_id AS back FROM simplebank.place_hold(:alice, :bob, 10) \gset
SELECT replayed FROM simplebank.release_hold(:back, 'give back');
SELECT pg_sleep(0.01 + extract(epoch FROM expires_at - clock_timestamp())) FROM simplebank.holds WHERE id = :late;
SELECT * FROM pg_temp.report;
SELECT simplebank.expire_holds();
SELECT * FROM pg_temp.report;
SELECT pg_temp.unguard();
SAVEPOINT s;
\echo an open hold that was closed
UPDATE simplebank.holds SET closed_at = now() WHERE id = :open;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
\echo holds that come back to life
UPDATE simplebank.holds SET status = 'open', closed_at = NULL WHERE id = :late;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET status = 'open', closed_at = NULL WHERE id = :spent;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
\echo one of nothing, of less than nothing, with more captured than there was
UPDATE simplebank.holds SET amount = 0 WHERE id = :late;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET amount = -5, captured = -1 WHERE id = :late;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET captured = amount + 1 WHERE id = :spent;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
\echo of another account, to itself, in another currency
UPDATE simplebank.holds SET from_account_id = :gone WHERE id = :open;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET to_account_id = from_account_id WHERE id = :late;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET to_account_id = :carla WHERE id = :late;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
\echo a capture of another hold, a transfer that says it is none, one that says it is
UPDATE simplebank.transfers SET hold_id = :open WHERE id = :capture;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.transfers SET operation = 'transfer' WHERE id = :capture;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.transfers SET operation = 'capture' WHERE id = :t;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.transfers SET hold_id = 1000000 WHERE id = :capture;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
\echo history: the beginning lost, the end lost, twice, of a hold that is not there, out of order
DELETE FROM simplebank.account_events WHERE hold_id = :open AND event = 'hold_placed';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
DELETE FROM simplebank.account_events WHERE hold_id = :late AND event = 'hold_expired';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
DELETE FROM simplebank.account_events WHERE hold_id = :spent AND event = 'hold_captured';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
INSERT INTO simplebank.account_events (account_id, event, version, hold_id, role)
SELECT account_id, event, version, hold_id, role FROM simplebank.account_events WHERE hold_id = :late AND event = 'hold_expired';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
INSERT INTO simplebank.account_events (account_id, event, version, hold_id, role)
SELECT account_id, event, version, 1000000, role FROM simplebank.account_events WHERE hold_id = :late AND event = 'hold_expired';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.account_events SET id = -id WHERE hold_id = :late AND event = 'hold_expired';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.account_events SET hold_id = :open WHERE hold_id = :late AND event = 'hold_expired';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
\echo expiry: of one that has expired taken away, put off; of one that was captured or released in time put before
UPDATE simplebank.holds SET expires_at = NULL WHERE id = :late;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET expires_at = closed_at + interval '1 us' WHERE id = :late;
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.holds SET expires_at = closed_at WHERE id IN (:spent, :back);
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
\echo keys: of nothing, of a hold that is not there, of another one, of a capture of another hold
UPDATE simplebank.idempotency_keys SET hold_id = NULL WHERE key = 'place';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.idempotency_keys SET hold_id = 1000000 WHERE key = 'place';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.idempotency_keys SET transfer_id = :capture WHERE key = 'place';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.idempotency_keys SET hold_id = :open WHERE key = 'capture';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.idempotency_keys SET transfer_id = :t WHERE key = 'capture';
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
UPDATE simplebank.idempotency_keys SET hold_id = :spent WHERE key = 'give back';
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo holds: a capture is lost in the middle of the history, or there twice; the payee is closed
BEGIN;
SELECT status FROM simplebank.set_account_status(:bob, 'active');
SELECT hold_id AS hold FROM simplebank.place_hold(:alice, :bob, 50) \gset
SELECT from_balance FROM simplebank.capture_hold(:hold, 20, false);
SELECT from_balance FROM simplebank.capture_hold(:hold, 10, false);
SELECT * FROM pg_temp.report;
SELECT pg_temp.unguard();
SAVEPOINT s;
DELETE FROM simplebank.account_events WHERE id = (SELECT max(id) FROM simplebank.account_events WHERE hold_id = :hold);
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
INSERT INTO simplebank.account_events (account_id, event, version, hold_id, role, before, after)
SELECT account_id, event, version, hold_id, role, before, after FROM simplebank.account_events
WHERE id = (SELECT max(id) FROM simplebank.account_events WHERE hold_id = :hold);
SELECT * FROM pg_temp.report;
ROLLBACK TO s;
SELECT simplebank.open_account('dora', 'USD') AS dora \gset
SELECT replayed FROM simplebank.place_hold(:alice, :dora, 5);
UPDATE simplebank.accounts SET status = 'closed' WHERE id = :dora;
INSERT INTO simplebank.account_events (account_id, event, version, role, after) VALUES (:dora, 'closed', 0, 'somebody', '{"status": "closed"}');
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo all of the ledger is gone, but not the accounts
BEGIN;
SELECT pg_temp.unguard();
TRUNCATE simplebank.entries, simplebank.transfers;
SELECT invariant, count(*) FROM simplebank.verify() GROUP BY 1 ORDER BY 1;
ROLLBACK;

-- Every invariant that the comment names has been seen above; and the ledger
-- is sound again.
SELECT * FROM simplebank.verify();
-- After the rollbacks the guards stand as before.
DELETE FROM simplebank.entries;
