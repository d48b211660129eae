--
-- What the extension consists of: comments, ownership, privileges, and that
-- pg_dump takes all of the data.
--
BEGIN;
SELECT * FROM no_plan();

CREATE TEMP VIEW members AS
	SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
	WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass
	  AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'simplebank');
CREATE TEMP VIEW relations AS
	SELECT c.* FROM members m JOIN pg_catalog.pg_class c ON c.oid = m.objid WHERE m.classid = 'pg_catalog.pg_class'::regclass;

-- An object that is no member would be left behind by DROP EXTENSION, and
-- dumped apart from it.
SELECT is_empty(
	$$SELECT oid::regclass::text FROM pg_catalog.pg_class
	  WHERE relnamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace) AND relkind IN ('r', 'v', 'm', 'p', 'S', 'f')
		AND oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_class'::regclass)
	  UNION ALL
	  SELECT oid::regprocedure::text FROM pg_catalog.pg_proc
	  WHERE pronamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace)
		AND oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_proc'::regclass)$$,
	'everything in the schemas belongs to the extension');
SELECT set_has(
	'SELECT relname::text FROM relations WHERE relkind = ''r''',
	$$VALUES ('accounts'), ('account_events'), ('currencies'), ('entries'), ('holds'), ('idempotency_keys'), ('transfers')$$,
	'the tables of the ledger are there');

-- \df+ and \dt+ are the manual: no object without a comment.
SELECT is_empty(
	$$SELECT pg_catalog.pg_describe_object(m.classid, m.objid, 0) FROM members m
	  WHERE m.classid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass,
						  'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_namespace'::regclass)
		AND pg_catalog.obj_description(m.objid, m.classid::regclass::name) IS NULL
		/* sequences are those of identity columns, and the types of tables are the tables */
		AND NOT EXISTS (SELECT FROM relations r WHERE m.classid = 'pg_catalog.pg_class'::regclass AND r.oid = m.objid AND r.relkind = 'S')
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE m.classid = 'pg_catalog.pg_type'::regclass AND t.oid = m.objid
						AND (t.typrelid <> 0 OR t.typelem <> 0))$$,
	'schema, tables, functions and types have comments');
SELECT is_empty(
	$$SELECT t.tgrelid::regclass, t.tgname FROM pg_catalog.pg_trigger t JOIN relations r ON r.oid = t.tgrelid
	  WHERE NOT t.tgisinternal AND pg_catalog.obj_description(t.oid, 'pg_trigger') IS NULL$$,
	'triggers have comments');
-- columns whose meaning their name does not say
SELECT is_empty(
	$$SELECT c.name, c.col FROM (VALUES
		('accounts', 'balance'), ('accounts', 'held'), ('accounts', 'version'), ('accounts', 'updated_at'), ('accounts', 'is_system'),
		('accounts', 'min_balance'), ('accounts', 'max_balance'), ('account_events', 'version'), ('account_events', 'role'),
		('transfers', 'amount'), ('transfers', 'from_version'), ('transfers', 'to_version'), ('transfers', 'posted_at'),
		('transfers', 'reference'), ('holds', 'reference'), ('accounts', 'code'), ('transfers', 'effective_at'), ('transfers', 'created_at'), ('transfers', 'operation'),
		('entries', 'version'), ('entries', 'balance'), ('entries', 'effective_at'),
		('holds', 'captured'), ('holds', 'expires_at'), ('holds', 'closed_at'), ('account_events', 'hold_id'),
		('currencies', 'exponent'), ('currencies', 'is_builtin'), ('idempotency_keys', 'role'), ('idempotency_keys', 'request')) c(name, col)
	  WHERE pg_catalog.col_description(format('simplebank.%I', c.name)::regclass,
		(SELECT attnum FROM pg_catalog.pg_attribute WHERE attrelid = format('simplebank.%I', c.name)::regclass AND attname = c.col)) IS NULL$$,
	'columns have comments');
-- A comment that names no error where the function raises some is no manual.
SELECT is_empty(
	$$SELECT p.oid::regprocedure FROM members m JOIN pg_catalog.pg_proc p ON p.oid = m.objid AND m.classid = 'pg_catalog.pg_proc'::regclass
	  JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname = 'c'
	  WHERE p.proname NOT IN ('account_of', 'business_day', 'next_business_day', 'due_date', 'health', 'caller_role', 'error_codes', 'row_access', 'row_ledgers', 'seal_line') AND pg_catalog.obj_description(p.oid, 'pg_proc') !~* 'errors'$$,
	'comments on functions name their errors');

-- PUBLIC has nothing: a grant to it would open the bank to every login.
SELECT is_empty(
	$$SELECT 'function', p.oid::regprocedure::text, a.privilege_type
	  FROM members m JOIN pg_catalog.pg_proc p ON p.oid = m.objid AND m.classid = 'pg_catalog.pg_proc'::regclass,
		   pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a WHERE a.grantee = 0
	  UNION ALL
	  SELECT 'relation', r.oid::regclass::text, a.privilege_type
	  FROM relations r, pg_catalog.aclexplode(r.relacl) a WHERE a.grantee = 0
	  UNION ALL
	  SELECT 'column', c.attrelid::regclass || '.' || c.attname, a.privilege_type
	  FROM relations r JOIN pg_catalog.pg_attribute c ON c.attrelid = r.oid, pg_catalog.aclexplode(c.attacl) a WHERE a.grantee = 0
	  UNION ALL
	  SELECT 'schema', n.nspname, a.privilege_type
	  FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a WHERE n.nspname IN ('simplebank', 'simplebank_internal') AND a.grantee = 0
	  UNION ALL
	  SELECT 'type', t.oid::regtype::text, a.privilege_type
	  FROM members m JOIN pg_catalog.pg_type t ON t.oid = m.objid AND m.classid = 'pg_catalog.pg_type'::regclass,
		   pg_catalog.aclexplode(coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))) a
	  WHERE a.grantee = 0 AND t.typrelid = 0 AND t.typelem = 0$$,
	'PUBLIC has been granted nothing');
