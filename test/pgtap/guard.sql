--
-- Guards: each table of the ledger has one, which refuses whatever is not done
-- by the ledger's functions.  A new table must be listed here.
--
BEGIN;
SELECT * FROM no_plan();

-- history is added to and nothing else, by nobody, but that erase_texts() takes the texts that are named; the others the ledger's functions change
CREATE TEMP TABLE expected (name text, guard text);
INSERT INTO expected VALUES
	('account_events', 'erasure reason before after'), ('audit_events', 'erasure reason details'), ('clock_acceptances', 'history'), ('currencies', 'history'), ('day_ends', 'history'), ('day_events', 'history'), ('entries', 'history'), ('erasures', 'history'),
	('interest_accruals', 'history'), ('order_executions', 'history'), ('sealed_entries', 'history'), ('seals', 'history'),
	('ledgers', 'history'), ('settlement_positions', 'history'), ('statements', 'history'), ('transfers', 'erasure description metadata salt'), ('erased_pages', 'functions'), ('verification_findings', 'history'),
	('account_codes', 'functions'), ('accounts', 'functions'), ('business_calendar', 'functions'), ('closed_days', 'functions'), ('day_balances', 'functions'),
	('day_trial_balances', 'functions'), ('hold_references', 'functions'), ('holds', 'functions'), ('ledger_roles', 'functions'), ('idempotency_keys', 'functions'), ('interest_accounts', 'functions'),
	('interest_days', 'functions'), ('interest_rates', 'functions'), ('job_runs', 'functions'), ('jobs', 'functions'), ('key_marks', 'functions'),
	('log_gaps', 'functions'), ('log_sources', 'functions'), ('log_segments', 'history'), ('notices', 'history'), ('log_consumers', 'functions'), ('search_indexes', 'functions'), ('transfer_spans', 'functions'), ('settlement_assignments', 'functions'), ('settlement_cycles', 'functions'), ('settlement_groups', 'functions'),
	('settlement_members', 'functions'), ('standing_orders', 'functions'), ('requests', 'functions'), ('transfer_references', 'functions'), ('statement_days', 'functions'), ('verifications', 'functions'), ('key_marks', 'functions'),
	('clock_acceptances', 'history');

SELECT set_eq(
	$$SELECT c.relname::text FROM pg_catalog.pg_class c
	  WHERE c.relnamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'm', 'f')$$,
	'SELECT name FROM expected', 'these are the tables of the ledger');
SELECT set_eq(
	$$SELECT c.relname::text, CASE t.tgnargs WHEN 0 THEN 'history' ELSE rtrim(replace(convert_from(replace(encode(t.tgargs, 'escape'), '\000', ' ')::bytea, 'UTF8'), '  ', ' ')) END
	  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
	  WHERE t.tgfoid = 'simplebank_internal.guard'::regproc$$,
	'SELECT name, guard FROM expected', 'each has its guard');
-- before a statement: UPDATE, DELETE or TRUNCATE; ALWAYS: in replication roles too
SELECT is_empty(
	$$SELECT t.tgrelid::regclass, t.tgtype, t.tgenabled FROM pg_catalog.pg_trigger t
	  WHERE t.tgfoid = 'simplebank_internal.guard'::regproc AND (t.tgtype <> 2 + 8 + 16 + 32 OR t.tgenabled <> 'A' OR t.tgqual IS NOT NULL OR t.tgattr <> '')$$,
	'and each guard fires at all of them, always');

-- Nobody passes: a superuser, the owner, a session that says it is a replica.
CREATE FUNCTION pg_temp.refused(role text, replication text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', role, true), set_config('session_replication_role', replication, true);
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
GRANT simplebank_owner TO CURRENT_USER;
SELECT is_empty(
	format($$SELECT r.role, n.replication, s.statement, pg_temp.refused(r.role, n.replication, s.statement) AS state
			 FROM (VALUES (%1$L), ('simplebank_owner')) r(role), (VALUES ('origin'), ('replica'), ('local')) n(replication),
				(VALUES ('DELETE FROM simplebank.%2$I'), ('UPDATE simplebank.%2$I SET %3$I = %3$I'), ('TRUNCATE simplebank.%2$I CASCADE')) s(statement)
			 WHERE pg_temp.refused(r.role, n.replication, s.statement) <> '42501'$$, current_user, c.relname, a.attname),
	format('%s is written by the ledger''s functions only', c.relname))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind = 'r' ORDER BY c.relname;

SELECT * FROM finish();
ROLLBACK;
