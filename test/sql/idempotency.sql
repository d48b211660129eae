--
-- idempotency: same key, same answer; another request under it is refused.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('bob', 'USD') AS bob \gset
SELECT simplebank.open_account('carla', 'USD') AS carla \gset
SELECT to_balance FROM simplebank.deposit(:alice, 1000);

-- The same request again answers as the first time, even after the balances
-- have moved on, and moves nothing.
SELECT * FROM simplebank.transfer(:alice, :bob, 100, key => 'rent') \gset first_
SELECT :first_from_balance AS from_balance, :first_to_balance AS to_balance, :'first_replayed' AS replayed;
SELECT from_balance FROM simplebank.transfer(:bob, :carla, 30);
SELECT transfer_id = :first_transfer_id AS same_transfer, from_balance, to_balance, posted_at = :'first_posted_at' AS same_time, replayed
FROM simplebank.transfer(:alice, :bob, 100, key => 'rent');
SELECT simplebank.balance(:alice), simplebank.balance(:bob), simplebank.balance(:carla);
SELECT count(*) FROM simplebank.idempotency_keys WHERE key = 'rent';

-- Description and metadata do not count: the first ones stay.
SELECT replayed FROM simplebank.transfer(:alice, :bob, 100, 'rent', 'another text', '{"another": "object"}');
SELECT description, metadata FROM simplebank.transfers WHERE id = :first_transfer_id;
SELECT replayed FROM simplebank.deposit(:alice, 1, 'gift', 'birthday', '{"n": 1}');
SELECT replayed FROM simplebank.deposit(:alice, 1, 'gift');
SELECT description, metadata FROM simplebank.transfers WHERE description = 'birthday';

-- An account that can take no more postings replays what it took before.
SELECT status FROM simplebank.set_account_status(:bob, 'frozen');
SELECT replayed, to_balance FROM simplebank.transfer(:alice, :bob, 100, key => 'rent');
SELECT status FROM simplebank.set_account_status(:bob, 'active');