-- nobody but the owner may write, whatever roles there are
SELECT is_empty(
	$$SELECT r.oid::regclass, a.grantee::regrole, a.privilege_type FROM relations r, pg_catalog.aclexplode(r.relacl) a
	  WHERE a.grantee <> r.relowner AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES')$$,
	'no role may write tables');

-- One owner, who is nobody in particular.
SELECT is_empty(
	$$SELECT pg_catalog.pg_describe_object(m.classid, m.objid, 0)
	  FROM members m
		LEFT JOIN pg_catalog.pg_class c ON m.classid = 'pg_catalog.pg_class'::regclass AND c.oid = m.objid
		LEFT JOIN pg_catalog.pg_proc p ON m.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = m.objid
		LEFT JOIN pg_catalog.pg_type t ON m.classid = 'pg_catalog.pg_type'::regclass AND t.oid = m.objid
		LEFT JOIN pg_catalog.pg_namespace n ON m.classid = 'pg_catalog.pg_namespace'::regclass AND n.oid = m.objid
	  WHERE coalesce(c.relowner, p.proowner, t.typowner, n.nspowner) <> 'simplebank_owner'::regrole$$,
	'every object belongs to simplebank_owner');
SELECT is_empty(
	$$SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = 'simplebank_owner'
	  AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)$$,
	'simplebank_owner cannot log in and is no superuser nor anything like it');
SELECT is_empty(
	$$SELECT roleid::regrole, member::regrole FROM pg_catalog.pg_auth_members
	  WHERE 'simplebank_owner'::regrole IN (roleid, member)$$,
	'simplebank_owner is member of nothing and has no members');

-- pg_dump takes the data of the tables and sequences that are listed only: a
-- forgotten one is lost in a restore, a forgotten sequence gives ids twice.
SELECT set_eq(
	$$SELECT pg_catalog.unnest(extconfig)::regclass FROM pg_catalog.pg_extension WHERE extname = 'simplebank'$$,
	$$SELECT oid::regclass FROM relations WHERE relkind IN ('r', 'S') AND relname NOT IN ('erased_pages', 'erased_pages_id_seq')$$,
	'pg_dump takes every table and every sequence, but for pages, which are this server''s');
SELECT set_eq(
	$$SELECT t.c::regclass::text, t.condition FROM pg_catalog.pg_extension, unnest(extconfig, extcondition) t(c, condition)
	  WHERE extname = 'simplebank' AND t.condition <> ''$$,
	$$VALUES ('simplebank.currencies', 'WHERE NOT is_builtin'), ('simplebank.ledgers', 'WHERE id <> 1'), ('simplebank.transfer_spans', 'WHERE latest IS NOT NULL')$$,
	'whole, but for the currencies and the ledger that the script fills in, and what goes by this server''s transactions');

-- The guards: what is only added to keeps that rule for replication roles too.
SELECT set_has(
	$$SELECT t.tgrelid::regclass::text, t.tgenabled::text FROM pg_catalog.pg_trigger t
	  WHERE t.tgfoid = 'simplebank_internal.guard()'::regprocedure AND t.tgtype & 2 = 2 /* before */ AND t.tgtype & 1 = 0 /* statement */
		AND t.tgtype & 8 = 8 AND t.tgtype & 16 = 16 AND t.tgtype & 32 = 32 /* delete, update, truncate */$$,
	$$VALUES ('simplebank.account_events', 'A'), ('simplebank.transfers', 'A'), ('simplebank.entries', 'A'), ('simplebank.order_executions', 'A')$$,
	'entries, transfers, events and executions are guarded always');
SELECT ok(EXISTS (
	SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = guarded AND t.tgfoid = 'simplebank_internal.guard()'::regprocedure
		AND t.tgtype & 8 = 8 AND t.tgtype & 16 = 16 AND t.tgtype & 32 = 32), guarded || ' is guarded')
FROM unnest('{simplebank.accounts, simplebank.holds, simplebank.idempotency_keys}'::regclass[]) guarded;

-- What is due is found by an index on the open holds alone, of one account, of
-- one payee, and of all.
SELECT set_eq(
	$$SELECT pg_catalog.pg_get_indexdef(indexrelid, 1, true), coalesce(pg_catalog.pg_get_expr(indpred, indrelid) ~ 'open', false) FROM pg_catalog.pg_index
	  WHERE indrelid = 'simplebank.holds'::regclass AND NOT indisprimary$$,
	$$VALUES ('from_account_id', true), ('expires_at', true), ('from_account_id', false), ('to_account_id', false)$$,
	'open holds are indexed by payer and by time, all by payer and by payee');

-- A foreign key or a trigger per row would cost every posting and tie tables
-- together that are distributed apart.
SELECT is_empty(
	$$SELECT conname FROM pg_catalog.pg_constraint c JOIN relations r ON r.oid = c.conrelid WHERE c.contype = 'f'$$,
	'no foreign keys');
SELECT is_empty(
	$$SELECT t.tgname FROM pg_catalog.pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE t.tgtype & 1 = 1 AND r.relname <> 'jobs'$$,
	'no triggers per row');

SELECT * FROM finish();
ROLLBACK;
