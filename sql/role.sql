/*
 * Roles: who may what.  Privileges say which functions and tables, the
 * policies of row-level security which rows.
 *
 * The policies are made here and not with the roles, since a restore brings
 * privileges back, but of an extension's tables no policies.
 */
ALTER TABLE simplebank.accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.accounts FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own' OR owner = (SELECT simplebank_internal.customer()) AND NOT is_system);

ALTER TABLE simplebank.account_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.account_events FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system));

ALTER TABLE simplebank.entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.entries FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system));

ALTER TABLE simplebank.holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.holds FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR from_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system)
	OR to_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system));

ALTER TABLE simplebank.transfers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.transfers FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR from_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system)
	OR to_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system)
	/* one that names no accounts: an entry of its own */
	OR from_account_id IS NULL AND EXISTS (
		SELECT FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id
		WHERE e.transfer_id = transfers.id AND e.leg IS NOT NULL AND a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system));

ALTER TABLE simplebank.standing_orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.standing_orders FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR from_account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system));

ALTER TABLE simplebank.order_executions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.order_executions FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR order_id IN (
		SELECT o.id FROM simplebank.standing_orders o JOIN simplebank.accounts a ON a.id = o.from_account_id
		WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system));

/* they have keys */
ALTER TABLE simplebank.requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.requests FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) = 'all' OR role = (SELECT simplebank_internal.customer()));

ALTER TABLE simplebank.idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.idempotency_keys FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) = 'all' OR role = (SELECT simplebank_internal.customer()));

ALTER TABLE simplebank.statements ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.statements FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) <> 'own'
	OR account_id IN (SELECT a.id FROM simplebank.accounts a WHERE a.owner = (SELECT simplebank_internal.customer()) AND NOT a.is_system));

/*
 * Ledgers: whatever a role may read else, of other ledgers than it has it reads
 * nothing.  What concerns the whole bank (jobs, the calendar, seals) is of none.
 */
DO $$
DECLARE
	filtered record;
BEGIN
	FOR filtered IN
		SELECT f.name, replace(CASE f.kind
			WHEN 'ledger' THEN 'coalesce(f.%s, 1) = ANY (ledgers)'
			WHEN 'account' THEN 'EXISTS (SELECT FROM simplebank.accounts a WHERE a.id = f.%s AND a.ledger_id = ANY (ledgers))'
			WHEN 'order' THEN 'EXISTS (SELECT FROM simplebank.standing_orders o JOIN simplebank.accounts a ON a.id = o.from_account_id
									   WHERE o.id = f.%s AND a.ledger_id = ANY (ledgers))'
			WHEN 'cycle' THEN 'EXISTS (SELECT FROM simplebank.settlement_cycles c WHERE c.id = f.%s AND c.ledger_id = ANY (ledgers))'
			WHEN 'finding' THEN 'EXISTS (SELECT FROM simplebank.accounts a WHERE a.id = f.%s AND a.ledger_id = ANY (ledgers))
								 OR f.account_id IS NULL AND EXISTS (SELECT FROM simplebank.transfers t WHERE t.id = f.transfer_id)'
			WHEN 'details' THEN 'f.role = current_user
								 OR EXISTS (SELECT FROM simplebank.accounts a WHERE a.ledger_id = ANY (ledgers)
											AND a.id = CASE WHEN f.%s ->> ''account_id'' ~ ''^[0-9]{1,18}$'' THEN (f.details ->> ''account_id'')::bigint END)'
			ELSE 'false' END, '%s', f.col) AS condition
		FROM (VALUES
			('accounts', 'ledger', 'ledger_id'), ('transfers', 'ledger', 'ledger_id'), ('holds', 'ledger', 'ledger_id'),
			('idempotency_keys', 'ledger', 'ledger_id'), ('transfer_references', 'ledger', 'ledger_id'), ('account_codes', 'ledger', 'ledger_id'), ('hold_references', 'ledger', 'ledger_id'),
			('ledgers', 'ledger', 'id'), ('ledger_roles', 'ledger', 'ledger_id'),
			('entries', 'account', 'account_id'), ('account_events', 'account', 'account_id'),
			('standing_orders', 'account', 'from_account_id'), ('order_executions', 'order', 'order_id'), ('requests', 'ledger', 'ledger_id'),
			('statements', 'account', 'account_id'), ('day_balances', 'account', 'account_id'),
			('interest_rates', 'account', 'account_id'), ('interest_accounts', 'account', 'account_id'), ('interest_accruals', 'account', 'account_id'),
			('settlement_members', 'ledger', 'ledger_id'), ('settlement_assignments', 'ledger', 'ledger_id'), ('settlement_groups', 'ledger', 'ledger_id'),
			('settlement_cycles', 'ledger', 'ledger_id'), ('settlement_positions', 'cycle', 'cycle_id'),
			('closed_days', 'ledger', 'ledger_id'), ('day_trial_balances', 'ledger', 'ledger_id'), ('day_events', 'ledger', 'ledger_id'), ('notices', 'ledger', 'ledger_id'),
			/* of several ledgers each */
			('sealed_entries', 'none', ''), ('log_segments', 'none', ''), ('erasures', 'none', ''), ('verification_findings', 'finding', 'account_id'), ('audit_events', 'details', 'details')) f(name, kind, col)
	LOOP
		EXECUTE format('ALTER TABLE simplebank.%I ENABLE ROW LEVEL SECURITY', filtered.name);
		IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = format('simplebank.%I', filtered.name)::regclass) THEN
			EXECUTE format('CREATE POLICY granted ON simplebank.%I FOR SELECT USING (true)', filtered.name);
		END IF;
		EXECUTE format('CREATE POLICY ledger ON simplebank.%I AS RESTRICTIVE FOR SELECT USING ((SELECT simplebank_internal.row_ledgers()) IS NULL OR %s)',
			filtered.name, replace(replace(filtered.condition, 'f.', format('%I.', filtered.name)), 'ANY (ledgers)', 'ANY ((SELECT simplebank_internal.row_ledgers())::int[])'));
	END LOOP;
