--
-- Every function of the extension: what the planner is told of it, who owns
-- it, and that it cannot be led astray by the caller's search path.
--
BEGIN;
SELECT * FROM no_plan();

-- A wrong mark is a wrong answer: a function that writes and calls itself
-- stable may be skipped, one that waits for locks in a worker breaks.
CREATE TEMP TABLE expected (name text, arguments text, volatility text, parallel text);
CREATE TEMP TABLE expected_parts (LIKE expected);
INSERT INTO expected VALUES
	('accept_clock', 'text', 'volatile', 'unsafe'),
	('account_id', 'text, text', 'stable', 'restricted'),
	('ack_events', 'text, bigint', 'volatile', 'unsafe'), ('create_consumer', 'text, text[], bigint, text', 'volatile', 'unsafe'), ('drop_consumer', 'text', 'volatile', 'unsafe'),
	('read_events', 'text, integer', 'volatile', 'unsafe'), ('seek_consumer', 'text, bigint', 'volatile', 'unsafe'),
	('account_of', 'bigint', 'immutable', 'safe'),
	('act_for', 'text', 'volatile', 'unsafe'),
	('add_currency', 'text, integer, text', 'volatile', 'unsafe'),
	('add_settlement_member', 'text, text, bigint, text', 'volatile', 'unsafe'),
	('assign_member', 'bigint, text, text, text', 'volatile', 'unsafe'),
	('audit', 'text, jsonb, text', 'volatile', 'unsafe'),
	('available', 'bigint', 'stable', 'safe'),
	('balance', 'bigint', 'stable', 'safe'),
	('balance_at', 'bigint, timestamp with time zone, text', 'stable', 'safe'),
	('balances', 'bigint', 'stable', 'safe'),
	('business_day', 'date', 'stable', 'safe'),
	('call', 'text, jsonb', 'volatile', 'unsafe'),
	('openapi', '', 'stable', 'unsafe'),
	('cancel_scheduled_transfer', 'bigint', 'volatile', 'unsafe'),
	('capture_hold', 'bigint, bigint, boolean, text, text', 'volatile', 'unsafe'),
	('check_simple_bank', 'text, text', 'volatile', 'unsafe'),
	('clear_payment', 'bigint, bigint, bigint, text, text, text', 'volatile', 'unsafe'),
	('close_account', 'bigint, text', 'volatile', 'unsafe'),
	('close_day', 'date, text', 'volatile', 'unsafe'),
	('create_roles', '', 'volatile', 'unsafe'),
	('create_settlement_group', 'text, text, time without time zone, text', 'volatile', 'unsafe'),
	('day_summary', 'date, text', 'stable', 'restricted'),
	('create_search_index', 'text', 'volatile', 'unsafe'),
	('drop_search_index', 'text', 'volatile', 'unsafe'),
	('deposit', 'bigint, bigint, text, text, jsonb, timestamp with time zone, text, jsonb', 'volatile', 'unsafe'),
	('due_date', 'time without time zone, timestamp with time zone', 'stable', 'safe'),
	('erase_texts', 'bigint, text, bigint, bigint, bigint', 'volatile', 'unsafe'),
	('enqueue_transfer', 'bigint, bigint, bigint, text, text, jsonb, text', 'volatile', 'unsafe'),
	('entry_leaf', 'bigint, bigint, bigint', 'stable', 'safe'),
	('error_codes', '', 'immutable', 'safe'),
	('exchange', 'bigint, bigint, bigint, bigint, text, text, jsonb, timestamp with time zone, text', 'volatile', 'unsafe'),
	('expire_holds', 'integer', 'volatile', 'unsafe'),
	('find_accounts', 'text, text, text, text, text, text, jsonb, timestamp with time zone, timestamp with time zone, text, integer, boolean, text', 'stable', 'safe'),
	('find_events', 'bigint, text, bigint, text, timestamp with time zone, timestamp with time zone, text, integer, boolean, text', 'stable', 'safe'),
	('find_holds', 'bigint, text, text, jsonb, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, timestamp with time zone, bigint, bigint, text, integer, boolean, text', 'stable', 'safe'),
	('find_transfers', 'bigint, text, text, jsonb, text, timestamp with time zone, timestamp with time zone, bigint, bigint, text, integer, text, bigint, bigint, timestamp with time zone, timestamp with time zone, boolean, text', 'stable', 'safe'),
	('format_amount', 'bigint, text', 'stable', 'safe'),
	('health', '', 'volatile', 'safe'),
	('hot_accounts', 'integer', 'volatile', 'safe'),
	('idempotency_check', 'text', 'stable', 'restricted'),
	('import_simple_bank', 'text, text', 'volatile', 'unsafe'),
	('interest_preview', 'bigint, date, date', 'stable', 'safe'),
	('merkle_path', 'bytea, bigint', 'immutable', 'safe'),
	('merkle_root', 'bytea', 'immutable', 'safe'),
	('metrics', '', 'volatile', 'safe'),
	('next_business_day', 'date', 'stable', 'safe'),
	('create_ledger', 'text', 'volatile', 'unsafe'), ('grant_ledger', 'text, text', 'volatile', 'unsafe'), ('revoke_ledger', 'text, text', 'volatile', 'unsafe'),
	('open_account', 'text, text, text, bigint, bigint, text, jsonb, text, integer, text, text', 'volatile', 'unsafe'),
	('place_hold', 'bigint, bigint, bigint, timestamp with time zone, text, text, jsonb, text, jsonb', 'volatile', 'unsafe'),
	('post_interest', 'bigint', 'volatile', 'unsafe'),
	('post_journal', 'bigint[], bigint[], text, text, jsonb, timestamp with time zone, text', 'volatile', 'unsafe'),
	('preview_batch', 'bigint[], bigint[], bigint[], text[], text[], jsonb[], integer[], boolean, text[]', 'stable', 'unsafe'),
	('preview_deposit', 'bigint, bigint, text, text, jsonb, timestamp with time zone, text, jsonb', 'stable', 'unsafe'),
	('preview_hold', 'bigint, bigint, bigint, timestamp with time zone, text, text, jsonb, text, jsonb', 'stable', 'unsafe'),
	('preview_journal', 'bigint[], bigint[], text, text, jsonb, timestamp with time zone, text', 'stable', 'unsafe'),
	('preview_transfer', 'bigint, bigint, bigint, text, text, jsonb, timestamp with time zone, text, jsonb', 'stable', 'unsafe'),
	('preview_withdraw', 'bigint, bigint, text, text, jsonb, timestamp with time zone, text, jsonb', 'stable', 'unsafe'),
	('prove_entry', 'bigint, bigint', 'stable', 'safe'),
	('purge_keys', 'integer', 'volatile', 'unsafe'),
	('release_hold', 'bigint, text', 'volatile', 'unsafe'),
	('remove_settlement_member', 'text, text, text', 'volatile', 'unsafe'),
	('render_statement', 'bigint, date, text', 'stable', 'safe'),
	('reopen_day', 'date, text, text', 'volatile', 'unsafe'),
	('retry_job', 'text, date', 'volatile', 'unsafe'),
	('refund_transfer', 'bigint, bigint, text, text, jsonb, timestamp with time zone, text', 'volatile', 'unsafe'),
	('reverse_transfer', 'bigint, text, text, jsonb, timestamp with time zone, text', 'volatile', 'unsafe'),
	('run_job', 'text, date', 'volatile', 'unsafe'),
	('schedule_jobs', '', 'volatile', 'unsafe'),
	('schedule_transfer', 'bigint, bigint, bigint, timestamp with time zone, interval, timestamp with time zone, bigint, text, text', 'volatile', 'unsafe'),
	('seal', '', 'volatile', 'unsafe'),
	('seal_line', 'simplebank.seals, bytea', 'immutable', 'safe'),
	('set_account_details', 'bigint, text, jsonb, text, text', 'volatile', 'unsafe'),
	('set_account_owner', 'bigint, text, text', 'volatile', 'unsafe'),
	('set_account_limits', 'bigint, bigint, bigint, text', 'volatile', 'unsafe'),
	('set_account_status', 'bigint, text, text', 'volatile', 'unsafe'),
	('set_business_day', 'date, boolean, text', 'volatile', 'unsafe'),
	('set_interest', 'bigint, numeric, text, date, numeric', 'volatile', 'unsafe'),
	('set_job', 'text, boolean, time without time zone, integer, interval', 'volatile', 'unsafe'),
	('set_settlement_account', 'text, text, bigint, text', 'volatile', 'unsafe'),
	('set_settlement_cutoff', 'text, time without time zone, text', 'volatile', 'unsafe'),
	('set_stripes', 'bigint, integer, text', 'volatile', 'unsafe'),
	('settle', 'text, date, text', 'volatile', 'unsafe'),
	('statement', 'bigint, timestamp with time zone, timestamp with time zone, bigint, integer', 'stable', 'safe'),
	('stats_reset', '', 'volatile', 'unsafe'),
	('submit_transfer', 'bigint, bigint, bigint, text, text, jsonb, text, jsonb, bigint', 'volatile', 'unsafe'),
	('submit_transfer_with_balances', 'bigint, bigint, bigint, text, text, jsonb, text, jsonb, bigint, bigint, bigint, timestamp with time zone, boolean', 'volatile', 'unsafe'),
	('system_account', 'text, text, text', 'volatile', 'unsafe'),
	('to_major', 'bigint, text', 'stable', 'safe'),
	('to_minor', 'numeric, text', 'stable', 'safe'),
	('transfer', 'bigint, bigint, bigint, text, text, jsonb, timestamp with time zone, text, jsonb', 'volatile', 'unsafe'),
	('transfer_of', 'bigint', 'volatile', 'unsafe'),
	('transfer_batch', 'bigint[], bigint[], bigint[], text[], text[], jsonb[], integer[], boolean, text[]', 'volatile', 'unsafe'),
	('trial_balance', 'timestamp with time zone, text', 'stable', 'restricted'),
	('unschedule_jobs', '', 'volatile', 'unsafe'),
	('verify', 'timestamp with time zone', 'stable', 'safe'),
	('verify_seals', 'jsonb, bigint', 'stable', 'safe'),
	('wait_for', 'bigint, interval', 'volatile', 'unsafe'),
	('withdraw', 'bigint, bigint, text, text, jsonb, timestamp with time zone, text, jsonb', 'volatile', 'unsafe');
