--
-- role: the four roles, what each may do and see, and what a customer gets
-- told of what is not its own: nothing.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP ROLE IF EXISTS regress_admin, regress_app, regress_auditor, regress_ada, regress_bob, regress_both, regress_stranger, simplebank;
CREATE EXTENSION simplebank;
CREATE ROLE regress_admin;
CREATE ROLE regress_app;
CREATE ROLE regress_auditor;
CREATE ROLE regress_ada;
CREATE ROLE regress_bob;
CREATE ROLE regress_both;
CREATE ROLE regress_stranger;

-- A superuser makes them, as often as it likes.
SET ROLE regress_admin;
SELECT simplebank.create_roles();
RESET ROLE;
GRANT USAGE ON SCHEMA simplebank TO regress_admin;
GRANT EXECUTE ON FUNCTION simplebank.create_roles TO regress_admin;
SET ROLE regress_admin;
SELECT simplebank.create_roles();
RESET ROLE;
REVOKE ALL ON SCHEMA simplebank FROM regress_admin;
REVOKE ALL ON FUNCTION simplebank.create_roles FROM regress_admin;
SELECT simplebank.create_roles();
SELECT simplebank.create_roles();
SELECT rolname, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS more
FROM pg_roles WHERE rolname ~ '^simplebank_' ORDER BY 1;
-- one that is more than that is not taken for it
BEGIN;
ALTER ROLE simplebank_customer LOGIN;
SELECT simplebank.create_roles();
ROLLBACK;

-- Who is made administrator makes the others what they are.
GRANT simplebank_admin TO regress_admin;
SET ROLE regress_admin;
GRANT simplebank_teller TO regress_app;
GRANT simplebank_auditor TO regress_auditor, regress_both;
GRANT simplebank_customer TO regress_ada, regress_bob, regress_both;
SELECT simplebank.open_account('regress_app', 'EUR', min_balance => -1000) AS credit_line \gset
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:credit_line, -500, NULL);
RESET ROLE;
-- What the jobs post, nobody posts beside them, nor calls another part.
SELECT simplebank_internal.post_settlement(ARRAY[1, 2], '{-5, 5}', 'by hand');
SELECT simplebank_internal.post_interest_batch('{1}', '{2}', '{5}', '{NULL}', 'by hand');
SET ROLE simplebank_owner;
SELECT simplebank_internal.post_settlement(ARRAY[1, 2], '{-5, 5}', 'by hand');
RESET ROLE;

-- A teller opens accounts and moves money on any; limits, status and closing
-- are the administrator's.
SET ROLE regress_app;
SELECT simplebank.open_account('regress_ada', 'EUR') AS ada \gset
SELECT simplebank.open_account('regress_ada', 'EUR', name => 'savings') AS savings \gset
SELECT simplebank.open_account('regress_bob', 'EUR', max_balance => 500) AS bob \gset
SELECT simplebank.open_account('regress_bob', 'USD') AS dollars \gset
SELECT simplebank.open_account('regress_ada', 'EUR', min_balance => -1);
\set VERBOSITY sqlstate
SELECT simplebank.open_account('regress_ada', 'EUR', min_balance => NULL);
SELECT to_balance FROM simplebank.deposit(:ada, 1000, key => 'salary');
SELECT to_balance FROM simplebank.deposit(:bob, 300, key => 'salary');
SELECT transfer_id AS journal FROM simplebank.post_journal(ARRAY[:ada, :bob, :savings], '{-30, 10, 20}') \gset
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:ada, -100, NULL);
SELECT status FROM simplebank.set_account_status(:ada, 'frozen');
SELECT status FROM simplebank.close_account(:savings);
SELECT code FROM simplebank.add_currency('APP', 2);
SELECT * FROM simplebank.verify();
SELECT * FROM simplebank.trial_balance();
SELECT count(*) FROM simplebank.accounts;
SELECT role, key FROM simplebank.idempotency_keys;
GRANT simplebank_teller TO regress_stranger;
RESET ROLE;

