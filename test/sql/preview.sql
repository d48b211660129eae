--
-- preview: what transfer() and its like would answer now, without an effect.
-- test/t/preview.pl compares the two at random.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_carla IN ROLE simplebank_customer;
CREATE ROLE regress_both IN ROLE simplebank_customer, simplebank_auditor;
CREATE ROLE regress_tess IN ROLE simplebank_teller;
RESET client_min_messages;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('alice', 'EUR') AS alice, simplebank.open_account('bob', 'EUR', max_balance => 1000) AS bob,
	simplebank.open_account('regress_carla', 'EUR') AS carla, simplebank.open_account('usd', 'USD') AS usd,
	simplebank.open_account('wide', 'EUR', min_balance => NULL, stripes => 4) AS wide, simplebank.open_account('regress_both', 'EUR') AS both \gset

-- Every row of the ledger with its place and its transaction, and where its sequences stand.
CREATE FUNCTION pg_temp.fingerprint() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	part text;
	whole text = '';
BEGIN
	FOR r IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
			 WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'S') ORDER BY c.relname LOOP
		EXECUTE CASE r.relkind WHEN 'S' THEN format('SELECT concat_ws('' '', last_value, log_cnt, is_called) FROM %s', r.name)
			ELSE format('SELECT md5(string_agg(concat_ws('' '', t.ctid, t.xmin, t.xmax, t::text), '' '' ORDER BY t.ctid)) FROM %s t', r.name) END INTO part;
		whole := concat_ws(' ', whole, r.name, part);
	END LOOP;
	RETURN md5(whole);
END $$;

-- The cash account is not there, and does not come.
SELECT pg_temp.fingerprint() AS before \gset
BEGIN READ ONLY;
SELECT sqlstate, from_balance, to_balance, from_available, replayed FROM simplebank.preview_deposit(:alice, 100);
SELECT sqlstate, detail, from_balance, to_balance FROM simplebank.preview_withdraw(:alice, 1);
SELECT sqlstate, from_balance, to_balance FROM simplebank.preview_deposit(:wide, 100);
SELECT sqlstate, from_balance, to_balance FROM simplebank.preview_withdraw(:wide, 100);
SELECT sqlstate, detail FROM simplebank.preview_deposit(0, 100);
SELECT sqlstate, detail FROM simplebank.preview_deposit(-1, 100);
SELECT sqlstate, detail FROM simplebank.preview_deposit(999, 100);
SELECT sqlstate, detail FROM simplebank.preview_deposit(999, 0);
COMMIT;
SELECT count(*) AS bank_accounts FROM simplebank.accounts WHERE is_system;
SELECT pg_temp.fingerprint() = :'before' AS unchanged;
SELECT to_balance FROM simplebank.deposit(:alice, 100, 'paid');
SELECT to_balance FROM simplebank.deposit(:carla, 10);
SELECT to_balance FROM simplebank.deposit(:both, 10);

-- Keys: the first answer, or another request; none is claimed.
SELECT pg_temp.fingerprint() AS before \gset
SELECT sqlstate, transfer_id IS NOT NULL AS has_id, from_balance, to_balance, from_available, posted_at IS NOT NULL AS is_posted, replayed FROM simplebank.preview_deposit(:alice, 100, 'paid');
SELECT sqlstate, detail, transfer_id, from_balance, replayed FROM simplebank.preview_deposit(:alice, 101, 'paid');
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :bob, 100, 'paid');
SELECT sqlstate, transfer_id, from_balance, to_balance, from_available, posted_at, replayed FROM simplebank.preview_transfer(:alice, :bob, 30, 'new', 'rent', '{"a": 1}');
SELECT sqlstate, from_balance FROM simplebank.preview_transfer(:alice, :bob, 30, 'new');
SELECT * FROM simplebank.idempotency_check('new');
-- Refusals are answers.
SELECT * FROM simplebank.preview_transfer(:alice, :bob, 101);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :alice, 1);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, 999, 1);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :usd, 1);
SELECT sqlstate, detail, hint FROM simplebank.preview_transfer(:alice, :bob, 1, expect => '{"from": {"version": 0}}');
SELECT sqlstate, from_balance FROM simplebank.preview_transfer(:alice, :bob, 1, expect => '{"from": {"version": 1}}');
SELECT sqlstate, from_balance, to_balance FROM simplebank.preview_transfer(:alice, :wide, 1);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :wide, 1, expect => '{"to": {"version": 0}}');
-- What is wrong with the call is raised.
SELECT simplebank.preview_transfer(:alice, NULL, 1);
SELECT simplebank.preview_transfer(:alice, :bob, 1, key => '');
SELECT simplebank.preview_transfer(:alice, :bob, 1, effective_at => 'infinity');
SELECT simplebank.preview_transfer(:alice, :bob, 1, expect => '{}');
SELECT simplebank.preview_batch('{1}', '{2, 3}', '{1}');
SELECT simplebank.preview_journal('{1}', '{1}');
SET simplebank.require_key = on;
SELECT simplebank.preview_transfer(:alice, :bob, 1);
RESET simplebank.require_key;
-- References: one that a transfer has, one that is free, and twice in a batch
SELECT transfer_id > 0 AS posted FROM simplebank.deposit(:usd, 1, reference => 'invoice 7');
SELECT pg_temp.fingerprint() AS before \gset
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :bob, 1, reference => 'invoice 7');
SELECT sqlstate, from_balance FROM simplebank.preview_transfer(:alice, :bob, 1, reference => 'invoice 8');
SELECT sqlstate, available FROM simplebank.preview_hold(:alice, :bob, 1, reference => 'invoice 7');
SELECT item, sqlstate, detail FROM simplebank.preview_batch(ARRAY[:alice, :alice, :alice, :alice], ARRAY[:bob, :bob, :bob, :bob], '{1000, 1, 1, 1}', atomic => false,
	"references" => '{invoice 8, invoice 8, invoice 8, invoice 7}');
