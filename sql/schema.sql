/*
 * The schema and the role that owns the ledger.
 *
 * The schema is created plainly, so that installation fails where somebody
 * made (and so owns) a schema of this name before.  The owner is a role
 * that nobody can log in as and that is no superuser; the last part of the
 * script, privilege.sql, hands every object over to it.
 */
DO $$
BEGIN
	IF getdatabaseencoding() <> 'UTF8' AND NOT EXISTS (
		SELECT FROM pg_conversion c
		WHERE c.connamespace = 'pg_catalog'::regnamespace AND c.condefault
		  AND c.conforencoding = pg_char_to_encoding(getdatabaseencoding()) AND c.contoencoding = pg_char_to_encoding('UTF8')) THEN
		RAISE EXCEPTION 'the ledger does not work in a database with encoding %', getdatabaseencoding()
			USING ERRCODE = '0A000',
				  DETAIL = 'Texts are sealed in UTF-8, and nothing tells which characters the bytes of this encoding are there.',
				  HINT = 'CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0, or another encoding that can be converted to UTF8.';
	END IF;
END $$;

CREATE SCHEMA simplebank;
COMMENT ON SCHEMA simplebank IS
E'Double-entry ledger. Money is bigint in minor units (cents); \\df+ simplebank.* is the manual. Whatever writes can also be refused with 25006, and, while the clock is ahead, with SB902.';
CREATE SCHEMA simplebank_internal;
COMMENT ON SCHEMA simplebank_internal IS 'Parts of the functions of schema simplebank; nobody has USAGE.';

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'simplebank_owner') THEN
		CREATE ROLE simplebank_owner NOLOGIN;
	ELSIF EXISTS (SELECT FROM pg_roles
				  WHERE rolname = 'simplebank_owner'
				    AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb
						 OR rolreplication OR rolbypassrls))
	   OR EXISTS (SELECT FROM pg_auth_members
				  WHERE 'simplebank_owner'::regrole IN (roleid, member)) THEN
		RAISE EXCEPTION 'role "simplebank_owner" exists and is not fit to own the ledger'
			USING ERRCODE = '42710',
				  HINT = 'It must be NOLOGIN, without privileges, memberships and members.';
	END IF;
END $$;
