--
-- privilege: who may what, and what an adversary achieves.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate
SET client_min_messages = warning;

CREATE ROLE regress_nobody;
CREATE ROLE regress_teller;
GRANT USAGE ON SCHEMA simplebank TO regress_teller;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_teller;
SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('bob', 'USD') AS bob \gset
SELECT to_balance FROM simplebank.deposit(:alice, 1000, key => 'salary');
SELECT from_balance FROM simplebank.transfer(:alice, :bob, 1);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 0, NULL);

-- The ledger is append-only, even for a superuser and for its owner, whether
-- a row is there or not, and by any way to write.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE TEMP TABLE attacks (n int GENERATED ALWAYS AS IDENTITY, statement text);
GRANT SELECT ON attacks TO simplebank_owner, regress_nobody, regress_teller;
INSERT INTO attacks (statement) VALUES
	('UPDATE simplebank.entries SET amount = amount'),
	('UPDATE simplebank.entries SET amount = 1 WHERE false'),
	('DELETE FROM simplebank.entries'),
	('DELETE FROM simplebank.entries WHERE account_id = -1'),
	('TRUNCATE simplebank.entries'),
	('UPDATE simplebank.transfers SET description = NULL'),
	('DELETE FROM simplebank.transfers'),
	('TRUNCATE simplebank.transfers'),
	('UPDATE simplebank.account_events SET reason = NULL'),
	('DELETE FROM simplebank.account_events'),
	('TRUNCATE simplebank.account_events'),
	('UPDATE simplebank.accounts SET balance = 0'),
	('DELETE FROM simplebank.accounts'),
	('TRUNCATE simplebank.accounts CASCADE'),
	('TRUNCATE simplebank.entries, simplebank.transfers, simplebank.accounts'),
	('INSERT INTO simplebank.entries SELECT * FROM simplebank.entries ON CONFLICT (account_id, version) DO UPDATE SET amount = 0'),
	('INSERT INTO simplebank.transfers OVERRIDING SYSTEM VALUE SELECT * FROM simplebank.transfers ON CONFLICT (id) DO UPDATE SET amount = 0'),
	('MERGE INTO simplebank.entries e USING simplebank.entries s ON e.account_id = s.account_id AND e.version = s.version WHEN MATCHED THEN DELETE'),
	('WITH d AS (DELETE FROM simplebank.entries RETURNING 1) SELECT count(*) FROM d');
SELECT statement, pg_temp.outcome(statement) FROM attacks ORDER BY n;
SET ROLE simplebank_owner;
SELECT n, pg_temp.outcome(statement) FROM attacks ORDER BY n;
RESET ROLE;
-- A replication role is no way around for what is only added to.
SET session_replication_role = replica;
SELECT statement, pg_temp.outcome(statement) FROM attacks WHERE statement !~ 'simplebank.accounts' ORDER BY n;
RESET session_replication_role;
-- The guard's function does nothing by itself.
SELECT simplebank_internal.guard();

-- A role without grants has nothing: no schema, table, function or type.
SET ROLE regress_nobody;
SELECT n, pg_temp.outcome(statement) FROM attacks WHERE pg_temp.outcome(statement) <> '42501';
SELECT simplebank.balance(:alice);
SELECT simplebank.transfer(:alice, :bob, 1);
SELECT * FROM simplebank.accounts;
SELECT * FROM simplebank.error_codes();
CREATE TABLE simplebank.mine ();
RESET ROLE;
-- with the schema opened by mistake, still nothing
GRANT USAGE ON SCHEMA simplebank TO regress_nobody;
SET ROLE regress_nobody;
SELECT n, pg_temp.outcome(statement) FROM attacks WHERE pg_temp.outcome(statement) <> '42501';
SELECT p.oid::regprocedure AS callable FROM pg_proc p
WHERE p.pronamespace = 'simplebank'::regnamespace AND has_function_privilege(p.oid, 'EXECUTE');
SELECT c.oid::regclass AS reachable FROM pg_class c
WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'v', 'p')
	AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER');
SELECT c.oid::regclass AS reachable FROM pg_class c
WHERE c.relnamespace = 'simplebank'::regnamespace
	AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE, SELECT, UPDATE') END;