-- An auditor reads everything and writes nothing.
SET ROLE regress_auditor;
SELECT count(*) FROM simplebank.accounts;
SELECT role, key FROM simplebank.idempotency_keys ORDER BY 2;
SELECT count(*) FROM simplebank.account_events;
SELECT simplebank.balance(:ada), simplebank.balance(:bob);
SELECT * FROM simplebank.verify();
SELECT currency, kind, debits, credits FROM simplebank.trial_balance();
SELECT simplebank.transfer(:ada, :bob, 1);
SELECT simplebank.open_account('me', 'EUR');
SELECT simplebank.place_hold(:ada, :bob, 1);
RESET ROLE;

\set VERBOSITY default
-- A customer: its own accounts.
SET ROLE regress_ada;
SELECT simplebank.balance(:ada), simplebank.available(:ada);
SELECT from_balance, to_balance, replayed FROM simplebank.transfer(:ada, :bob, 100, key => 'rent');
SELECT from_balance, to_balance, replayed FROM simplebank.transfer(:ada, :bob, 100, key => 'rent');
SELECT from_balance, to_balance FROM simplebank.transfer(:ada, :savings, 50, key => 'save');
SELECT key, answer - 'posted_at' - 'transfer_id' AS answer FROM simplebank.idempotency_check('rent');
SELECT key, answer - 'posted_at' - 'transfer_id' AS answer FROM simplebank.idempotency_check('save');
-- what is not its own is not there: the same answer, word by word
SELECT simplebank.balance(:bob);
SELECT simplebank.balance(4711);
SELECT simplebank.available(:bob);
SELECT * FROM simplebank.balances(:bob);
SELECT simplebank.balance_at(:bob, 'now');
SELECT * FROM simplebank.statement(:bob);
SELECT simplebank.transfer(:bob, :ada, 1);
SELECT simplebank.transfer(4711, :ada, 1);
SELECT simplebank.place_hold(:bob, :ada, 1);
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:ada], '{1}');
SELECT item, sqlstate, message, detail FROM simplebank.transfer_batch(ARRAY[:ada, :bob, :savings, 4711], ARRAY[:bob, :ada, :ada, :ada], '{1, 1, 1, 1}', atomic => false);
SELECT * FROM simplebank.idempotency_check('salary');
-- of a payee's account it learns that it cannot be credited, not why
SELECT simplebank.transfer(:ada, :bob, 400);
SELECT simplebank.transfer_batch(ARRAY[:ada, :ada], ARRAY[:savings, :bob], '{1, 400}');
SELECT item, sqlstate, name, message, detail, hint FROM simplebank.transfer_batch(ARRAY[:ada, :ada], ARRAY[:bob, :bob], '{400, 1000}', atomic => false);
SELECT simplebank.transfer(:ada, :dollars, 1);
-- of its own everything
SELECT simplebank.transfer(:ada, :bob, 1000);
-- value dates and all else are the bank's
SELECT simplebank.transfer(:ada, :bob, 1, effective_at => '2020-01-01');
\set VERBOSITY sqlstate
SELECT simplebank.deposit(:ada, 1);
SELECT simplebank.withdraw(:ada, 1);
SELECT simplebank.exchange(:ada, :dollars, 1, 1);
SELECT simplebank.post_journal(ARRAY[:ada, :bob], '{-1, 1}');
SELECT simplebank.reverse_transfer(:journal);
SELECT simplebank.open_account('regress_ada', 'EUR');
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:ada, -100, NULL);
SELECT simplebank.trial_balance();
SELECT * FROM simplebank.account_events;
SELECT * FROM simplebank.idempotency_keys;
GRANT simplebank_customer TO regress_stranger;
-- row-level security shows it the rows of its own accounts, by any way to look
SELECT owner, name, balance FROM simplebank.accounts ORDER BY id;
SELECT account_id = :ada AS ada, version, amount FROM simplebank.entries ORDER BY 1 DESC, 2;
SELECT operation, amount FROM simplebank.transfers ORDER BY id;
SELECT count(*) FROM simplebank.currencies WHERE code = 'EUR';
CREATE FUNCTION pg_temp.leak(owner text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	IF owner <> current_user THEN
		RAISE WARNING 'leaked: %', owner;
	END IF;
	RETURN true;
END $$;
SELECT count(*) FROM simplebank.accounts WHERE pg_temp.leak(owner);
SELECT count(*) FROM simplebank.accounts WHERE 1 / (owner = current_user)::int > 0;
SET row_security = off;
SELECT count(*) FROM simplebank.accounts;
SELECT simplebank.balance(:ada);
RESET row_security;
-- and keeps the way through the index
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.ways(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		/* of its own, not of the policies' sub-plans */
		RETURN QUERY SELECT trim(line) WHERE line ~ '^ *(->  )?(Index|Bitmap|Seq).* on (accounts|entries|transfers|holds)$|^ *Index Cond: ' AND line !~ '^ {8}';
	END LOOP;
END $$;
SET enable_bitmapscan = off;
SELECT pg_temp.ways('SELECT balance FROM simplebank.accounts WHERE id = 1');
SELECT pg_temp.ways('SELECT amount FROM simplebank.entries WHERE account_id = 1 AND version > 1');
SELECT pg_temp.ways('SELECT amount FROM simplebank.transfers WHERE id = 1');
SELECT pg_temp.ways('SELECT amount FROM simplebank.holds WHERE id = 1');
RESET enable_seqscan;
RESET enable_bitmapscan;
-- its holds: who pays places them, who is to be paid captures or releases them
SELECT hold_id AS hold, available FROM simplebank.place_hold(:ada, :bob, 60, key => 'hold') \gset
SELECT simplebank.capture_hold(:hold);
SELECT simplebank.release_hold(:hold);
RESET ROLE;
SET ROLE regress_bob;
SELECT from_balance, to_balance FROM simplebank.capture_hold(:hold, 10, final => false, key => 'part');
SELECT answer - 'posted_at' - 'transfer_id' AS answer FROM simplebank.idempotency_check('part');
SELECT amount, captured, status FROM simplebank.holds;
SELECT available FROM simplebank.release_hold(:hold, key => 'rest');
SELECT available FROM simplebank.release_hold(:hold, key => 'rest');
SELECT answer - 'hold_id' AS answer FROM simplebank.idempotency_check('rest');
RESET ROLE;
-- of the payer it learns nothing either
SET ROLE regress_app;
SELECT hold_id AS hold FROM simplebank.place_hold(:ada, :bob, 5) \gset
RESET ROLE;
SELECT status FROM simplebank.set_account_status(:ada, 'debit_blocked');
\set VERBOSITY default
SET ROLE regress_bob;
SELECT simplebank.capture_hold(:hold);
RESET ROLE;
\set VERBOSITY sqlstate
SELECT status FROM simplebank.set_account_status(:ada, 'active');

-- Who is customer and auditor reads all and debits its own.
SET ROLE regress_both;
SELECT simplebank.balance(:ada) = simplebank.balance_at(:ada, 'now') AS reads, (SELECT count(*) FROM simplebank.accounts) AS accounts;
SELECT simplebank.transfer(:ada, :bob, 1);
RESET ROLE;
-- A grant of everything by mistake makes no customer more than a customer.
BEGIN;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_ada;
SET LOCAL ROLE regress_ada;
SAVEPOINT s;
SELECT simplebank.post_journal(ARRAY[:bob, :ada], '{-1, 1}');
ROLLBACK TO s;
SELECT simplebank.deposit(:ada, 1);
ROLLBACK TO s;
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:ada, -100, NULL);
ROLLBACK TO s;
SELECT simplebank.open_account('regress_ada', 'EUR', min_balance => -5);
ROLLBACK TO s;
SELECT * FROM simplebank.verify();
ROLLBACK TO s;
SELECT * FROM simplebank.trial_balance();
ROLLBACK;
-- The bank's own accounts are nobody's, whatever a role is called.
CREATE ROLE simplebank;
GRANT simplebank_customer TO simplebank;
SET ROLE simplebank;
SELECT count(*) FROM simplebank.accounts;
SELECT simplebank.transfer(id, :ada, 1) FROM (SELECT :ada + 4) cash(id);
RESET ROLE;
SELECT owner, is_system FROM simplebank.accounts WHERE id = :ada + 4;

-- A SECURITY DEFINER function acts for its owner: it has that one's rights and
-- accounts, whoever calls it.
CREATE SCHEMA regress_service;
GRANT USAGE, CREATE ON SCHEMA regress_service TO regress_app, regress_ada;
GRANT USAGE ON SCHEMA regress_service TO regress_stranger;
SET ROLE regress_app;
CREATE FUNCTION regress_service.peek(bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT simplebank.balance($1)';
CREATE FUNCTION regress_service.pay(bigint, bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT from_balance FROM simplebank.transfer($1, $2, 1)';
-- an aggregate's parts are checked of its owner, without a change of user: it lends nothing
CREATE AGGREGATE regress_service.peek_last(bigint) (SFUNC = int8larger, STYPE = bigint, FINALFUNC = simplebank.balance);
SELECT regress_service.peek_last(:ada) > 0 AS owner;
CREATE FUNCTION regress_service.prove() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM simplebank.verify()';
RESET ROLE;
ALTER FUNCTION regress_service.prove() OWNER TO regress_auditor;
SET ROLE regress_ada;
CREATE FUNCTION regress_service.pay_for_ada(bigint, bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT from_balance FROM simplebank.transfer($1, $2, 1)';
CREATE FUNCTION regress_service.pay_for_you(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT from_balance FROM simplebank.transfer($1, $2, 1)';
RESET ROLE;
SET ROLE regress_stranger;
SELECT regress_service.prove();
SELECT regress_service.peek(:ada) > 0 AS by_the_teller;
SELECT regress_service.pay(:ada, :bob) > 0 AS by_the_teller;
SELECT regress_service.pay_for_ada(:ada, :bob) > 0 AS by_ada;
SELECT regress_service.pay_for_ada(:bob, :ada);
SELECT regress_service.pay_for_you(:ada, :bob);
\set VERBOSITY default
SELECT regress_service.peek_last(:ada);
\set VERBOSITY sqlstate
RESET ROLE;
SET ROLE regress_ada;
SELECT regress_service.peek(:bob) > 0 AS by_the_teller;
SELECT regress_service.pay_for_you(:ada, :bob) > 0 AS own;
SELECT regress_service.pay_for_you(:bob, :ada);
SELECT regress_service.peek_last(:ada) > 0 AS own;
SELECT regress_service.peek_last(:bob);
RESET ROLE;
-- a teller lends nothing to the functions that it calls
SET ROLE regress_app;
SELECT regress_service.pay_for_ada(:bob, :ada);
SELECT regress_service.pay_for_ada(:ada, :bob) > 0 AS by_ada;
RESET ROLE;

-- Plans and prepared statements serve each role its own rows, within one
-- session and one transaction.
PREPARE mine AS SELECT DISTINCT owner FROM simplebank.accounts;
PREPARE his (bigint) AS SELECT simplebank.balance($1) > 0 AS seen;
BEGIN;
SET LOCAL ROLE regress_ada;
EXECUTE mine;
EXECUTE his (:ada);
SET LOCAL ROLE regress_bob;
EXECUTE mine;
SAVEPOINT s;
EXECUTE his (:ada);
ROLLBACK TO s;
EXECUTE his (:bob);
SET LOCAL ROLE regress_app;
EXECUTE his (:ada);
-- and what a role is may change on the way
RESET ROLE;
REVOKE simplebank_customer FROM regress_bob;
GRANT simplebank_teller TO regress_bob;
SET LOCAL ROLE regress_bob;
EXECUTE his (:ada);
RESET ROLE;
REVOKE simplebank_teller FROM regress_bob;
GRANT simplebank_customer TO regress_bob;
SET LOCAL ROLE regress_bob;
EXECUTE his (:ada);
ROLLBACK;
SET SESSION AUTHORIZATION regress_bob;
EXECUTE his (:ada);
RESET SESSION AUTHORIZATION;

-- Who is none of these has what it was granted.
SET ROLE regress_stranger;
SELECT simplebank.balance(:ada);
RESET ROLE;
GRANT USAGE ON SCHEMA simplebank TO regress_stranger;
GRANT EXECUTE ON FUNCTION simplebank.balance TO regress_stranger;
SET ROLE regress_stranger;
SELECT simplebank.balance(:ada) > 0 AS granted;
SELECT simplebank.available(:ada);
RESET ROLE;
SELECT * FROM simplebank.verify();

DROP SCHEMA regress_service CASCADE;
DROP OWNED BY regress_stranger, regress_ada;
DROP ROLE regress_admin, regress_app, regress_auditor, regress_ada, regress_bob, regress_both, regress_stranger, simplebank;
