/*
 * Last part: guards, what pg_dump takes, and who owns and may what.
 */

CREATE FUNCTION simplebank_internal.guard() RETURNS trigger
AS 'MODULE_PATHNAME', 'simplebank_guard'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.guard IS
'Trigger of the ledger''s tables: refuses UPDATE, DELETE and TRUNCATE, whoever does it; with the argument functions those of the ledger''s functions pass, with erasure and names of columns the UPDATE of these by erase_texts(). Errors: 42501.';

/*
 * Every table has its guard, in replication roles too.  The apply worker of a
 * subscriber can follow nevertheless: it fires no trigger of a statement, but
 * for TRUNCATE.  INSERT is free, for pg_restore: verify() proves what was
 * restored.
 */
DO $$
DECLARE
	guarded record;
BEGIN
	FOR guarded IN
		SELECT c.relname AS name,
			   /* texts of it can go, and nothing else */
			   CASE c.relname WHEN 'transfers' THEN '{description,metadata,salt}'::text[]
							  WHEN 'account_events' THEN '{reason,before,after}' WHEN 'audit_events' THEN '{reason,details}' END AS texts,
			   /* history is only ever added to */
			   c.relname IN ('account_events', 'transfers', 'entries', 'order_executions', 'interest_accruals', 'day_events',
							 'audit_events', 'seals', 'sealed_entries', 'statements', 'settlement_positions', 'verification_findings', 'currencies', 'clock_acceptances', 'day_ends', 'ledgers', 'erasures', 'log_segments', 'notices') AS is_history
		FROM pg_class c WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind = 'r'
	LOOP
		EXECUTE format('CREATE TRIGGER guard BEFORE UPDATE OR DELETE OR TRUNCATE ON simplebank.%I
						FOR EACH STATEMENT EXECUTE FUNCTION simplebank_internal.guard(%s)',
					   guarded.name, CASE WHEN NOT guarded.is_history THEN '''functions'''
										  WHEN guarded.texts IS NOT NULL THEN '''erasure'', ''' || array_to_string(guarded.texts, ''', ''') || '''' END);
		EXECUTE format('ALTER TABLE simplebank.%I ENABLE ALWAYS TRIGGER guard', guarded.name);
		EXECUTE format('COMMENT ON TRIGGER guard ON simplebank.%I IS %L', guarded.name,
					   'Refuses UPDATE, DELETE and TRUNCATE' || CASE WHEN NOT guarded.is_history THEN ' but by the ledger''s functions.'
							WHEN guarded.texts IS NULL THEN '.' ELSE ' but of its texts by erase_texts().' END);
	END LOOP;
END $$;

SELECT pg_extension_config_dump('simplebank.currencies', 'WHERE NOT is_builtin');
SELECT pg_extension_config_dump('simplebank.ledgers', 'WHERE id <> 1');
SELECT pg_extension_config_dump('simplebank.ledgers_id_seq', '');
SELECT pg_extension_config_dump('simplebank.ledger_roles', '');
SELECT pg_extension_config_dump('simplebank.audit_events', '');
SELECT pg_extension_config_dump('simplebank.audit_events_id_seq', '');
SELECT pg_extension_config_dump('simplebank.accounts', '');
SELECT pg_extension_config_dump('simplebank.accounts_id_seq', '');
SELECT pg_extension_config_dump('simplebank.account_codes', '');
SELECT pg_extension_config_dump('simplebank.account_events', '');
SELECT pg_extension_config_dump('simplebank.account_events_id_seq', '');
SELECT pg_extension_config_dump('simplebank.transfers', '');
SELECT pg_extension_config_dump('simplebank.transfers_id_seq', '');
SELECT pg_extension_config_dump('simplebank.entries', '');
SELECT pg_extension_config_dump('simplebank.holds', '');
SELECT pg_extension_config_dump('simplebank.search_indexes', '');
/* what is not decided yet goes by transactions of this server */
SELECT pg_extension_config_dump('simplebank.transfer_spans', 'WHERE latest IS NOT NULL');
SELECT pg_extension_config_dump('simplebank.holds_id_seq', '');
SELECT pg_extension_config_dump('simplebank.transfer_references', '');
SELECT pg_extension_config_dump('simplebank.hold_references', '');
SELECT pg_extension_config_dump('simplebank.standing_orders', '');
SELECT pg_extension_config_dump('simplebank.standing_orders_id_seq', '');
SELECT pg_extension_config_dump('simplebank.order_executions', '');
SELECT pg_extension_config_dump('simplebank.requests', '');
SELECT pg_extension_config_dump('simplebank.requests_ticket_seq', '');
SELECT pg_extension_config_dump('simplebank.settlement_groups', '');
SELECT pg_extension_config_dump('simplebank.settlement_members', '');
SELECT pg_extension_config_dump('simplebank.settlement_assignments', '');
SELECT pg_extension_config_dump('simplebank.settlement_cycles', '');
SELECT pg_extension_config_dump('simplebank.settlement_cycles_id_seq', '');
SELECT pg_extension_config_dump('simplebank.settlement_positions', '');
SELECT pg_extension_config_dump('simplebank.idempotency_keys', '');
SELECT pg_extension_config_dump('simplebank.idempotency_keys_number_seq', '');
SELECT pg_extension_config_dump('simplebank.key_marks', '');
SELECT pg_extension_config_dump('simplebank.key_marks_id_seq', '');
SELECT pg_extension_config_dump('simplebank.business_calendar', '');
SELECT pg_extension_config_dump('simplebank.day_ends', '');
SELECT pg_extension_config_dump('simplebank.clock_acceptances', '');
SELECT pg_extension_config_dump('simplebank.clock_acceptances_id_seq', '');
SELECT pg_extension_config_dump('simplebank.jobs', '');
SELECT pg_extension_config_dump('simplebank.job_runs', '');
SELECT pg_extension_config_dump('simplebank.job_runs_id_seq', '');
SELECT pg_extension_config_dump('simplebank.closed_days', '');
SELECT pg_extension_config_dump('simplebank.day_balances', '');
SELECT pg_extension_config_dump('simplebank.day_trial_balances', '');
SELECT pg_extension_config_dump('simplebank.day_events', '');
SELECT pg_extension_config_dump('simplebank.day_events_id_seq', '');
SELECT pg_extension_config_dump('simplebank.interest_rates', '');
SELECT pg_extension_config_dump('simplebank.interest_accounts', '');
SELECT pg_extension_config_dump('simplebank.interest_accruals', '');
SELECT pg_extension_config_dump('simplebank.interest_days', '');
SELECT pg_extension_config_dump('simplebank.statements', '');
SELECT pg_extension_config_dump('simplebank.statement_days', '');
SELECT pg_extension_config_dump('simplebank.seals', '');
SELECT pg_extension_config_dump('simplebank.sealed_entries', '');
SELECT pg_extension_config_dump('simplebank.notices', '');
SELECT pg_extension_config_dump('simplebank.notices_id_seq', '');
SELECT pg_extension_config_dump('simplebank.log_segments', '');
SELECT pg_extension_config_dump('simplebank.log_sources', '');
SELECT pg_extension_config_dump('simplebank.log_gaps', '');
SELECT pg_extension_config_dump('simplebank.log_consumers', '');
SELECT pg_extension_config_dump('simplebank.erasures', '');
SELECT pg_extension_config_dump('simplebank.erasures_id_seq', '');
SELECT pg_extension_config_dump('simplebank.verifications', '');
SELECT pg_extension_config_dump('simplebank.verifications_id_seq', '');
SELECT pg_extension_config_dump('simplebank.verification_findings', '');

/*
 * To the owner goes everything, to nobody else anything: neither to PUBLIC
 * nor to those for whom somebody has set default privileges.  What the owner
 * has already is left alone, so that an upgrade script can end with the same.
 */
DO $$
DECLARE
	object record;
	other text;
BEGIN
	FOR object IN
		SELECT * FROM (
			SELECT 'SCHEMA' AS kind, nspname::text AS name, nspowner AS owner, nspacl AS acl
			FROM pg_namespace WHERE nspname IN ('simplebank', 'simplebank_internal')
			UNION ALL
			SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass::text, relowner, relacl
			FROM pg_class WHERE relnamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace) AND relkind IN ('r', 'v')
			UNION ALL
			SELECT 'SEQUENCE', oid::regclass::text, relowner, relacl
			FROM pg_class WHERE relnamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace) AND relkind = 'S'
			UNION ALL
			SELECT CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, oid::regprocedure::text, proowner, proacl
			FROM pg_proc WHERE pronamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace)
			UNION ALL
			SELECT CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, oid::regtype::text, typowner, typacl
			FROM pg_type t WHERE typnamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace)
				AND (typtype = 'd'
					 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))) o
		WHERE o.owner <> 'simplebank_owner'::regrole
	LOOP
		/* sequences of identity columns go with their tables */
		IF object.kind <> 'SEQUENCE' THEN
			EXECUTE format('ALTER %s %s OWNER TO simplebank_owner', object.kind, object.name);
		END IF;
		FOR other IN
			SELECT 'PUBLIC'
			UNION
			SELECT grantee::regrole::text FROM aclexplode(object.acl)
			WHERE grantee NOT IN (0, current_user::regrole, 'simplebank_owner'::regrole)
		LOOP
			EXECUTE format('REVOKE ALL ON %s %s FROM %s',
						   CASE object.kind WHEN 'VIEW' THEN 'TABLE' ELSE object.kind END,
						   object.name, other);
		END LOOP;
	END LOOP;
END $$;
