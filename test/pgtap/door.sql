--
-- The one door: whoever calls, and however, each function of the schema is
-- judged by the current user at that moment.  The functions are those of
-- pg_proc, so that a new one is tested as well, and fails if it lets in
-- whom it should not.
--
BEGIN;
SELECT * FROM no_plan();
SELECT simplebank.create_roles();
CREATE ROLE regress_door_admin;
CREATE ROLE regress_door_teller;
CREATE ROLE regress_door_ann;
CREATE ROLE regress_door_ben;
CREATE ROLE regress_door_stranger;
CREATE ROLE regress_door_gate;
GRANT simplebank_admin TO regress_door_admin;
GRANT simplebank_teller TO regress_door_teller;
GRANT simplebank_customer TO regress_door_ann, regress_door_ben;
GRANT simplebank_gateway TO regress_door_gate;
-- it sees into the schema, so that it is EXECUTE that matters
GRANT USAGE ON SCHEMA simplebank TO regress_door_stranger;
CREATE SCHEMA regress_door;
GRANT USAGE, CREATE ON SCHEMA regress_door TO regress_door_admin, regress_door_teller, regress_door_ann, regress_door_stranger;
CREATE TABLE regress_door.t (n int);
GRANT INSERT, TRIGGER ON regress_door.t TO regress_door_admin, regress_door_teller, regress_door_ann, regress_door_stranger;

CREATE TEMP TABLE ids AS
	SELECT simplebank.open_account('regress_door_ann', 'EUR') AS ann, simplebank.open_account('regress_door_ben', 'EUR') AS ben;
SELECT ann, ben FROM ids \gset
SELECT simplebank.deposit(:ann, 1000) \g /dev/null
SELECT simplebank.deposit(:ben, 1000) \g /dev/null

-- Runs statements as a role, to begin with, and takes all of it back.
CREATE FUNCTION pg_temp.outcome(role text, statements text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
BEGIN
	BEGIN
		EXECUTE format('SET LOCAL ROLE %I', role);
		EXECUTE statements;
		RAISE EXCEPTION USING ERRCODE = 'DONE1';
	EXCEPTION WHEN OTHERS THEN
		state := CASE SQLSTATE WHEN 'DONE1' THEN 'done' ELSE SQLSTATE END;
	END;
	IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'planned') THEN
		DEALLOCATE planned;
	END IF;
	RETURN state;
END $$;

-- Arguments that a call is not refused for before its caller is judged.
CREATE FUNCTION pg_temp.argument(name text, type regtype) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s::%s', coalesce(
		CASE name
			WHEN 'account_id' THEN ids.ann::text WHEN 'account' THEN ids.ann::text WHEN 'from_account' THEN ids.ann::text WHEN 'to_account' THEN ids.ben::text
			WHEN 'to_accounts' THEN format('''{%s, %1$s}''', ids.ben) WHEN 'from_accounts' THEN format('''{%s, %1$s}''', ids.ann)
			WHEN 'currency' THEN '''EUR''' WHEN 'code' THEN '''DOR''' WHEN 'status' THEN '''frozen''' WHEN 'schema' THEN '''nowhere'''
			WHEN 'leaf_index' THEN '0' WHEN 'hashes' THEN 'sha256(''a'') || sha256(''b'')' END,
		CASE type::text
			WHEN 'text' THEN '''x''' WHEN 'bigint' THEN '1' WHEN 'integer' THEN '2' WHEN 'numeric' THEN '0.01' WHEN 'boolean' THEN 'true'
			WHEN 'date' THEN '''2020-01-01''' WHEN 'time without time zone' THEN '''10:00''' WHEN 'timestamp with time zone' THEN 'now()'
			WHEN 'bytea' THEN 'sha256(''a'')' WHEN 'interval' THEN '''1 minute''' WHEN 'uuid' THEN 'gen_random_uuid()' WHEN 'jsonb' THEN '''{}'''
			/* two of each, as a journal has at least */
			WHEN 'oid' THEN '1' WHEN 'tid' THEN '''(0,1)''' WHEN 'xid8' THEN '''1''' WHEN 'bigint[]' THEN '''{-1, 1}''' WHEN 'text[]' THEN '''{x, y}''' WHEN 'integer[]' THEN '''{1, 1}''' WHEN 'timestamp with time zone[]' THEN '''{NULL, NULL}''' WHEN 'date[]' THEN '''{2020-01-01}'''
			WHEN 'simplebank.seals' THEN 'NULL' END), type)
	FROM ids