SELECT simplebank.preview_transfer(:alice, :bob, 1, reference => '');
-- Holds
SELECT * FROM simplebank.preview_hold(:alice, :bob, 60);
SELECT sqlstate, detail, available, expires_at FROM simplebank.preview_hold(:alice, :bob, 101, '2299-01-01');
SELECT sqlstate, available, expires_at = '2299-01-01' AS expires FROM simplebank.preview_hold(:alice, :bob, 100, '2299-01-01');
SELECT sqlstate, detail FROM simplebank.preview_hold(:alice, :bob, 60, now());
SELECT sqlstate, detail FROM simplebank.preview_hold(:alice, :bob, 60, expect => '{"to": {"balance_at_least": 1}}');
-- Journals
SELECT * FROM simplebank.preview_journal(ARRAY[:alice, :bob, :carla], '{-60, 30, 30}');
SELECT sqlstate, detail FROM simplebank.preview_journal(ARRAY[:alice, :bob, :carla], '{-60, 30, 31}');
SELECT sqlstate, detail FROM simplebank.preview_journal(ARRAY[:alice, :bob], '{0, 30}');
SELECT pg_temp.fingerprint() = :'before' AS unchanged;

-- A hold past its time counts as free, and stays as it is.
SELECT hold_id AS hold FROM simplebank.place_hold(:alice, :bob, 80, now() + interval '1 hour', 'held') \gset
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :bob, 21);
SELECT sqlstate, from_available FROM simplebank.preview_transfer(:alice, :bob, 20);
SELECT sqlstate, hold_id = :hold AS same_hold, available, replayed FROM simplebank.preview_hold(:alice, :bob, 80, NULL, 'held');
ALTER TABLE simplebank.holds DISABLE TRIGGER USER;
UPDATE simplebank.holds SET expires_at = created_at + interval '1 us';
ALTER TABLE simplebank.holds ENABLE TRIGGER USER;
SELECT pg_temp.fingerprint() AS before \gset
SELECT sqlstate, from_balance, from_available FROM simplebank.preview_transfer(:alice, :bob, 100);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :bob, 101);
SELECT sqlstate, available FROM simplebank.preview_hold(:alice, :bob, 30);
SELECT item, sqlstate, from_balance FROM simplebank.preview_batch(ARRAY[:alice, :alice], ARRAY[:bob, :bob], '{60, 41}', atomic => false);
SELECT pg_temp.fingerprint() = :'before' AS unchanged, held FROM simplebank.accounts WHERE id = :alice;

-- A closed day
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2024-06-30');
SELECT sqlstate FROM simplebank.preview_transfer(:alice, :bob, 1, effective_at => '2024-06-30 12:00 UTC');
SELECT sqlstate FROM simplebank.preview_transfer(:alice, :bob, 1, effective_at => '2024-07-01 12:00 UTC');

-- Batches: in order, by links, each by itself or all together
SELECT pg_temp.fingerprint() AS before \gset
SELECT item, transfer_id, sqlstate, detail, replayed, from_balance, to_balance FROM simplebank.preview_batch(
	ARRAY[:bob, :alice, :bob, :bob], ARRAY[:alice, :bob, :alice, :alice], '{1, 100, 70, 31}', atomic => false);
SELECT item, sqlstate, detail, from_balance FROM simplebank.preview_batch(
	ARRAY[:alice, :alice, :alice, :bob], ARRAY[:bob, :bob, :bob, :alice], '{60, 30, 11, 1}', links => '{NULL, 7, 7, NULL}', atomic => false);
