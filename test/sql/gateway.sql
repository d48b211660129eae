--
-- gateway: act_for(), by which a login that serves many customers is one of
-- them until the end of the transaction, and nobody before.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP ROLE IF EXISTS regress_gate, regress_gate2, regress_both, regress_watch, regress_app, regress_ada, regress_cyd, regress_loose, regress_none, regress_chief;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_gate;
CREATE ROLE regress_gate2;
CREATE ROLE regress_both;
CREATE ROLE regress_watch;
CREATE ROLE regress_app;
CREATE ROLE regress_ada;
CREATE ROLE regress_cyd;
CREATE ROLE regress_loose;
CREATE ROLE regress_none;
CREATE ROLE regress_chief;
GRANT simplebank_gateway TO regress_gate, regress_gate2, regress_both, regress_watch, regress_cyd;
GRANT simplebank_teller TO regress_app, regress_both;
GRANT simplebank_auditor TO regress_watch;
GRANT simplebank_customer TO regress_ada, regress_cyd;
GRANT simplebank_admin TO regress_chief;
-- a role of its own kind: some rights, and no customer
GRANT USAGE ON SCHEMA simplebank TO regress_loose;
GRANT EXECUTE ON FUNCTION simplebank.transfer TO regress_loose;
CREATE SCHEMA regress_gateway;
GRANT USAGE, CREATE ON SCHEMA regress_gateway TO PUBLIC;

SET ROLE regress_app;
-- one customer without a role, one with, one whose name is longer than a role's
SELECT simplebank.open_account('bob', 'EUR') AS bob, simplebank.open_account('regress_ada', 'EUR') AS ada,
	   simplebank.open_account('bob', 'EUR', name => 'savings') AS savings,
	   simplebank.open_account(repeat('ö', 127) || '!', 'EUR') AS long, simplebank.system_account('fees', 'EUR') AS fees \gset
SELECT simplebank.deposit(id, 1000) FROM unnest(ARRAY[:bob, :ada, :long]) id \g /dev/null
RESET ROLE;

-- Before: whatever is about accounts is refused, and says what to do; tables
-- have no rows.  What is about none answers.
SET ROLE regress_gate;
\set VERBOSITY default
SELECT simplebank.balance(:bob);
SELECT simplebank.transfer(:bob, :ada, 1);
\set VERBOSITY sqlstate
SELECT * FROM simplebank.statement(:bob);
SELECT * FROM simplebank.idempotency_check('x');
SELECT simplebank.transfer_batch(ARRAY[:bob], ARRAY[:ada], '{1}');
CALL simplebank.submit_transfer(:bob, :ada, 1);
SELECT count(*) FROM simplebank.accounts;
SELECT count(*) FROM simplebank.transfers;
SELECT count(*) FROM simplebank.entries;
SELECT simplebank.to_minor(1.23, 'EUR'), simplebank.account_of(1), count(*) > 20 AS errors FROM simplebank.error_codes();
-- and what is not for customers stays so
SELECT simplebank.deposit(:bob, 1);
SELECT * FROM simplebank.trial_balance();
SELECT * FROM simplebank.account_events;

