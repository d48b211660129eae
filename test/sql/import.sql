--
-- import: a Simple Bank becomes part of the ledger, as a whole or not at all.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP SCHEMA IF EXISTS "Old Bank" CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
SET timezone = 'UTC';
-- errors with their state and details, but without the lines of functions
\set VERBOSITY default
\set SHOW_CONTEXT never

-- Simple Bank's tables, in a schema whose name needs quotes
CREATE SCHEMA "Old Bank";
SET search_path = "Old Bank";
CREATE TABLE users (username varchar PRIMARY KEY, full_name varchar);
CREATE TABLE accounts (id bigserial PRIMARY KEY, owner varchar NOT NULL, balance bigint NOT NULL, currency varchar NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE entries (id bigserial PRIMARY KEY, account_id bigint NOT NULL, amount bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE transfers (id bigserial PRIMARY KEY, from_account_id bigint NOT NULL, to_account_id bigint NOT NULL, amount bigint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now());
RESET search_path;

-- Simple Bank's transaction: a transfer, two entries, two balances, no check of funds.
CREATE FUNCTION pg_temp.pay(transfer bigint, payer bigint, payee bigint, amount bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO "Old Bank".transfers VALUES (transfer, payer, payee, amount, at);
	INSERT INTO "Old Bank".entries (account_id, amount, created_at) VALUES (payer, -amount, at), (payee, amount, at);
	UPDATE "Old Bank".accounts SET balance = balance - amount WHERE id = payer;
	UPDATE "Old Bank".accounts SET balance = balance + amount WHERE id = payee;
$$;

INSERT INTO "Old Bank".users VALUES ('ann', 'Ann'), ('ben', 'Ben'), ('cem', 'Cem'), ('dora', 'Dora');
-- 11, 14 and 15 have money from nowhere, 16 twice the same owner and currency, 17 and 18 no history
INSERT INTO "Old Bank".accounts VALUES
	(11, 'ann', 1000, 'EUR', '2021-01-01'), (12, 'ben', 0, 'EUR', '2021-01-01'), (13, 'cem', 0, 'EUR', '2021-01-02'),
	(14, 'ann', 500, 'USD', '2021-01-03'), (15, 'dora', 9, 'USD', '2021-06-01'), (16, 'ann', 0, 'EUR', '2021-01-01'),
	(17, 'dora', 0, 'EUR', '2021-01-01'), (18, 'dora', -40, 'EUR', '2021-01-01');
SELECT pg_temp.pay(1, 11, 12, 300, '2021-02-01 10:00');
-- ids and times disagree: time goes first, ids decide among equal times
SELECT pg_temp.pay(2, 12, 13, 100, '2021-02-03 10:00');
SELECT pg_temp.pay(3, 13, 12, 250, '2021-02-02 10:00');
SELECT pg_temp.pay(4, 12, 11, 5, '2021-02-03 10:00');
-- an account that was opened, so it says, after its first transfer
SELECT pg_temp.pay(5, 14, 15, 200, '2021-05-01 10:00');
SELECT pg_temp.pay(6, 11, 16, 7, '2021-03-01 10:00');
SELECT pg_temp.pay(7, 11, 16, 7, '2021-03-01 10:00');
-- a top-up by hand: an entry and a balance, no transfer; one that looks like a transfer's, a second apart
INSERT INTO "Old Bank".entries (id, account_id, amount, created_at) VALUES (101, 12, 60, '2021-04-01'), (102, 12, 300, '2021-02-01 10:00:01');
UPDATE "Old Bank".accounts SET balance = balance + 360 WHERE id = 12;
-- a second entry beside the one of transfer 6 and the one of 7
INSERT INTO "Old Bank".entries (id, account_id, amount, created_at) VALUES (103, 16, 7, '2021-03-01 10:00');
-- transfer 5 has lost an entry
DELETE FROM "Old Bank".entries WHERE account_id = 15 AND amount = 200;

-- What cannot be imported: a missing argument, schema, table, column.
\set VERBOSITY sqlstate
SELECT simplebank.import_simple_bank(NULL);
SELECT simplebank.import_simple_bank('old bank');
BEGIN;
DROP TABLE "Old Bank".entries;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
BEGIN;
ALTER TABLE "Old Bank".entries RENAME TO kept;
CREATE VIEW "Old Bank".entries AS SELECT * FROM "Old Bank".kept;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
BEGIN;
ALTER TABLE "Old Bank".accounts ALTER balance TYPE numeric;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
BEGIN;
ALTER TABLE "Old Bank".transfers DROP created_at;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
-- the ledger itself has no table users
SELECT simplebank.import_simple_bank('simplebank');
\set VERBOSITY default
SELECT simplebank.import_simple_bank('simplebank');
BEGIN;
ALTER TABLE "Old Bank".accounts ALTER balance TYPE numeric;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
SELECT simplebank.import_simple_bank('nobody''s');
SELECT simplebank.import_simple_bank(NULL);
-- a snapshot older than the locks, and a transaction that must not write
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
BEGIN READ ONLY;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
-- nobody may who was not allowed to
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_importer;
RESET client_min_messages;
CREATE ROLE regress_importer;
GRANT USAGE ON SCHEMA simplebank TO regress_importer;
SET ROLE regress_importer;
SELECT simplebank.import_simple_bank('Old Bank');
SELECT simplebank.check_simple_bank('Old Bank');
RESET ROLE;
-- and who may, but is shown some of the rows only, gets an error instead of half a bank
BEGIN;
ALTER TABLE "Old Bank".transfers ENABLE ROW LEVEL SECURITY;
CREATE POLICY first_three ON "Old Bank".transfers USING (id < 4);
GRANT USAGE ON SCHEMA "Old Bank" TO regress_importer;
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA "Old Bank" TO regress_importer;
GRANT SELECT ON ALL TABLES IN SCHEMA simplebank TO regress_importer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_importer;
SET LOCAL ROLE regress_importer;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;

-- who may write to them, but not read; who may not even see into the schema
BEGIN;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_importer;
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA "Old Bank" TO regress_importer;
SET LOCAL ROLE regress_importer;
SAVEPOINT s;
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK TO s;
RESET ROLE;
GRANT USAGE ON SCHEMA "Old Bank" TO regress_importer;
SET LOCAL ROLE regress_importer;
SELECT simplebank.check_simple_bank('Old Bank');
RESET ROLE;
REVOKE SELECT ON "Old Bank".entries FROM regress_importer;
SET LOCAL ROLE regress_importer;
SAVEPOINT s;
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK TO s;
RESET ROLE;
GRANT SELECT ON "Old Bank".entries TO regress_importer;
REVOKE UPDATE ON "Old Bank".users FROM regress_importer;
SET LOCAL ROLE regress_importer;
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK;

-- Partitions and children are read too, whatever the order of their columns, and narrow integers; another server's table is not.
BEGIN;
ALTER TABLE "Old Bank".accounts RENAME TO plain;
CREATE TABLE "Old Bank".accounts (id int, owner text, gone int, balance int, currency varchar(3), created_at timestamptz) PARTITION BY RANGE (id);
ALTER TABLE "Old Bank".accounts DROP gone;
CREATE TABLE "Old Bank".low PARTITION OF "Old Bank".accounts FOR VALUES FROM (0) TO (15);
CREATE TABLE "Old Bank".high (created_at timestamptz, currency varchar(3), balance int, owner text, id int);
ALTER TABLE "Old Bank".accounts ATTACH PARTITION "Old Bank".high FOR VALUES FROM (15) TO (100);
INSERT INTO "Old Bank".accounts SELECT id, owner, balance, currency, created_at FROM "Old Bank".plain;
CREATE TABLE "Old Bank".more () INHERITS ("Old Bank".users);
SELECT r.kind, r.currency, r.amount FROM simplebank.import_simple_bank('Old Bank') r WHERE r.kind IN ('accounts', 'transfers', 'total');
SELECT mode, count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relname IN ('low', 'high') AND mode = 'ShareLock' GROUP BY mode;
ROLLBACK;
BEGIN;
CREATE FOREIGN DATA WRAPPER regress_none;
CREATE SERVER regress_none FOREIGN DATA WRAPPER regress_none;
ALTER TABLE "Old Bank".entries RENAME TO plain;
CREATE TABLE "Old Bank".entries (LIKE "Old Bank".plain) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE "Old Bank".far PARTITION OF "Old Bank".entries DEFAULT SERVER regress_none;
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK;

-- Each kind of bad row, all in one answer, accounts first.
BEGIN;
INSERT INTO "Old Bank".accounts VALUES (21, 'ann', 0, 'XYZ', '2021-01-01'), (22, 'ann', 0, 'eur', '2021-01-01'), (23, '', 0, 'EUR', '2021-01-01'),
	(24, repeat('x', 256), 0, 'EUR', '2021-01-01'), (25, repeat('x', 255), 0, 'EUR', '2021-01-01'), (26, 'ann', 0, 'EUR', 'infinity'), (27, 'ann', 0, 'EUR', '1899-12-31'), (28, 'simplebank', 0, 'EUR', '2021-01-01');
INSERT INTO "Old Bank".entries VALUES (201, 99, 5, '2021-01-01');
INSERT INTO "Old Bank".transfers VALUES (31, 11, 14, 5, '2021-01-01'), (32, 11, 12, 0, '2021-01-01'), (33, 11, 12, -1, '2021-01-01'),
	(34, 11, 11, 5, '2021-01-01'), (35, 11, 99, 5, '2021-01-01'), (36, 98, 11, 5, '2021-01-01'), (37, 11, 12, 1, '-infinity'),
	(38, 11, 12, 1, '2021-01-01');
SAVEPOINT s;
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK TO s;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK TO s;
-- tables without their keys and NOT NULLs
ALTER TABLE "Old Bank".accounts DROP CONSTRAINT accounts_pkey, ALTER id DROP NOT NULL, ALTER owner DROP NOT NULL, ALTER currency DROP NOT NULL,
	ALTER balance DROP NOT NULL, ALTER created_at DROP NOT NULL;
ALTER TABLE "Old Bank".entries ALTER account_id DROP NOT NULL;
ALTER TABLE "Old Bank".transfers DROP CONSTRAINT transfers_pkey, ALTER from_account_id DROP NOT NULL, ALTER to_account_id DROP NOT NULL,
	ALTER amount DROP NOT NULL, ALTER created_at DROP NOT NULL;
DELETE FROM "Old Bank".accounts WHERE id > 20;
DELETE FROM "Old Bank".entries WHERE id = 201;
DELETE FROM "Old Bank".transfers WHERE id > 30;
INSERT INTO "Old Bank".accounts VALUES (21, NULL, 0, 'EUR', '2021-01-01'), (22, 'ann', NULL, 'EUR', '2021-01-01'), (23, 'ann', 0, NULL, '2021-01-01'),
	(24, 'ann', 0, 'EUR', NULL), (NULL, 'ann', 0, 'EUR', '2021-01-01'), (25, 'ann', 0, 'EUR', '2021-01-01'), (25, 'ben', 0, 'EUR', '2021-01-01');
INSERT INTO "Old Bank".entries VALUES (201, NULL, 5, '2021-01-01');
INSERT INTO "Old Bank".transfers VALUES (31, NULL, 12, 5, '2021-01-01'), (32, 11, NULL, 5, '2021-01-01'), (33, 11, 12, NULL, '2021-01-01'),
	(34, 11, 12, 5, NULL), (1, 11, 12, 5, '2021-01-01');
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK;
-- twenty are listed, the others counted
BEGIN;
INSERT INTO "Old Bank".transfers SELECT n, 11, 12, 0, '2021-01-01' FROM generate_series(31, 50) n;
SAVEPOINT s;
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK TO s;
INSERT INTO "Old Bank".transfers VALUES (51, 11, 12, 0, '2021-01-01');
SELECT simplebank.check_simple_bank('Old Bank');
ROLLBACK;
-- a bad row is found only if it is the only one: each alone
\set VERBOSITY sqlstate
BEGIN; INSERT INTO "Old Bank".accounts VALUES (21, 'ann', 0, 'XYZ'); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
BEGIN; INSERT INTO "Old Bank".entries VALUES (201, 99, 5); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
BEGIN; INSERT INTO "Old Bank".transfers VALUES (31, 11, 14, 5); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
BEGIN; INSERT INTO "Old Bank".transfers VALUES (31, 11, 12, 0); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
BEGIN; INSERT INTO "Old Bank".transfers VALUES (31, 11, 11, 5); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
BEGIN; INSERT INTO "Old Bank".transfers VALUES (31, 11, 99, 5); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
BEGIN; INSERT INTO "Old Bank".transfers VALUES (31, 99, 11, 5); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
-- a balance that the ledger cannot reach: 2^63 below zero is no amount; two of the highest are too much for suspense
BEGIN; UPDATE "Old Bank".accounts SET balance = -9223372036854775808 WHERE id = 17; SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
BEGIN; UPDATE "Old Bank".accounts SET balance = 9223372036854775807 WHERE id IN (17, 18); SELECT simplebank.import_simple_bank('Old Bank'); ROLLBACK;
-- a suspense account that may not be debited
BEGIN;
DO $$ BEGIN PERFORM simplebank.set_account_status(simplebank.system_account('suspense', 'EUR'), 'frozen'); END $$;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
-- a ledger that was not sound before
BEGIN;
SELECT simplebank.open_account('before', 'EUR') AS before \gset
ALTER TABLE simplebank.accounts DISABLE TRIGGER guard;
UPDATE simplebank.accounts SET balance = 1 WHERE id = :before;
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
-- somebody's trigger that moves money meanwhile: a sound ledger, other balances
BEGIN;
CREATE FUNCTION pg_temp.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM simplebank.transfer(a.id, b.id, 1) FROM simplebank.accounts a, simplebank.accounts b
	WHERE a.metadata = '{"simple_bank_account": 11}' AND b.metadata = '{"simple_bank_account": 12}';
	RETURN NULL;
END $$;
CREATE TRIGGER meddle AFTER INSERT ON simplebank.account_events FOR EACH ROW WHEN (new.event = 'limits') EXECUTE FUNCTION pg_temp.meddle();
SELECT simplebank.import_simple_bank('Old Bank');
ROLLBACK;
\set VERBOSITY default

-- Nothing is left of all this.
SELECT (SELECT count(*) FROM simplebank.accounts) AS accounts, (SELECT count(*) FROM simplebank.transfers) AS transfers,
	(SELECT count(*) FROM simplebank.entries) AS entries, (SELECT count(*) FROM simplebank.account_events) AS events;

-- The import.  Accounts are named by their old ids, since new ids have gaps.
CREATE TEMP TABLE report AS
	SELECT row_number() OVER () AS line, r.* FROM simplebank.import_simple_bank('Old Bank') r;
CREATE TEMP VIEW imported AS
	SELECT (a.metadata ->> 'simple_bank_account')::bigint AS old_id, a.* FROM simplebank.accounts a WHERE NOT a.is_system;
SELECT r.kind, r.old_id, i.old_id AS account, r.currency, r.amount, regexp_replace(r.detail, 'suspense account \d+', 'suspense account N') AS detail
FROM report r LEFT JOIN imported i ON i.id = r.account_id ORDER BY r.line;
SELECT count(*) FILTER (WHERE r.detail LIKE '% suspense account ' || simplebank.system_account('suspense', r.currency)) AS named, count(*)
FROM report r WHERE r.kind = 'opening';

-- Accounts: owners, balances and limits.
SELECT i.old_id, i.owner, i.currency, i.kind, i.balance, i.balance = o.balance AS as_before, i.min_balance, i.max_balance, i.version, i.metadata
FROM imported i JOIN "Old Bank".accounts o ON o.id = i.old_id ORDER BY i.old_id;
SELECT reason, before, after, count(*) FROM simplebank.account_events WHERE event = 'limits' GROUP BY reason, before, after ORDER BY after::text COLLATE "C";

-- History: opening differences, then the transfers in order of time and id.
SELECT t.operation, f.old_id AS payer, p.old_id AS payee, t.amount, t.effective_at, t.description, t.metadata,
	t.posted_at >= t.created_at AS posted_now
FROM simplebank.transfers t LEFT JOIN imported f ON f.id = t.from_account_id LEFT JOIN imported p ON p.id = t.to_account_id ORDER BY t.id;
SELECT i.old_id, e.version, e.amount, e.balance, e.effective_at FROM simplebank.entries e JOIN imported i ON i.id = e.account_id
ORDER BY i.old_id, e.version;
SELECT s.line, s.version, s.effective_at, s.amount, s.balance, s.description
FROM simplebank.statement((SELECT id FROM imported WHERE old_id = 13)) s;

-- Balances of the past: just before and at each transfer of account 13, and
-- what the others had before their first one.
SELECT at, simplebank.balance_at(i.id, at, 'effective') FROM imported i, (VALUES ('2021-01-01'::timestamptz), ('2021-02-02 09:59:59.999999'),
	('2021-02-02 10:00'), ('2021-02-03 09:59:59.999999'), ('2021-02-03 10:00'), ('2026-01-01')) v(at)
WHERE i.old_id = 13 ORDER BY at;
SELECT i.old_id, simplebank.balance_at(i.id, '2020-12-31 23:59:59.999999', 'effective') AS before,
	simplebank.balance_at(i.id, '2021-01-15', 'effective') AS opening, simplebank.balance_at(i.id, '2021-05-15', 'effective') AS later
FROM imported i ORDER BY i.old_id;
-- by the time of posting there was nothing before the import
SELECT sum(simplebank.balance_at(i.id, (SELECT min(posted_at) - interval '1 microsecond' FROM simplebank.entries))) FROM imported i;

-- The books balance.
SELECT * FROM simplebank.verify();
SELECT * FROM simplebank.trial_balance();
SELECT currency, balance FROM simplebank.accounts WHERE is_system ORDER BY currency;

-- Life goes on: down to the limit, and one more.
\set VERBOSITY sqlstate
SELECT id AS thirteen FROM imported WHERE old_id = 13 \gset
SELECT id AS sixteen FROM imported WHERE old_id = 16 \gset
SELECT simplebank.available(:thirteen), simplebank.available(:sixteen);
SELECT from_balance FROM simplebank.transfer(:sixteen, :thirteen, 14);
SELECT simplebank.transfer(:sixteen, :thirteen, 1);
SELECT from_balance FROM simplebank.transfer(:thirteen, :sixteen, 114);
SELECT simplebank.transfer(:thirteen, :sixteen, 1);

\set VERBOSITY default

-- Once only, be it another Simple Bank.
SELECT * FROM simplebank.import_simple_bank('Old Bank');
SELECT * FROM simplebank.check_simple_bank('Old Bank');
SELECT count(*) FROM imported;
SELECT * FROM simplebank.verify();

-- The Simple Bank is as it was.
SELECT sum(balance), count(*) FROM "Old Bank".accounts;

-- An empty one is no error; nobody writes to it until the import has committed.
DROP VIEW imported;
DROP EXTENSION simplebank;
CREATE EXTENSION simplebank;
TRUNCATE "Old Bank".users, "Old Bank".accounts, "Old Bank".entries, "Old Bank".transfers;
BEGIN;
SELECT * FROM simplebank.import_simple_bank('Old Bank');
SELECT relation::regclass, mode FROM pg_locks WHERE mode = 'ShareLock' AND relation IS NOT NULL ORDER BY relation::regclass::text COLLATE "C";
COMMIT;
SELECT count(*) FROM simplebank.accounts;

-- What the tables' owner has made runs for nobody.  In a new session the first plan for a table computes what its index is made of.
CREATE FUNCTION "Old Bank".trap(bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE 'the owner''s function runs';
	RETURN 0;
END $$;
CREATE INDEX ON "Old Bank".accounts ((id + "Old Bank".trap(0)));
\c -
\set VERBOSITY default
SELECT simplebank.check_simple_bank('Old Bank');
SELECT count(*) FROM "Old Bank".accounts;

SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
DROP SCHEMA "Old Bank" CASCADE;
RESET client_min_messages;
DROP ROLE regress_importer;