-- parts of the ledger's own functions
INSERT INTO expected_parts VALUES
	('json_schema', 'oid, boolean, text', 'stable', 'unsafe'), ('openapi_arguments', 'oid', 'stable', 'unsafe'),
	('openapi_responses', 'oid', 'stable', 'unsafe'), ('openapi_result', 'oid', 'stable', 'unsafe'),
	('make_search_indexes', '', 'volatile', 'unsafe'),
	('note_spans', '', 'volatile', 'unsafe'),
	('accrual_days', 'bigint, date, date', 'stable', 'safe'),
	('accrual_differences', 'bigint, date, date', 'stable', 'safe'),
	('accrued_amounts', 'bigint, date, date', 'stable', 'safe'),
	('accrue_again', 'bigint[], date[], date[], date', 'volatile', 'unsafe'),
	('accrue_from', 'bigint, date, timestamp with time zone, timestamp with time zone', 'stable', 'safe'),
	('accrue_portion', 'simplebank.interest_days, integer', 'volatile', 'unsafe'),
	('accrue_safely', 'simplebank.interest_days, integer', 'volatile', 'unsafe'),
	('begin_closing', 'integer[], date[]', 'volatile', 'unsafe'),
	('begin_run', 'simplebank.jobs, date, uuid', 'volatile', 'unsafe'),
	('caller_role', '', 'stable', 'restricted'),
	('customer', '', 'stable', 'restricted'),
	('changed_entries', 'bigint[], bigint[], bigint[], bytea', 'stable', 'safe'),
	('check_past_day', 'text, date', 'stable', 'safe'),
	('without_texts', 'jsonb', 'immutable', 'safe'),
	('tell_of_indexes', 'bigint', 'volatile', 'unsafe'),
	('erasing_transaction', '', 'volatile', 'unsafe'),
	('note_whole_tables', 'bigint', 'volatile', 'unsafe'),
	('text_pages', 'oid, tid, text, jsonb, jsonb', 'volatile', 'unsafe'),
	('wipe_erased', 'integer', 'volatile', 'unsafe'),
	('erase_account', 'bigint, bigint, text', 'volatile', 'unsafe'),
	('erase_transfers', 'bigint[], bigint, text', 'volatile', 'unsafe'),
	('is_gone', 'oid, xid8', 'volatile', 'unsafe'),
	('wipe_pages', 'oid, bigint, bigint, xid8', 'volatile', 'unsafe'),
	('erased_on', 'timestamp with time zone', 'stable', 'safe'),
	('erase_order', 'bigint, bigint, text', 'volatile', 'unsafe'),
	('erase_hold', 'bigint, bigint, text', 'volatile', 'unsafe'),
	('prove_erasures', 'timestamp with time zone', 'stable', 'safe'),
	('text_digests', 'bytea, text, jsonb', 'immutable', 'safe'),
	('wipe_erased_step', 'date', 'volatile', 'unsafe'),
	('clock', '', 'volatile', 'safe'),
	('check_settlement_account', 'text, bigint, simplebank.settlement_groups', 'stable', 'restricted'),
	('bank_account', 'text, text, integer', 'volatile', 'unsafe'),
	('close_day_step', 'date', 'volatile', 'unsafe'),
	('close_portion', 'date, integer, integer', 'volatile', 'unsafe'),
	('closing', 'bigint, timestamp with time zone', 'stable', 'safe'),
	('correct_portion', 'date, integer, timestamp with time zone', 'volatile', 'unsafe'),
	('csv_cell', 'text', 'immutable', 'safe'),
	('configured_tellers', '', 'stable', 'safe'),
	('day_end', 'date', 'stable', 'safe'),
	('day_moment', 'date, time without time zone', 'stable', 'safe'),
	('day_of', 'timestamp with time zone', 'stable', 'safe'),
	('day_share', 'text, date', 'immutable', 'safe'),
	('due_closings', 'date, integer', 'stable', 'safe'),
	('end_day', 'date', 'volatile', 'unsafe'),
	('expire_holds_step', 'date', 'volatile', 'unsafe'),
	('expired_keys', '', 'volatile', 'unsafe'),
	('find_job', 'text', 'stable', 'safe'),
	('find_settlement_group', 'text, integer', 'stable', 'safe'),
	('find_settlement_member', 'simplebank.settlement_groups, text', 'stable', 'safe'),
	('first_back_dated', 'bigint, bigint[], timestamp with time zone', 'stable', 'safe'),
	('format_sum', 'numeric, integer', 'immutable', 'safe'),
	('guard', '', 'volatile', 'unsafe'),
	('interest_left', 'bigint', 'stable', 'safe'),
	('interest_step', 'date', 'volatile', 'unsafe'),
	('in_ledger', 'integer', 'immutable', 'safe'),
	('is_value_date', 'date', 'stable', 'safe'),
	('job_step', 'text, date, uuid, bigint', 'volatile', 'unsafe'),
	('judge_clock', '', 'stable', 'safe'),
	('ledger_id', 'text', 'stable', 'restricted'), ('has_ledger', 'integer', 'stable', 'safe'), ('row_ledgers', '', 'stable', 'safe'),
	('ledger_metrics', '', 'volatile', 'safe'),
	('lock_accounts', 'bigint[]', 'volatile', 'unsafe'),
	('lock_days', '', 'volatile', 'unsafe'),
	('lock_job', 'text, boolean', 'volatile', 'unsafe'),
	('lock_settlement_group', 'simplebank.settlement_groups', 'volatile', 'unsafe'),
	('lock_simple_bank', 'text', 'volatile', 'unsafe'),
	('mark_keys', '', 'volatile', 'unsafe'),
	('missed_too_many', 'date, date', 'stable', 'safe'),
	('next_date', 'simplebank.jobs, date', 'stable', 'safe'),
	('next_transaction', '', 'volatile', 'unsafe'),
	('old_accounts', 'oid', 'volatile', 'unsafe'),
	('old_entries', 'oid', 'volatile', 'unsafe'),
	('old_transfers', 'oid', 'volatile', 'unsafe'),
	('open_cycle', 'simplebank.settlement_groups, date, timestamp with time zone', 'volatile', 'unsafe'),
	('others_post', '', 'stable', 'unsafe'),
	('post_accrued', 'bigint[], date', 'volatile', 'unsafe'),
	('post_interest_batch', 'bigint[], bigint[], bigint[], timestamp with time zone[], text', 'volatile', 'unsafe'),
	('post_settlement', 'bigint[], bigint[], text', 'volatile', 'unsafe'),
	('prepare_import', 'text, integer', 'volatile', 'unsafe'),
	('proof_start', 'timestamp with time zone', 'stable', 'safe'),
	('prove', 'timestamp with time zone', 'stable', 'safe'),
	('prove_accounts', 'timestamp with time zone', 'stable', 'safe'),
	('prove_days', 'timestamp with time zone', 'stable', 'safe'),
	('prove_entries', 'timestamp with time zone', 'stable', 'safe'),
	('prove_holds', 'timestamp with time zone', 'stable', 'safe'),
	('prove_interest', 'timestamp with time zone', 'stable', 'safe'),
	('prove_keys', 'timestamp with time zone', 'stable', 'safe'),
	('prove_orders', 'timestamp with time zone', 'stable', 'safe'),
	('prove_requests', 'timestamp with time zone', 'stable', 'safe'),
	('note_refused_request', 'bigint', 'volatile', 'unsafe'),
	('post_requests', 'integer, boolean, boolean, bigint', 'volatile', 'unsafe'),
	('post_requests_singly', 'boolean', 'volatile', 'unsafe'),
	('post_waiting', 'boolean', 'volatile', 'unsafe'),
	('purge_requests', 'integer', 'volatile', 'unsafe'),
	('request_origin', '', 'stable', 'safe'),
	('requests_step', 'date', 'volatile', 'unsafe'),
	('serve_requests', '', 'volatile', 'unsafe'),
	('prove_references', 'timestamp with time zone', 'stable', 'safe'),
	('prove_settlement', 'timestamp with time zone', 'stable', 'safe'),
	('prove_since', 'timestamp with time zone', 'stable', 'safe'),
	('prove_statements', 'timestamp with time zone', 'stable', 'safe'),
	('prove_transfers', 'timestamp with time zone', 'stable', 'safe'),
	('purge_keys_step', 'date', 'volatile', 'unsafe'),
	('purge_ticks', 'integer', 'volatile', 'unsafe'),
	('queue_state', '', 'volatile', 'safe'),
	('read_closings', 'integer, integer', 'volatile', 'unsafe'),
	('read_refusals', '', 'volatile', 'safe'),
	('read_stats', '', 'volatile', 'safe'),
	('record_failure', 'simplebank.jobs, bigint, uuid, text', 'volatile', 'unsafe'),
	('record_work', 'simplebank.jobs, bigint, uuid, bigint, bigint, text, boolean', 'volatile', 'unsafe'),
	('refuse', 'text, text, text', 'volatile', 'safe'),
	('replace_job', '', 'volatile', 'unsafe'),
	('retry_wait', 'integer, interval', 'volatile', 'restricted'),
	('round_units', 'numeric', 'immutable', 'safe'),
	('row_versions', 'bigint', 'stable', 'safe'),
	('row_access', '', 'stable', 'restricted'),
	('run_standing_orders', 'integer, bigint', 'volatile', 'unsafe'),
	('run_standing_orders_singly', 'integer', 'volatile', 'unsafe'),
	('scheduled_jobs', '', 'stable', 'safe'),
	('seal_due', 'integer', 'volatile', 'unsafe'),
	('seal_entries', 'bigint, bigint[], bigint[], bigint[], integer', 'volatile', 'unsafe'),
	('append_log', '', 'volatile', 'unsafe'), ('decide_log_gaps', 'xid8, xid8', 'volatile', 'unsafe'), ('catch_up_log', '', 'volatile', 'unsafe'),
	('note', 'text, integer, bigint, bigint, jsonb', 'volatile', 'unsafe'), ('prove_log', 'timestamp with time zone', 'stable', 'safe'),
	('seal_portion', 'integer, integer', 'volatile', 'unsafe'),
	('seal_step', 'date', 'volatile', 'unsafe'),
	('set_clearing_status', 'bigint, text, text', 'volatile', 'unsafe'),
	('sealable_transfers', 'bigint, integer, integer', 'stable', 'safe'),
	('setting', 'text', 'stable', 'safe'),
	('settlement_step', 'date', 'volatile', 'unsafe'),
	('shown', 'text, integer', 'immutable', 'safe'),
	('standing_orders_step', 'date', 'volatile', 'unsafe'),
	('statement_line', 'date, date, text, numeric, numeric, integer', 'stable', 'safe'),
	('statement_portion', 'date, integer', 'volatile', 'unsafe'),
	('statements_step', 'date', 'volatile', 'unsafe'),
	('statistics_metrics', '', 'volatile', 'safe'),
	('synchronous_standbys', '', 'volatile', 'safe'),
	('take_settlement_account', 'bigint, simplebank.settlement_groups', 'volatile', 'unsafe'),
	('try_cycle', 'simplebank.settlement_cycles, bigint', 'volatile', 'unsafe'),
	('try_cycles', 'simplebank.settlement_groups', 'volatile', 'unsafe'),
	('unsettled_payments', 'simplebank.settlement_groups, timestamp with time zone', 'stable', 'safe'),
	('verify_ledger', '', 'volatile', 'unsafe'),
	('verify_ledger_step', 'date', 'volatile', 'unsafe'),
	('wait_for_postings', '', 'volatile', 'unsafe');