$$;
-- What is immutable gets them from a row, lest the planner computes it beforehand.
CREATE FUNCTION pg_temp.call(function oid) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN p.prokind = 'p' THEN format('CALL simplebank.%I(%s)', p.proname, a.named)
				WHEN p.provolatile <> 'i' THEN format('SELECT count(*) FROM simplebank.%I(%s)', p.proname, a.named)
				ELSE format('SELECT count(*) FROM (SELECT %s OFFSET 0) a, LATERAL simplebank.%I(%s)', a.columns, p.proname, a.given) END
	FROM pg_proc p,
		LATERAL (SELECT string_agg(format('%I => %s', n.name, n.value), ', ' ORDER BY n.n) AS named,
						string_agg(format('%s AS %I', n.value, n.name), ', ' ORDER BY n.n) AS columns,
						string_agg(format('%1$I => a.%1$I', n.name), ', ' ORDER BY n.n) AS given
				 FROM (SELECT n, p.proargnames[n] AS name, pg_temp.argument(p.proargnames[n], p.proargtypes[n - 1]) AS value
					   FROM generate_series(1, p.pronargs) n
					   WHERE n <= p.pronargs - p.pronargdefaults OR p.proargnames[n] = 'amount') n) a
	WHERE p.oid = function
$$;

-- Each way to call a function, what must come of it, and what does.
CREATE FUNCTION pg_temp.ways(function oid) RETURNS TABLE (way text, expected text, got text) LANGUAGE plpgsql AS $$
DECLARE
	call CONSTANT text = pg_temp.call(function);
	f CONSTANT pg_proc = (SELECT p FROM pg_proc p WHERE p.oid = function);
	/* what an administrator gets */
	granted CONSTANT text = pg_temp.outcome('regress_door_admin', call);
	lend record;
