--
-- order: of several reasons that apply, which one is the answer.  Each call is
-- wrong in every way that is left, and the next one is right in one more: the
-- list at the head of src/model/decide.c, line by line.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_carla IN ROLE simplebank_customer;
CREATE ROLE regress_tess IN ROLE simplebank_teller;
CREATE ROLE regress_guest;
GRANT USAGE ON SCHEMA simplebank TO regress_guest;
RESET client_min_messages;
\set VERBOSITY sqlstate

-- carla has a frozen account in euros and one that is in order; max is full
SELECT simplebank.open_account('regress_carla', 'EUR') AS frozen \gset
SELECT simplebank.open_account('regress_carla', 'USD') AS own \gset
SELECT simplebank.open_account('max', 'USD', max_balance => 0) AS max \gset
SELECT simplebank.open_account('other', 'USD', min_balance => NULL) AS other \gset
SELECT simplebank.open_account('giant', 'USD', min_balance => NULL) AS giant \gset
SELECT simplebank.system_account('fees', 'USD') AS bank \gset
SELECT status FROM simplebank.set_account_status(:frozen, 'frozen');
SELECT transfer_id FROM simplebank.transfer(:other, :giant, 9223372036854775807);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:other, 0, NULL);
SET ROLE regress_carla;
SELECT (simplebank.idempotency_check('used')).key;
RESET ROLE;
SELECT transfer_id FROM simplebank.deposit(:own, 5, key => 'deposited');
SET ROLE regress_carla;
SELECT from_balance FROM simplebank.transfer(:own, :giant - 1, 1, key => 'used');
RESET ROLE;
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-06-30');

-- EXECUTE, which PostgreSQL asks for
SET ROLE regress_guest;
SELECT simplebank.transfer(NULL, :other, 0, key => '', effective_at => 'infinity');
-- 1. arguments: NULL, then values
SET ROLE regress_carla;
BEGIN READ ONLY;
SELECT simplebank.transfer(NULL, :other, 0, key => '', effective_at => 'infinity', expect => '{}');
ROLLBACK;
BEGIN READ ONLY;
SELECT simplebank.transfer(:other, :other, 0, effective_at => '2024-06-01', expect => '{}');
ROLLBACK;
BEGIN READ ONLY;
SELECT simplebank.transfer(:other, :other, 0, key => '', effective_at => '2024-06-01');
ROLLBACK;
-- 2. the caller, then the transaction
BEGIN READ ONLY;
SELECT simplebank.transfer(:other, :other, 0, key => 'used', effective_at => '2024-06-01');
ROLLBACK;
-- 3. the request by itself: its amount, its accounts
SELECT simplebank.transfer(:other, :other, 0, key => 'used', effective_at => '2024-06-01');
SELECT simplebank.transfer(:other, :other, 9, key => 'used', effective_at => '2024-06-01');
-- 4. what the caller may ask: another time, another's account
SELECT simplebank.transfer(:other, :max, 9, key => 'used', effective_at => '2024-06-01');
SELECT simplebank.transfer(:other, :max, 9, key => 'used', expect => '{"to": {"version": 0}}');
-- what it expects is not another's
SELECT simplebank.transfer(:frozen, :max, 9, key => 'used', expect => '{"to": {"version": 0}}');
SELECT simplebank.transfer(:other, :max, 9, key => 'used');
BEGIN;
SELECT simplebank.transfer(:other, :bank, 9, key => 'used');
ROLLBACK;
-- where it asks: not in a block, if the account is the bank's own
BEGIN;
SELECT simplebank.transfer(:frozen, :bank, 9, key => 'used');
ROLLBACK;
-- 5. the key
SELECT simplebank.transfer(:frozen, 0, 9, key => 'used');
-- 9. accounts, in the order of the legs
SELECT simplebank.transfer(:frozen, 0, 9);
-- of several ledgers
RESET ROLE;
SELECT name FROM simplebank.create_ledger('others');
SELECT simplebank.grant_ledger('regress_carla', l.name) FROM simplebank.ledgers l ORDER BY l.id;
SELECT simplebank.open_account('somebody', 'JPY', ledger => 'others') AS elsewhere \gset
SET ROLE regress_carla;
SELECT simplebank.transfer(:frozen, :elsewhere, 9);
SELECT simplebank.transfer(:elsewhere, :frozen, 9);
-- 11. status
SELECT simplebank.transfer(:frozen, :max, 9);
-- 12. currencies
RESET ROLE;
SELECT status FROM simplebank.set_account_status(:frozen, 'active');
SET ROLE regress_carla;
SELECT simplebank.transfer(:frozen, :max, 9);
-- 13. what is expected of them
SELECT simplebank.transfer(:frozen, :max, 9, expect => '{"from": {"version": 9}}');
SELECT simplebank.transfer(:own, :max, 9, expect => '{"from": {"version": 9}}');
-- 14. funds, then the other account's limit
SELECT simplebank.transfer(:own, :max, 9);
SELECT simplebank.transfer(:own, :max, 1);
-- 15. range
SELECT simplebank.transfer(:own, :giant, 1);
-- and then it is done
SELECT from_balance FROM simplebank.transfer(:own, :other, 1);

