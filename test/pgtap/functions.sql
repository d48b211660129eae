--
-- Every function of the extension: what the planner is told of it, who owns
-- it, and that it cannot be led astray by the caller's search path.
--
BEGIN;
SELECT * FROM no_plan();

-- A wrong mark is a wrong answer: a function that writes and calls itself
-- stable may be skipped, one that waits for locks in a worker breaks.
CREATE TEMP TABLE expected (name text, arguments text, volatility text, parallel text, strict boolean, definer boolean);
INSERT INTO expected VALUES
	('account_of', 'bigint', 'immutable', 'safe', false, false),
	('accrual_days', 'bigint, date, date', 'stable', 'safe', false, false),
	('accrue_again', 'simplebank.interest_accounts[], date', 'volatile', 'unsafe', false, false),
	('accrue_portion', 'simplebank.interest_days, integer', 'volatile', 'unsafe', false, false),
	('accrue_safely', 'simplebank.interest_days, integer', 'volatile', 'unsafe', false, false),
	('add_currency', 'text, integer, text', 'volatile', 'unsafe', false, false),
	('add_settlement_member', 'text, text, bigint', 'volatile', 'unsafe', false, true),
	('assign_member', 'bigint, text, text', 'volatile', 'unsafe', false, true),
	('audit', 'text, jsonb, text', 'volatile', 'unsafe', false, false),
	('available', 'bigint', 'stable', 'safe', false, false),
	('balance', 'bigint', 'stable', 'safe', false, false),
	('balance_at', 'bigint, timestamp with time zone, text', 'stable', 'safe', false, false),
	('balances', 'bigint', 'stable', 'safe', false, false),
	('begin_closing', 'date', 'volatile', 'unsafe', false, false),
	('begin_run', 'simplebank.jobs, date, uuid', 'volatile', 'unsafe', false, false),
	('business_day', 'date', 'stable', 'safe', false, true),
	('caller_role', '', 'stable', 'restricted', false, false),
	('cancel_scheduled_transfer', 'bigint', 'volatile', 'unsafe', false, false),
	('capture_hold', 'bigint, bigint, boolean, text', 'volatile', 'unsafe', false, false),
	('changed_entries', 'bigint[], bigint[], bigint[], bytea', 'stable', 'safe', false, false),
	('check_past_day', 'text, date', 'stable', 'safe', false, false),
	('check_settlement_account', 'bigint, text', 'stable', 'safe', false, false),
	('check_simple_bank', 'text', 'volatile', 'unsafe', false, false),
	('clear_payment', 'bigint, bigint, bigint, text, text', 'volatile', 'unsafe', false, false),
	('close_account', 'bigint, text', 'volatile', 'unsafe', false, false),
	('close_day', 'date', 'volatile', 'unsafe', false, true),
	('close_portion', 'date, integer', 'volatile', 'unsafe', false, false),
	('closing', 'bigint, timestamp with time zone', 'stable', 'safe', false, false),
	('create_roles', '', 'volatile', 'unsafe', false, false),
	('create_settlement_group', 'text, text, time without time zone', 'volatile', 'unsafe', false, true),
	('cut_off', 'text, date', 'stable', 'safe', false, false),
	('day_end', 'date', 'stable', 'safe', false, false),
	('day_share', 'text, date', 'immutable', 'safe', false, false),
	('day_summary', 'date', 'stable', 'safe', false, true),
	('deposit', 'bigint, bigint, text, text, jsonb, timestamp with time zone', 'volatile', 'unsafe', false, false),
	('due_date', 'time without time zone, timestamp with time zone', 'stable', 'safe', false, false),
	('entry_leaf', 'bigint, bigint, bigint', 'stable', 'safe', false, false),
	('error_codes', '', 'immutable', 'safe', false, false),
	('exchange', 'bigint, bigint, bigint, bigint, text, text, jsonb, timestamp with time zone', 'volatile', 'unsafe', false, false),
	('expire_holds', 'integer', 'volatile', 'unsafe', false, false),
	('find_job', 'text', 'stable', 'safe', false, false),
	('find_settlement_group', 'text', 'stable', 'safe', false, false),
	('first_back_dated', 'bigint, timestamp with time zone, timestamp with time zone', 'stable', 'safe', false, false),
	('format_amount', 'bigint, text', 'stable', 'safe', false, false),
	('give_way', 'timestamp with time zone', 'volatile', 'unsafe', false, false),
	('guard', '', 'volatile', 'unsafe', false, false),
	('health', '', 'volatile', 'safe', false, true),
	('hot_accounts', 'integer', 'volatile', 'safe', false, false),
	('idempotency_check', 'text', 'stable', 'safe', false, false),
	('import_simple_bank', 'text', 'volatile', 'unsafe', false, false),
	('interest_portion', 'date, integer', 'volatile', 'unsafe', false, false),
	('interest_preview', 'bigint, date, date', 'stable', 'safe', false, true),
	('job_step', 'text, date, uuid, bigint', 'volatile', 'unsafe', false, true),
	('job_work', 'text, date', 'volatile', 'unsafe', false, false),
	('judge', 'text', 'stable', 'safe', false, false),
	('ledger_metrics', '', 'volatile', 'safe', false, false),
	('lock_accounts', 'bigint[]', 'volatile', 'unsafe', false, false),
	('lock_days', '', 'volatile', 'unsafe', false, false),
	('lock_settlement_group', 'text', 'volatile', 'unsafe', false, false),
	('merkle_path', 'bytea, bigint', 'immutable', 'safe', false, false),
	('merkle_root', 'bytea', 'immutable', 'safe', false, false),
	('metrics', '', 'volatile', 'safe', false, true),
	('next_business_day', 'date', 'stable', 'safe', false, true),
	('next_date', 'simplebank.jobs, date', 'stable', 'safe', false, false),
	('open_account', 'text, text, text, bigint, bigint, text, jsonb, text, integer', 'volatile', 'unsafe', false, false),
	('open_cycle', 'text, date, timestamp with time zone', 'volatile', 'unsafe', false, false),
	('place_hold', 'bigint, bigint, bigint, timestamp with time zone, text, text, jsonb', 'volatile', 'unsafe', false, false),
	('post_accrued', 'bigint[], date', 'volatile', 'unsafe', false, false),
	('post_interest', 'bigint', 'volatile', 'unsafe', false, true),
	('post_interest_batch', 'bigint[], bigint[], bigint[], timestamp with time zone, text', 'volatile', 'unsafe', false, false),
	('post_journal', 'simplebank.leg[], text, text, jsonb, timestamp with time zone', 'volatile', 'unsafe', false, false),
	('post_settlement', 'simplebank.leg[], text', 'volatile', 'unsafe', false, false),
	('prove_entry', 'bigint, bigint', 'stable', 'safe', false, true),
	('purge_cron_history', '', 'volatile', 'unsafe', false, false),
	('purge_keys', 'integer', 'volatile', 'unsafe', false, false),
	('purge_ticks', 'integer', 'volatile', 'unsafe', false, false),
	('queue_state', '', 'volatile', 'safe', false, false),
	('read_closings', 'simplebank.closed_days, integer', 'volatile', 'unsafe', false, false),
	('read_refusals', '', 'volatile', 'safe', false, false),
	('read_stats', '', 'volatile', 'safe', false, false),
	('record_failure', 'simplebank.jobs, bigint, uuid, text', 'volatile', 'unsafe', false, false),
	('record_work', 'simplebank.jobs, bigint, uuid, bigint, bigint, text, boolean', 'volatile', 'unsafe', false, false),
	('refuse', 'text, text, text', 'volatile', 'safe', false, false),
	('release_hold', 'bigint, text', 'volatile', 'unsafe', false, false),
	('render_statement', 'bigint, date, text', 'stable', 'safe', false, true),
	('reopen_day', 'date, text', 'volatile', 'unsafe', false, true),
	('replace_job', '', 'volatile', 'unsafe', false, false),
	('require_cron', '', 'stable', 'unsafe', false, false),
	('retry_job', 'text, date', 'volatile', 'unsafe', false, true),
	('retry_wait', 'integer, interval', 'volatile', 'safe', false, false),
	('reverse_transfer', 'bigint, text, text', 'volatile', 'unsafe', false, false),
	('round_units', 'numeric', 'immutable', 'safe', false, false),
	('run_job', 'text, date', 'volatile', 'unsafe', false, false),
	('run_standing_orders', 'integer, bigint', 'volatile', 'unsafe', false, false),
	('run_standing_orders_singly', 'integer', 'volatile', 'unsafe', false, false),
	('schedule_jobs', '', 'volatile', 'unsafe', false, false),
	('schedule_transfer', 'bigint, bigint, bigint, timestamp with time zone, interval, timestamp with time zone, bigint, text, text', 'volatile', 'unsafe', false, false),
	('seal', '', 'volatile', 'unsafe', false, true),
	('seal_due', 'integer', 'volatile', 'unsafe', false, false),
	('seal_entries', 'bigint, bigint[], bigint, bigint, integer', 'volatile', 'unsafe', false, false),
	('seal_line', 'simplebank.seals, bytea', 'immutable', 'safe', false, false),
	('seal_portion', 'integer', 'volatile', 'unsafe', false, false),
	('sees_all_accounts', '', 'stable', 'safe', false, false),
	('sees_all_keys', '', 'stable', 'safe', false, false),
	('set_account_limits', 'bigint, bigint, bigint, text', 'volatile', 'unsafe', false, false),
	('set_account_status', 'bigint, text, text', 'volatile', 'unsafe', false, false),
	('set_business_day', 'date, boolean, text', 'volatile', 'unsafe', false, true),
	('set_interest', 'bigint, numeric, text, date, numeric', 'volatile', 'unsafe', false, true),
	('set_job', 'text, boolean, time without time zone, integer, interval', 'volatile', 'unsafe', false, true),
	('set_stripes', 'bigint, integer, text', 'volatile', 'unsafe', false, false),
	('setting', 'text', 'stable', 'safe', false, false),
	('settle', 'text, date', 'volatile', 'unsafe', false, true),
	('settle_due', 'date', 'volatile', 'unsafe', false, false),
	('statement', 'bigint, timestamp with time zone, timestamp with time zone, bigint, integer', 'stable', 'safe', false, false),
	('statement_line', 'date, date, text, bigint, bigint, text', 'stable', 'safe', false, false),
	('statement_portion', 'date, integer', 'volatile', 'unsafe', false, false),
	('statistics_metrics', '', 'volatile', 'safe', false, false),
	('stats_reset', '', 'volatile', 'unsafe', false, false),
	('submit_transfer', 'bigint, bigint, bigint, text, text, jsonb, bigint', 'volatile', 'unsafe', false, false),
	('submit_transfer_with_balances', 'bigint, bigint, bigint, text, text, jsonb, bigint, bigint, bigint, timestamp with time zone, boolean', 'volatile', 'unsafe', false, false),
	('system_account', 'text, text', 'volatile', 'unsafe', false, false),
	('to_major', 'bigint, text', 'stable', 'safe', false, false),
	('to_minor', 'numeric, text', 'stable', 'safe', false, false),
	('transfer', 'bigint, bigint, bigint, text, text, jsonb, timestamp with time zone', 'volatile', 'unsafe', false, false),
	('transfer_batch', 'bigint[], bigint[], bigint[], text[], text[], integer[], boolean', 'volatile', 'unsafe', false, false),
	('trial_balance', 'timestamp with time zone', 'stable', 'safe', false, true),
	('try_cycle', 'simplebank.settlement_cycles, bigint', 'volatile', 'unsafe', false, false),
	('try_cycles', 'text', 'volatile', 'unsafe', false, false),
	('unschedule_jobs', '', 'volatile', 'unsafe', false, false),
	('unsettled_payments', 'text, timestamp with time zone', 'stable', 'safe', false, false),
	('verify', 'timestamp with time zone', 'stable', 'safe', false, true),
	('verify_ledger', '', 'volatile', 'unsafe', false, false),
	('verify_seals', 'jsonb, bigint', 'stable', 'safe', false, true),
	('wait_for_postings', '', 'volatile', 'unsafe', false, false),
	('withdraw', 'bigint, bigint, text, text, jsonb, timestamp with time zone', 'volatile', 'unsafe', false, false);

