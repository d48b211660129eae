-- find_accounts, find_holds, find_events: what they find, page by page, and for whom.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles() \g /dev/null
CREATE ROLE regress_ann;
CREATE ROLE regress_ben;
GRANT simplebank_customer TO regress_ann, regress_ben;
\set VERBOSITY sqlstate

-- Any search, as ids; page by page.
CREATE FUNCTION ids(search text, filter text, size int DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	page record;
	place text;
	ids text = '';
BEGIN
	LOOP
		EXECUTE format('SELECT string_agg(f.id::text, '' '') AS ids, (array_agg(f.cursor))[count(*)] AS last, count(*) AS count FROM simplebank.find_%s(%s%s%s) f',
			search, CASE WHEN filter = '' THEN '' ELSE filter || ', ' END, CASE WHEN filter LIKE '%max\_rows%' THEN '' ELSE format('max_rows => %s, ', coalesce(size, 100)) END,
			CASE WHEN filter LIKE '%after%' THEN 'from_time => NULL' ELSE format('after => %L', place) END) INTO page;
		ids := ids || coalesce(page.ids, '') || CASE WHEN size IS NULL THEN '' ELSE '|' END;
		place := page.last;
		EXIT WHEN size IS NULL OR page.count < size OR length(ids) > 1000;
	END LOOP;
	RETURN ids;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

SELECT simplebank.open_account('mint', 'EUR', 'equity', min_balance => NULL, name => 'mint') AS mint \gset
SELECT simplebank.open_account('regress_ann', 'EUR', name => 'purse', metadata => '{"tier": 1}') AS ann \gset
SELECT simplebank.open_account('regress_ben', 'EUR', name => 'pur_e') AS ben \gset
SELECT simplebank.open_account('regress_ann', 'USD', metadata => '{"tier": 2, "tags": ["x"]}') AS ann2 \gset
SELECT simplebank.open_account('hub', 'EUR', 'equity', min_balance => NULL, stripes => 4) AS hub \gset
SELECT simplebank.set_stripes(:hub, 2) \g /dev/null
SELECT simplebank.transfer(:mint, :ann, 1000), simplebank.transfer(:mint, :ben, 2000), simplebank.transfer(:hub, :mint, 7) \g /dev/null
SELECT simplebank.system_account('regress_ann', 'EUR') AS bank \gset
SELECT simplebank.set_account_status(:ben, 'frozen', 'a secret suspicion') \g /dev/null
SELECT simplebank.set_account_status(:ben, 'active') \g /dev/null
SELECT simplebank.set_account_limits(:ann, -10, NULL, 'a good customer') \g /dev/null

-- Accounts: a stripe is none, its money is its account's.
SELECT id, owner, name, currency, kind, status, is_system, balance, held, min_balance, max_balance, stripes, metadata FROM simplebank.find_accounts(newest_first => false);
SELECT f.filter, ids('accounts', f.filter)
FROM unnest(ARRAY['', 'owner => ''regress_ann''', 'owner => ''regress_ann'', newest_first => false', 'owner => ''simplebank''', 'owner => ''nobody''', 'owner => ''regress_ann%''',
	'name => ''pur''', 'name => ''pur_''', 'name => ''Pur''', 'name => ''''', 'currency => ''USD''', 'currency => ''XXX''', 'kind => ''equity''', 'status => ''closed''', 'status => ''active''',
	'metadata => ''{"tier": 1}''', 'metadata => ''{"tags": ["x"]}''', 'from_time => ''2024-01-01'', to_time => ''2024-02-01''', 'from_time => ''2024-01-01''',
	'owner => ''regress_ann'', currency => ''USD''']) f(filter);
SELECT s.size, ids('accounts', '', s.size), ids('accounts', 'newest_first => false', s.size), ids('accounts', 'owner => ''regress_ann''', s.size) FROM generate_series(1, 3) s(size);

-- By code
SELECT simplebank.open_account('regress_ben', 'EUR', code => 'user:7') \g /dev/null
SELECT id, code, owner FROM simplebank.find_accounts(code => 'user:7');
SELECT ids('accounts', 'code => ''user:7'''), ids('accounts', 'code => ''user:'''), ids('accounts', 'code => ''user:7'', owner => ''regress_ann'''), ids('accounts', 'code => ''''');
SET ROLE regress_ann;
SELECT ids('accounts', 'code => ''user:7''');
SET ROLE regress_ben;
SELECT ids('accounts', 'code => ''user:7''');
RESET ROLE;

-- Holds
SELECT simplebank.place_hold(:ann, :ben, 10, description => 'hotel 1', metadata => '{"room": 7}'), simplebank.place_hold(:ben, :ann, 20, description => 'hotel 2'),
	simplebank.place_hold(:ben, :mint, 30, expires_at => 'infinity'), simplebank.place_hold(:mint, :ben, 40, expires_at => '2299-01-01') \g /dev/null
SELECT simplebank.capture_hold(1), simplebank.release_hold(2) \g /dev/null
-- past its time, and nobody has noticed
ALTER TABLE simplebank.holds DISABLE TRIGGER guard;
SELECT simplebank.place_hold(:ben, :ann, 50, expires_at => now() + interval '1 hour') \g /dev/null
UPDATE simplebank.holds SET expires_at = created_at WHERE id = 5;
ALTER TABLE simplebank.holds ENABLE ALWAYS TRIGGER guard;
SELECT id, from_account_id, to_account_id, amount, captured, status, expires_at > now() AS lasts, closed_at IS NOT NULL AS closed, description, metadata FROM simplebank.find_holds();
SELECT f.filter, ids('holds', f.filter)
FROM unnest(ARRAY['', 'newest_first => false', format('account_id => %s', :ann), format('account_id => %s, newest_first => false', :ben), format('account_id => %s', :hub), 'account_id => -1',
	'status => ''open''', 'status => ''captured''', 'status => ''released''', 'status => ''expired''', 'description => ''hotel ''', 'description => ''hotel_''', 'metadata => ''{"room": 7}''',
	'min_amount => 20, max_amount => 40', 'from_time => ''2024-01-01''', 'to_time => ''2024-01-01''', 'from_expiry => ''2298-01-01'', to_expiry => ''2299-01-02''', 'from_expiry => ''2298-01-01''',
	format('account_id => %s, status => ''open''', :mint)]) f(filter);
SELECT s.size, ids('holds', '', s.size), ids('holds', format('account_id => %s', :ben), s.size), ids('holds', format('account_id => %s, newest_first => false', :ben), s.size) FROM generate_series(1, 3) s(size);

-- By reference
SELECT simplebank.place_hold(:mint, :ben, 1, reference => 'booking 1') \g /dev/null
SELECT ids('holds', 'reference => ''booking 1'''), ids('holds', 'reference => ''booking'''), ids('holds', format('reference => ''booking 1'', account_id => %s', :mint)), ids('holds', format('reference => ''booking 1'', account_id => %s', :ann)),
	ids('holds', 'reference => ''booking 1'', status => ''captured''');
SET ROLE regress_ann;
SELECT ids('holds', 'reference => ''booking 1''');
SET ROLE regress_ben;
SELECT ids('holds', 'reference => ''booking 1'''), ids('holds', format('reference => ''booking 1'', account_id => %s', :mint));
RESET ROLE;

-- Events
SELECT id, account_id, event, version, hold_id, role = current_user AS by_me, reason, before, after FROM simplebank.find_events(newest_first => false, max_rows => 8);
SELECT f.filter, ids('events', f.filter)
FROM unnest(ARRAY['newest_first => false', format('account_id => %s', :ben), format('account_id => %s, newest_first => false', :ben), format('account_id => %s', :bank), 'account_id => 0',
	'event => ''status''', 'event => ''hold_placed''', 'event => ''none''', 'hold_id => 1', 'hold_id => 2, newest_first => false', format('hold_id => 1, account_id => %s', :ben),
	'role => current_user, event => ''limits''', 'role => ''nobody''', 'to_time => ''2024-01-01''', format('account_id => %s, from_time => ''2024-01-01''', :ann2)]) f(filter);
SELECT s.size, ids('events', '', s.size), ids('events', format('account_id => %s', :ben), s.size), ids('events', 'hold_id => 2', s.size) FROM generate_series(1, 3) s(size);

-- A customer: what is its own, and what it would see of the tables.
SET ROLE regress_ann;
SELECT id, owner, name, balance, is_system FROM simplebank.find_accounts();
SELECT ids('accounts', 'owner => ''regress_ben'''), ids('accounts', 'owner => ''regress_ann'''), ids('accounts', 'owner => ''simplebank'''), ids('accounts', 'name => ''pur'''), ids('accounts', '', 1);
SELECT count(*) AS differ FROM (SELECT id FROM simplebank.accounts WHERE id > 0) t FULL JOIN (SELECT id FROM simplebank.find_accounts()) f USING (id) WHERE t.id IS NULL OR f.id IS NULL;
SELECT ids('holds', ''), ids('holds', '', 1), ids('holds', 'newest_first => false', 2), ids('holds', format('account_id => %s', :ben)), ids('holds', 'min_amount => 30, max_amount => 40');
SELECT count(*) AS differ FROM (SELECT id FROM simplebank.holds) t FULL JOIN (SELECT id FROM simplebank.find_holds()) f USING (id) WHERE t.id IS NULL OR f.id IS NULL;
SELECT id, account_id, event, hold_id, role, reason, after FROM simplebank.find_events();
SELECT ids('events', '', 1), ids('events', format('account_id => %s', :ben)), ids('events', 'hold_id => 1'), ids('events', 'hold_id => 2'), ids('events', format('role => %L', :'USER')), ids('events', 'event => ''status''');
SELECT simplebank.transfer(:ann, :ben, 1), simplebank.place_hold(:ann, :ben, 1) \g /dev/null
SELECT event, role FROM simplebank.find_events(role => 'regress_ann');
RESET ROLE;

-- Bad arguments.
SELECT f.search, f.filter, ids(f.search, f.filter)
FROM (VALUES ('accounts', 'max_rows => 0'), ('accounts', 'max_rows => 1001'), ('accounts', 'newest_first => NULL'), ('accounts', 'owner => '''''), ('accounts', 'kind => ''debt'''), ('accounts', 'status => ''open'''),
	('accounts', 'name => repeat(''x'', 1025)'), ('accounts', 'from_time => ''2024-01-02'', to_time => ''2024-01-01'''), ('accounts', 'after => ''x'''), ('accounts', 'after => ''oi0000000000000002'''),
	('holds', 'max_rows => 0'), ('holds', 'status => ''active'''), ('holds', 'min_amount => -1'), ('holds', 'min_amount => 2, max_amount => 1'), ('holds', 'from_expiry => ''2024-01-02'', to_expiry => ''2024-01-01'''),
	('holds', 'after => ''nh0000000000000002'''), ('events', 'max_rows => NULL'), ('events', 'event => '''''), ('events', 'role => repeat(''x'', 256)'), ('events', 'after => ''ni''')) f(search, filter);

-- So many rows and no more.
\set VERBOSITY default
SET simplebank.max_search_rows = 1000;
SELECT count(simplebank.open_account('many', 'EUR')) FROM generate_series(1, 1200);
SELECT count(*) FROM simplebank.find_accounts(kind => 'asset');
SELECT count(*) FROM simplebank.find_accounts(owner => 'many', kind => 'asset');
SELECT count(*) FROM simplebank.find_accounts(owner => 'regress_ann', kind => 'asset');
SELECT count(*) FROM simplebank.find_events(event => 'limits');
SELECT count(*) FROM simplebank.find_events(account_id => :ann, event => 'limits');
SELECT count(simplebank.place_hold(:mint, :ben, 1)) FROM generate_series(1, 1200);
SELECT count(*) FROM simplebank.find_holds(status => 'captured');
SELECT count(*) FROM simplebank.find_holds(account_id => :ben, status => 'captured');
SELECT count(*) FROM simplebank.find_holds(account_id => :ann, status => 'captured');

DROP FUNCTION ids;
DROP EXTENSION simplebank CASCADE;
DROP OWNED BY regress_ann, regress_ben;
DROP ROLE regress_ann, regress_ben;