-- Then it is a customer: its accounts, its rights, its keys.
BEGIN;
SELECT simplebank.act_for('bob');
SELECT simplebank.balance(:bob), simplebank.available(:bob);
SELECT owner, name, balance FROM simplebank.accounts ORDER BY id;
SELECT from_balance, to_balance, replayed FROM simplebank.transfer(:bob, :ada, 100, key => 'rent');
SELECT from_balance, to_balance, replayed FROM simplebank.transfer(:bob, :savings, 50, key => 'save');
SELECT from_balance, to_balance, replayed FROM simplebank.transfer(:bob, :ada, 100, key => 'rent');
SELECT operation, amount, role, gateway FROM simplebank.transfers ORDER BY id;
SELECT key, operation FROM simplebank.idempotency_check('rent');
SAVEPOINT s;
SELECT simplebank.balance(:ada);
ROLLBACK TO s;
SELECT simplebank.transfer(:ada, :bob, 1);
ROLLBACK TO s;
SELECT simplebank.transfer(:bob, :ada, 1, effective_at => '2020-01-01');
ROLLBACK TO s;
SELECT simplebank.deposit(:bob, 1);
ROLLBACK TO s;
SELECT * FROM simplebank.trial_balance();
ROLLBACK TO s;
SELECT item, sqlstate, name FROM simplebank.transfer_batch(ARRAY[:bob, :ada], ARRAY[:savings, :bob], '{1, 1}', atomic => false);
SELECT available FROM simplebank.place_hold(:bob, :savings, 10);
SELECT from_balance, to_balance FROM simplebank.capture_hold((SELECT max(id) FROM simplebank.holds));
SELECT simplebank.schedule_transfer(:bob, :ada, 7) AS due \gset
SELECT simplebank.schedule_transfer(:bob, :ada, 8, run_at => '2299-01-01') AS later \gset
COMMIT;
-- with the transaction it ends, and a single statement is one
SELECT simplebank.balance(:bob);
SELECT simplebank.act_for('bob');
SELECT simplebank.balance(:bob);
SELECT simplebank.act_for('bob') \; SELECT simplebank.balance(:bob) \; SELECT simplebank.balance(:savings);
SELECT simplebank.balance(:bob);
BEGIN; SELECT simplebank.act_for('bob'); ROLLBACK;
SELECT simplebank.balance(:bob);
BEGIN; SELECT simplebank.act_for('bob'); COMMIT AND CHAIN;
SELECT simplebank.balance(:bob);
ROLLBACK;
RESET ROLE;
-- both names are kept; the key and the order are the customer's
SELECT operation, role, gateway FROM simplebank.transfers WHERE gateway IS NOT NULL ORDER BY id;
SELECT event, role, gateway FROM simplebank.account_events WHERE gateway IS NOT NULL ORDER BY id;
SELECT role, key FROM simplebank.idempotency_keys ORDER BY 2;
SELECT order_id = :due AS due, role, gateway FROM simplebank.scheduled_transfers ORDER BY order_id;

-- Whichever gateway it comes through, and by itself if it has a role.
SET ROLE regress_gate2;
BEGIN;
SELECT simplebank.act_for('bob');
SELECT replayed FROM simplebank.transfer(:bob, :ada, 100, key => 'rent');
SELECT status FROM simplebank.cancel_scheduled_transfer(:later);
SELECT simplebank.act_for('regress_ada');
SELECT from_balance FROM simplebank.transfer(:ada, :bob, 5, key => 'rent');
COMMIT;
SET ROLE regress_ada;
SELECT from_balance, replayed FROM simplebank.transfer(:ada, :bob, 5, key => 'rent');
RESET ROLE;

-- What it ordered is paid while there is a gateway that may act for it, and
-- only for its own accounts.
SET ROLE regress_gate;
BEGIN; SELECT simplebank.act_for('bob') \; SELECT simplebank.schedule_transfer(:bob, :ada, 9) AS retired \gset
COMMIT;
RESET ROLE;
ALTER TABLE simplebank.standing_orders DISABLE TRIGGER guard;
REVOKE simplebank_gateway FROM regress_gate;
CALL simplebank.run_job('standing_orders');
SELECT sqlstate, attempts FROM simplebank.standing_orders WHERE id IN (:due, :retired) ORDER BY id;
GRANT simplebank_gateway TO regress_gate;
-- nor in the name of somebody who has become more than a customer
CREATE ROLE bob IN ROLE simplebank_teller;
UPDATE simplebank.standing_orders SET next_attempt_at = due_at;
CALL simplebank.run_job('standing_orders');
SELECT sqlstate, attempts FROM simplebank.standing_orders WHERE id IN (:due, :retired) ORDER BY id;
DROP ROLE bob;
-- nor of an account that is not its own
UPDATE simplebank.standing_orders SET next_attempt_at = due_at;
UPDATE simplebank.standing_orders SET role = 'carl' WHERE id = :retired;
CALL simplebank.run_job('standing_orders');
SELECT sqlstate, attempts FROM simplebank.standing_orders WHERE id IN (:due, :retired) ORDER BY id;
UPDATE simplebank.standing_orders SET next_attempt_at = due_at, role = 'bob';
CALL simplebank.run_job('standing_orders');
ALTER TABLE simplebank.standing_orders ENABLE ALWAYS TRIGGER guard;
SELECT operation, amount, role, gateway FROM simplebank.transfers WHERE operation = 'standing_order' ORDER BY id;