CREATE TEMP VIEW functions AS
	SELECT p.*, l.lanname, pg_catalog.oidvectortypes(p.proargtypes) AS arguments
	FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.objid
		JOIN pg_catalog.pg_language l ON l.oid = p.prolang
	WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'e'
	  AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'simplebank');

SELECT set_eq(
	'SELECT proname::text, arguments FROM functions',
	'SELECT name, arguments FROM expected',
	'the extension has these functions and no others');

SELECT is(
	CASE f.provolatile WHEN 'v' THEN 'volatile' WHEN 's' THEN 'stable' WHEN 'i' THEN 'immutable' END
		|| ', parallel ' || CASE f.proparallel WHEN 'u' THEN 'unsafe' WHEN 'r' THEN 'restricted' WHEN 's' THEN 'safe' END,
	e.volatility || ', parallel ' || e.parallel,
	format('%s(%s) is marked as it behaves', e.name, e.arguments))
FROM expected e JOIN functions f ON f.proname = e.name AND f.arguments = e.arguments ORDER BY e.name, e.arguments;

-- A strict function would answer NULL where 22004 is promised.
SELECT is(f.proisstrict, e.strict, format('%s(%s): a missing value is an error, not NULL', e.name, e.arguments))
FROM expected e JOIN functions f ON f.proname = e.name AND f.arguments = e.arguments ORDER BY e.name, e.arguments;