CREATE TEMP VIEW functions AS
	SELECT p.*, n.nspname AS schema, l.lanname, pg_catalog.oidvectortypes(p.proargtypes) AS arguments
	FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.objid
		JOIN pg_catalog.pg_language l ON l.oid = p.prolang
		JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
	WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'e'
	  AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'simplebank');
-- what a public function does where that is in SQL: the one of the same name and arguments inside
CREATE TEMP VIEW bodies AS
	SELECT i.*, e.oid AS entry FROM functions i JOIN functions e ON e.proname = i.proname AND e.proargtypes = i.proargtypes
	WHERE i.schema = 'simplebank_internal' AND e.schema = 'simplebank';

SELECT set_eq(
	$$SELECT proname::text, arguments FROM functions WHERE schema = 'simplebank'$$,
	'SELECT name, arguments FROM expected',
	'the extension has these functions and no others');
SELECT set_eq(
	$$SELECT proname::text, arguments FROM functions WHERE schema = 'simplebank_internal' AND oid NOT IN (SELECT oid FROM bodies)$$,
	'SELECT name, arguments FROM expected_parts',
	'and these parts');

SELECT is(
	CASE f.provolatile WHEN 'v' THEN 'volatile' WHEN 's' THEN 'stable' WHEN 'i' THEN 'immutable' END
		|| ', parallel ' || CASE f.proparallel WHEN 'u' THEN 'unsafe' WHEN 'r' THEN 'restricted' WHEN 's' THEN 'safe' END,
	e.volatility || ', parallel ' || e.parallel,
	format('%s(%s) is marked as it behaves', e.name, e.arguments))
