--
-- What is in another ledger is not there: each function of the schema that is
-- told an account, a transfer, a hold or an order answers the same of one that
-- the caller's ledgers have not as of one that there is not, and changes nothing.
-- The functions are those of pg_proc, so that a new one is tested as well.  The
-- caller may call every one of them.
--
BEGIN;
SELECT * FROM no_plan();
SELECT simplebank.create_roles();
SELECT simplebank.create_ledger('mine');
SELECT simplebank.create_ledger('theirs');
CREATE ROLE regress_ledger_mine;
GRANT simplebank_teller, simplebank_auditor TO regress_ledger_mine;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA simplebank TO regress_ledger_mine;
SELECT simplebank.grant_ledger('regress_ledger_mine', 'mine');
CREATE ROLE regress_ledger_ann;
GRANT simplebank_customer TO regress_ledger_ann;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA simplebank TO regress_ledger_ann;
SELECT simplebank.grant_ledger('regress_ledger_ann', 'mine');

-- One of each in both ledgers; the owner is one that both have.
CREATE TEMP TABLE ids (ledger text, account bigint, other bigint, transfer bigint, hold bigint, "order" bigint, ticket bigint);
DO $$
DECLARE
	l text;
	i ids;
BEGIN
	FOREACH l IN ARRAY ARRAY['mine', 'theirs'] LOOP
		i.ledger := l;
		i.account := simplebank.open_account('regress_ledger_ann', 'EUR', ledger => l, code => 'x', metadata => '{"a": 1}');
		i.other := simplebank.open_account('regress_ledger_ann', 'EUR', ledger => l, min_balance => -500);
		PERFORM simplebank.deposit(i.account, 1000), simplebank.set_interest(i.account, 0.01, valid_from => '2020-01-01');
		i.transfer := (SELECT t.transfer_id FROM simplebank.transfer(i.account, i.other, 100, reference => 'x', description => 'x') t);
		i.hold := (SELECT h.hold_id FROM simplebank.place_hold(i.account, i.other, 50, reference => 'x') h);
		i."order" := simplebank.schedule_transfer(i.account, i.other, 5, every => '1 day');
		i.ticket := simplebank.enqueue_transfer(i.account, i.other, 5);
		PERFORM simplebank.withdraw(i.other, 200);
		PERFORM simplebank.create_settlement_group('x', 'EUR', ledger => l),
			simplebank.add_settlement_member('x', l, simplebank.open_account(l, 'EUR', ledger => l), l);
		INSERT INTO ids SELECT i.*;
	END LOOP;
	/* what has not been committed gets its position here by itself */
	ALTER TABLE simplebank.log_sources DISABLE TRIGGER guard;
	ALTER TABLE simplebank.log_gaps DISABLE TRIGGER guard;
	PERFORM simplebank_internal.append_log();
	PERFORM simplebank.seal();
END $$;
INSERT INTO ids VALUES ('none', 900000001, 900000002, 900000003, 900000004, 900000005, 900000006);
GRANT SELECT ON ids TO PUBLIC;

