--
-- role_member: who is what; create_roles() takes no role that is more than it
-- should be, or that somebody else hands out.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP ROLE IF EXISTS regress_chief, regress_clerk, regress_maker, regress_group, regress_owner;
CREATE EXTENSION simplebank;
CREATE ROLE regress_chief LOGIN;
CREATE ROLE regress_clerk LOGIN;
CREATE ROLE regress_maker CREATEROLE;
CREATE ROLE regress_group;
SELECT simplebank.create_roles();
RESET client_min_messages;
\set VERBOSITY default

-- A role that is a member of another one is not taken: its members would be more than bankers.
BEGIN;
GRANT regress_group TO simplebank_customer;
SELECT simplebank.create_roles();
ROLLBACK;
BEGIN;
GRANT pg_read_all_data TO simplebank_admin;
SELECT simplebank.create_roles();
ROLLBACK;
-- as it is after create_roles() itself, it may be
SELECT simplebank.create_roles();

\set VERBOSITY terse
-- Nor one that somebody may hand out who should not: of administrators superusers only.
BEGIN;
GRANT simplebank_admin TO regress_maker WITH ADMIN OPTION;
SAVEPOINT s;
SELECT simplebank.create_roles();
ROLLBACK TO s;
SELECT role, member, may_grant FROM simplebank.role_members WHERE member = 'regress_maker' ORDER BY role;
SELECT 'roles that are more than administrators: regress_maker' = ANY (problems) AS found FROM simplebank.health();
REVOKE ADMIN OPTION FOR simplebank_admin FROM regress_maker;
SELECT simplebank.create_roles();
SELECT 'roles that are more than administrators: regress_maker' = ANY (problems) AS found FROM simplebank.health();
ROLLBACK;
-- through another role too
BEGIN;
GRANT simplebank_admin TO regress_group WITH ADMIN OPTION;
GRANT regress_group TO regress_clerk;
SELECT simplebank.create_roles();
ROLLBACK;
-- of the others administrators
BEGIN;
GRANT simplebank_teller TO regress_maker WITH ADMIN OPTION;
SAVEPOINT s;
SELECT simplebank.create_roles();
ROLLBACK TO s;
GRANT simplebank_admin TO regress_maker;
SELECT simplebank.create_roles();
ROLLBACK;
-- a superuser may hand out all of them
BEGIN;
GRANT simplebank_admin TO CURRENT_USER WITH ADMIN OPTION;
SELECT simplebank.create_roles();
ROLLBACK;

-- Who is what: of himself, or through another, and by whom.
GRANT simplebank_admin TO regress_chief;
SET ROLE regress_chief;
GRANT simplebank_teller TO regress_clerk;
RESET ROLE;
GRANT simplebank_auditor TO regress_group;
GRANT regress_group TO regress_clerk;
SELECT role, member, can_login, inherits, may_grant, through FROM simplebank.role_members
WHERE member ~ '^(regress|simplebank)_' ORDER BY role, member, through;
-- the statement that is told takes it back, whoever has granted it
SELECT granted_by IN ('regress_chief', 'simplebank_admin') AS by_the_administrator, revoke_by FROM simplebank.role_members
WHERE role = 'simplebank_teller' AND member = 'regress_clerk' \gset
\echo :by_the_administrator
:revoke_by;
SELECT count(*) FROM simplebank.role_members WHERE role = 'simplebank_teller' AND member = 'regress_clerk';
-- a member that does not inherit has its rights by SET ROLE only
BEGIN;
CREATE ROLE regress_owner NOINHERIT;
GRANT simplebank_owner TO regress_owner;
SELECT role, member, inherits FROM simplebank.role_members WHERE role = 'simplebank_owner';
SELECT 'roles that are more than administrators: regress_owner' = ANY (problems) AS found FROM simplebank.health();
ROLLBACK;

DROP EXTENSION simplebank;
DROP ROLE regress_chief, regress_clerk, regress_maker, regress_group;
