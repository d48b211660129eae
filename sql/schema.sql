/*
 * The schema and the role that owns the ledger.
 *
 * The schema is created plainly, so that installation fails where somebody
 * made (and so owns) a schema of this name before.  The owner is a role
 * that nobody can log in as and that is no superuser; the last part of the
 * script, privilege.sql, hands every object over to it.
 */
CREATE SCHEMA simplebank;
COMMENT ON SCHEMA simplebank IS
'Double-entry ledger. Money is bigint in minor units (cents); \df+ simplebank.* is the manual. Whatever writes can also be refused with 25006, and, while the clock is ahead, with SB902.';
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
