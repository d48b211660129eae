--
-- account_details: codes, names and metadata of accounts, and whose they are.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_alice IN ROLE simplebank_customer;
CREATE ROLE regress_bob IN ROLE simplebank_customer;
CREATE ROLE regress_tess IN ROLE simplebank_teller;
RESET client_min_messages;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('regress_alice', 'USD', name => 'savings', metadata => '{"branch": 1}', code => 'user:1:usd', key => 'k') AS alice \gset
SELECT simplebank.open_account('regress_bob', 'USD') AS bob \gset
SELECT to_balance FROM simplebank.deposit(:alice, 1000);
SELECT to_balance FROM simplebank.deposit(:bob, 1000);
SELECT simplebank.system_account('cash', 'USD') AS cash \gset
CREATE VIEW named AS SELECT a.owner, a.name, a.code, a.metadata, c.account_id = a.id AS found FROM simplebank.accounts a LEFT JOIN simplebank.account_codes c ON c.code = a.code ORDER BY a.id;
CREATE VIEW history AS SELECT a.owner AS now, v.event, v.role = session_user AS by_admin, v.reason, v.before, v.after FROM simplebank.account_events v JOIN simplebank.accounts a ON a.id = v.account_id
WHERE v.event IN ('details', 'owner') ORDER BY v.id;

-- A code finds its account, is one of a kind, and part of what makes an opening the same.
SELECT simplebank.account_id('user:1:usd') = :alice AS found;
SELECT simplebank.account_id('user:1:us');
SELECT simplebank.account_id('USER:1:USD');
SELECT simplebank.account_id('');
SELECT simplebank.account_id(NULL);
SELECT simplebank.account_id(repeat('x', 256));
SELECT simplebank.open_account('regress_alice', 'USD', name => 'savings', code => 'user:1:usd', key => 'k') = :alice AS replayed;
SELECT simplebank.open_account('regress_alice', 'USD', name => 'savings', code => 'user:2:usd', key => 'k');
SELECT simplebank.open_account('regress_alice', 'USD', name => 'savings', key => 'k');
\set VERBOSITY default
SELECT simplebank.open_account('carla', 'USD', code => 'user:1:usd', key => 'another');
SELECT simplebank.account_id('user:9:usd');
\set VERBOSITY sqlstate
SELECT count(*) FROM simplebank.idempotency_keys WHERE key = 'another';
SELECT simplebank.open_account('carla', 'USD', code => '');
SELECT simplebank.open_account('carla', 'USD', code => repeat('x', 256));
SELECT simplebank.open_account('carla', 'EUR', code => repeat('x', 255)) AS carla \gset
SELECT simplebank.account_id(repeat('x', 255)) = :carla AS found;
-- a customer finds its own
SET ROLE regress_alice;
SELECT simplebank.account_id('user:1:usd') = :alice AS found;
SET ROLE regress_bob;
SELECT simplebank.account_id('user:1:usd');
SELECT simplebank.set_account_details(:bob, name => 'mine');
RESET ROLE;

-- Details: NULL keeps, an empty text or null takes away; tellers may.
SET ROLE regress_tess;
SELECT name, code, metadata FROM simplebank.set_account_details(:alice, name => 'rainy days', reason => 'asked for it');
SELECT name, code, metadata FROM simplebank.set_account_details(:alice, metadata => '{"branch": 2}', code => 'user:1:USD');
SELECT name, code, metadata FROM simplebank.set_account_details(:alice);
SELECT name, code, metadata FROM simplebank.set_account_details(:alice, name => '', metadata => 'null');
SELECT name, code, metadata FROM simplebank.set_account_details(:bob, code => 'user:1:usd', metadata => '[null]');
SELECT name, code, metadata FROM simplebank.set_account_details(:alice, code => '');
SELECT name, code, metadata FROM simplebank.set_account_details(:alice, code => 'user:1:usd');
SELECT code FROM simplebank.set_account_details(:bob, code => 'user:1:usd');
RESET ROLE;
SELECT owner, name, left(code, 12) AS code, metadata, found FROM named;
SELECT * FROM history;
SELECT length(name) AS name, length(code) AS code FROM simplebank.set_account_details(:bob, name => repeat('x', 255), code => repeat('y', 255));
SELECT simplebank.set_account_details(:bob, name => repeat('x', 256));
SELECT simplebank.set_account_details(:bob, code => repeat('x', 256));
SELECT simplebank.set_account_details(:bob, metadata => to_jsonb(repeat('x', 20000)));
SELECT simplebank.set_account_details(:bob, reason => repeat('x', 2000));
SELECT simplebank.set_account_details(NULL, name => 'x');
SELECT simplebank.set_account_details(0, name => 'x');
SELECT simplebank.set_account_details(4711, name => 'x');
-- one of the bank's own accounts is found by its name
SELECT code, name FROM simplebank.set_account_details(:cash, name => 'cash', code => 'the till');
SELECT simplebank.set_account_details(:cash, name => 'till');
SELECT simplebank.set_account_details(:cash, name => '');
SELECT simplebank.account_id('the till') = simplebank.system_account('cash', 'USD') AS found;
SELECT simplebank.open_account('gone', 'USD', code => 'gone') AS gone \gset
SELECT status FROM simplebank.close_account(:gone);
SELECT simplebank.set_account_details(:gone, code => '');
SELECT simplebank.account_id('gone') = :gone AS found;