FROM (SELECT 'simplebank' AS schema, * FROM expected UNION ALL SELECT 'simplebank_internal', * FROM expected_parts) e
	JOIN functions f ON f.schema = e.schema AND f.proname = e.name AND f.arguments = e.arguments ORDER BY e.name, e.arguments;

-- A body answers for its entry point: with the same columns, marked the same.
SELECT is_empty(
	$$SELECT b.oid::regprocedure FROM bodies b JOIN functions e ON e.oid = b.entry
	  WHERE (b.prorettype, b.proretset, b.provolatile, b.proparallel, b.proallargtypes, b.proargmodes, b.proargnames)
			IS DISTINCT FROM (e.prorettype, e.proretset, e.provolatile, e.proparallel, e.proallargtypes, e.proargmodes, e.proargnames)$$,
	'bodies are declared as their entry points');

-- A mark is worth no more than those of what the function calls.
CREATE TEMP VIEW calls AS
	SELECT f.oid AS caller, called.oid AS called
	FROM functions f,
		LATERAL pg_catalog.regexp_matches(coalesce(pg_catalog.pg_get_function_sqlbody(f.oid), f.prosrc),
			'(?:(simplebank(?:_internal)?)\.)(\w+)\s*\(', 'g') m(names)
		JOIN functions called ON called.schema = m.names[1] AND called.proname = m.names[2]
	WHERE f.lanname <> 'c';