END $$;

ALTER TABLE simplebank.log_consumers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.log_consumers FOR SELECT USING (
	(SELECT simplebank_internal.row_access()) = 'all' AND (SELECT simplebank_internal.row_ledgers()) IS NULL
	OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = log_consumers.role AND pg_has_role(r.oid, 'USAGE')));

/*
 * A membership goes with its grantor: since PostgreSQL 16 one role can be
 * granted by several, and REVOKE takes back one of these only.  There
 * inherit_option stands beside it; before, it was the member's attribute.
 */
CREATE VIEW simplebank.role_members AS
	WITH RECURSIVE membership AS (
		SELECT g.rolname AS role, m.member, m.admin_option AS may_grant, m.grantor, ARRAY[g.oid, m.member] AS path,
			   coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, b.rolinherit) AS inherits
		FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid JOIN pg_catalog.pg_roles b ON b.oid = m.member
		WHERE g.rolname IN ('simplebank_admin', 'simplebank_teller', 'simplebank_auditor', 'simplebank_customer', 'simplebank_gateway', 'simplebank_owner')
		UNION ALL
		SELECT u.role, m.member, u.may_grant AND u.inherits, m.grantor, u.path || m.member,
			   u.inherits AND coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, b.rolinherit)
		FROM membership u JOIN pg_catalog.pg_auth_members m ON m.roleid = u.member JOIN pg_catalog.pg_roles b ON b.oid = m.member
		WHERE m.member <> ALL (u.path)
	)
	SELECT u.role::text AS role, b.rolname::text AS member, b.rolcanlogin AS can_login, u.inherits, u.may_grant,
		   CASE WHEN cardinality(u.path) > 2 THEN (SELECT v.rolname::text FROM pg_catalog.pg_roles v WHERE v.oid = u.path[cardinality(u.path) - 1]) END AS through,
		   g.rolname::text AS granted_by,
		   format('REVOKE %I FROM %I', v.rolname, b.rolname) || coalesce(format(' GRANTED BY %I', g.rolname), '') AS revoke_by
	FROM membership u JOIN pg_catalog.pg_roles b ON b.oid = u.member LEFT JOIN pg_catalog.pg_roles g ON g.oid = u.grantor
		JOIN pg_catalog.pg_roles v ON v.oid = u.path[cardinality(u.path) - 1];