SELECT is(f.prosecdef, e.definer, format('%s(%s): security %s', e.name, e.arguments, CASE WHEN e.definer THEN 'definer' ELSE 'invoker' END))
FROM expected e JOIN functions f ON f.proname = e.name AND f.arguments = e.arguments ORDER BY e.name, e.arguments;

-- Where the owner's rights are lent, the path must be pinned, temporary
-- objects last.
SELECT is_empty(
	$$SELECT oid::regprocedure, proconfig FROM functions
	  WHERE prosecdef AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)$$,
	'each SECURITY DEFINER function pins its search_path');

-- Body in C or parsed at creation: nothing is looked up by name at run time; or,
-- for the import, under a search_path of its own.
SELECT is_empty(
	$$SELECT oid::regprocedure FROM functions
	  WHERE lanname <> 'c' AND prokind = 'f' AND NOT (lanname = 'sql' AND prosqlbody IS NOT NULL)
	    AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)$$,
	'functions are in C, in SQL that is parsed already, or pin their search_path');
SELECT is_empty(
	$$SELECT oid::regprocedure, prosrc FROM functions
	  WHERE lanname = 'c' AND (prosrc !~ '^simplebank_' OR probin <> '$libdir/simplebank')$$,
	'C functions come from the library, under its prefix');