SELECT item, sqlstate, replayed, from_balance FROM simplebank.preview_batch(
	ARRAY[:alice, :alice, :alice], ARRAY[:bob, :bob, :bob], '{60, 60, 61}', keys => '{one, one, one}', atomic => false);
SELECT item, sqlstate, from_balance, to_balance FROM simplebank.preview_batch(ARRAY[:alice, :bob], ARRAY[:bob, :carla], '{60, 60}');
SELECT item, sqlstate, detail, from_balance FROM simplebank.preview_batch(ARRAY[:alice, :alice, :bob], ARRAY[:bob, :bob, :alice], '{60, 41, 1}');
SELECT item, sqlstate, detail FROM simplebank.preview_batch(ARRAY[:alice, NULL, :bob], ARRAY[:bob, :bob, :alice], '{60, 41, 0}', atomic => false);
SELECT * FROM simplebank.preview_batch('{}', '{}', '{}');
SELECT pg_temp.fingerprint() = :'before' AS unchanged;
SELECT item, transfer_id > 0 AS posted FROM simplebank.transfer_batch(ARRAY[:alice], ARRAY[:bob], '{5}', '{first}');
-- what a key has done before stands
SELECT item, transfer_id > 0 AS has_id, sqlstate, replayed, from_balance FROM simplebank.preview_batch(
	ARRAY[:alice, :alice, :alice], ARRAY[:bob, :bob, :bob], '{5, 1, 1000}', keys => '{first, NULL, NULL}');

-- A customer: its own accounts, as in the call; no balance and no DETAIL of another's
SET ROLE regress_carla;
SELECT sqlstate, from_balance, to_balance, from_available FROM simplebank.preview_transfer(:carla, :bob, 3);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:carla, :bob, 11);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :bob, 1);
SELECT sqlstate, detail FROM simplebank.preview_transfer(999, :bob, 1);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:carla, :bob, 1, expect => '{"to": {"version": 1}}');
SELECT sqlstate, detail FROM simplebank.preview_transfer(:carla, :usd, 1);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:carla, :bob, 1, 'first');
SELECT item, sqlstate, detail, from_balance, to_balance FROM simplebank.preview_batch(ARRAY[:carla, :alice, :carla], ARRAY[:bob, :bob, :usd], '{1, 1, 1}', atomic => false);
SELECT sqlstate, available FROM simplebank.preview_hold(:carla, :bob, 3);
SELECT simplebank.preview_transfer(:carla, :bob, 1, effective_at => '2024-07-01');
SELECT simplebank.preview_deposit(:carla, 1);
SELECT simplebank.preview_journal(ARRAY[:carla, :bob], '{-1, 1}');
RESET ROLE;
SELECT simplebank.system_account('fees', 'EUR') AS fees \gset
SET ROLE regress_carla;
SELECT sqlstate FROM simplebank.preview_transfer(:carla, :fees, 1);
BEGIN READ ONLY;
SELECT sqlstate FROM simplebank.preview_transfer(:carla, :fees, 1);
SELECT item, sqlstate FROM simplebank.preview_batch(ARRAY[:carla, :carla], ARRAY[:bob, :fees], '{1, 1}', atomic => false);
COMMIT;
-- who reads all, but pays as a customer, is told what the customer would be
SET ROLE regress_both;
SELECT sqlstate, to_balance FROM simplebank.preview_transfer(:both, :bob, 3);
SELECT sqlstate FROM simplebank.preview_transfer(:alice, :bob, 3);
SELECT from_balance, to_balance FROM simplebank.transfer(:both, :bob, 3);
RESET ROLE;

-- a closed account, a blocked one, a full one
SELECT status FROM simplebank.set_account_status(:bob, 'credit_blocked');
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :bob, 1);
SET ROLE regress_carla;
SELECT sqlstate, detail FROM simplebank.preview_transfer(:carla, :bob, 1);
RESET ROLE;
SELECT status FROM simplebank.set_account_status(:bob, 'active');
SELECT max_balance FROM simplebank.set_account_limits(:bob, 0, 8);
SELECT sqlstate, detail FROM simplebank.preview_transfer(:alice, :bob, 1);
SET ROLE regress_carla;
SELECT sqlstate, detail FROM simplebank.preview_transfer(:carla, :bob, 1);
RESET ROLE;

-- no lock but those of reading
BEGIN;
SELECT sqlstate FROM simplebank.preview_transfer(:alice, :carla, 1, 'locks', effective_at => '2024-07-01 12:00 UTC');
SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation::regclass::text LIKE 'simplebank.%';
SELECT pg_current_xact_id_if_assigned();
COMMIT;

SELECT count(*) FROM simplebank.verify();
SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
DROP OWNED BY regress_carla, regress_both, regress_tess;
DROP ROLE regress_carla, regress_both, regress_tess;