-- Another customer takes the place of the first, NULL ends it.
SET ROLE regress_gate;
BEGIN;
SELECT simplebank.act_for('bob');
SELECT simplebank.act_for(repeat('ö', 127) || '!') = repeat('ö', 127) || '!' AS long;
SELECT balance FROM simplebank.accounts;
SELECT to_balance FROM simplebank.transfer(:long, :bob, 1, key => 'long');
SAVEPOINT s;
SELECT simplebank.balance(:bob);
ROLLBACK TO s;
SELECT simplebank.act_for(NULL);
SELECT count(*) FROM simplebank.accounts;
SAVEPOINT s;
SELECT simplebank.balance(:long);
ROLLBACK TO s;
COMMIT;
-- one who has no account sees nothing, and may do what it likes with it
BEGIN;
SELECT simplebank.act_for('nobody');
SELECT count(*) FROM simplebank.accounts;
SELECT count(*) FROM simplebank.transfers;
SELECT simplebank.balance(:bob);
ROLLBACK;

-- Savepoints: what was said in one goes with it.
BEGIN;
SAVEPOINT a;
SELECT simplebank.act_for('bob');
ROLLBACK TO a;
SELECT count(*) AS nobody FROM simplebank.accounts;
SELECT simplebank.act_for('bob');
RELEASE a;
SELECT count(*) AS bob FROM simplebank.accounts;
SAVEPOINT b;
SELECT simplebank.act_for('regress_ada');
SAVEPOINT c;
SELECT simplebank.act_for(NULL);
SAVEPOINT d;
SELECT simplebank.act_for('nobody');
SELECT simplebank.act_for('regress_ada');
RELEASE d;
SELECT count(*) AS ada FROM simplebank.accounts;
ROLLBACK TO c;
SELECT owner AS ada FROM simplebank.accounts;
SELECT simplebank.act_for('nobody');
RELEASE c;
SELECT count(*) AS nobody FROM simplebank.accounts;
RELEASE b;
SELECT count(*) AS nobody FROM simplebank.accounts;
SELECT simplebank.act_for('bob');
SAVEPOINT e;
SELECT simplebank.act_for('regress_ada');
SELECT 1 / 0;
ROLLBACK TO e;
SELECT count(*) AS bob FROM simplebank.accounts;
COMMIT;
-- blocks of PL/pgSQL with EXCEPTION are savepoints, too
\set VERBOSITY default
DO $$
DECLARE
	seen text[] = '{}';
	one text;
BEGIN
	PERFORM simplebank.act_for('bob');
	FOREACH one IN ARRAY ARRAY['regress_ada', 'nobody', NULL] LOOP
		BEGIN
			PERFORM simplebank.act_for(one);
			seen := seen || (SELECT coalesce(max(owner), 'none') FROM simplebank.accounts);
			RAISE division_by_zero;
		EXCEPTION WHEN division_by_zero THEN
			seen := seen || (SELECT coalesce(max(owner), 'none') FROM simplebank.accounts);
		END;
	END LOOP;
	BEGIN
		PERFORM simplebank.act_for('regress_ada');
	EXCEPTION WHEN division_by_zero THEN
		NULL;
	END;
	seen := seen || (SELECT max(owner) FROM simplebank.accounts);
	RAISE WARNING '%', seen;
END $$;
RESET client_min_messages;
DO $$ BEGIN
	PERFORM simplebank.act_for('bob');
	COMMIT;
	RAISE NOTICE '% accounts after COMMIT in a block', (SELECT count(*) FROM simplebank.accounts);
END $$;
SET client_min_messages = warning;

