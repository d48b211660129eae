-- find_transfers: what it finds, in which order, page by page, and for whom.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles() \g /dev/null
CREATE ROLE regress_ann;
CREATE ROLE regress_ben;
CREATE ROLE regress_teller;
GRANT simplebank_customer TO regress_ann, regress_ben;
GRANT simplebank_teller TO regress_teller;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('mint', 'EUR', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('regress_ann', 'EUR') AS ann \gset
SELECT simplebank.open_account('regress_ben', 'EUR') AS ben \gset
SELECT simplebank.open_account('regress_ann', 'EUR') AS ann2 \gset
SELECT simplebank.open_account('hub', 'EUR', 'equity', min_balance => NULL, stripes => 4) AS hub \gset

-- 1 to 12
SELECT simplebank.transfer(:mint, :ann, 1000, description => 'salary 100%', metadata => '{"batch": 7, "tags": ["a", "b"]}') \g /dev/null
SELECT simplebank.transfer(:mint, :ben, 2000, description => 'salary_', metadata => '{"batch": 8}', effective_at => '2024-02-29 12:00+00') \g /dev/null
SELECT simplebank.transfer(:ann, :ben, 10, description => 'salad') \g /dev/null
SELECT simplebank.transfer(:ann, :ann2, 20, description => 'to myself') \g /dev/null
SELECT simplebank.transfer(:ben, :ann, 30) \g /dev/null
SELECT simplebank.post_journal(ARRAY[:ann, :ann2, :ben, :ann], ARRAY[-3, 1, 4, -2], description => 'a journal') \g /dev/null
SELECT simplebank.post_journal(ARRAY[:mint, :ben, :hub], ARRAY[-3, 1, 2]) \g /dev/null
SELECT simplebank.refund_transfer(3, 4) \g /dev/null
SELECT simplebank.refund_transfer(3, 5) \g /dev/null
SELECT hold_id FROM simplebank.place_hold(:ben, :ann, 50) \gset
SELECT simplebank.capture_hold(:hold_id, 11, final => false) \g /dev/null
SELECT simplebank.capture_hold(:hold_id, 12) \g /dev/null
SELECT simplebank.transfer(:hub, :mint, 5) \g /dev/null

CREATE FUNCTION ids(filter text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ids text;
BEGIN
	EXECUTE format('SELECT string_agg(id::text, '' '' ORDER BY n) FROM simplebank.find_transfers(%s) WITH ORDINALITY t(id,
		from_account_id, to_account_id, amount, posted_at, effective_at, created_at, operation, reverses, from_amount, to_amount,
		hold_id, reference, role, gateway, description, metadata, cursor, n)', filter) INTO ids;
	RETURN ids;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
-- Page by page, as many as there are.
CREATE FUNCTION pages(filter text, max_rows int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ids text = '';
	page record;
	place text;
BEGIN
	LOOP
		EXECUTE format('SELECT string_agg(id::text, '' '' ORDER BY n) AS ids, max(cursor) FILTER (WHERE n = $2) AS last, count(*) AS count
			FROM simplebank.find_transfers(after => $1, max_rows => $2%s) WITH ORDINALITY t(id,
			from_account_id, to_account_id, amount, posted_at, effective_at, created_at, operation, reverses, from_amount, to_amount,
			hold_id, reference, role, gateway, description, metadata, cursor, n)', coalesce(', ' || nullif(filter, ''), '')) INTO page USING place, max_rows;
		ids := ids || coalesce(page.ids, '') || '|';
		place := page.last;
		EXIT WHEN place IS NULL OR length(ids) > 1000;
	END LOOP;
	RETURN ids;
END $$;

-- What a row tells, as the table does.
SELECT id, from_account_id, to_account_id, amount, effective_at AT TIME ZONE 'UTC' AS effective_at, operation, reverses, hold_id, role = current_user AS by_me, description, metadata
FROM simplebank.find_transfers(max_rows => 12, to_effective => '2024-03-01');
SELECT id, from_account_id, to_account_id, amount, operation, reverses, hold_id, description, metadata
FROM simplebank.find_transfers(newest_first => false);
SELECT count(*) AS same FROM simplebank.find_transfers() f JOIN simplebank.transfers t
	ON (t.id, t.amount, t.posted_at, t.effective_at, t.created_at, t.operation, t.role) = (f.id, f.amount, f.posted_at, f.effective_at, f.created_at, f.operation, f.role)
	AND (t.from_amount, t.to_amount, t.hold_id, t.reverses, t.description, t.metadata) IS NOT DISTINCT FROM (f.from_amount, f.to_amount, f.hold_id, f.reverses, f.description, f.metadata);

-- Each filter alone.
SELECT f.filter, ids(f.filter)
FROM unnest(ARRAY['',
	'newest_first => false',
	format('account_id => %s', :ann), format('account_id => %s, newest_first => false', :ann),
	format('account_id => %s', :ann2), format('account_id => %s', :ben), format('account_id => %s', :hub), format('account_id => %s', :mint),
	'account_id => 0', 'account_id => 999', 'account_id => -1281',
	'operation => ''journal''', 'operation => ''capture''', 'operation => ''settlement''',
	'metadata => ''{"batch": 7}''', 'metadata => ''{"tags": ["b"]}''', 'metadata => ''{}''', 'metadata => ''{"batch": "7"}''',
	'description => ''sal''', 'description => ''salary_''', 'description => ''salary %''', 'description => ''Sal''', 'description => ''''', 'description => ''salary 100%%''',
	'min_amount => 1000', 'max_amount => 10', 'min_amount => 10, max_amount => 11', 'min_amount => 0', 'max_amount => 0',
	'from_time => now()', 'to_time => now()', 'from_time => ''2024-01-01''', 'to_time => ''2024-01-01''', 'from_time => ''-infinity'', to_time => ''infinity''',
	'from_effective => ''2024-02-29 12:00+00'', to_effective => ''2024-02-29 12:00:00.000001+00''', 'to_effective => ''2024-02-29 12:00+00''',
	'role => current_user', 'role => ''nobody''',
	'hold_id => 1', 'hold_id => 1, newest_first => false', 'hold_id => 2', format('hold_id => 1, account_id => %s', :ann), format('hold_id => 1, account_id => %s', :mint),
	'reverses => 3', 'reverses => 3, newest_first => false', 'reverses => 4', 'reverses => 3, max_amount => 4',
	format('reverses => 3, account_id => %s', :ann2), 'reverses => 3, hold_id => 1']) f(filter);
-- Times by halving, of an account: its own times.
SELECT t.id, ids(format('account_id => %s, from_time => %L', :ben, t.posted_at)) AS from_it, ids(format('account_id => %s, to_time => %L', :ben, t.posted_at)) AS before_it,
	   ids(format('from_time => %L, to_time => %L', t.posted_at, t.posted_at + interval '1 microsecond')) AS it
FROM simplebank.transfers t WHERE t.id IN (2, 5, 11) ORDER BY 1;

-- By reference: of whoever may see the transfer.
SELECT simplebank.transfer(:mint, :ben, 3, reference => 'INV-7'), simplebank.transfer(:mint, :hub, 3, reference => 'INV-8') \g /dev/null
SELECT id, reference, gateway FROM simplebank.find_transfers(reference => 'INV-7');
SELECT ids('reference => ''INV-7'''), ids('reference => ''inv-7'''), ids('reference => ''INV-'''), ids(format('reference => ''INV-7'', account_id => %s', :ben)), ids(format('reference => ''INV-7'', account_id => %s', :ann)),
	ids('reference => ''INV-7'', max_amount => 2'), ids('reference => '''''), ids('reference => repeat(''x'', 256)'), pages('reference => ''INV-8''', 1);
SET ROLE regress_ben;
SELECT ids('reference => ''INV-7'''), ids('reference => ''INV-8'''), ids('reference => ''INV-9''');
RESET ROLE;

-- Page by page: each once, whatever a page's size.
SELECT f.filter, s.size, pages(f.filter, s.size)
FROM unnest(ARRAY['', 'newest_first => false', format('account_id => %s', :ann), format('account_id => %s, newest_first => false', :ann),
	format('account_id => %s', :hub), 'hold_id => 1', 'reverses => 3, newest_first => false', 'description => ''sal''']) f(filter), unnest(ARRAY[1, 2, 5]) s(size);

-- Two things of one time: a batch; a customer's accounts, each transfer once.
SELECT count(*) FROM simplebank.transfer_batch(ARRAY[:ann, :ann2, :ann, :ben], ARRAY[:ann2, :ann, :ben, :ann], ARRAY[1, 1, 1, 1]);
SET ROLE regress_ann;
SELECT ids(''), ids('newest_first => false');
SELECT s.size, pages('', s.size), pages('newest_first => false', s.size) FROM generate_series(1, 4) s(size);
-- What is not hers is not there, by whatever way; what she knows of it finds nothing.
SELECT f.filter, ids(f.filter)
FROM unnest(ARRAY[format('account_id => %s', :ben), format('account_id => %s', :mint), 'account_id => 999', format('account_id => %s', :ann),
	'description => ''salary_''', 'metadata => ''{"batch": 8}''', 'reverses => 3', 'reverses => 2', 'hold_id => 1', 'operation => ''journal''',
	'min_amount => 2000', 'role => ''regress_ben''']) f(filter);
SELECT count(*) AS differ FROM (SELECT id FROM simplebank.transfers) t FULL JOIN (SELECT id FROM simplebank.find_transfers()) f USING (id) WHERE t.id IS NULL OR f.id IS NULL;
SET ROLE regress_ben;
SELECT ids(''), ids('hold_id => 1'), ids('reverses => 3'), ids('reverses => 1');
SELECT count(*) AS differ FROM (SELECT id FROM simplebank.transfers) t FULL JOIN (SELECT id FROM simplebank.find_transfers()) f USING (id) WHERE t.id IS NULL OR f.id IS NULL;
-- A cursor of another's search gives nothing of it.
RESET ROLE;
SELECT cursor AS ann_cursor FROM simplebank.find_transfers(account_id => :ann, max_rows => 1) \gset
SELECT cursor AS id_cursor FROM simplebank.find_transfers(max_rows => 1) \gset
SET ROLE regress_ben;
SELECT ids(format('after => %L', :'ann_cursor')), ids(format('after => %L', :'id_cursor')), ids(format('account_id => %s, after => %L', :ann, :'ann_cursor'));
RESET ROLE;

-- Bad arguments.
SELECT regexp_replace(f.filter, 'nh[0-9a-f]{48}', 'of ann') AS filter, ids(f.filter)
FROM unnest(ARRAY['max_rows => 0', 'max_rows => 1001', 'max_rows => 1000, min_amount => 5000', 'max_rows => NULL', 'newest_first => NULL',
	'min_amount => -1', 'max_amount => -1', 'min_amount => 2, max_amount => 1', 'from_time => ''2024-01-02'', to_time => ''2024-01-01''',
	'from_effective => ''2024-01-02'', to_effective => ''2024-01-01''', 'operation => ''theft''', 'operation => ''open_account''', 'operation => ''''', 'role => ''''',
	'description => repeat(''x'', 1025)', 'description => repeat(''x'', 1024)', 'metadata => to_jsonb(repeat(''x'', 20000))', 'metadata => ''7''',
	'after => ''''', 'after => ''x''', 'after => ''ni000000000000000g''', 'after => ''ni0000000000000000''', 'after => ''ni0000000000000005''', 'after => ''oi0000000000000005''',
	'after => ''oi0000000000000005'', newest_first => false', 'after => ''niffffffffffffffff''', 'after => ''ni00000000000000050''', 'after => ''NI0000000000000005''',
	format('after => %L', :'ann_cursor'), format('after => %L, account_id => %s', :'ann_cursor', :ben), format('after => %L, account_id => %s, newest_first => false', :'ann_cursor', :ann)]) f(filter);

-- So many rows and no more.
\set VERBOSITY default
SET simplebank.max_search_rows = 1000;
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:mint, ARRAY[1500]), array_fill(:ben, ARRAY[1500]), array_fill(1, ARRAY[1500]));
SELECT count(*) FROM simplebank.find_transfers(description => 'salary');
SELECT count(*) FROM simplebank.find_transfers(account_id => :ben, description => 'salary');
SELECT count(*) FROM simplebank.find_transfers(account_id => :ann, description => 'salary');
SELECT count(*) FROM simplebank.find_transfers(max_rows => 1000);
SELECT string_agg(id::text, ' ') FROM simplebank.find_transfers(max_rows => 2, newest_first => false, description => 'salary');
-- Of others' rows there is nothing to be learned from it.
SET ROLE regress_ann;
SELECT count(*) FROM simplebank.find_transfers(description => 'no such thing');
SET simplebank.max_search_rows = 1000000;
RESET ROLE;

DROP FUNCTION ids, pages;
DROP EXTENSION simplebank CASCADE;
DROP OWNED BY regress_ann, regress_ben, regress_teller;
DROP ROLE regress_ann, regress_ben, regress_teller;