SELECT simplebank.balance(:alice);
SELECT simplebank.transfer(:alice, :bob, 1);
SELECT * FROM simplebank.accounts;
COPY simplebank.accounts TO STDOUT;
SELECT nextval('simplebank.accounts_id_seq');
CREATE FUNCTION simplebank.transfer(int, int, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TEMP TABLE mine (status simplebank.account_status);
CREATE TRIGGER mine AFTER INSERT ON simplebank.entries FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE mine AS ON INSERT TO simplebank.entries DO INSTEAD NOTHING;
ALTER FUNCTION simplebank.verify(timestamptz) OWNER TO regress_nobody;
SELECT pg_has_role('simplebank_owner', 'MEMBER') AS member;
RESET ROLE;

-- A role that may call the functions may not touch the tables.
SET ROLE regress_teller;
SELECT n, pg_temp.outcome(statement) FROM attacks WHERE pg_temp.outcome(statement) <> '42501';
SELECT * FROM simplebank.accounts;
INSERT INTO simplebank.entries SELECT * FROM simplebank.entries;
SELECT simplebank.balance(:alice), (SELECT count(*) FROM simplebank.statement(:alice)) AS lines, (SELECT count(*) FROM simplebank.verify()) AS violations;
RESET ROLE;

-- What a caller plants in its search path is never called: operators,
-- functions and tables of the names that the library's SQL uses.
CREATE SCHEMA regress_trap;
GRANT USAGE, CREATE ON SCHEMA regress_trap TO regress_teller;
CREATE SEQUENCE regress_trap.sprung;
GRANT USAGE, SELECT ON regress_trap.sprung TO PUBLIC;
SET ROLE regress_teller;
CREATE FUNCTION regress_trap.sprung_as(text) RETURNS boolean LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
	PERFORM pg_catalog.nextval('regress_trap.sprung');
	RAISE WARNING 'a trap has been called by %', current_user;
	RETURN true;
END $$;
CREATE FUNCTION regress_trap.int8_trap(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT regress_trap.sprung_as(''int8'')';
CREATE FUNCTION regress_trap.text_trap(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT regress_trap.sprung_as(''text'')';
CREATE FUNCTION regress_trap.time_trap(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT regress_trap.sprung_as(''time'')';
CREATE FUNCTION regress_trap.negate_trap(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT CASE WHEN regress_trap.sprung_as(''negate'') THEN 0::bigint END';
CREATE OPERATOR regress_trap.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = regress_trap.int8_trap);
CREATE OPERATOR regress_trap.<= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = regress_trap.int8_trap);
CREATE OPERATOR regress_trap.> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = regress_trap.int8_trap);
CREATE OPERATOR regress_trap.<> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = regress_trap.int8_trap);
CREATE OPERATOR regress_trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = regress_trap.text_trap);
CREATE OPERATOR regress_trap.<= (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = regress_trap.time_trap);
CREATE OPERATOR regress_trap.>= (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = regress_trap.time_trap);
CREATE OPERATOR regress_trap.- (RIGHTARG = bigint, FUNCTION = regress_trap.negate_trap);
CREATE FUNCTION regress_trap.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT CASE WHEN regress_trap.sprung_as(''now'') THEN timestamptz ''epoch'' END';
CREATE FUNCTION regress_trap.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT CASE WHEN regress_trap.sprung_as(''clock'') THEN timestamptz ''epoch'' END';
CREATE FUNCTION regress_trap.jsonb_build_object(VARIADIC text[]) RETURNS jsonb LANGUAGE sql AS 'SELECT CASE WHEN regress_trap.sprung_as(''jsonb'') THEN jsonb ''{}'' END';
CREATE FUNCTION regress_trap.timezone(text, timestamptz) RETURNS timestamp LANGUAGE sql AS 'SELECT CASE WHEN regress_trap.sprung_as(''zone'') THEN timestamp ''epoch'' END';
CREATE FUNCTION regress_trap.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT regress_trap.sprung_as(''format'')::text';
CREATE AGGREGATE regress_trap.sum(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '777');
CREATE DOMAIN regress_trap.text AS pg_catalog.text CHECK (regress_trap.sprung_as(VALUE));
CREATE DOMAIN regress_trap.int8 AS pg_catalog.int8 CHECK (regress_trap.sprung_as('int8'));
CREATE TABLE regress_trap.accounts (id bigint, balance bigint);
CREATE TABLE regress_trap.entries (id bigint);
CREATE TEMP TABLE accounts (id bigint, balance bigint, currency text);
CREATE TEMP TABLE currencies (code text, exponent int);
INSERT INTO accounts VALUES (:alice, 1000000, 'USD');
SET search_path = pg_temp, regress_trap, pg_catalog;
-- the traps do work ...
SELECT 1::bigint = 2::bigint AS trapped;
SELECT last_value, is_called FROM regress_trap.sprung;
-- ... but not in here; the session makes its plans under this path
SELECT from_balance, to_balance, replayed FROM simplebank.transfer(:alice, :bob, 9, key => 'k');
SELECT replayed FROM simplebank.transfer(:alice, :bob, 9, key => 'k');
SELECT from_balance, to_balance FROM simplebank.transfer(:alice, :bob, 1, effective_at => '2020-01-01 00:00+00');
SELECT to_balance FROM simplebank.deposit(:alice, 1);
SELECT from_balance FROM simplebank.withdraw(:alice, 1);
SELECT simplebank.open_account('eve', 'USD', key => 'open') AS eve \gset
SELECT simplebank.system_account('fees', 'USD') AS fees \gset
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:eve, 0, 10);
SELECT status FROM simplebank.set_account_status(:eve, 'frozen');
SELECT status FROM simplebank.close_account(:eve);
SELECT code FROM simplebank.add_currency('TRAP', 1);
SELECT simplebank.balance(:alice), simplebank.available(:alice);
SELECT balance FROM simplebank.balances(:alice);
SELECT simplebank.balance_at(:alice, '2020-01-02 00:00+00', 'effective') AS effective, simplebank.balance_at(:alice, 'infinity') AS posted;
SELECT line, amount, balance FROM simplebank.statement(:alice);
SELECT kind, debits, credits FROM simplebank.trial_balance();
SELECT operation, answer IS NOT NULL AS answered FROM simplebank.idempotency_check('k');
SELECT simplebank.to_minor(1.5, 'TRAP'), simplebank.to_major(15, 'TRAP'), simplebank.format_amount(15, 'TRAP');
SELECT invariant FROM simplebank.verify();
SELECT last_value AS sprung_once FROM regress_trap.sprung;
RESET search_path;
RESET ROLE;
SELECT max(posted_at) > now() - interval '1 hour' AS by_the_real_clock FROM simplebank.entries;
DROP SCHEMA regress_trap CASCADE;
DROP TABLE pg_temp.accounts, pg_temp.currencies;

