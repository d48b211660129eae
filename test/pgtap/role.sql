--
-- The matrix of rights: every function and table of the extension, the five
-- roles and a stranger, against the list below.  What is not listed is the
-- administrator's alone.
--
BEGIN;
SELECT * FROM no_plan();
SELECT simplebank.create_roles();
CREATE ROLE regress_stranger;

CREATE TEMP TABLE allowed (object text, roles text);
INSERT INTO allowed VALUES
	/* functions: t(eller), a(uditor), c(ustomer); a g(ateway) has what a customer has, and */
	('act_for', 'g'),
	('business_day', 'tac'), ('due_date', 'a'), ('next_business_day', 'tac'),
	('available', 'tac'), ('balance', 'tac'), ('balance_at', 'tac'), ('balances', 'tac'),
	('create_consumer', 'ta'), ('read_events', 'ta'), ('ack_events', 'ta'), ('seek_consumer', 'ta'), ('drop_consumer', 'ta'), ('table consumers', 'ta'), ('table log_consumers', 'a'),
	('cancel_scheduled_transfer', 'tc'), ('schedule_transfer', 'tc'), ('enqueue_transfer', 'tc'), ('transfer_of', 'tac'), ('wait_for', 'tac'), ('assign_member', 't'), ('clear_payment', 't'),
	('capture_hold', 'tc'), ('deposit', 't'), ('error_codes', 'tac'), ('call', 'tac'), ('openapi', 'tac'), ('exchange', 't'), ('expire_holds', 't'), ('find_transfers', 'tac'), ('find_accounts', 'tac'), ('find_holds', 'tac'), ('find_events', 'tac'),
	('format_amount', 'tac'), ('idempotency_check', 'tac'), ('open_account', 't'), ('place_hold', 'tc'),
	('post_journal', 't'), ('release_hold', 'tc'), ('reverse_transfer', 't'), ('refund_transfer', 't'),
	('statement', 'tac'), ('system_account', 't'),
	('account_id', 'tac'), ('set_account_details', 't'), ('account_of', 'tac'), ('submit_transfer', 'tc'), ('submit_transfer_with_balances', 'tc'),
	('to_major', 'tac'), ('to_minor', 'tac'), ('transfer', 'tc'), ('transfer_batch', 'tc'),
	('interest_preview', 'tac'), ('render_statement', 'tac'), ('day_summary', 'a'),
	('trial_balance', 'a'), ('verify', 'a'), ('verify_seals', 'a'), ('prove_entry', 'a'), ('entry_leaf', 'a'), ('seal_line', 'a'), ('merkle_root', 'a'), ('merkle_path', 'a'),
	('preview_transfer', 'tc'), ('preview_batch', 'tc'), ('preview_hold', 'tc'), ('preview_deposit', 't'), ('preview_withdraw', 't'), ('preview_journal', 't'),
	('withdraw', 't'),
	/* tables, to be read */
	('table accounts', 'tac'), ('table account_events', 'ta'), ('table currencies', 'tac'), ('table entries', 'tac'),
	('table holds', 'tac'), ('table account_codes', 'a'), ('table hold_references', 'a'), ('table transfer_references', 'a'), ('table idempotency_keys', 'ta'), ('table transfers', 'tac'),
	('table standing_orders', 'tac'), ('table order_executions', 'tac'), ('table requests', 'tac'),
	('table scheduled_transfers', 'tac'), ('table scheduled_transfer_executions', 'tac'),
	('table business_calendar', 'a'), ('table day_ends', 'a'), ('table job_runs', 'a'), ('table job_status', 'a'), ('table jobs', 'a'), ('table clock_acceptances', 'a'), ('table key_marks', 'a'),
	('table verification_findings', 'a'), ('table verifications', 'a'), ('table settlement_groups', 'a'), ('table settlement_members', 'a'),
	('table settlement_assignments', 'a'), ('table settlement_cycles', 'a'), ('table settlement_positions', 'a'),
	('table ledgers', 'ta'), ('table ledger_roles', 'a'),
	('table closed_days', 'a'), ('table day_balances', 'a'), ('table day_trial_balances', 'a'), ('table day_events', 'a'),
	('table audit_events', 'a'), ('table seals', 'a'), ('table sealed_entries', 'a'), ('table log_gaps', 'a'), ('table log_sources', 'a'), ('table log_segments', 'a'), ('table notices', 'a'), ('table published_tables', 'a'), ('table search_indexes', 'a'), ('table transfer_spans', 'a'), ('table search_index_status', 'a'), ('table erasures', 'a'), ('table erased_pages', 'a'),
	('table interest_rates', 'a'), ('table interest_accounts', 'a'), ('table interest_accruals', 'a'), ('table interest_days', 'a'),
	('table statements', 'tac'), ('table statement_days', 'a'), ('table hold_aging', 'a'), ('table overdrawn_accounts', 'a'),
	('hot_accounts', 'a'), ('metrics', 'a'), ('health', 'a'), ('table stats', 'a'), ('table role_members', 'a'),
	/* parts that policies and views ask */
	('part row_ledgers', 'mtac'), ('part row_access', 'mtac'), ('part customer', 'mtac'), ('part read_stats', 'ma'), ('part read_refusals', 'ma'), ('part queue_state', 'ma');
