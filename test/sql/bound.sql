--
-- How long what callers send may be: see base/bound.c.  That every function
-- has a bound for every text, pgtap/door.sql shows.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate
SELECT simplebank.open_account('alice', 'EUR') AS alice, simplebank.open_account('bob', 'EUR') AS bob, simplebank.open_account('mint', 'EUR', min_balance => NULL) AS mint \gset

-- Both sides of each limit; bytes count, not characters.
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1, description => repeat('d', 1024));
SELECT simplebank.transfer(:mint, :alice, 1, description => repeat('d', 1025));
SELECT simplebank.transfer(:mint, :alice, 1, description => repeat('é', 513));
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1, metadata => to_jsonb(repeat('m', 16382)));
SELECT simplebank.transfer(:mint, :alice, 1, metadata => to_jsonb(repeat('m', 16383)));
SELECT status FROM simplebank.set_account_status(:bob, 'frozen', repeat('r', 1025));
SELECT status FROM simplebank.set_account_status(:bob, 'active', repeat('r', 1024));
SELECT simplebank.open_account('carol', 'EUR', metadata => to_jsonb(repeat('m', 16383)));
-- by an SQL body
SELECT is_business_day FROM simplebank.set_business_day('2024-01-02', false, repeat('d', 1025));
SELECT is_business_day FROM simplebank.set_business_day('2024-01-02', false, repeat('d', 1024));
-- an item of a batch is refused by itself
SELECT item, transfer_id IS NOT NULL AS done, sqlstate, message
FROM simplebank.transfer_batch(ARRAY[:mint, :mint, :mint, :mint], ARRAY[:alice, :alice, :alice, :alice], '{1,1,1,1}',
							   descriptions => ARRAY[repeat('d', 1024), repeat('d', 1025), NULL, NULL],
							   metadatas => ARRAY[NULL, NULL, to_jsonb(repeat('m', 16382)), to_jsonb(repeat('m', 16383))], atomic => false);

-- A few bytes that are a gigabyte as text: the size is told, the text never made.
\set VERBOSITY default
SELECT simplebank.transfer(:mint, :alice, 1, metadata => jsonb_agg('1e131071'::jsonb)) FROM generate_series(1, 8300);
SELECT simplebank.transfer(:mint, :alice, 1, metadata => jsonb_agg(to_jsonb(repeat(E'\x01', 1800000)))) FROM generate_series(1, 100);
SELECT simplebank.place_hold(:mint, :alice, 1, metadata => '{"n": 1e20000}');
SELECT simplebank.audit('note', '{"n": -1e20000}');
SELECT simplebank.transfer(:mint, :alice, 1, description => repeat('d', 1000000));
SELECT event FROM simplebank.reopen_day('2024-01-01', repeat('r', 2000)) LIMIT 1;
\set VERBOSITY sqlstate

-- The length is that of the text, whatever it is made of.
CREATE FUNCTION pg_temp.length_of(metadata jsonb) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	PERFORM simplebank.audit('length', metadata);
	RETURN NULL;
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN substring(detail FROM '^It has (\d+) bytes as text');
END $$;
SET simplebank.max_metadata = '1kB';
-- each beside a string that is too long by itself
SELECT s.part FROM (VALUES
	('null'), ('true'), ('false'), ('""'), ('[]'), ('{}'), ('[[], {}, [[]]]'), ('{"a": {}, "b": [1, {"c": null}]}'),
	('0'), ('-0'), ('0.00'), ('1'), ('-1'), ('9'), ('10'), ('99'), ('100'), ('999'), ('1000'), ('9999'), ('10000'), ('12345678'), ('100000000'),
	('0.1'), ('-0.5'), ('0.0001'), ('0.00001'), ('1.50'), ('-1234.5678'), ('1e-20'), ('1e20'), ('-1.5e300'), ('123456789e-5'), ('1e131071'), ('1e-16383'),
	('"\b\f\n\r\t"'), ('"\\ \" / \u0001 \u001f \u007f"'), ('"é 😀 \u00e9 \ud83d\ude00"'), ('{"\u0001\"": "\n"}')) s(part)
WHERE pg_temp.length_of(jsonb_build_array(repeat('x', 1100), s.part::jsonb)) IS DISTINCT FROM octet_length(jsonb_build_array(repeat('x', 1100), s.part::jsonb)::text);
SELECT setseed(0.5) \g /dev/null
SELECT v.n FROM generate_series(1, 2000) n,
	LATERAL (SELECT jsonb_build_array(repeat('x', 1100), round((random() - 0.5)::numeric * 10 ^ (n % 60)::numeric, n % 17 - 4), n * 7919)) v(n)
WHERE pg_temp.length_of(v.n) IS DISTINCT FROM octet_length(v.n::text);
-- by itself, too: a value that is no array
SELECT pg_temp.length_of(to_jsonb(repeat('x', 2000))) - octet_length(to_jsonb(repeat('x', 2000))::text) AS difference,
	   pg_temp.length_of('1e2000') - octet_length('1e2000'::jsonb::text) AS of_a_number;
RESET simplebank.max_metadata;

-- The settings: a superuser's, and bounded themselves.
SET simplebank.max_text = 2000;
SELECT to_balance > 0 AS done FROM simplebank.transfer(:mint, :alice, 1, description => repeat('d', 2000));
SELECT simplebank.transfer(:mint, :alice, 1, description => repeat('d', 2001));
SET simplebank.max_text = '2MB';
SET simplebank.max_metadata = '2MB';
RESET simplebank.max_text;
CREATE ROLE regress_bound;
SET ROLE regress_bound;
SET simplebank.max_text = 2000;
SET simplebank.max_metadata = '100kB';
SET simplebank.max_customer_batch = 100000;
RESET ROLE;

-- A customer's batch has a bound of its own.
SELECT simplebank.create_roles();
GRANT simplebank_customer TO regress_bound;
SELECT simplebank.open_account('regress_bound', 'EUR') AS own \gset
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:mint, '{1001}'), array_fill(:own, '{1001}'), array_fill(1, '{1001}'));
SET ROLE regress_bound;
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:own, '{1000}'), array_fill(:alice, '{1000}'), array_fill(1, '{1000}'));
\set VERBOSITY default
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:own, '{1001}'), array_fill(:alice, '{1001}'), array_fill(1, '{1001}'));
\set VERBOSITY sqlstate
RESET ROLE;
SET simplebank.max_customer_batch = 2;
SET ROLE regress_bound;
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:own, '{3}'), array_fill(:alice, '{3}'), array_fill(1, '{3}'));
RESET ROLE;
RESET simplebank.max_customer_batch;
SELECT simplebank.balance(:own);
SELECT * FROM simplebank.verify();
DROP OWNED BY regress_bound;
DROP ROLE regress_bound;