SELECT ok(count(*) > 100, 'calls are found in bodies') FROM calls;
SELECT is_empty(
	$$SELECT c.caller::regprocedure, c.called::regprocedure
	  FROM calls c JOIN functions f ON f.oid = c.caller JOIN functions g ON g.oid = c.called
	  WHERE f.proparallel = 's' AND g.proparallel <> 's' OR f.proparallel = 'r' AND g.proparallel = 'u'$$,
	'no function is marked safer than what it calls');

-- A strict function would answer NULL where 22004 is promised.
SELECT is_empty('SELECT oid::regprocedure FROM functions WHERE proisstrict', 'a missing value is an error, not NULL');

-- The door lends the owner's rights, nothing else does.
SELECT is_empty('SELECT oid::regprocedure FROM functions WHERE prosecdef', 'no function is SECURITY DEFINER');
-- all of it passes the door, which is in C (see door.sql)
SELECT is_empty($$SELECT oid::regprocedure FROM functions WHERE schema = 'simplebank' AND lanname <> 'c'$$, 'public functions are in C');

-- Body in C or parsed at creation: nothing is looked up by name at run time; or
-- under a search_path of its own.
SELECT is_empty(
	$$SELECT oid::regprocedure FROM functions
	  WHERE lanname <> 'c' AND prokind = 'f' AND NOT (lanname = 'sql' AND prosqlbody IS NOT NULL)
	    AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)$$,
	'functions are in C, in SQL that is parsed already, or pin their search_path');