CREATE TEMP TABLE roles (letter text, role text);
INSERT INTO roles VALUES ('m', 'simplebank_admin'), ('t', 'simplebank_teller'), ('a', 'simplebank_auditor'),
	('c', 'simplebank_customer'), ('g', 'simplebank_gateway'), ('s', 'regress_stranger');

CREATE TEMP VIEW objects AS
	SELECT CASE p.pronamespace WHEN 'simplebank'::regnamespace THEN '' ELSE 'part ' END || p.proname AS name, p.oid, 'f' AS kind,
		   p.pronamespace <> 'simplebank'::regnamespace AS is_part
	FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.objid
	WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'e'
	  AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'simplebank')
	UNION ALL
	SELECT 'table ' || c.relname, c.oid, 'r', false
	FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'v', 'p', 'm')
	WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e'
	  AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'simplebank');

-- Nothing is listed that is not there.
SELECT is_empty('SELECT object FROM allowed WHERE object NOT IN (SELECT name FROM objects)', 'the list is of objects that there are');

SELECT is(
	CASE o.kind WHEN 'f' THEN pg_catalog.has_function_privilege(r.role, o.oid, 'EXECUTE')
				ELSE pg_catalog.has_table_privilege(r.role, o.oid, 'SELECT') END,
	CASE WHEN r.letter = 's' THEN false WHEN r.letter = 'm' AND NOT o.is_part THEN true
		 ELSE coalesce((SELECT position(r.letter IN a.roles) > 0 OR r.letter = 'g' AND position('c' IN a.roles) > 0 FROM allowed a WHERE a.object = o.name), false) END,
	format('%s: %s', r.role, o.name))
FROM objects o, roles r ORDER BY o.name, r.role;

SELECT is_empty(
	$$SELECT o.name, r.role FROM objects o, roles r
	  WHERE o.kind = 'r' AND pg_catalog.has_table_privilege(r.role, o.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')$$,
	'none of them writes a table');
SELECT is_empty(
	$$SELECT o.name, r.role, a.attname FROM objects o JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped, roles r
	  WHERE o.kind = 'r' AND pg_catalog.has_column_privilege(r.role, o.oid, a.attnum, 'INSERT, UPDATE, REFERENCES')$$,
	'nor a column of one');
SELECT is_empty(
	$$SELECT c.oid::regclass, r.role FROM pg_catalog.pg_class c, roles r
	  WHERE c.relnamespace = 'simplebank'::regnamespace
	    AND CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(r.role, c.oid, 'USAGE, SELECT, UPDATE') END$$,
	'nor do they touch a sequence');
SELECT is_empty(
	$$SELECT role FROM roles WHERE pg_catalog.has_schema_privilege(role, 'simplebank', 'CREATE')$$, 'nor create in the schema');
SELECT set_eq(
	$$SELECT role FROM roles WHERE pg_catalog.has_schema_privilege(role, 'simplebank', 'USAGE')$$,
	$$SELECT role FROM roles WHERE letter <> 's'$$, 'a stranger does not see into the schema');
SELECT is_empty(
	$$SELECT role FROM roles WHERE pg_catalog.has_schema_privilege(role, 'simplebank_internal', 'USAGE')$$, 'nobody calls parts by name');

-- Every table of the ledger that has rows of accounts or keys filters them.
SELECT set_eq(
	$$SELECT relname::text FROM pg_catalog.pg_class WHERE relnamespace = 'simplebank'::regnamespace AND relrowsecurity$$,
	$$VALUES ('accounts'), ('account_events'), ('entries'), ('holds'), ('transfers'), ('idempotency_keys'), ('standing_orders'), ('order_executions'), ('statements'),
		('day_balances'), ('interest_rates'), ('interest_accounts'), ('interest_accruals'), ('settlement_members'), ('settlement_assignments'), ('settlement_groups'), ('settlement_cycles'), ('settlement_positions'), ('closed_days'), ('day_trial_balances'), ('day_events'), ('sealed_entries'), ('erasures'),
		('verification_findings'), ('audit_events'), ('ledgers'), ('ledger_roles'), ('transfer_references'), ('hold_references'), ('account_codes'), ('notices'), ('log_segments'), ('log_consumers'), ('requests')$$,
	'row-level security is on where rows are somebody''s');
-- and the owner, as whom the functions run, is not filtered
SELECT is_empty(
	$$SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'simplebank'::regnamespace AND relforcerowsecurity$$,
	'row-level security is not forced on the owner');

-- A stranger's calls fail, whatever the arguments.
SET LOCAL ROLE regress_stranger;
SELECT throws_ok('SELECT simplebank.balance(1)', '42501', NULL, 'a stranger reads no balance');
SELECT throws_ok('SELECT simplebank.transfer(1, 2, 3)', '42501', NULL, 'a stranger transfers nothing');
SELECT throws_ok('SELECT * FROM simplebank.accounts', '42501', NULL, 'a stranger reads no table');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