-- 5. to 7.: a teller's key, a reference, a closed day, what is reversed already
SET ROLE regress_tess;
SELECT transfer_id AS deposit FROM simplebank.deposit(:own, 5, key => 'tess') \gset
SELECT simplebank.deposit(:own, 6, key => 'tess', effective_at => '2024-06-01');
SELECT transfer_id > 0 AS posted FROM simplebank.deposit(:own, 1, reference => 'named');
SELECT simplebank.deposit(:own, 6, key => 'tess', effective_at => '2024-06-01', reference => 'named');
SELECT simplebank.deposit(:own, 6, effective_at => '2024-06-01', reference => 'named');
SELECT simplebank.deposit(:own, 6, effective_at => '2024-06-01');
SELECT transfer_id > 0 AS reversed FROM simplebank.reverse_transfer(:deposit);
-- 4. what it is about comes before the key
SELECT simplebank.reverse_transfer(0, key => 'tess');
SELECT simplebank.reverse_transfer((SELECT id FROM simplebank.transfers WHERE reverses = :deposit), key => 'tess');
SELECT simplebank.capture_hold(0, key => 'tess');
SELECT simplebank.release_hold(0, key => 'tess');
SELECT simplebank.deposit(0, 6, key => 'tess', effective_at => '2024-06-01');
SELECT simplebank.exchange(:own, 0, 6, 6, key => 'tess', effective_at => '2024-06-01');
SELECT simplebank.exchange(:own, :other, 6, 6, key => 'tess', effective_at => '2024-06-01');
RESET ROLE;
SELECT status FROM simplebank.set_account_status(:own, 'frozen');
SET ROLE regress_tess;
SELECT simplebank.reverse_transfer(:deposit, key => 'tess');
SELECT simplebank.reverse_transfer(:deposit, effective_at => '2024-06-01');
SELECT simplebank.reverse_transfer(:deposit);
SELECT simplebank.refund_transfer(0, 0, key => 'tess', effective_at => '2024-06-01');
SELECT simplebank.refund_transfer(0, 6, key => 'tess', effective_at => '2024-06-01');
SELECT simplebank.refund_transfer(:deposit, 6, key => 'tess', effective_at => '2024-06-01');
SELECT simplebank.refund_transfer(:deposit, 6, effective_at => '2024-06-01');
SELECT simplebank.refund_transfer(:deposit, 6);

-- 8. a hold: its expiry before its accounts, its state before theirs
SELECT simplebank.place_hold(0, :max, 9, expires_at => '2024-06-01');
SELECT simplebank.place_hold(0, :max, 9);
RESET ROLE;
SELECT status FROM simplebank.set_account_status(:own, 'active');
SET ROLE regress_tess;
SELECT hold_id AS hold FROM simplebank.place_hold(:own, :other, 2) \gset
RESET ROLE;
SELECT status FROM simplebank.set_account_status(:own, 'frozen');
SET ROLE regress_tess;
SELECT simplebank.capture_hold(:hold, 3);
SELECT simplebank.capture_hold(:hold, 2);
SELECT available FROM simplebank.release_hold(:hold);
SELECT simplebank.capture_hold(:hold, 3);

-- 10. and 12.: a payment between no members; a journal that does not balance
SELECT simplebank.clear_payment(:own, 0, 9);
SELECT simplebank.clear_payment(:own, :max, 9);
SELECT simplebank.post_journal(ARRAY[:own, :max], '{-1, 2}');
RESET ROLE;
SELECT status FROM simplebank.set_account_status(:own, 'active');
SET ROLE regress_tess;
SELECT simplebank.post_journal(ARRAY[:own, :max], '{-1, 2}');
SELECT simplebank.post_journal(ARRAY[:own, :max], '{-9, 9}');
RESET ROLE;

-- an item of a batch is told the same reason as a call
SELECT item, sqlstate FROM simplebank.transfer_batch(
	ARRAY[NULL, :other, :other, :own, :own], ARRAY[:other, :other, :other, 0, :max], ARRAY[0, 0, 9, 9, 9], atomic => false);

-- what is judged when a transfer is enqueued; the rest when it is posted, as above
SET simplebank.max_requests = 1;
SELECT simplebank.enqueue_transfer(:other, :own, 1) > 0 AS full;
SET ROLE regress_guest;
SELECT simplebank.enqueue_transfer(:other, :other, 0);
SET ROLE regress_carla;
SELECT simplebank.enqueue_transfer(NULL, NULL, 0, '');
SELECT simplebank.enqueue_transfer(:other, :other, 0, '');
SET default_transaction_read_only = on;
SELECT simplebank.enqueue_transfer(:other, :other, 0);
RESET default_transaction_read_only;
SELECT simplebank.enqueue_transfer(:other, :other, 0);
SELECT simplebank.enqueue_transfer(:other, :other, 1);
SELECT simplebank.enqueue_transfer(:other, :max, 1);
SELECT simplebank.enqueue_transfer(:frozen, 0, 1);
RESET ROLE;
RESET simplebank.max_requests;

SELECT count(*) FROM simplebank.verify();
DROP EXTENSION simplebank CASCADE;
DROP OWNED BY regress_guest;
DROP ROLE regress_carla, regress_tess, regress_guest;
