/*
 * Last part: guards, what pg_dump takes, and who owns and may what.
 */

/* Entries and transfers are never changed or deleted, not even by their owner or a replication role. */
CREATE FUNCTION simplebank.guard_append_only() RETURNS trigger
AS 'MODULE_PATHNAME', 'simplebank_guard_append_only'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.guard_append_only IS
'Trigger of the tables to which rows are only added: refuses UPDATE, DELETE and TRUNCATE. Errors: 42501.';

DO $$
DECLARE
	guarded text;
BEGIN
	FOREACH guarded IN ARRAY ARRAY['transfers', 'entries', 'account_events'] LOOP
		EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON simplebank.%I
						FOR EACH STATEMENT EXECUTE FUNCTION simplebank.guard_append_only()', guarded);
		EXECUTE format('ALTER TABLE simplebank.%I ENABLE ALWAYS TRIGGER append_only', guarded);
		EXECUTE format('COMMENT ON TRIGGER append_only ON simplebank.%I IS %L', guarded,
					   'Refuses UPDATE, DELETE and TRUNCATE.');
	END LOOP;
END $$;

/* An account's row stays as long as the ledger. */
CREATE TRIGGER keep_accounts BEFORE DELETE OR TRUNCATE ON simplebank.accounts
	FOR EACH STATEMENT EXECUTE FUNCTION simplebank.guard_append_only();
ALTER TABLE simplebank.accounts ENABLE ALWAYS TRIGGER keep_accounts;
COMMENT ON TRIGGER keep_accounts ON simplebank.accounts IS 'Refuses DELETE and TRUNCATE.';

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