-- While somebody maintains a table, its owner's functions get no rights from
-- that: an index expression that pays is refused, at any depth.
CREATE SCHEMA regress_lure;
GRANT USAGE, CREATE ON SCHEMA regress_lure TO regress_teller;
SET ROLE regress_teller;
CREATE TABLE regress_lure.t (from_account bigint, to_account bigint);
CREATE FUNCTION regress_lure.pay(bigint, bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN RETURN 1; END';
CREATE INDEX pay ON regress_lure.t (regress_lure.pay(from_account, to_account));
INSERT INTO regress_lure.t VALUES (:alice, :bob);
CREATE OR REPLACE FUNCTION regress_lure.pay(bigint, bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN RETURN (simplebank.transfer($1, $2, 100)).to_balance; END';
RESET ROLE;
\set VERBOSITY default
\set SHOW_CONTEXT never
REINDEX TABLE regress_lure.t;
\set VERBOSITY sqlstate
ANALYZE regress_lure.t;
-- nor are they a way to read
SET ROLE regress_teller;
CREATE OR REPLACE FUNCTION regress_lure.pay(bigint, bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN RETURN simplebank.balance($1); END';
RESET ROLE;
REINDEX TABLE regress_lure.t;
SET ROLE regress_teller;
CREATE MATERIALIZED VIEW regress_lure.m AS SELECT simplebank.balance(:alice) AS balance WITH NO DATA;
RESET ROLE;
REFRESH MATERIALIZED VIEW regress_lure.m;
DROP SCHEMA regress_lure CASCADE;
SELECT simplebank.balance(:alice), simplebank.balance(:bob);

-- Settings are not a caller's to change.
SHOW simplebank.log_refusals;
SHOW simplebank.key_retention;
SET ROLE regress_teller;
SET simplebank.log_refusals = on;
SET simplebank.key_retention = '1h';
SELECT set_config('simplebank.log_refusals', 'on', false);
SET simplebank.unheard_of = 1;
RESET ROLE;
-- nor a superuser's for one session, where the whole server is meant
SET simplebank.key_retention = '1h';
SET simplebank.log_refusals = on;
SHOW simplebank.log_refusals;
RESET simplebank.log_refusals;

-- What the attacks have left behind goes with their session.
\c -
-- Durability is not a caller's to give away: the commit is flushed although
-- the session has it otherwise.
SET ROLE regress_teller;
SET synchronous_commit = off;
BEGIN;
SELECT to_balance FROM simplebank.deposit(:alice, 1);
SELECT pg_current_wal_insert_lsn() AS written \gset
COMMIT;
SELECT pg_current_wal_flush_lsn() >= :'written' AS flushed;
RESET synchronous_commit;
-- Other settings of the session make no difference either.
SET row_security = off;
SET transform_null_equals = on;
SET standard_conforming_strings = off;
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'iso_8601';
SET plan_cache_mode = force_custom_plan;
SELECT to_balance FROM simplebank.deposit(:alice, 1, key => 'odd', effective_at => '2020-02-03 00:00+00');
SELECT replayed FROM simplebank.deposit(:alice, 1, key => 'odd', effective_at => '03/02/2020 00:00 UTC');
RESET datestyle;
RESET intervalstyle;
SELECT replayed FROM simplebank.deposit(:alice, 1, key => 'odd', effective_at => '2020-02-03 00:00+00');
RESET ROLE;
RESET row_security;
RESET transform_null_equals;
RESET standard_conforming_strings;
RESET plan_cache_mode;

-- The owner of everything can do nothing else.
SELECT rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = 'simplebank_owner';
SELECT count(*) AS memberships FROM pg_auth_members WHERE 'simplebank_owner'::regrole IN (roleid, member);

-- A schema of this name that somebody made before is not adopted.
\set VERBOSITY sqlstate
SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
CREATE SCHEMA simplebank AUTHORIZATION regress_nobody;
CREATE EXTENSION simplebank;
DROP SCHEMA simplebank;
-- nor an owner that is more than an owner
BEGIN;
ALTER ROLE simplebank_owner LOGIN;
CREATE EXTENSION simplebank;
ROLLBACK;
BEGIN;
ALTER ROLE simplebank_owner SUPERUSER;
CREATE EXTENSION simplebank;
ROLLBACK;
BEGIN;
ALTER ROLE simplebank_owner CREATEROLE;
CREATE EXTENSION simplebank;
ROLLBACK;
BEGIN;
ALTER ROLE simplebank_owner BYPASSRLS;
CREATE EXTENSION simplebank;
ROLLBACK;
BEGIN;
ALTER ROLE simplebank_owner REPLICATION;
CREATE EXTENSION simplebank;
ROLLBACK;
BEGIN;
ALTER ROLE simplebank_owner CREATEDB;
CREATE EXTENSION simplebank;
ROLLBACK;
BEGIN;
GRANT simplebank_owner TO regress_nobody;
CREATE EXTENSION simplebank;
ROLLBACK;
BEGIN;
GRANT regress_nobody TO simplebank_owner;
CREATE EXTENSION simplebank;
ROLLBACK;
-- An administrator's default privileges, meant for tables to come, do not
-- open the ledger.
BEGIN;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO regress_nobody;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO regress_nobody;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO regress_nobody;
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO regress_nobody;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TYPES TO regress_nobody;
CREATE EXTENSION simplebank;
SELECT 'schema' AS kind, nspname AS name FROM pg_namespace, aclexplode(nspacl) a WHERE nspname = 'simplebank' AND a.grantee = 'regress_nobody'::regrole
UNION SELECT 'relation', relname FROM pg_class, aclexplode(relacl) a WHERE relnamespace = 'simplebank'::regnamespace AND a.grantee = 'regress_nobody'::regrole
UNION SELECT 'function', proname FROM pg_proc, aclexplode(proacl) a WHERE pronamespace = 'simplebank'::regnamespace AND a.grantee = 'regress_nobody'::regrole
UNION SELECT 'type', typname FROM pg_type, aclexplode(typacl) a WHERE typnamespace = 'simplebank'::regnamespace AND a.grantee = 'regress_nobody'::regrole
ORDER BY 1, 2;
SET ROLE regress_nobody;
INSERT INTO simplebank.accounts (owner, currency, kind, balance) VALUES ('regress_nobody', 'USD', 'liability', 1000000);
ROLLBACK;
-- nor may anybody but a superuser install it
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_nobody', current_database()); END $$;
SET ROLE regress_nobody;
CREATE EXTENSION simplebank;
RESET ROLE;
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM regress_nobody', current_database()); END $$;
CREATE EXTENSION simplebank;
SELECT count(*) FROM simplebank.verify();

-- Dropping it leaves nothing but the role of the owner.
DROP EXTENSION simplebank;
SELECT count(*) FROM pg_namespace WHERE nspname = 'simplebank';
SELECT count(*) FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = 'simplebank_owner'::regrole
	AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
CREATE EXTENSION simplebank;
DROP ROLE regress_nobody, regress_teller;