-- Owners: an administrator only. All goes with the account.
SELECT code FROM simplebank.set_account_details(:alice, code => 'user:1:usd');
SELECT hold_id AS hold FROM simplebank.place_hold(:alice, :bob, 100) \gset
SELECT status FROM simplebank.set_account_status(:alice, 'debit_blocked');
SELECT status FROM simplebank.set_account_status(:alice, 'active');
SET ROLE regress_alice;
SELECT simplebank.schedule_transfer(:alice, :bob, 5, now() + interval '1 day') AS hers \gset
SELECT from_balance FROM simplebank.transfer(:alice, :bob, 10, 'paid');
RESET ROLE;
SELECT simplebank.schedule_transfer(:alice, :bob, 6, now() + interval '1 day') AS banks \gset
SET ROLE regress_tess;
SELECT simplebank.set_account_owner(:alice, 'regress_bob');
SET ROLE regress_alice;
SELECT simplebank.set_account_owner(:alice, 'regress_bob');
RESET ROLE;
SELECT owner, code, balance, held FROM simplebank.set_account_owner(:alice, 'regress_bob', 'inherited');
SELECT * FROM history WHERE event = 'owner';
SELECT action, details -> 'after' AS after, reason FROM simplebank.audit_events WHERE action = 'set_account_owner';
SELECT order_id = :hers AS hers, status FROM simplebank.scheduled_transfers ORDER BY order_id;
-- the former owner has lost it at once, its key included; the new one has all of it
SET ROLE regress_alice;
SELECT count(*) FROM simplebank.accounts;
SELECT count(*) FROM simplebank.transfers;
SELECT simplebank.balance(:alice);
SELECT simplebank.statement(:alice);
SELECT simplebank.account_id('user:1:usd');
SELECT simplebank.transfer(:alice, :bob, 10, 'paid');
SELECT answer -> 'from_balance' AS balance FROM simplebank.idempotency_check('paid');
SELECT simplebank.schedule_transfer(:alice, :bob, 5, now() + interval '1 day');
SELECT simplebank.cancel_scheduled_transfer(:hers);
SET ROLE regress_bob;
SELECT simplebank.balance(:alice), simplebank.available(:alice), simplebank.account_id('user:1:usd') = :alice AS found;
SELECT count(*) FROM simplebank.statement(:alice) WHERE version IS NOT NULL AND transfer_id IS NOT NULL;
SELECT from_balance FROM simplebank.transfer(:alice, :bob, 10, 'paid');
SELECT from_balance FROM simplebank.capture_hold(:hold);
RESET ROLE;
-- with its stripes
SELECT simplebank.open_account('regress_alice', 'USD', min_balance => NULL, max_balance => NULL, stripes => 3) AS wide \gset
SELECT owner FROM simplebank.set_account_owner(:wide, 'regress_bob');
SELECT owner, count(*) FROM simplebank.accounts WHERE simplebank.account_of(id) = :wide GROUP BY 1;
SET ROLE regress_bob;
SELECT transfer_id > 0 AS posted FROM simplebank.transfer(:wide, :bob, 10);
SET ROLE regress_alice;
SELECT simplebank.transfer(:wide, :bob, 10);
RESET ROLE;
SELECT simplebank.set_account_owner(:cash, 'regress_bob');
SELECT simplebank.set_account_owner(:gone, 'regress_bob');
SELECT simplebank.set_account_owner(4711, 'regress_bob');
SELECT simplebank.set_account_owner(0, 'regress_bob');
SELECT simplebank.set_account_owner(:alice, '');
SELECT simplebank.set_account_owner(:alice, 'simplebank');
SELECT simplebank.set_account_owner(:alice, NULL);
SELECT simplebank.set_account_owner(:alice, repeat('x', 256));
SELECT simplebank.create_settlement_group('g', 'USD') IS NULL AS made;
SELECT simplebank.add_settlement_member('g', 'm', :bob) AS clearing \gset
SELECT simplebank.set_account_owner(:clearing, 'regress_bob');
SELECT simplebank.set_account_details(:clearing, code => 'x');
SELECT * FROM simplebank.verify();

-- What was changed by hand is seen.
ALTER TABLE simplebank.accounts DISABLE TRIGGER guard;
BEGIN;
UPDATE simplebank.accounts SET owner = 'regress_alice' WHERE id = :alice;
SELECT invariant, account_id = :alice AS alice FROM simplebank.verify();
ROLLBACK;
BEGIN;
UPDATE simplebank.accounts SET name = 'rainy days' WHERE id = :alice;
SELECT invariant, account_id = :alice AS alice FROM simplebank.verify();
ROLLBACK;
BEGIN;
UPDATE simplebank.accounts SET code = 'another' WHERE id = :alice;
SELECT invariant, account_id = :alice AS alice FROM simplebank.verify() ORDER BY 1;
ROLLBACK;
BEGIN;
UPDATE simplebank.accounts SET owner = 'regress_alice' WHERE id < 0;
SELECT DISTINCT invariant FROM simplebank.verify();
ROLLBACK;

DROP EXTENSION simplebank CASCADE;
DROP ROLE regress_alice, regress_bob, regress_tess;
