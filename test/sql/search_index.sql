-- create_search_index: what was too much to read is found; indexes come and go with the ledger.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.open_account('mint', 'EUR', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('ann', 'EUR') AS ann \gset
SELECT id FROM simplebank.transfer(:mint, :ann, 5, description => 'needle one', metadata => '{"order": {"id": 7}, "tags": ["x"]}', effective_at => '2024-02-29 12:00+00') t(id) \gset
SELECT simplebank.withdraw(:ann, 1, description => E'need\u00e9 \u00ff\u00ff') \g /dev/null
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:mint, ARRAY[2500]), array_fill(:ann, ARRAY[2500]), array_fill(1, ARRAY[2500]),
	descriptions => array_fill('hay'::text, ARRAY[2500]), metadatas => array_fill('{"tags": ["y"]}'::jsonb, ARRAY[2500]));
SELECT simplebank.open_account('some', 'EUR', name => 'needle', metadata => '{"tier": 9}') \g /dev/null
SELECT count(simplebank.open_account('many', 'EUR', name => 'hay', metadata => '{"tier": 1}')) FROM generate_series(1, 1100);
SELECT simplebank.place_hold(:mint, :ann, 1, metadata => '{"room": 7}') \g /dev/null
SELECT count(simplebank.place_hold(:mint, :ann, 1)) FROM generate_series(1, 1100);
SET simplebank.max_search_rows = 1000;

CREATE TABLE asked (n int GENERATED ALWAYS AS IDENTITY, search text, filter text);
INSERT INTO asked (search, filter) VALUES
	('transfers', 'description => ''needle'''), ('transfers', 'description => ''need'''), ('transfers', E'description => E''need\u00e9 \u00ff'''), ('transfers', 'description => ''hay'', min_amount => 1'),
	('transfers', 'description => ''hay'', min_amount => 2'), ('transfers', 'description => ''needle'', newest_first => false, amount_is => 5'),
	('transfers', 'metadata => ''{"order": {"id": 7}}'''), ('transfers', 'metadata => ''{"tags": ["x"]}'''), ('transfers', 'metadata => ''{"tags": []}'', min_amount => 5'), ('transfers', 'metadata => ''{}'', min_amount => 5'),
	('transfers', 'min_amount => 2'), ('transfers', 'operation => ''withdraw'''), ('transfers', 'operation => ''withdraw'', newest_first => false'), ('transfers', 'role => ''nobody'''),
	('transfers', 'to_effective => ''2024-03-01'''), ('transfers', 'to_time => ''2024-03-01'''),
	('accounts', 'name => ''need'''), ('accounts', 'metadata => ''{"tier": 9}'''), ('holds', 'metadata => ''{"room": 7}''');
DELETE FROM asked WHERE filter LIKE '%amount_is%';
CREATE FUNCTION answer(search text, filter text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ids text;
	detail text;
	hint text;
BEGIN
	EXECUTE format('SELECT count(*) || coalesce('': '' || string_agg(id::text, '' '') FILTER (WHERE n <= 3), '''') FROM (SELECT id, row_number() OVER () AS n FROM simplebank.find_%s(%s)) f', search, filter) INTO ids;
	RETURN ids;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || coalesce(substring(hint FROM 'index\(.*\)'), hint);
END $$;

SELECT name, is_wanted, is_there, statement FROM simplebank.search_index_status ORDER BY name;
SELECT search, filter, answer(search, filter) FROM asked ORDER BY n;
-- As the hints say, and without a word of what is not there yet.
RESET client_min_messages;
SELECT s.name, simplebank.create_search_index(s.name) FROM simplebank.search_index_status s ORDER BY s.name;
SELECT name, is_wanted, is_there, bytes > 0 AS has_size FROM simplebank.search_index_status ORDER BY name;
SELECT search, filter, answer(search, filter) FROM asked ORDER BY n;
SELECT simplebank.create_search_index('transfers_metadata');
-- What is posted later is found as well, and page by page.
SELECT simplebank.transfer(:mint, :ann, 6, description => 'needle two', metadata => '{"tags": ["x"]}') \g /dev/null
SELECT count(*), count(DISTINCT id) FROM simplebank.find_transfers(description => 'needle');
SELECT p.id, q.id AS next FROM simplebank.find_transfers(description => 'needle', max_rows => 1) p, simplebank.find_transfers(description => 'needle', after => p.cursor) q;
SELECT p.id, q.id AS next FROM simplebank.find_transfers(metadata => '{"tags": ["x"]}', max_rows => 1, newest_first => false) p, simplebank.find_transfers(metadata => '{"tags": ["x"]}', after => p.cursor, newest_first => false) q;

-- One that somebody has dropped is missed, and made again; one that was made before is noted.
DROP INDEX simplebank.transfers_amount_search;
SELECT p FROM simplebank.health() h, unnest(h.problems) p WHERE p LIKE '%search%';
SELECT simplebank.create_search_index('transfers_amount'), (SELECT is_there FROM simplebank.search_index_status WHERE name = 'transfers_amount') AS before;
SELECT name, simplebank.drop_search_index(name) FROM simplebank.search_index_status WHERE name IN ('transfers_amount', 'transfers_role') ORDER BY name;
SELECT simplebank.drop_search_index('transfers_role');
SELECT simplebank.drop_search_index('transfers_role');
SELECT statement || ';' AS statement FROM simplebank.search_index_status WHERE name = 'transfers_role' \gset
:statement
SELECT simplebank.create_search_index('transfers_role');
SELECT name FROM simplebank.search_index_status WHERE is_wanted AND is_there ORDER BY name;
SELECT action, details FROM simplebank.audit_events WHERE action LIKE '%search%' ORDER BY id DESC LIMIT 3;

-- Long texts are indexed by their beginning; a restore is an INSERT.
SELECT count(*) FROM simplebank.transfer(:mint, :ann, 7, description => repeat('x', 1024));
SELECT count(*) FROM simplebank.find_transfers(description => repeat('x', 1000));
SELECT count(*) FROM simplebank.find_transfers(description => repeat('x', 1000) || 'y');
SELECT simplebank.drop_search_index('holds_metadata');
INSERT INTO simplebank.search_indexes (name) VALUES ('holds_metadata');
SELECT is_there FROM simplebank.search_index_status WHERE name = 'holds_metadata';

\set VERBOSITY sqlstate
SELECT simplebank.create_search_index(NULL);
SELECT simplebank.create_search_index('transfers');
SELECT simplebank.drop_search_index('transfers_pkey');
SELECT simplebank.drop_search_index(NULL);

SET client_min_messages = warning;
DROP TABLE asked;
DROP FUNCTION answer;
-- They go with it.
DROP EXTENSION simplebank CASCADE;
SELECT count(*) FROM pg_class WHERE relname LIKE '%\_search';
