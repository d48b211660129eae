/*
 * Last part: guards, what pg_dump takes, and who owns and may what.
 */

CREATE FUNCTION simplebank.guard() RETURNS trigger
AS 'MODULE_PATHNAME', 'simplebank_guard'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.guard IS
'Trigger of the ledger''s tables: refuses what does not come from the ledger''s functions, whoever does it. Errors: 42501.';

/* INSERT is free, for pg_restore: it is verify() that proves what was restored. */
DO $$
DECLARE
	guarded text;
BEGIN
	FOREACH guarded IN ARRAY ARRAY['accounts', 'account_events', 'transfers', 'entries'] LOOP
		EXECUTE format('CREATE TRIGGER guard BEFORE UPDATE OR DELETE OR TRUNCATE ON simplebank.%I
						FOR EACH STATEMENT EXECUTE FUNCTION simplebank.guard()', guarded);
		EXECUTE format('COMMENT ON TRIGGER guard ON simplebank.%I IS %L', guarded,
					   'Refuses UPDATE, DELETE and TRUNCATE but by the ledger''s functions.');
	END LOOP;
END $$;

/* Nobody adds to the ledger in any other way, be it as a replication role.  Accounts a subscriber must be able to update. */
ALTER TABLE simplebank.account_events ENABLE ALWAYS TRIGGER guard;
ALTER TABLE simplebank.transfers ENABLE ALWAYS TRIGGER guard;
ALTER TABLE simplebank.entries ENABLE ALWAYS TRIGGER guard;

SELECT pg_extension_config_dump('simplebank.currencies', 'WHERE NOT is_builtin');
SELECT pg_extension_config_dump('simplebank.accounts', '');
SELECT pg_extension_config_dump('simplebank.accounts_id_seq', '');
SELECT pg_extension_config_dump('simplebank.account_events', '');
SELECT pg_extension_config_dump('simplebank.account_events_id_seq', '');
SELECT pg_extension_config_dump('simplebank.transfers', '');
SELECT pg_extension_config_dump('simplebank.transfers_id_seq', '');
SELECT pg_extension_config_dump('simplebank.entries', '');
SELECT pg_extension_config_dump('simplebank.idempotency_keys', '');

REVOKE ALL ON SCHEMA simplebank FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA simplebank FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA simplebank FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA simplebank FROM PUBLIC;
REVOKE ALL ON TYPE simplebank.account_kind, simplebank.account_status FROM PUBLIC;

DO $$
DECLARE
	object record;
BEGIN
	FOR object IN
		SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind, c.oid::regclass::text AS name
		FROM pg_class c WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'v')
		UNION ALL
		SELECT 'FUNCTION', p.oid::regprocedure::text
		FROM pg_proc p WHERE p.pronamespace = 'simplebank'::regnamespace
		UNION ALL
		SELECT 'DOMAIN', t.oid::regtype::text
		FROM pg_type t WHERE t.typnamespace = 'simplebank'::regnamespace AND t.typtype = 'd'
	LOOP
		EXECUTE format('ALTER %s %s OWNER TO simplebank_owner', object.kind, object.name);
	END LOOP;
END $$;
ALTER SCHEMA simplebank OWNER TO simplebank_owner;
