/*
 * Roles: who may what.  Privileges say which functions and tables, the
 * policies of row-level security which rows.
 *
 * The policies are made here and not with the roles, since a restore brings
 * privileges back, but of an extension's tables no policies.
 */
CREATE FUNCTION simplebank_internal.row_access()
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_row_access'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.row_access IS
'Which rows the current user reads, for policies: all, as administrators and auditors; accounts: those of all accounts, of keys its own; own: as a customer, those of its own accounts and keys.';

ALTER TABLE simplebank.accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.accounts FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own' OR owner = current_user AND NOT is_system);

ALTER TABLE simplebank.account_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.account_events FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system));

ALTER TABLE simplebank.entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.entries FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system));

ALTER TABLE simplebank.holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.holds FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR from_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system)
	OR to_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system));

ALTER TABLE simplebank.transfers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.transfers FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR from_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system)
	OR to_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system)
	/* one that names no accounts: an entry of its own */
	OR from_account_id IS NULL AND EXISTS (
		SELECT FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id
		WHERE e.transfer_id = transfers.id AND e.leg IS NOT NULL AND a.owner = current_user AND NOT a.is_system));

ALTER TABLE simplebank.standing_orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.standing_orders FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR from_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system));

ALTER TABLE simplebank.order_executions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.order_executions FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR order_id IN (
		SELECT o.id FROM simplebank.standing_orders o JOIN simplebank.accounts a ON a.id = o.from_account_id
		WHERE a.owner = current_user AND NOT a.is_system));

ALTER TABLE simplebank.idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.idempotency_keys FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) = 'all' OR role = current_user);

ALTER TABLE simplebank.statements ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.statements FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = current_user AND NOT a.is_system));

CREATE FUNCTION simplebank_internal.create_roles()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
	/* what every one of them may call and read */
	everybody CONSTANT text[] = ARRAY[
		'balance', 'available', 'balances', 'balance_at', 'statement', 'idempotency_check',
		'to_minor', 'to_major', 'format_amount', 'error_codes', 'account_of', 'interest_preview', 'render_statement', 'business_day', 'next_business_day'];
	tables CONSTANT text[] = ARRAY[
		'accounts', 'entries', 'transfers', 'holds', 'currencies', 'standing_orders', 'order_executions', 'statements',
		'scheduled_transfers', 'scheduled_transfer_executions'];
	grants record;
	name text;
BEGIN
	IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
		RAISE EXCEPTION 'permission denied to create the roles of simplebank'
			USING ERRCODE = '42501', HINT = 'It takes a superuser.';
	END IF;

	FOREACH name IN ARRAY ARRAY['simplebank_admin', 'simplebank_teller', 'simplebank_auditor', 'simplebank_customer'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', name);
		ELSIF EXISTS (SELECT FROM pg_roles r
					  WHERE r.rolname = name
					    AND (r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb
							 OR r.rolreplication OR r.rolbypassrls)) THEN
			RAISE EXCEPTION 'role "%" exists and is more than a role of simplebank', name
				USING ERRCODE = '42710', HINT = 'It must be NOLOGIN and without attributes.';
		END IF;
		EXECUTE format('GRANT USAGE ON SCHEMA simplebank TO %I', name);
	END LOOP;
	/* an administrator has what the others have, and hands it on */
	GRANT simplebank_teller, simplebank_auditor, simplebank_customer TO simplebank_admin WITH ADMIN OPTION;

	FOR grants IN
		SELECT p.oid, p.prokind, v.role
		FROM (VALUES
			('simplebank_customer', everybody || ARRAY[
				'transfer', 'submit_transfer', 'submit_transfer_with_balances', 'transfer_batch', 'place_hold', 'capture_hold', 'release_hold',
				'schedule_transfer', 'cancel_scheduled_transfer']),
			('simplebank_teller', everybody || ARRAY[
				'open_account', 'system_account', 'transfer', 'deposit', 'withdraw', 'exchange', 'post_journal',
				'submit_transfer', 'submit_transfer_with_balances', 'transfer_batch', 'reverse_transfer', 'refund_transfer', 'place_hold', 'capture_hold', 'release_hold', 'expire_holds',
				'assign_member', 'clear_payment', 'schedule_transfer', 'cancel_scheduled_transfer']),
			('simplebank_auditor', everybody || ARRAY['trial_balance', 'day_summary', 'verify', 'verify_seals', 'prove_entry', 'entry_leaf', 'seal_line', 'merkle_root', 'merkle_path', 'due_date',
				'hot_accounts', 'metrics', 'health']),
			('simplebank_admin', NULL)) v(role, functions)
			JOIN pg_proc p ON p.pronamespace = 'simplebank'::regnamespace AND coalesce(p.proname = ANY (v.functions), true)
		UNION ALL
		/* parts that policies and views ask; without USAGE on their schema nobody calls them by name */
		SELECT p.oid, p.prokind, v.role
		FROM (VALUES
			('simplebank_customer', ARRAY['row_access']), ('simplebank_teller', ARRAY['row_access']),
			('simplebank_auditor', ARRAY['row_access', 'read_stats', 'read_refusals', 'queue_state']),
			('simplebank_admin', ARRAY['row_access', 'read_stats', 'read_refusals', 'queue_state'])) v(role, functions)
			JOIN pg_proc p ON p.pronamespace = 'simplebank_internal'::regnamespace AND p.proname = ANY (v.functions)
	LOOP
		EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', grants.oid::regprocedure, grants.role);
	END LOOP;

	FOR grants IN
		SELECT c.oid, v.role
		FROM (VALUES
			('simplebank_customer', tables),
			('simplebank_teller', tables || ARRAY['account_events', 'idempotency_keys']),
			('simplebank_auditor', NULL), ('simplebank_admin', NULL)) v(role, tables)
			JOIN pg_class c ON c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'v')
				AND coalesce(c.relname = ANY (v.tables), true)
	LOOP
		EXECUTE format('GRANT SELECT ON %s TO %I', grants.oid::regclass, grants.role);
	END LOOP;
	PERFORM simplebank.audit('create_roles');
END $$;
COMMENT ON FUNCTION simplebank_internal.create_roles IS 'Body of simplebank.create_roles.';

CREATE FUNCTION simplebank.create_roles()
RETURNS void
AS 'MODULE_PATHNAME', 'simplebank_create_roles'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.create_roles IS
'Makes the roles simplebank_admin, simplebank_teller, simplebank_auditor and simplebank_customer (NOLOGIN) where they are missing, and grants them what they need; may be called again. Errors: 42501 not a superuser, 42710 a role of that name has attributes or may log in.';