-- Each argument that counts, by name: the answer is the SQLSTATE and the name
-- that the DETAIL puts in quotes.
CREATE FUNCTION pg_temp.conflict(statement text, VARIADIC accounts bigint[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE format(statement, VARIADIC accounts);
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || coalesce(substring(detail FROM '"(.*)"'), detail, '');
END $$;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.conflict('SELECT simplebank.transfer(%s, %s, 101, key => ''rent'')', :alice, :bob);
SELECT pg_temp.conflict('SELECT simplebank.transfer(%s, %s, 100, key => ''rent'')', :carla, :bob);
SELECT pg_temp.conflict('SELECT simplebank.transfer(%s, %s, 100, key => ''rent'')', :alice, :carla);
SELECT pg_temp.conflict('SELECT simplebank.transfer(%s, %s, 100, key => ''rent'', effective_at => ''2024-01-01 00:00+00'')', :alice, :bob);
SELECT pg_temp.conflict('SELECT simplebank.deposit(%s, 100, key => ''rent'')', :bob);
SELECT pg_temp.conflict('SELECT simplebank.withdraw(%s, 100, key => ''rent'')', :bob);
SELECT pg_temp.conflict('SELECT simplebank.open_account(''alice'', ''USD'', key => ''rent'')');
SELECT pg_temp.conflict('SELECT simplebank.deposit(%s, 2, ''gift'')', :alice);
SELECT pg_temp.conflict('SELECT simplebank.deposit(%s, 1, ''gift'')', :bob);
SELECT pg_temp.conflict('SELECT simplebank.deposit(%s, 1, ''gift'', effective_at => ''2024-01-01 00:00+00'')', :alice);
SELECT pg_temp.conflict('SELECT simplebank.withdraw(%s, 1, ''gift'')', :alice);
SELECT pg_temp.conflict('SELECT simplebank.transfer(%s, %s, 1, ''gift'')', :alice, :bob);
\pset format aligned
\pset tuples_only off
SELECT simplebank.balance(:alice), simplebank.balance(:bob), simplebank.balance(:carla);

-- effective_at counts where it was given: the same instant in another zone is
-- the same, a microsecond is a difference, to leave it out is another request.
SELECT replayed FROM simplebank.transfer(:alice, :bob, 1, key => 'dated', effective_at => '2024-01-01 00:00:00.000001+00');
SET timezone = 'Asia/Tokyo';
SELECT replayed FROM simplebank.transfer(:alice, :bob, 1, key => 'dated', effective_at => '2023-12-31 19:00:00.000001-05');
RESET timezone;
SELECT simplebank.transfer(:alice, :bob, 1, key => 'dated', effective_at => '2024-01-01 00:00:00+00');
SELECT simplebank.transfer(:alice, :bob, 1, key => 'dated');
SET simplebank.min_effective_year = -100;
SELECT replayed FROM simplebank.transfer(:alice, :bob, 1, key => 'bc', effective_at => '0044-03-15 12:00+00 BC');
SELECT replayed FROM simplebank.transfer(:alice, :bob, 1, key => 'bc', effective_at => '0044-03-15 12:00+00 BC');
SELECT simplebank.transfer(:alice, :bob, 1, key => 'bc', effective_at => '0044-03-15 12:00+00');
RESET simplebank.min_effective_year;

-- Large amounts are compared exactly: no float in between.
SELECT simplebank.open_account('mint', 'USD', min_balance => NULL) AS mint \gset
SELECT replayed FROM simplebank.transfer(:mint, :carla, 9007199254740993, key => 'exact');
SELECT simplebank.transfer(:mint, :carla, 9007199254740992, key => 'exact');
SELECT replayed FROM simplebank.transfer(:mint, :carla, 9007199254740993, key => 'exact');

-- Keys are bytes: case, spaces and accents tell them apart.
SELECT count(*) FILTER (WHERE NOT (t).replayed) AS first_uses FROM (
	SELECT simplebank.transfer(:mint, :carla, 1, key => k) AS t FROM unnest(ARRAY['k', 'K', 'k ', ' k', 'ḱ', '''', '"', 'k"', '{}', '%s']) k) s;
SELECT (simplebank.transfer(:mint, :carla, 1, key => k)).replayed FROM unnest(ARRAY['k ', '''', '%s']) k;

-- In one transaction: the second call replays the first one.
BEGIN;
SELECT replayed, to_balance FROM simplebank.transfer(:mint, :bob, 5, key => 'twice');
SELECT replayed, to_balance FROM simplebank.transfer(:mint, :bob, 5, key => 'twice');
COMMIT;
-- in one statement too
SELECT n, (simplebank.transfer(:mint, :bob, 5, key => 'thrice')).replayed FROM generate_series(1, 3) n;
SELECT simplebank.balance(:bob);

-- What is rolled back leaves the key free, for any request.
BEGIN;
SAVEPOINT s;
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'undone');
ROLLBACK TO s;
SELECT count(*) FROM simplebank.idempotency_check('undone');
SELECT replayed, to_balance FROM simplebank.transfer(:mint, :bob, 2, key => 'undone');
ROLLBACK;
SELECT replayed, to_balance FROM simplebank.transfer(:mint, :bob, 3, key => 'undone');
-- a refused attempt as well: the retry finds the money there
SELECT simplebank.open_account('dora', 'USD') AS dora \gset
SELECT simplebank.transfer(:dora, :bob, 10, key => 'retry');
SELECT count(*) FROM simplebank.idempotency_check('retry');
SELECT to_balance FROM simplebank.deposit(:dora, 10);
SELECT replayed, from_balance FROM simplebank.transfer(:dora, :bob, 10, key => 'retry');
SELECT replayed, from_balance FROM simplebank.transfer(:dora, :bob, 10, key => 'retry');
-- and one refused inside a block that goes on
DO $$
DECLARE dora bigint := (SELECT id FROM simplebank.accounts WHERE owner = 'dora');
BEGIN
	PERFORM simplebank.withdraw(dora, 1, key => 'block');
EXCEPTION WHEN SQLSTATE 'SB001' THEN NULL;
END $$;
SELECT count(*) FROM simplebank.idempotency_keys WHERE key = 'block';

-- open_account: the key stands for the account; metadata does not count.
SELECT simplebank.open_account('erin', 'USD', key => 'open-erin') AS erin \gset
SELECT simplebank.open_account('erin', 'USD', metadata => '{"x": 1}', key => 'open-erin') = :erin AS same_account;
SELECT count(*) AS accounts, count(metadata) AS metadata FROM simplebank.accounts WHERE owner = 'erin';
SELECT count(*) FROM simplebank.account_events WHERE account_id = :erin;
SELECT pg_temp.conflict('SELECT simplebank.open_account(''Erin'', ''USD'', key => ''open-erin'')');
SELECT pg_temp.conflict('SELECT simplebank.open_account(''erin'', ''EUR'', key => ''open-erin'')');
SELECT pg_temp.conflict('SELECT simplebank.open_account(''erin'', ''USD'', ''asset'', key => ''open-erin'')');
SELECT pg_temp.conflict('SELECT simplebank.open_account(''erin'', ''USD'', min_balance => 1, key => ''open-erin'')');
SELECT pg_temp.conflict('SELECT simplebank.open_account(''erin'', ''USD'', min_balance => NULL, key => ''open-erin'')');
SELECT pg_temp.conflict('SELECT simplebank.open_account(''erin'', ''USD'', max_balance => 1, key => ''open-erin'')');
SELECT pg_temp.conflict('SELECT simplebank.open_account(''erin'', ''USD'', name => ''x'', key => ''open-erin'')');
SELECT pg_temp.conflict('SELECT simplebank.deposit(%s, 1, key => ''open-erin'')', :erin);

-- idempotency_check: the whole answer as the first call gave it, or no row.
SELECT key, operation, account_id, transfer_id = :first_transfer_id AS transfer, hold_id, created_at <= now() AS dated,
	answer - 'transfer_id' - 'posted_at' AS answer, (answer->>'transfer_id')::bigint = :first_transfer_id AS answer_transfer,
	(answer->>'posted_at')::timestamptz = :'first_posted_at' AS answer_time
FROM simplebank.idempotency_check('rent');
SELECT key, operation, account_id = :erin AS account, transfer_id, hold_id, answer = jsonb_build_object('account_id', :erin) AS answer
FROM simplebank.idempotency_check('open-erin');
SELECT * FROM simplebank.idempotency_check('never used');
SELECT count(*) FROM simplebank.idempotency_check(repeat('k', 255));
SELECT simplebank.idempotency_check(repeat('k', 256));
SELECT simplebank.idempotency_check('');
SELECT simplebank.idempotency_check(NULL);

-- simplebank.require_key: whatever moves money needs a key then, and is told
-- so before anything else; every function that takes one is asked.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws('; ', SQLSTATE, SQLERRM, nullif(hint, ''));
END $$;
CREATE VIEW pg_temp.keyless AS
	SELECT p.proname, CASE p.prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT ' END || format('simplebank.%I(%s)', p.proname, a.given) AS call
	FROM pg_proc p, LATERAL (
		SELECT string_agg(format('%I => %s', p.proargnames[n], CASE p.proargtypes[n - 1]::regtype::text
					WHEN 'text' THEN '''USD''' WHEN 'bigint[]' THEN '''{0,0}''' ELSE '0' END), ', ') AS given
		FROM generate_series(1, p.pronargs - p.pronargdefaults) n) a
	WHERE p.pronamespace = 'simplebank'::regnamespace AND p.proargnames && '{key, keys}' AND p.proname <> 'idempotency_check';
SHOW simplebank.require_key;
SET simplebank.require_key = on;
SELECT proname, pg_temp.refusal(call) FROM pg_temp.keyless ORDER BY proname;
SELECT pg_temp.refusal(format('SELECT simplebank.transfer(%s, %s, 1, NULL)', :mint, :bob));
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'required');
-- an item of a batch by itself, as for any other NULL
SELECT item, sqlstate, message FROM simplebank.transfer_batch(
	ARRAY[:mint, :mint, NULL], ARRAY[:bob, :bob, :bob], '{1, 0, 1}', keys => '{required 2, NULL, NULL}', atomic => false);
SELECT pg_temp.refusal(format('SELECT simplebank.transfer_batch(ARRAY[%s], ARRAY[%s], ''{1}'', keys => ARRAY[NULL::text])', :mint, :bob));
-- what the ledger does by itself needs none
SELECT simplebank.schedule_transfer(:mint, :bob, 1, key => 'required 3') \g /dev/null
CALL simplebank.run_job('standing_orders');
SELECT status FROM simplebank.scheduled_transfer_executions;
RESET simplebank.require_key;
SELECT pg_temp.refusal(format('SELECT simplebank.transfer(%s, %s, 1)', :mint, :bob));

-- Roles: each has keys of its own, whoever owns the code in between.
CREATE ROLE regress_tenant_a;
CREATE ROLE regress_tenant_b;
GRANT USAGE ON SCHEMA simplebank TO regress_tenant_a, regress_tenant_b;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_tenant_a, regress_tenant_b;
SET ROLE regress_tenant_a;
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'shared');
SELECT count(*) FROM simplebank.idempotency_check('rent');
SET ROLE regress_tenant_b;
SELECT count(*) FROM simplebank.idempotency_check('shared');
SELECT replayed FROM simplebank.transfer(:mint, :bob, 2, key => 'shared');
SELECT replayed FROM simplebank.transfer(:mint, :bob, 2, key => 'shared');
SET ROLE regress_tenant_a;
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'shared');
SELECT simplebank.transfer(:mint, :bob, 2, key => 'shared');
-- in a parallel query its leader answers, which ends the transaction; a worker must not
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT count(*) FROM simplebank.idempotency_check('shared');
SELECT count(*) FROM simplebank.idempotency_check('rent');
CREATE FUNCTION pg_temp.lax(key text) RETURNS bigint LANGUAGE plpgsql PARALLEL SAFE AS $$
BEGIN
	RETURN (SELECT count(*) FROM simplebank.idempotency_check(key));
END $$;
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT pg_temp.lax('shared');
\set VERBOSITY sqlstate
\set SHOW_CONTEXT errors
SELECT set_config(name, 'off', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
RESET ROLE;
SELECT count(*) FROM simplebank.idempotency_check('shared');
SELECT role, transfer_id IS NOT NULL AS done FROM simplebank.idempotency_keys WHERE key = 'shared' ORDER BY role;
-- a login that rotates acts as the role that it sets
SET SESSION AUTHORIZATION regress_tenant_a;
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'shared');
RESET SESSION AUTHORIZATION;
-- with SECURITY DEFINER the key is the function's owner's, and so are the rights
CREATE SCHEMA regress_service;
GRANT USAGE, CREATE ON SCHEMA regress_service TO regress_tenant_b;
GRANT USAGE ON SCHEMA regress_service TO regress_tenant_a;
SET ROLE regress_tenant_b;
CREATE FUNCTION regress_service.pay(payer bigint, payee bigint, pay_key text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER AS 'SELECT replayed FROM simplebank.transfer(payer, payee, 1, key => pay_key)';
RESET ROLE;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank FROM regress_tenant_a;
SET ROLE regress_tenant_a;
SELECT regress_service.pay(:mint, :bob, 'service');
RESET ROLE;
GRANT EXECUTE ON FUNCTION simplebank.transfer TO regress_tenant_a;
SET ROLE regress_tenant_a;
SELECT regress_service.pay(:mint, :bob, 'service');
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'service');
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'shared');
SELECT regress_service.pay(:mint, :bob, 'shared');
RESET ROLE;
SELECT role FROM simplebank.idempotency_keys WHERE key = 'service' ORDER BY role;
-- and of a function that is not, the caller's
ALTER FUNCTION regress_service.pay SECURITY INVOKER;
SET ROLE regress_tenant_a;
SELECT regress_service.pay(:mint, :bob, 'shared');
RESET ROLE;