-- What there is in the other ledger, whoever looks.
CREATE FUNCTION pg_temp.theirs() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
	SELECT md5(concat(
		(SELECT string_agg(a::text, ',' ORDER BY a.id) FROM simplebank.accounts a WHERE a.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(e::text, ',' ORDER BY e.account_id, e.version) FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id WHERE a.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(h::text, ',' ORDER BY h.id) FROM simplebank.holds h WHERE h.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(t::text, ',' ORDER BY t.id) FROM simplebank.transfers t WHERE t.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(o::text, ',' ORDER BY o.id) FROM simplebank.standing_orders o JOIN simplebank.accounts a ON a.id = o.from_account_id WHERE a.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(r::text, ',' ORDER BY r.account_id, r.valid_from) FROM simplebank.interest_rates r JOIN simplebank.accounts a ON a.id = r.account_id WHERE a.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(m::text, ',' ORDER BY m.member) FROM simplebank.settlement_members m WHERE m.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(s::text, ',' ORDER BY s.account_id) FROM simplebank.settlement_assignments s JOIN simplebank.accounts a ON a.id = s.account_id WHERE a.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs')),
		(SELECT string_agg(v::text, ',' ORDER BY v.id) FROM simplebank.account_events v JOIN simplebank.accounts a ON a.id = v.account_id WHERE a.ledger_id = (SELECT l.id FROM simplebank.ledgers l WHERE l.name = 'theirs'))))
$$;
CREATE TEMP TABLE before AS SELECT pg_temp.theirs() AS theirs;
GRANT SELECT ON before TO PUBLIC;

-- What a call answers, with the place of an error, and without the ids that it was given.
CREATE FUNCTION pg_temp.answer(role text, call text, OUT answer text, OUT changed boolean) LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
	context text;
BEGIN
	BEGIN
		EXECUTE format('SET LOCAL ROLE %I', role);
		EXECUTE call INTO answer;
		changed := pg_temp.theirs() <> (SELECT theirs FROM before);
		RAISE EXCEPTION USING ERRCODE = 'DONE1', MESSAGE = coalesce(answer, 'nothing'), DETAIL = changed::text;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
		changed := SQLSTATE = 'DONE1' AND detail = 'true';
		answer := concat_ws(' ', SQLSTATE, SQLERRM, CASE WHEN SQLSTATE <> 'DONE1' THEN detail END, hint, context);
	END;
	SELECT string_agg(CASE WHEN w.word ~ '^[0-9]+$' AND EXISTS (
			SELECT FROM ids i WHERE i.ledger <> 'mine' AND w.word::numeric IN (i.account, i.other, i.transfer, i.hold, i."order", i.ticket)) THEN '#' ELSE w.word END, '' ORDER BY w.n)
	INTO answer FROM (SELECT m.m[1] AS word, m.n FROM regexp_matches(answer, '[0-9]+|[^0-9]+', 'g') WITH ORDINALITY m(m, n)) w;
END $$;

-- What names something that is in a ledger, and which of them.
CREATE TEMP TABLE names (name text, kind text);
INSERT INTO names VALUES ('account_id', 'account'), ('account', 'account'), ('from_account', 'account'), ('to_account', 'other'), ('settlement_account', 'account'),
	('from_accounts', 'account'), ('to_accounts', 'other'), ('account_ids', 'account'), ('transfer_id', 'transfer'), ('reverses', 'transfer'), ('hold_id', 'hold'), ('order_id', 'order'), ('ticket', 'ticket');
CREATE FUNCTION pg_temp.argument(ledger text, name text, type regtype, function text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(
		(SELECT CASE WHEN type::text <> 'bigint[]' THEN v.id::text
					 WHEN name = 'account_ids' THEN format('''{%s, %s}''', v.id, i.other) ELSE format('''{%s, %1$s}''', v.id) END
		 FROM names n JOIN ids i ON i.ledger = argument.ledger,
			LATERAL (SELECT CASE n.kind WHEN 'account' THEN i.account WHEN 'other' THEN i.other WHEN 'transfer' THEN i.transfer WHEN 'hold' THEN i.hold WHEN 'ticket' THEN i.ticket ELSE i."order" END AS id) v
		 WHERE n.name = argument.name),
		CASE name WHEN 'status' THEN '''frozen''' WHEN 'currency' THEN '''EUR''' WHEN 'amounts' THEN CASE function WHEN 'post_journal' THEN '''{-1, 1}''' WHEN 'preview_journal' THEN '''{-1, 1}''' ELSE '''{1, 1}''' END
			WHEN 'member' THEN '''mine''' WHEN 'period_start' THEN '''2020-01-01''' WHEN 'from_date' THEN '''2020-01-01''' WHEN 'to_date' THEN '''2020-01-02''' WHEN 'annual_rate' THEN '0.02'
			WHEN 'min_balance' THEN '0' WHEN 'max_balance' THEN 'NULL' WHEN 'stripes' THEN '2' WHEN 'version' THEN '1' WHEN 'reason' THEN '''x''' END,
		CASE type::text WHEN 'text' THEN '''x''' WHEN 'bigint' THEN '1' WHEN 'integer' THEN '2' WHEN 'numeric' THEN '0.01' WHEN 'boolean' THEN 'true' WHEN 'date' THEN '''2020-01-01'''
			WHEN 'timestamp with time zone' THEN 'now()' WHEN 'interval' THEN '''0''' WHEN 'jsonb' THEN '''{}''' WHEN 'bigint[]' THEN '''{1, 1}''' END) || '::' || type
$$;
-- A call of a function: with what is in a ledger, or, of what is named at this place, with what is not.
CREATE FUNCTION pg_temp.call(function oid, ledger text, place int) RETURNS text LANGUAGE sql AS $$
	SELECT format(CASE p.prokind WHEN 'p' THEN 'CALL simplebank.%I(%s)' ELSE 'SELECT string_agg(r::text, '','') FROM simplebank.%I(%s) r' END, p.proname, string_agg(
		format('%I => %s', a.name, pg_temp.argument(CASE WHEN place IN (0, a.place) THEN ledger ELSE 'mine' END, a.name, a.type, p.proname)), ', ' ORDER BY a.n))
	FROM pg_proc p, LATERAL (
		SELECT n, p.proargnames[n] AS name, p.proargtypes[n - 1]::oid::regtype AS type,
			   row_number() OVER (PARTITION BY p.proargnames[n] IN (SELECT name FROM names) ORDER BY n) AS place
		FROM generate_series(1, p.pronargs) n
		WHERE n <= p.pronargs - p.pronargdefaults OR p.proargnames[n] IN (SELECT name FROM names) AND (p.proname <> 'erase_texts' OR p.proargnames[n] = 'account_id')
		   OR p.proargnames[n] IN ('amount', 'reason')) a
	WHERE p.oid = function GROUP BY p.oid, p.proname, p.prokind
$$;

CREATE TEMP TABLE calls AS
	SELECT p.oid, p.proname, c.place, r.role, pg_temp.call(p.oid, 'theirs', c.place) AS call, pg_temp.call(p.oid, 'none', c.place) AS none
	FROM pg_proc p, LATERAL (SELECT count(*)::int AS places FROM generate_series(1, p.pronargs) n WHERE p.proargnames[n] IN (SELECT name FROM names)) s,
		generate_series(0, s.places) c(place), (VALUES ('regress_ledger_mine'), ('regress_ledger_ann')) r(role)
	WHERE p.pronamespace = 'simplebank'::regnamespace AND s.places > 0 AND p.proname NOT IN ('run_job', 'account_of', 'enqueue_transfer' /* a ticket, and what it is for is judged later */)
	  AND NOT (c.place = 0 AND s.places = 1);
SELECT cmp_ok(count(DISTINCT proname)::int, '>', 40, 'there are functions that are told what is in a ledger') FROM calls;
SELECT is(theirs.answer, none.answer, format('%s by %s, place %s: not there', c.proname, c.role, c.place))
FROM calls c, pg_temp.answer(c.role, c.call) theirs, pg_temp.answer(c.role, c.none) none ORDER BY c.proname, c.role, c.place;
SELECT is_empty('SELECT c.proname, c.role, c.place FROM calls c, pg_temp.answer(c.role, c.call) a WHERE a.changed', 'and nothing there has changed');
-- the calls are ones that are answered where what they name is there
SELECT matches((pg_temp.answer('regress_ledger_mine', pg_temp.call(p.oid, 'mine', 0))).answer, '^DONE1', proname || ' is answered of what is the caller''s')
FROM pg_proc p WHERE p.pronamespace = 'simplebank'::regnamespace AND p.proname IN (
	'available', 'balance', 'balance_at', 'balances', 'cancel_scheduled_transfer', 'capture_hold', 'deposit', 'place_hold', 'post_journal', 'refund_transfer', 'release_hold',
	'reverse_transfer', 'schedule_transfer', 'statement', 'transfer', 'transfer_batch', 'withdraw', 'interest_preview', 'find_transfers', 'find_holds', 'find_events', 'prove_entry', 'entry_leaf',
	'set_account_limits', 'set_account_status', 'preview_transfer', 'preview_journal', 'preview_hold');

-- Rows: whoever reads a table reads of its ledgers only.
CREATE FUNCTION pg_temp.foreign_rows() RETURNS TABLE (name text) LANGUAGE plpgsql AS $$
DECLARE
	t record;
	found boolean;
BEGIN
	FOR t IN
		SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
		WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'v') AND has_table_privilege(c.oid, 'SELECT')
		  AND a.attname IN ('account_id', 'from_account_id', 'to_account_id', 'from_account', 'to_account', 'ledger_id', 'settlement_account_id', 'clearing_account_id')
	LOOP
		IF t.attname = 'ledger_id' THEN
			EXECUTE format('SELECT EXISTS (SELECT FROM simplebank.%I WHERE coalesce(ledger_id, 1) <> ALL (SELECT l.id FROM simplebank.ledgers l WHERE l.name = ''mine''))', t.relname) INTO found;
		ELSE
			EXECUTE format('SELECT EXISTS (SELECT FROM simplebank.%I x JOIN ids i ON i.ledger = ''theirs'' AND x.%I IN (i.account, i.other))', t.relname, t.attname) INTO found;
		END IF;
		IF found THEN
			name := t.relname || '.' || t.attname;
			RETURN NEXT;
		END IF;
	END LOOP;
END $$;
GRANT SELECT ON ALL TABLES IN SCHEMA simplebank TO regress_ledger_ann;
SET LOCAL ROLE regress_ledger_mine;
SELECT is_empty('SELECT * FROM pg_temp.foreign_rows()', 'a teller and auditor of one ledger reads no row of another');
SELECT is_empty($$SELECT 1 FROM simplebank.ledgers WHERE name <> 'mine'$$, 'nor the name of another');
SELECT isnt_empty('SELECT 1 FROM simplebank.entries', 'but those of its own');
SELECT is((SELECT count(*)::int FROM simplebank.overdrawn_accounts), 1, 'views too');
SELECT is((SELECT sum(holds)::int FROM simplebank.hold_aging), 1, 'which count only those');
RESET ROLE;
SET LOCAL ROLE regress_ledger_ann;
SELECT is_empty('SELECT * FROM pg_temp.foreign_rows()', 'nor does a customer, be the account its own');
SELECT isnt_empty('SELECT 1 FROM simplebank.entries', 'though it reads its own');
RESET ROLE;

-- Functions need no SELECT: who must not even be told how much there is elsewhere
-- does without it.
REVOKE SELECT ON ALL TABLES IN SCHEMA simplebank FROM simplebank_teller, simplebank_auditor, simplebank_customer, simplebank_gateway, regress_ledger_ann;
SELECT matches((pg_temp.answer(r.role, call)).answer, '^DONE1', format('%s answers %s without SELECT', p.proname, r.role))
FROM pg_proc p, (VALUES ('regress_ledger_mine', ARRAY['deposit', 'withdraw', 'post_journal', 'reverse_transfer', 'refund_transfer', 'prove_entry', 'entry_leaf', 'preview_journal']),
						('regress_ledger_ann', '{}')) r(role, more),
	LATERAL pg_temp.call(p.oid, 'mine', 0) call
WHERE p.pronamespace = 'simplebank'::regnamespace AND p.proname = ANY (r.more || ARRAY[
	'available', 'balance', 'balance_at', 'balances', 'cancel_scheduled_transfer', 'place_hold', 'release_hold', 'schedule_transfer', 'statement', 'transfer', 'transfer_batch',
	'find_transfers', 'find_holds', 'preview_transfer', 'preview_hold', 'interest_preview']) AND (r.role <> 'regress_ledger_ann' OR p.proname NOT IN ('release_hold', 'cancel_scheduled_transfer'))
ORDER BY p.proname, r.role;
SELECT matches((pg_temp.answer('regress_ledger_mine', call)).answer, '^DONE1[^0]', call)
FROM unnest(ARRAY[$$SELECT count(*) FROM simplebank.trial_balance(ledger => 'mine')$$, $$SELECT simplebank.account_id('x', 'mine')$$,
	'SELECT count(*) FROM simplebank.find_accounts()', $$SELECT count(*) FROM simplebank.day_summary((now() AT TIME ZONE 'UTC')::date, 'mine')$$]) call;
SELECT matches((pg_temp.answer(role, format('EXPLAIN ANALYZE SELECT FROM simplebank.%I', t))).answer, '^42501', format('%s asks no table %s', role, t))
FROM unnest('{regress_ledger_mine,regress_ledger_ann}'::text[]) role, unnest('{accounts,transfers,entries,holds}'::text[]) t;

SELECT * FROM finish();
ROLLBACK;