SELECT is_empty(
	$$SELECT oid::regprocedure, proowner::regrole FROM functions WHERE proowner <> 'simplebank_owner'::regrole$$,
	'each function belongs to simplebank_owner');

-- Names that a client writes: argument names are part of the contract.
SELECT is(pg_catalog.pg_get_function_arguments(f.oid), e.arguments, e.function)
FROM (VALUES
	('transfer', 'from_account bigint, to_account bigint, amount bigint, key text DEFAULT NULL::text, description text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, effective_at timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT posted_at timestamp with time zone, OUT replayed boolean'),
	('open_account', 'owner text, currency text, kind text DEFAULT ''liability''::text, min_balance bigint DEFAULT 0, max_balance bigint DEFAULT NULL::bigint, name text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, key text DEFAULT NULL::text, stripes integer DEFAULT NULL::integer'),
	('statement', 'account_id bigint, from_time timestamp with time zone DEFAULT ''-infinity''::timestamp with time zone, to_time timestamp with time zone DEFAULT ''infinity''::timestamp with time zone, after_version bigint DEFAULT NULL::bigint, max_rows integer DEFAULT NULL::integer, OUT line text, OUT version bigint, OUT posted_at timestamp with time zone, OUT effective_at timestamp with time zone, OUT transfer_id bigint, OUT counterparty bigint, OUT amount bigint, OUT balance bigint, OUT description text, OUT reverses bigint, OUT reversed_by bigint, OUT hold_id bigint'),
	('place_hold', 'from_account bigint, to_account bigint, amount bigint, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, key text DEFAULT NULL::text, description text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, OUT hold_id bigint, OUT available bigint, OUT expires_at timestamp with time zone, OUT replayed boolean'),
	('capture_hold', 'hold_id bigint, amount bigint DEFAULT NULL::bigint, final boolean DEFAULT true, key text DEFAULT NULL::text, OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT posted_at timestamp with time zone, OUT replayed boolean'),
	('schedule_transfer', 'from_account bigint, to_account bigint, amount bigint DEFAULT NULL::bigint, run_at timestamp with time zone DEFAULT now(), every interval DEFAULT NULL::interval, until timestamp with time zone DEFAULT NULL::timestamp with time zone, keep bigint DEFAULT NULL::bigint, key text DEFAULT NULL::text, description text DEFAULT NULL::text'),
	('release_hold', 'hold_id bigint, key text DEFAULT NULL::text, OUT hold_id bigint, OUT available bigint, OUT replayed boolean'),
	('balance_at', 'account_id bigint, at timestamp with time zone, basis text DEFAULT ''posted''::text'),
	('balances', 'account_id bigint, OUT account_id bigint, OUT currency text, OUT balance bigint, OUT held bigint, OUT available bigint, OUT version bigint, OUT updated_at timestamp with time zone'),
	('idempotency_check', 'key text, OUT key text, OUT operation text, OUT account_id bigint, OUT transfer_id bigint, OUT hold_id bigint, OUT created_at timestamp with time zone, OUT answer jsonb'),
	('clear_payment', 'from_account bigint, to_account bigint, amount bigint, key text DEFAULT NULL::text, description text DEFAULT NULL::text, OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT posted_at timestamp with time zone, OUT replayed boolean'),
	('create_settlement_group', 'name text, currency text, cutoff time without time zone DEFAULT ''18:00:00''::time without time zone'),
	('settle', 'group_name text, business_date date DEFAULT NULL::date'),
	('error_codes', 'OUT sqlstate text, OUT name text, OUT category text, OUT retryable boolean, OUT http_status integer, OUT description text')
) e(function, arguments) JOIN functions f ON f.proname = e.function ORDER BY e.function;

SELECT * FROM finish();
ROLLBACK;