BEGIN
	RETURN QUERY VALUES ('direct', '42501', pg_temp.outcome('regress_door_stranger', call));
	FOR lend IN
		SELECT * FROM (VALUES
			('the administrator''s', 'regress_door_admin', 'regress_door_stranger', granted),
			('the stranger''s', 'regress_door_stranger', 'regress_door_admin', '42501')) l(whose, owner, caller, expected)
	LOOP
		RETURN QUERY VALUES (lend.whose || ' DEFINER function', lend.expected, pg_temp.outcome(lend.owner, format(
				'CREATE FUNCTION regress_door.f() RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS %L; SET LOCAL ROLE %I; SELECT regress_door.f()',
				format('BEGIN EXECUTE %L; END', call), lend.caller))),
			(lend.whose || ' DEFINER trigger', lend.expected, pg_temp.outcome(lend.owner, format(
				'CREATE FUNCTION regress_door.f() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS %L;
				 CREATE TRIGGER f BEFORE INSERT ON regress_door.t FOR EACH ROW EXECUTE FUNCTION regress_door.f();
				 SET LOCAL ROLE %I; INSERT INTO regress_door.t VALUES (1)',
				format('BEGIN EXECUTE %L; RETURN NEW; END', call), lend.caller)));
	END LOOP;
	RETURN QUERY VALUES ('the administrator''s INVOKER function', '42501', pg_temp.outcome('regress_door_admin', format(
			'CREATE FUNCTION regress_door.f() RETURNS void LANGUAGE plpgsql AS %L; SET LOCAL ROLE regress_door_stranger; SELECT regress_door.f()',
			format('BEGIN EXECUTE %L; END', call))));
	IF f.prokind = 'p' THEN
		RETURN;
	END IF;
	RETURN QUERY VALUES
		('the administrator''s view', '42501', pg_temp.outcome('regress_door_admin', format(
			'CREATE VIEW regress_door.v AS %s; GRANT SELECT ON regress_door.v TO regress_door_stranger;
			 SET LOCAL ROLE regress_door_stranger; SELECT * FROM regress_door.v', call))),
		('cursor', '42501', pg_temp.outcome('regress_door_admin', format(
			'DECLARE opened CURSOR FOR %s; SET LOCAL ROLE regress_door_stranger; FETCH opened', call))),
		('prepared plan', '42501', pg_temp.outcome('regress_door_admin', format(
			'SET LOCAL plan_cache_mode = force_generic_plan; PREPARE planned AS %s; EXPLAIN EXECUTE planned;
			 SET LOCAL ROLE regress_door_stranger; EXECUTE planned', call))),
		('security-restricted operation', '42501', pg_temp.outcome('regress_door_admin', format(
			'CREATE MATERIALIZED VIEW regress_door.m AS %s WITH NO DATA; REFRESH MATERIALIZED VIEW regress_door.m', call)));
	IF f.proparallel = 's' THEN
		RETURN QUERY VALUES
			('parallel worker, direct', '42501', pg_temp.outcome('regress_door_stranger', 'SET LOCAL force_parallel_mode = on; ' || call)),
			('parallel worker, administrator', granted, pg_temp.outcome('regress_door_admin', 'SET LOCAL force_parallel_mode = on; ' || call)),
			('parallel worker, the administrator''s DEFINER function', granted, pg_temp.outcome('regress_door_admin', format(
				'SET LOCAL force_parallel_mode = on;
				 CREATE FUNCTION regress_door.f() RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS %L;
				 SET LOCAL ROLE regress_door_stranger; SELECT regress_door.f()', format('BEGIN EXECUTE %L; END', call))));
	ELSE
		/* in a worker by a mark of somebody else's: what the end of the transaction has to do would be lost */
		RETURN QUERY VALUES ('parallel worker, a function marked wrongly', '25000', pg_temp.outcome('regress_door_admin', format(
			'SET LOCAL force_parallel_mode = on;
			 CREATE FUNCTION regress_door.f() RETURNS void PARALLEL SAFE LANGUAGE plpgsql AS %L; SELECT regress_door.f()',
			format('BEGIN EXECUTE %L; END', call))));
	END IF;
	/* PostgreSQL asks the aggregate's owner for EXECUTE on its parts */
	IF f.pronargs = 1 AND NOT f.proretset AND f.prorettype <> 'record'::regtype THEN
		RETURN QUERY VALUES ('the administrator''s aggregate', '42501', pg_temp.outcome('regress_door_admin', format(
			'CREATE FUNCTION regress_door.last(%1$s, %1$s) RETURNS %1$s LANGUAGE sql AS ''SELECT $2'';
			 CREATE AGGREGATE regress_door.a(%1$s) (SFUNC = regress_door.last, STYPE = %1$s, FINALFUNC = %2$s);
			 SET LOCAL ROLE regress_door_stranger; SELECT regress_door.a(%3$s)',
			format_type(f.proargtypes[0], NULL), 'simplebank.' || quote_ident(f.proname),
			pg_temp.argument(f.proargnames[1], f.proargtypes[0]))));
	END IF;
END $$;

-- Without rights nobody comes in, by whatever way; and a SECURITY DEFINER
-- function has its owner's rights, which are not less either.
SELECT is_empty(
	format('SELECT * FROM pg_temp.ways(%s) WHERE got IS DISTINCT FROM expected', p.oid),
	format('%s lets in nobody who may not call it', p.oid::regprocedure))
FROM pg_proc p WHERE p.pronamespace = 'simplebank'::regnamespace ORDER BY p.oid::regprocedure::text;

-- The arguments above are good enough for that: what is refused to an
-- administrator takes a superuser, or a role that is a gateway only.
SELECT set_eq(
	$$SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'simplebank'::regnamespace
	  AND pg_temp.outcome('regress_door_admin', pg_temp.call(p.oid)) = '42501'$$,
	$$VALUES ('create_roles'), ('act_for')$$, 'an administrator is let in');
-- Whatever a caller can send has a bound: a text of any name, and jsonb, which
-- is as long as it is as text.  A reader keeps nothing.
CREATE FUNCTION pg_temp.call_with(function oid, number int, value text) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s simplebank.%I(%s)', CASE p.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT count(*) FROM' END, p.proname,
		(SELECT string_agg(format('%I => %s', p.proargnames[n],
								  CASE n WHEN number THEN value ELSE pg_temp.argument(p.proargnames[n], p.proargtypes[n - 1]) END), ', ')
		 FROM generate_series(1, p.pronargs) n
		 WHERE n <= p.pronargs - p.pronargdefaults OR p.proargnames[n] = 'amount' OR n = number))
	FROM pg_proc p WHERE p.oid = function
$$;
CREATE TEMP VIEW unbounded AS
	SELECT p.oid, p.proname, p.proargnames[n] AS argument, n, b.value
	FROM pg_proc p CROSS JOIN LATERAL generate_series(1, p.pronargs) n
		JOIN (VALUES ('text', 'repeat($$x$$, 1025)'), ('text[]', 'ARRAY[repeat($$x$$, 1025)]'),
			('jsonb', '$${"n": 1e16384}$$'), ('jsonb[]', 'ARRAY[$${"n": 1e16384}$$::jsonb]')) b(type, value)
			ON b.type = format_type(p.proargtypes[n - 1], NULL)
	WHERE p.pronamespace = 'simplebank'::regnamespace AND p.provolatile = 'v'
	  AND (p.proargmodes IS NULL OR p.proargmodes[n] = 'i');
SELECT cmp_ok(count(*), '>', 50::bigint, 'arguments that are texts are found') FROM unbounded;
SELECT is(pg_temp.outcome(CASE proname WHEN 'import_simple_bank' THEN 'postgres' ELSE 'regress_door_admin' END, pg_temp.call_with(oid, n::int, value)),
	'22023', format('%s has a bound for %s', proname, argument))
FROM unbounded WHERE proname NOT IN ('check_simple_bank', 'call') ORDER BY proname, n;
-- call() answers what it refuses, and what it calls has its own bounds
SELECT is(simplebank.call('transfer', jsonb_build_object('from_account', :ann, 'to_account', :ben, 'amount', 1, argument, value)) #>> '{error,code}', '22023', format('by call(), too: %s', argument))
FROM (VALUES ('description', to_jsonb(repeat('x', 1025))), ('key', to_jsonb(repeat('x', 1025))), ('metadata', '{"n": 1e16384}'), ('amount', '1e16384')) a(argument, value);
-- A function that does not pass the door is found out, whatever is granted.
CREATE FUNCTION simplebank.regress_lax(account_id bigint) RETURNS bigint LANGUAGE sql PARALLEL SAFE AS 'SELECT 1::bigint';
REVOKE ALL ON FUNCTION simplebank.regress_lax FROM PUBLIC;
GRANT EXECUTE ON FUNCTION simplebank.regress_lax TO regress_door_admin;
SELECT set_eq(
	$$SELECT way FROM pg_temp.ways('simplebank.regress_lax'::regproc) WHERE got <> expected$$,
	$$VALUES ('cursor'), ('prepared plan'), ('security-restricted operation'), ('the administrator''s aggregate')$$,
	'a function that does not pass the door would have failed');
DROP FUNCTION simplebank.regress_lax;

-- What our own code does for a customer stays within what customers may: a
-- body that is open to them, as render_statement()'s is, calls no function
-- that is not, nor for other accounts.
CREATE FUNCTION simplebank_internal.regress_nested(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN 'done';
END $$;
CREATE FUNCTION simplebank.regress_nested(query text) RETURNS text
	AS '$libdir/simplebank', 'simplebank_render_statement' LANGUAGE c;
GRANT EXECUTE ON FUNCTION simplebank.regress_nested TO regress_door_ann, regress_door_teller;
SELECT is(pg_temp.outcome(role, format('SELECT simplebank.regress_nested(%L)', call)), expected, format('within a body, for %s: %s', role, call))
FROM (VALUES
	('regress_door_ann', format('SELECT simplebank.balance(%s)', :ann), 'done'),
	('regress_door_ann', format('SELECT simplebank.balance(%s)', :ben), 'SB003'),
	('regress_door_ann', 'SELECT simplebank.trial_balance()', '42501'),
	('regress_door_ann', format('SELECT simplebank.withdraw(%s, 1)', :ann), '42501'),
	('regress_door_teller', format('SELECT simplebank.withdraw(%s, 1)', :ann), 'done')) c(role, call, expected);
DROP FUNCTION simplebank.regress_nested, simplebank_internal.regress_nested;

-- Parallel workers do come into play.
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL force_parallel_mode = on;
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
	RESET force_parallel_mode;
END $$;
SELECT ok(EXISTS (SELECT FROM pg_temp.plan(pg_temp.call(p.oid)) plan WHERE plan ~ 'Gather'), format('%s runs in a parallel worker', p.oid::regprocedure))
FROM pg_proc p WHERE p.pronamespace = 'simplebank'::regnamespace AND p.prokind = 'f' AND p.proparallel = 's' AND p.provolatile <> 'i' ORDER BY p.oid::regprocedure::text;
-- where a customer has its own accounts only, too
SELECT is(pg_temp.outcome('regress_door_ann', format('SET LOCAL force_parallel_mode = on; SELECT %s', call)), expected, format('a customer''s worker: %s', call))
FROM (VALUES
	(format('simplebank.balance(%s)', :ann), 'done'), (format('simplebank.balance(%s)', :ben), 'SB003'),
	(format('count(*) FROM simplebank.statement(%s)', :ann), 'done'), (format('count(*) FROM simplebank.statement(%s)', :ben), 'SB003'),
	(format('count(*) FROM simplebank.interest_preview(%s, ''2020-01-01'', ''2020-01-02'')', :ann), 'done'),
	(format('count(*) FROM simplebank.interest_preview(%s, ''2020-01-01'', ''2020-01-02'')', :ben), 'SB003'),
	(format('simplebank.render_statement(%s, ''2020-01-01'')', :ann), 'SB607'), (format('simplebank.render_statement(%s, ''2020-01-01'')', :ben), 'SB003')) c(call, expected);

-- A gateway: by itself it has no account, in no function that it may call; for
-- a customer it gets what that one's own role would, in functions and tables.
CREATE FUNCTION pg_temp.hint(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	EXECUTE statement;
	RESET ROLE;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || hint;
END $$;
CREATE TEMP VIEW for_gateways AS
	SELECT p.oid, p.proname FROM pg_proc p
	WHERE p.pronamespace = 'simplebank'::regnamespace AND has_function_privilege('simplebank_gateway', p.oid, 'EXECUTE') AND p.proname <> 'act_for';
SELECT cmp_ok(count(*), '>', 20::bigint, 'functions of gateways are found') FROM for_gateways;
SELECT is(pg_temp.hint('regress_door_gate', pg_temp.call(f.oid)),
	CASE WHEN f.proname IN ('account_of', 'business_day', 'next_business_day', 'error_codes', 'call', 'openapi', 'to_minor', 'to_major', 'format_amount') THEN 'done'
		 ELSE '42501 Call simplebank.act_for() first, in the same transaction.' END,
	format('a gateway that acts for nobody calls %s', f.proname))
FROM for_gateways f ORDER BY f.proname, f.oid;
SELECT is(
	pg_temp.outcome('regress_door_gate', format('SELECT simplebank.act_for(''regress_door_ann''); %s', pg_temp.call(f.oid))),
	pg_temp.outcome('regress_door_ann', pg_temp.call(f.oid)),
	format('for a customer it gets what that one gets of %s', f.proname))
FROM for_gateways f ORDER BY f.proname, f.oid;
-- what a customer may not call, it may not for a customer either, whatever was granted besides
GRANT simplebank_auditor, simplebank_teller TO regress_door_ben;
SELECT is(pg_temp.outcome('regress_door_gate', 'SELECT simplebank.act_for(''regress_door_ben'')'), '42501', 'nobody acts for who is more than a customer');
REVOKE simplebank_auditor, simplebank_teller FROM regress_door_ben;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_door_gate;
SELECT is(
	pg_temp.outcome('regress_door_gate', format('SELECT simplebank.act_for(''regress_door_ann''); %s', pg_temp.call(p.oid))), '42501',
	format('not for a customer: %s', p.proname))
FROM pg_proc p WHERE p.pronamespace = 'simplebank'::regnamespace AND p.prokind = 'f'
  AND p.proname NOT IN (SELECT f.proname FROM for_gateways f) AND p.proname NOT IN ('act_for', 'due_date') ORDER BY p.oid::regprocedure::text;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank FROM regress_door_gate;
SET LOCAL ROLE regress_door_ann;
SELECT simplebank.transfer(:ann, :ben, 1, key => 'gate') \g /dev/null
SELECT simplebank.place_hold(:ann, :ben, 1) \g /dev/null
SELECT simplebank.schedule_transfer(:ann, :ben, 1, run_at => '2299-01-01') \g /dev/null
RESET ROLE;
CREATE FUNCTION pg_temp.rows_of(role text, customer text, relation regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	rows text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	IF role = 'regress_door_gate' THEN
		PERFORM simplebank.act_for(customer);
	END IF;
	EXECUTE format('SELECT coalesce(string_agg(t::text, E''\n'' ORDER BY t::text), ''none'') FROM %s t', relation) INTO rows;
	RESET ROLE;
	RETURN rows;
END $$;
SELECT is(pg_temp.rows_of('regress_door_gate', 'regress_door_ann', c.oid), pg_temp.rows_of('regress_door_ann', NULL, c.oid), format('for a customer it reads that one''s rows of %s', c.relname))
FROM pg_class c WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'v') AND has_table_privilege('simplebank_gateway', c.oid, 'SELECT') ORDER BY c.relname;
SELECT is(pg_temp.rows_of('regress_door_gate', NULL, c.oid), 'none', format('for nobody it reads none of %s', c.relname))
FROM pg_class c WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relrowsecurity AND has_table_privilege('simplebank_gateway', c.oid, 'SELECT') ORDER BY c.relname;

SET LOCAL ROLE regress_door_ben;
SELECT simplebank.transfer(:ben, :ann, 1) \g /dev/null
SELECT simplebank.release_hold((SELECT max(id) FROM simplebank.holds)) \g /dev/null
RESET ROLE;

-- Parts: by our own functions alone, whoever calls, with whatever.
CREATE FUNCTION pg_temp.part(function oid) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT count(*) FROM simplebank_internal.%I(%s)', p.proname,
		(SELECT string_agg(pg_temp.argument(p.proargnames[n], p.proargtypes[n - 1]), ', ' ORDER BY n)
		 FROM generate_series(1, p.pronargs) n))
	FROM pg_proc p WHERE p.oid = function
$$;
CREATE FUNCTION pg_temp.part_of_nulls(function oid) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT count(*) FROM simplebank_internal.%I(%s)', p.proname,
		(SELECT string_agg(format('NULL::%s', format_type(p.proargtypes[n - 1], NULL)), ', ' ORDER BY n) FROM generate_series(1, p.pronargs) n))
	FROM pg_proc p WHERE p.oid = function
$$;
CREATE TEMP VIEW parts AS
	SELECT p.oid, p.proname::text AS name FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.pronamespace = 'simplebank_internal'::regnamespace AND l.lanname = 'c' AND p.prorettype <> 'trigger'::regtype;
SELECT is(
	pg_temp.outcome('postgres', pg_temp.part(p.oid)),
	coalesce((SELECT h.outcome FROM (VALUES
		/* these tell nothing that matters, or raise what they are told to */
		('caller_role', 'done'), ('row_access', 'done'), ('row_ledgers', 'done'), ('customer', 'done'), ('retry_wait', 'done'), ('clock', 'done'), ('shown', 'done'), ('is_value_date', 'done'), ('setting', '42704'), ('refuse', '22023'),
		/* these pass the door, for views */
		('read_stats', '55000'), ('read_refusals', '55000'), ('queue_state', '55000')) h(name, outcome) WHERE h.name = p.name), '42501'),
	format('a superuser calls part %s', p.name))
FROM parts p ORDER BY p.name;
SELECT matches(pg_temp.outcome('postgres', pg_temp.part_of_nulls(p.oid)), '^(done|22004|22023|42501|55000)$', format('part %s with NULLs', p.name))
FROM parts p ORDER BY p.name;
GRANT USAGE ON SCHEMA simplebank_internal TO regress_door_ann, regress_door_teller;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank_internal TO regress_door_ann, regress_door_teller;
SELECT is(pg_temp.outcome(r.role, pg_temp.part(p.oid)), '42501', format('%s calls part %s, granted by mistake', r.role, p.name))
FROM parts p, (VALUES ('regress_door_ann'), ('regress_door_teller')) r(role)
WHERE p.name NOT IN ('caller_role', 'row_access', 'row_ledgers', 'customer', 'retry_wait', 'clock', 'shown', 'is_value_date', 'setting', 'refuse', 'read_stats', 'read_refusals', 'queue_state') ORDER BY p.name, r.role;
-- bodies that are called so have their caller's rights, and no way to the tables
SELECT is(pg_temp.outcome('regress_door_teller', statement), '42501', statement)
FROM (VALUES ('SELECT simplebank_internal.set_business_day(''2020-01-01'', true, NULL)'), ('SELECT simplebank_internal.close_day(''2020-01-01'', NULL)'),
	('SELECT simplebank_internal.set_interest(1, 0.01, ''ACT/365F'', NULL, 0)'), ('SELECT count(*) FROM simplebank_internal.settle(''x'', NULL, NULL)')) s(statement);
REVOKE ALL ON SCHEMA simplebank_internal FROM regress_door_ann, regress_door_teller;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA simplebank_internal FROM regress_door_ann, regress_door_teller;

-- The owner itself is a caller like any other.
SELECT is(pg_temp.outcome('simplebank_owner', 'SELECT simplebank_internal.lock_days()'), '42501', 'the owner calls no part');
SELECT is(pg_temp.outcome('simplebank_owner', 'UPDATE simplebank.accounts SET balance = 0'), '42501', 'nor writes to tables by hand');
SELECT is(pg_temp.outcome('simplebank_owner', format('SELECT simplebank.balance(%s)', :ann)), 'done', 'it calls functions');

/*
 * Whose money, whose keys, whose deeds: those of the current user.
 */
-- a customer's function or trigger moves the customer's money, whoever calls it
SET LOCAL ROLE regress_door_ann;
CREATE FUNCTION regress_door.pay(from_account bigint, to_account bigint, key text DEFAULT NULL) RETURNS bigint SECURITY DEFINER LANGUAGE sql AS
	'SELECT transfer_id FROM simplebank.transfer(from_account, to_account, 100, key => key)';
CREATE FUNCTION regress_door.pay() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
	PERFORM simplebank.transfer(i.ben, i.ann, 100) FROM (VALUES (TG_ARGV[0]::bigint, TG_ARGV[1]::bigint)) i(ben, ann);
	RETURN NEW;
END $$;
RESET ROLE;
SET LOCAL ROLE regress_door_teller;
SELECT throws_ok(format('SELECT regress_door.pay(%s, %s)', :ben, :ann), 'SB003', NULL, 'called by a teller, a customer''s function debits nobody else');
SELECT throws_ok(format('SELECT simplebank.transfer(%s, %s, 0)', :ben, :ann), 'SB007', NULL, 'while the teller could');
RESET ROLE;
SELECT throws_ok(format('SELECT regress_door.pay(%s, %s)', :ben, :ann), 'SB003', NULL, 'nor called by a superuser');
CREATE TABLE regress_door.bait (n int);
GRANT INSERT ON regress_door.bait TO regress_door_teller;
GRANT TRIGGER ON regress_door.bait TO regress_door_ann;
SET LOCAL ROLE regress_door_ann;
SELECT format('CREATE TRIGGER pay BEFORE INSERT ON regress_door.bait FOR EACH ROW EXECUTE FUNCTION regress_door.pay(%s, %s)', :ben, :ann) \gexec
SET LOCAL ROLE regress_door_teller;
SELECT throws_ok('INSERT INTO regress_door.bait VALUES (1)', 'SB003', NULL, 'nor does its trigger');
SELECT is(simplebank.balance(:ben), 1000::bigint, 'nothing has moved');
SELECT lives_ok(format('SELECT regress_door.pay(%s, %s, ''rent'')', :ann, :ben), 'its own money it moves');
RESET ROLE;
SELECT is((SELECT role FROM simplebank.transfers ORDER BY id DESC LIMIT 1), 'regress_door_ann', 'in its own name');
SELECT results_eq('SELECT role FROM simplebank.idempotency_keys WHERE key = ''rent''', $$VALUES ('regress_door_ann' COLLATE "C")$$, 'with its own key');

-- an administrator's function acts for the administrator, in every function alike
SET LOCAL ROLE regress_door_admin;
CREATE FUNCTION regress_door.close_shop() RETURNS void SECURITY DEFINER LANGUAGE sql AS $$
	SELECT simplebank.set_business_day('2020-01-01', false, 'closed');
	SELECT simplebank.add_currency('DOR', 2);
	SELECT simplebank.audit('shop closed');
$$;
SET LOCAL ROLE regress_door_stranger;
SELECT lives_ok('SELECT regress_door.close_shop()', 'who has no rights uses an administrator''s function');
RESET ROLE;
SELECT results_eq(
	'SELECT action, role FROM simplebank.audit_events ORDER BY id DESC LIMIT 3',
	$$VALUES ('shop closed' COLLATE "C", 'regress_door_admin'), ('add_currency', 'regress_door_admin'), ('set_business_day', 'regress_door_admin')$$,
	'and the record names the administrator');

-- An error that is caught leaves nothing behind, at any depth.
CREATE FUNCTION regress_door.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || current_user;
END $$;
SET LOCAL ROLE regress_door_admin;
-- close_day() calls others before it raises, each within the one before
SELECT is(regress_door.try('SELECT simplebank.close_day(''infinity'')'), '22023 regress_door_admin', 'a body raises');
SELECT is(regress_door.try(format('SELECT regress_door.pay(%s, %s)', :ben, :ann)), 'SB003 regress_door_admin', 'a function of a customer raises');
SELECT is(regress_door.try('SELECT simplebank.audit(''caught'')'), 'done', 'what comes after it');
SET LOCAL ROLE regress_door_teller;
SELECT is(regress_door.try('SELECT simplebank.close_day(''2020-01-01'')'), '42501 regress_door_teller', 'is judged anew');
RESET ROLE;
SELECT is((SELECT role FROM simplebank.audit_events ORDER BY id DESC LIMIT 1), 'regress_door_admin', 'and has its own name');
SELECT throws_ok('SELECT simplebank.settle(''nowhere'')', 'SB605', NULL, 'a superuser''s call raises');
SELECT is(current_user, 'postgres', 'nobody stays the owner after an error');
SELECT is(simplebank_internal.caller_role(), 'postgres', 'nor has another caller');
SELECT throws_ok('UPDATE simplebank.accounts SET balance = 0', '42501', NULL, 'the guard is up again');

-- A call within another one has its caller; here an error is caught inside.
CREATE FUNCTION simplebank_internal.inside(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT r::text FROM (%s) r', query);
END $$;
CREATE FUNCTION simplebank.inside(query text) RETURNS SETOF text AS '$libdir/simplebank', 'simplebank_settle' LANGUAGE c;
CREATE FUNCTION simplebank_internal.regress_inner() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
BEGIN
	BEGIN
		PERFORM simplebank.inside('SELECT simplebank.inside(''SELECT simplebank.balance(0)'')');
	EXCEPTION WHEN OTHERS THEN
		state := SQLSTATE;
	END;
	PERFORM simplebank.audit('inner');
	RETURN concat_ws(' ', state, simplebank_internal.caller_role(), current_user);
END $$;
SET LOCAL ROLE regress_door_admin;
SELECT is((SELECT * FROM simplebank.inside('SELECT simplebank_internal.regress_inner()')), '("SB003 regress_door_admin simplebank_owner")', 'the caller is the same after an inner error');
RESET ROLE;
SELECT is((SELECT role FROM simplebank.audit_events ORDER BY id DESC LIMIT 1), 'regress_door_admin', 'for the record, too');
-- as deep as it goes, and not deeper
CREATE FUNCTION pg_temp.nested(n int) RETURNS text LANGUAGE sql AS $$
	SELECT CASE n WHEN 0 THEN 'SELECT 1' ELSE format('SELECT simplebank.inside(%L)', pg_temp.nested(n - 1)) END
$$;
CREATE FUNCTION simplebank_internal.regress_nested(n int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN CASE WHEN n > 1 THEN (SELECT simplebank.regress_nested(n - 1)) ELSE simplebank_internal.caller_role() END;
END $$;
CREATE FUNCTION simplebank.regress_nested(n int) RETURNS text AS '$libdir/simplebank', 'simplebank_settle' LANGUAGE c;
SELECT is(simplebank.regress_nested(32), 'postgres', 'calls within each other');
SELECT throws_ok('SELECT simplebank.regress_nested(33)', '54001', NULL, 'too many of them');
SELECT is(simplebank.regress_nested(32), 'postgres', 'and then again');

-- A standing order that raises, rather than being refused, leaves its role to
-- nobody: what comes next has its caller's key.
SET LOCAL ROLE regress_door_ann;
SELECT simplebank.schedule_transfer(:ann, :ben, 1) \g /dev/null
RESET ROLE;
CREATE FUNCTION regress_door.break() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken''; END';
CREATE TRIGGER break BEFORE INSERT ON simplebank.transfers FOR EACH ROW EXECUTE FUNCTION regress_door.break();
GRANT EXECUTE ON FUNCTION simplebank.inside TO regress_door_admin;
SET LOCAL ROLE regress_door_admin;
SELECT is(regress_door.try('SELECT simplebank.inside(''SELECT simplebank_internal.run_standing_orders()'')'), 'P0001 regress_door_admin', 'an order raises');
SELECT simplebank.open_account('regress_door_ann', 'EUR', key => 'opened') \g /dev/null
RESET ROLE;
DROP TRIGGER break ON simplebank.transfers;
SELECT results_eq('SELECT role FROM simplebank.idempotency_keys WHERE key = ''opened''', $$VALUES ('regress_door_admin' COLLATE "C")$$, 'a later key is the caller''s');
SET LOCAL ROLE regress_door_admin;
SELECT simplebank.inside('SELECT simplebank_internal.run_standing_orders()') \g /dev/null
SELECT simplebank.open_account('regress_door_ann', 'EUR', key => 'again') \g /dev/null
RESET ROLE;
SELECT is((SELECT role FROM simplebank.transfers ORDER BY id DESC LIMIT 1), 'regress_door_ann', 'the order is paid for who ordered it');
SELECT results_eq('SELECT role FROM simplebank.idempotency_keys WHERE key = ''again''', $$VALUES ('regress_door_admin' COLLATE "C")$$, 'and so it is after an order that was paid');

SELECT * FROM finish();
ROLLBACK;