COMMENT ON VIEW simplebank.role_members IS
'Who is what: the members of simplebank''s roles and of the ledger''s owner, direct and through others, with who has granted it. Superusers are everything besides, and on PostgreSQL 15 whoever has CREATEROLE may grant all of it.';
COMMENT ON COLUMN simplebank.role_members.inherits IS 'it has the role''s rights without SET ROLE';
COMMENT ON COLUMN simplebank.role_members.may_grant IS 'it may make others members';
COMMENT ON COLUMN simplebank.role_members.through IS 'the role through which it is a member; NULL: it is one itself';
COMMENT ON COLUMN simplebank.role_members.revoke_by IS 'the statement by which a superuser takes this membership back';

CREATE FUNCTION simplebank_internal.create_roles()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
	/* what every one of them may call and read */
	everybody CONSTANT text[] = ARRAY[
		'balance', 'available', 'balances', 'balance_at', 'statement', 'find_transfers', 'find_accounts', 'find_holds', 'find_events', 'idempotency_check',
		'to_minor', 'to_major', 'format_amount', 'error_codes', 'call', 'openapi', 'account_of', 'account_id', 'interest_preview', 'render_statement', 'business_day', 'next_business_day'];
	customers CONSTANT text[] = everybody || ARRAY[
		'transfer', 'submit_transfer', 'submit_transfer_with_balances', 'transfer_batch', 'place_hold', 'capture_hold', 'release_hold',
		'preview_transfer', 'preview_batch', 'preview_hold', 'schedule_transfer', 'cancel_scheduled_transfer',
		'enqueue_transfer', 'transfer_of', 'wait_for'];
	tables CONSTANT text[] = ARRAY[
		'accounts', 'entries', 'transfers', 'holds', 'currencies', 'standing_orders', 'order_executions', 'requests', 'statements',
		'scheduled_transfers', 'scheduled_transfer_executions'];
	grants record;
	wrong record;
	name text;