-- A replay reads its own key, however many the role has and whatever is known of the table.
SELECT count(*) FROM generate_series(1, 500) n, simplebank.transfer(:mint, :bob, 1, key => 'one of many ' || n, reference => 'one of many ' || n);
CREATE VIEW pg_temp.reads AS SELECT coalesce(sum(idx_tup_fetch), 0) AS so_far FROM pg_stat_xact_user_tables WHERE schemaname = 'simplebank' AND relname IN ('idempotency_keys', 'transfer_references');
BEGIN;
SELECT so_far FROM pg_temp.reads \gset
SELECT replayed FROM simplebank.transfer(:mint, :bob, 1, key => 'one of many 7');
SELECT sqlstate FROM simplebank.transfer_batch(ARRAY[:mint], ARRAY[:bob], '{1}', atomic => false, "references" => '{one of many 7}');
SELECT so_far - :so_far AS read FROM pg_temp.reads;
ROLLBACK;
DROP VIEW pg_temp.reads;

-- Every key that is left points to what it did.
SELECT k.operation, count(*), bool_and(t.operation = k.operation) AS right_operation
FROM simplebank.idempotency_keys k LEFT JOIN simplebank.transfers t ON t.id = k.transfer_id GROUP BY 1 ORDER BY 1;
SELECT * FROM simplebank.verify();

SET client_min_messages = warning;
DROP SCHEMA regress_service CASCADE;
DROP OWNED BY regress_tenant_a, regress_tenant_b;
DROP ROLE regress_tenant_a, regress_tenant_b;