-- Who may not: arguments, then the caller, then the name.
SELECT simplebank.act_for('');
SELECT simplebank.act_for(repeat('x', 256));
SELECT simplebank.act_for(repeat('x', 255)) = repeat('x', 255) AS longest;
SELECT simplebank.act_for('simplebank');
SELECT simplebank.act_for('regress_app');
\set VERBOSITY sqlstate
SELECT simplebank.act_for('regress_both');
SELECT simplebank.act_for('regress_gate');
SELECT simplebank.act_for('regress_gate2');
SELECT simplebank.act_for('regress_watch');
SELECT simplebank.act_for('regress_loose');
SELECT simplebank.act_for('simplebank_owner');
SELECT simplebank.act_for('simplebank_teller');
SELECT simplebank.act_for(rolname) FROM pg_roles WHERE rolsuper ORDER BY oid LIMIT 1;
SELECT simplebank.act_for('regress_none');
RESET ROLE;
\set VERBOSITY default
SELECT simplebank.act_for('bob');
SET ROLE regress_both;
SELECT simplebank.act_for('bob');
\set VERBOSITY sqlstate
SET ROLE regress_ada;
SELECT simplebank.act_for('bob');
SET ROLE regress_chief;
SELECT simplebank.act_for('bob');
SET ROLE regress_none;
SELECT simplebank.act_for('bob');
RESET ROLE;
GRANT EXECUTE ON FUNCTION simplebank.act_for TO regress_ada, regress_loose;
SET ROLE regress_ada;
SELECT simplebank.act_for('bob');
SET ROLE regress_loose;
SELECT simplebank.act_for('bob');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION simplebank.act_for FROM regress_ada, regress_loose;
-- Who is more than a gateway is what it is besides, and not narrowed.
SET ROLE regress_both;
SELECT count(*) = (SELECT simplebank.system_account('cash', 'EUR')) AS all_accounts FROM simplebank.accounts WHERE id <= simplebank.system_account('cash', 'EUR');
SELECT from_balance FROM simplebank.transfer(:ada, :bob, 1);
SET ROLE regress_watch;
SELECT simplebank.balance(:ada) > 0 AS reads;
SELECT simplebank.transfer(:ada, :bob, 1);
-- who is a customer and a gateway is the customer that it acts for, and none by itself
SET ROLE regress_cyd;
SELECT simplebank.balance(:ada);
BEGIN; SELECT simplebank.act_for('regress_ada') \; SELECT simplebank.balance(:ada) > 0 AS reads; COMMIT;
RESET ROLE;

-- It holds for the role that has said it, and within functions of that one.
SET ROLE regress_app;
CREATE FUNCTION regress_gateway.count_as_app() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(DISTINCT owner) FROM simplebank.accounts WHERE NOT is_system';
SET ROLE regress_gate2;
CREATE FUNCTION regress_gateway.count_as_gate2(customer text) RETURNS bigint SECURITY DEFINER LANGUAGE sql AS $$
	SELECT simplebank.act_for(customer);
	SELECT count(*) FROM simplebank.accounts;
$$;
CREATE FUNCTION regress_gateway.count_as_gate2() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM simplebank.accounts';
SET ROLE regress_gate;
CREATE FUNCTION regress_gateway.count_as_gate() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM simplebank.accounts';
CREATE FUNCTION regress_gateway.act_as_gate(customer text) RETURNS text SECURITY DEFINER LANGUAGE sql AS 'SELECT simplebank.act_for(customer)';
BEGIN;
SELECT simplebank.act_for('regress_ada');
SELECT regress_gateway.count_as_app() AS app, regress_gateway.count_as_gate2() AS other_gateway, regress_gateway.count_as_gate() AS own;
SELECT regress_gateway.count_as_gate2('bob') AS other_gateway_for_bob;
SELECT count(*) AS still_ada FROM simplebank.accounts;
SELECT regress_gateway.count_as_gate2() AS still_bob;
SELECT regress_gateway.count_as_gate2(NULL) AS nobody;
SELECT count(*) AS still_ada FROM simplebank.accounts;
SAVEPOINT s;
SELECT regress_gateway.count_as_gate2('bob') AS bob;
ROLLBACK TO s;
SELECT regress_gateway.count_as_gate2() AS nobody;
COMMIT;
RESET ROLE;
-- after SET ROLE the other role has what it has, and back again it goes on
CREATE ROLE regress_pool NOINHERIT;
GRANT regress_gate, regress_ada, regress_app TO regress_pool;
SET SESSION AUTHORIZATION regress_pool;
BEGIN;
SET LOCAL ROLE regress_gate;
SELECT simplebank.act_for('bob');
SELECT count(*) AS bob FROM simplebank.accounts;
SET LOCAL ROLE regress_ada;
SELECT count(*) AS ada FROM simplebank.accounts;
SET LOCAL ROLE regress_app;
SELECT count(DISTINCT owner) > 2 AS app FROM simplebank.accounts;
SET LOCAL ROLE regress_gate;
SELECT count(*) AS bob FROM simplebank.accounts;
SELECT regress_gateway.act_as_gate('regress_ada');
SELECT owner FROM simplebank.accounts;
COMMIT;
SET ROLE regress_gate;
SELECT count(*) AS nobody FROM simplebank.accounts;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_pool;