BEGIN
	IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
		RAISE EXCEPTION 'permission denied to create the roles of simplebank'
			USING ERRCODE = '42501', HINT = 'It takes a superuser.';
	END IF;

	FOREACH name IN ARRAY ARRAY['simplebank_admin', 'simplebank_teller', 'simplebank_auditor', 'simplebank_customer', 'simplebank_gateway'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', name);
		ELSIF EXISTS (SELECT FROM pg_roles r
					  WHERE r.rolname = name
					    AND (r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb
							 OR r.rolreplication OR r.rolbypassrls)) THEN
			RAISE EXCEPTION 'role "%" exists and is more than a role of simplebank', name
				USING ERRCODE = '42710', HINT = 'It must be NOLOGIN and without attributes.';
		END IF;
		/* what a role is a member of, all of its members are */
		SELECT m.roleid::regrole AS role INTO wrong
		FROM pg_auth_members m
		WHERE m.member = (SELECT r.oid FROM pg_roles r WHERE r.rolname = name)
		  AND NOT (name = 'simplebank_admin' AND m.roleid IN (
			SELECT r.oid FROM pg_roles r WHERE r.rolname IN ('simplebank_teller', 'simplebank_auditor', 'simplebank_customer', 'simplebank_gateway')))
		ORDER BY 1::text LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'role "%" exists and is a member of "%"', name, wrong.role
				USING ERRCODE = '42710', HINT = format('REVOKE %s FROM %I, and grant it to those of its members who need it.', wrong.role, name);
		END IF;
		EXECUTE format('GRANT USAGE ON SCHEMA simplebank TO %I', name);
	END LOOP;
	/*
	 * Who hands a role out makes bankers: of administrators only a superuser,
	 * of the others an administrator.  Since PostgreSQL 16 whoever has made a
	 * role with CREATEROLE may do so too.
	 */
	SELECT m.role, m.member, replace(m.revoke_by, 'REVOKE ', 'REVOKE ADMIN OPTION FOR ') AS revoke_by INTO wrong
	FROM simplebank.role_members m JOIN pg_roles r ON r.rolname = m.member
	WHERE m.may_grant AND NOT r.rolsuper
	  AND (m.role = 'simplebank_admin' OR m.role <> 'simplebank_owner' AND NOT pg_has_role(r.oid, 'simplebank_admin', 'MEMBER'))
	ORDER BY m.role, m.through NULLS FIRST, m.member LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'role "%" may grant "%"', wrong.member, wrong.role
			USING ERRCODE = '42710', HINT = wrong.revoke_by;
	END IF;
	/* an administrator has what the others have, and hands it on */
	GRANT simplebank_teller, simplebank_auditor, simplebank_customer, simplebank_gateway TO simplebank_admin WITH ADMIN OPTION;

	FOR grants IN
		SELECT p.oid, p.prokind, v.role
		FROM (VALUES
			('simplebank_customer', customers),
			('simplebank_gateway', customers || 'act_for'::text),
			('simplebank_teller', everybody || ARRAY[
				'open_account', 'set_account_details', 'system_account', 'transfer', 'deposit', 'withdraw', 'exchange', 'post_journal',
				'submit_transfer', 'submit_transfer_with_balances', 'transfer_batch', 'reverse_transfer', 'refund_transfer', 'place_hold', 'capture_hold', 'release_hold', 'expire_holds',
				'preview_transfer', 'preview_deposit', 'preview_withdraw', 'preview_hold', 'preview_journal', 'preview_batch',
				'assign_member', 'clear_payment', 'schedule_transfer', 'cancel_scheduled_transfer', 'enqueue_transfer', 'transfer_of', 'wait_for',
				'create_consumer', 'read_events', 'ack_events', 'seek_consumer', 'drop_consumer']),
			('simplebank_auditor', everybody || ARRAY['trial_balance', 'day_summary', 'verify', 'verify_seals', 'prove_entry', 'entry_leaf', 'seal_line', 'merkle_root', 'merkle_path', 'due_date',
				'hot_accounts', 'metrics', 'health', 'transfer_of', 'wait_for',
				'create_consumer', 'read_events', 'ack_events', 'seek_consumer', 'drop_consumer']),
			('simplebank_admin', NULL)) v(role, functions)
			JOIN pg_proc p ON p.pronamespace = 'simplebank'::regnamespace AND coalesce(p.proname = ANY (v.functions), true)
		UNION ALL
		/* parts that policies and views ask; without USAGE on their schema nobody calls them by name */
		SELECT p.oid, p.prokind, v.role
		FROM (VALUES
			('simplebank_customer', ARRAY['row_access', 'row_ledgers', 'customer']), ('simplebank_gateway', ARRAY['row_access', 'row_ledgers', 'customer']),
			('simplebank_teller', ARRAY['row_access', 'row_ledgers', 'customer']),
			('simplebank_auditor', ARRAY['row_access', 'row_ledgers', 'customer', 'read_stats', 'read_refusals', 'queue_state']),
			('simplebank_admin', ARRAY['row_access', 'row_ledgers', 'customer', 'read_stats', 'read_refusals', 'queue_state'])) v(role, functions)
			JOIN pg_proc p ON p.pronamespace = 'simplebank_internal'::regnamespace AND p.proname = ANY (v.functions)
	LOOP
		EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', grants.oid::regprocedure, grants.role);
	END LOOP;

	FOR grants IN
		SELECT c.oid, v.role
		FROM (VALUES
			('simplebank_customer', tables), ('simplebank_gateway', tables),
			('simplebank_teller', tables || ARRAY['account_events', 'idempotency_keys', 'ledgers', 'consumers']),
			('simplebank_auditor', NULL), ('simplebank_admin', NULL)) v(role, tables)
			JOIN pg_class c ON c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'v')
				AND coalesce(c.relname = ANY (v.tables), true)
	LOOP
		EXECUTE format('GRANT SELECT ON %s TO %I', grants.oid::regclass, grants.role);
	END LOOP;
END $$;
COMMENT ON FUNCTION simplebank_internal.create_roles IS 'Body of simplebank.create_roles.';

CREATE FUNCTION simplebank.create_roles()
RETURNS void
AS 'MODULE_PATHNAME', 'simplebank_create_roles'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.create_roles IS
'Makes the roles simplebank_admin, simplebank_teller, simplebank_auditor, simplebank_customer and simplebank_gateway (NOLOGIN) where they are missing, and grants them what they need; may be called again. Roles that were there before are taken only if they are nothing else. Errors: 42501 not a superuser, 42710 a role of that name has attributes, may log in, is a member of another, or somebody may grant it who is neither a superuser nor (but for simplebank_admin) an administrator.';