SELECT is_empty(
	$$SELECT oid::regprocedure, prosrc FROM functions
	  WHERE lanname = 'c' AND (prosrc <> 'simplebank_' || proname OR probin <> '$libdir/simplebank')$$,
	'C functions come from the library, and have their name in it');

SELECT is_empty(
	$$SELECT oid::regprocedure, proowner::regrole FROM functions WHERE proowner <> 'simplebank_owner'::regrole$$,
	'each function belongs to simplebank_owner');

-- Names that a client writes: argument names are part of the contract.
SELECT is(pg_catalog.pg_get_function_arguments(f.oid), e.arguments, e.function)
FROM (VALUES
	('transfer', 'from_account bigint, to_account bigint, amount bigint, key text DEFAULT NULL::text, description text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, effective_at timestamp with time zone DEFAULT NULL::timestamp with time zone, reference text DEFAULT NULL::text, expect jsonb DEFAULT NULL::jsonb, OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT posted_at timestamp with time zone, OUT replayed boolean'),
	('open_account', 'owner text, currency text, kind text DEFAULT ''liability''::text, min_balance bigint DEFAULT 0, max_balance bigint DEFAULT NULL::bigint, name text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, key text DEFAULT NULL::text, stripes integer DEFAULT NULL::integer, code text DEFAULT NULL::text, ledger text DEFAULT NULL::text'),
	('statement', 'account_id bigint, from_time timestamp with time zone DEFAULT ''-infinity''::timestamp with time zone, to_time timestamp with time zone DEFAULT ''infinity''::timestamp with time zone, after_version bigint DEFAULT NULL::bigint, max_rows integer DEFAULT NULL::integer, OUT line text, OUT version bigint, OUT posted_at timestamp with time zone, OUT effective_at timestamp with time zone, OUT transfer_id bigint, OUT counterparty bigint, OUT amount bigint, OUT balance bigint, OUT description text, OUT reverses bigint, OUT reversed_by bigint, OUT hold_id bigint'),
	('place_hold', 'from_account bigint, to_account bigint, amount bigint, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, key text DEFAULT NULL::text, description text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, reference text DEFAULT NULL::text, expect jsonb DEFAULT NULL::jsonb, OUT hold_id bigint, OUT available bigint, OUT expires_at timestamp with time zone, OUT replayed boolean'),
	('capture_hold', 'hold_id bigint, amount bigint DEFAULT NULL::bigint, final boolean DEFAULT true, key text DEFAULT NULL::text, reference text DEFAULT NULL::text, OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT posted_at timestamp with time zone, OUT replayed boolean'),
	('schedule_transfer', 'from_account bigint, to_account bigint, amount bigint DEFAULT NULL::bigint, run_at timestamp with time zone DEFAULT now(), every interval DEFAULT NULL::interval, until timestamp with time zone DEFAULT NULL::timestamp with time zone, keep bigint DEFAULT NULL::bigint, key text DEFAULT NULL::text, description text DEFAULT NULL::text'),
	('release_hold', 'hold_id bigint, key text DEFAULT NULL::text, OUT hold_id bigint, OUT available bigint, OUT replayed boolean'),
	('balance_at', 'account_id bigint, at timestamp with time zone, basis text DEFAULT ''posted''::text'),
	('balances', 'account_id bigint, OUT account_id bigint, OUT currency text, OUT balance bigint, OUT held bigint, OUT available bigint, OUT version bigint, OUT updated_at timestamp with time zone'),
	('idempotency_check', 'key text, OUT key text, OUT operation text, OUT account_id bigint, OUT transfer_id bigint, OUT hold_id bigint, OUT created_at timestamp with time zone, OUT answer jsonb'),
	('clear_payment', 'from_account bigint, to_account bigint, amount bigint, key text DEFAULT NULL::text, description text DEFAULT NULL::text, reference text DEFAULT NULL::text, OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT posted_at timestamp with time zone, OUT replayed boolean'),
	('create_settlement_group', 'name text, currency text, cutoff time without time zone DEFAULT ''18:00:00''::time without time zone, ledger text DEFAULT NULL::text'),
	('settle', 'group_name text, business_date date DEFAULT NULL::date, ledger text DEFAULT NULL::text'),
	('call', 'operation text, arguments jsonb DEFAULT ''{}''::jsonb'),
	('error_codes', 'OUT sqlstate text, OUT name text, OUT category text, OUT class text, OUT retryable boolean, OUT http_status integer, OUT description text')
) e(function, arguments) JOIN functions f ON f.schema = 'simplebank' AND f.proname = e.function ORDER BY e.function;

SELECT * FROM finish();
ROLLBACK;