-- What may outlive it: kept plans, views, functions, cursors.
SET ROLE regress_gate;
SET plan_cache_mode = force_generic_plan;
PREPARE seen AS SELECT coalesce(string_agg(DISTINCT owner, ','), 'none') AS seen FROM simplebank.accounts;
PREPARE paid AS SELECT from_balance IS NOT NULL AS paid FROM simplebank.transfer($1, $2, 1);
CREATE VIEW regress_gateway.mine AS SELECT owner FROM simplebank.accounts;
CREATE FUNCTION regress_gateway.mine() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT coalesce(string_agg(DISTINCT owner, ','), 'none') FROM simplebank.accounts);
END $$;
EXECUTE seen;
BEGIN;
SELECT simplebank.act_for('bob');
EXECUTE seen;
EXECUTE paid(:bob, :ada);
SELECT DISTINCT owner, regress_gateway.mine() FROM regress_gateway.mine;
SELECT simplebank.act_for('regress_ada');
EXECUTE seen;
SELECT DISTINCT owner, regress_gateway.mine() FROM regress_gateway.mine;
SAVEPOINT s;
EXECUTE paid(:bob, :ada);
ROLLBACK TO s;
EXECUTE paid(:ada, :bob);
SELECT simplebank.act_for(NULL);
EXECUTE seen;
SELECT regress_gateway.mine();
EXECUTE paid(:ada, :bob);
ROLLBACK;
EXECUTE seen;
EXECUTE paid(:bob, :ada);
RESET plan_cache_mode;
DEALLOCATE ALL;
-- nothing is said while a cursor is open, whoever has opened it and when
\set VERBOSITY default
BEGIN;
DECLARE before CURSOR FOR SELECT owner FROM simplebank.accounts;
SAVEPOINT s;
SELECT simplebank.act_for('bob');
\set VERBOSITY sqlstate
ROLLBACK TO s;
SELECT simplebank.act_for(NULL);
ROLLBACK TO s;
FETCH ALL FROM before;
SELECT simplebank.act_for('bob');
ROLLBACK TO s;
CLOSE before;
SELECT simplebank.act_for('bob');
DECLARE his CURSOR FOR SELECT owner FROM simplebank.accounts;
FETCH his;
SAVEPOINT s;
SELECT simplebank.act_for('bob');
ROLLBACK TO s;
SELECT simplebank.act_for('regress_ada');
ROLLBACK TO s;
SELECT simplebank.act_for(NULL);
ROLLBACK TO s;
FETCH his;
CLOSE his;
-- but of one that has given all, and cannot go back, nothing comes any more
DECLARE given NO SCROLL CURSOR FOR SELECT owner FROM simplebank.accounts;
FETCH given;
SAVEPOINT s;
SELECT simplebank.act_for('regress_ada');
ROLLBACK TO s;
FETCH ALL FROM given;
SELECT simplebank.act_for('regress_ada');
FETCH ALL FROM given;
COMMIT;
BEGIN;
SELECT simplebank.act_for('bob');
DECLARE kept CURSOR WITH HOLD FOR SELECT owner FROM simplebank.accounts;
COMMIT;
-- what was read into a WITH HOLD is read, and nobody else acts beside it
FETCH kept;
SELECT simplebank.act_for('bob');
SELECT simplebank.act_for(NULL);
SELECT simplebank.act_for('regress_ada');
CLOSE kept;
SELECT simplebank.act_for('regress_ada');
-- one of PL/pgSQL, and blocks that take back what was said
CREATE FUNCTION regress_gateway.open_first(first text, second text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	mine CURSOR FOR SELECT owner FROM simplebank.accounts;
	one text;
BEGIN
	OPEN mine;
	BEGIN
		PERFORM simplebank.act_for(first);
		FETCH mine INTO one;
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN
		NULL;
	END;
	PERFORM simplebank.act_for(second);
	FETCH mine INTO one;
	RETURN one;
END $$;
SELECT regress_gateway.open_first('regress_ada', 'bob');
-- a loop over rows is a cursor, held over a COMMIT, or with its last rows in hand
CREATE PROCEDURE regress_gateway.loop_over(query text) LANGUAGE plpgsql AS $$
DECLARE
	one text;
	seen text[] = '{}';
BEGIN
	PERFORM simplebank.act_for('bob');
	FOR one IN EXECUTE query LOOP
		COMMIT;
		PERFORM simplebank.act_for('regress_ada');
		seen := seen || one;
	END LOOP;
	RAISE WARNING 'for ada: %', seen;
END $$;
CALL regress_gateway.loop_over('SELECT owner FROM simplebank.accounts');
CALL regress_gateway.loop_over('SELECT owner FROM simplebank.accounts GROUP BY owner');
CALL regress_gateway.loop_over('VALUES (1), (2)');
DO $$
DECLARE
	one record;
	seen text[] = '{}';
BEGIN
	FOR one IN SELECT owner FROM simplebank.accounts GROUP BY owner UNION ALL SELECT 'nobody' LOOP
		PERFORM simplebank.act_for('regress_ada');
		seen := seen || one.owner;
	END LOOP;
	RAISE WARNING 'for ada: %', seen;
END $$;
-- a row of a query that is running is none
SELECT v, simplebank.act_for(v) FROM (VALUES ('bob'), ('regress_ada')) v(v);
BEGIN;
DECLARE said CURSOR FOR SELECT simplebank.act_for(v) FROM (VALUES ('bob'), ('regress_ada')) v(v);
FETCH said;
FETCH said;
ROLLBACK;
PREPARE said(text) AS SELECT simplebank.act_for($1);
EXECUTE said('bob');
DEALLOCATE said;
DO $$
DECLARE
	one text;
BEGIN
	FOREACH one IN ARRAY '{bob,regress_ada}'::text[] LOOP
		PERFORM simplebank.act_for(one);
		COMMIT;
	END LOOP;
END $$;

-- Parallel queries: their leader answers, and nobody else.
BEGIN;
CREATE FUNCTION regress_gateway.before_request() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM simplebank.act_for('bob');
END $$;
SELECT regress_gateway.before_request();
SHOW max_parallel_workers;
SELECT set_config(name, 'on', true) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT simplebank.balance(:bob) > 0 AS own;
SELECT count(*), count(simplebank.balance(id)) AS balances FROM simplebank.accounts;
SELECT count(*) > 1 AS entries FROM simplebank.entries;
SAVEPOINT s;
SELECT simplebank.balance(:ada);
ROLLBACK TO s;
-- with workers again, these do not know, and say so; the tables' policies are asked in the leader
SET LOCAL max_parallel_workers = 8;
SELECT count(*) FROM simplebank.accounts;
SELECT count(*) > 1 AS entries FROM simplebank.entries;
\set VERBOSITY default
SELECT simplebank.balance(:bob);
\set VERBOSITY sqlstate
ROLLBACK TO s;
CREATE FUNCTION pg_temp.lax() RETURNS bigint LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN RETURN (SELECT count(*) FROM simplebank.accounts); END';
SET LOCAL max_parallel_workers = 8;
SELECT pg_temp.lax();
ROLLBACK;
-- others' plans are as parallel as they were
RESET ROLE;
SET ROLE regress_watch;
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END $$;
SELECT count(*) > 0 AS in_workers FROM pg_temp.plan('SELECT sum(simplebank.balance(id)) FROM simplebank.accounts') plan WHERE plan ~ 'Parallel';
ROLLBACK;
RESET ROLE;

-- No setting says for whom; and one that looks like it is none.
SET ROLE regress_gate;
SET simplebank.act_for = 'bob';
SELECT set_config('request.jwt.claims', '{"sub": "bob"}', false);
SELECT count(*) AS nobody FROM simplebank.accounts;
-- the line of README
BEGIN;
SELECT simplebank.act_for(current_setting('request.jwt.claims', true)::jsonb ->> 'sub');
SELECT DISTINCT owner FROM simplebank.accounts;
ROLLBACK;
RESET request.jwt.claims;
BEGIN;
SELECT simplebank.act_for(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub') IS NULL AS nobody;
SELECT simplebank.balance(:bob);
ROLLBACK;
-- read-only, and prepared: act_for() writes nothing
BEGIN READ ONLY;
SELECT simplebank.act_for('bob');
SELECT count(*) AS bob FROM simplebank.accounts;
SELECT simplebank.transfer(:bob, :ada, 1);
ROLLBACK;
-- the bank's own accounts, which a customer by itself has not in a block
BEGIN;
SELECT simplebank.act_for('bob');
SELECT to_balance FROM simplebank.transfer(:bob, :fees, 3);
COMMIT;
SET ROLE regress_ada;
BEGIN;
SELECT to_balance FROM simplebank.transfer(:ada, :fees, 3);
ROLLBACK;
RESET ROLE;

-- A role that becomes more in the middle is what it was until the end.
SET ROLE regress_gate;
BEGIN;
SELECT simplebank.act_for('bob');
RESET ROLE;
GRANT simplebank_teller TO regress_gate;
SET ROLE regress_gate;
SELECT count(*) AS bob FROM simplebank.accounts;
SAVEPOINT s;
SELECT simplebank.balance(:ada);
ROLLBACK TO s;
SELECT simplebank.deposit(:bob, 1);
ROLLBACK;
RESET ROLE;

-- Ledgers: a customer is looked for in those of the gateway's role, and nowhere
-- else.
SET ROLE regress_chief;
SELECT name FROM simplebank.create_ledger('north');
SELECT simplebank.open_account('bob', 'EUR', ledger => 'north') AS north, simplebank.open_account('other', 'EUR', ledger => 'north') AS other \gset
SELECT to_balance FROM simplebank.deposit(:north, 70);
SELECT role FROM simplebank.grant_ledger('regress_gate2', 'north');
SET ROLE regress_gate;
BEGIN;
SELECT simplebank.act_for('bob');
SELECT count(*) AS accounts, count(*) FILTER (WHERE id = :north) AS north FROM simplebank.accounts;
SELECT replayed FROM simplebank.transfer(:bob, :ada, 100, key => 'rent');
SAVEPOINT s;
SELECT simplebank.balance(:north);
ROLLBACK TO s;
SELECT simplebank.transfer(:north, :other, 1);
ROLLBACK TO s;
SELECT simplebank.transfer(:bob, :other, 1);
ROLLBACK;
SET ROLE regress_gate2;
BEGIN;
SELECT simplebank.act_for('bob');
SELECT count(*) AS accounts, count(*) FILTER (WHERE id = :north) AS north FROM simplebank.accounts;
SELECT from_balance, replayed FROM simplebank.transfer(:north, :other, 1, key => 'rent');
SELECT simplebank.schedule_transfer(:north, :other, 2) > 0 AS ordered;
SAVEPOINT s;
SELECT simplebank.balance(:bob);
ROLLBACK TO s;
SELECT simplebank.transfer(:bob, :ada, 1);
ROLLBACK TO s;
SELECT simplebank.act_for('regress_ada');
SELECT count(*) FROM simplebank.accounts;
SELECT simplebank.balance(:ada);
ROLLBACK TO s;
COMMIT;
RESET ROLE;
CALL simplebank.run_job('standing_orders');
SELECT operation, amount, role, gateway FROM simplebank.transfers WHERE from_account_id = :north ORDER BY id;

-- Who is what, and what is sealed.
SELECT role, member, inherits FROM simplebank.role_members WHERE role = 'simplebank_gateway' AND member ~ '^regress' ORDER BY 2;
SELECT simplebank.seal() > 0 AS sealed;
SELECT split_part(simplebank.entry_leaf(from_account_id, from_version, id), E'\t', 28) AS gateway, role FROM simplebank.transfers WHERE gateway IS NOT NULL AND from_account_id = :long;
SELECT * FROM simplebank.verify();
ALTER TABLE simplebank.transfers DISABLE TRIGGER guard;
UPDATE simplebank.transfers SET gateway = NULL WHERE from_account_id = :long;
ALTER TABLE simplebank.transfers ENABLE ALWAYS TRIGGER guard;
SELECT invariant, account_id = :long AS long FROM simplebank.verify_seals() ORDER BY 2;
DROP SCHEMA regress_gateway CASCADE;
DROP EXTENSION simplebank CASCADE;
DROP ROLE regress_gate, regress_gate2, regress_both, regress_watch, regress_app, regress_ada, regress_cyd, regress_loose, regress_none, regress_chief;
