--
-- expect: what a request expects of its accounts: each rule, both sides of each
-- limit, who may ask for what, and what is no expectation at all.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_carla IN ROLE simplebank_customer;
CREATE ROLE regress_tess IN ROLE simplebank_teller;
RESET client_min_messages;

SELECT simplebank.open_account('alice', 'EUR') AS alice, simplebank.open_account('bob', 'EUR') AS bob,
	simplebank.open_account('regress_carla', 'EUR') AS carla, simplebank.open_account('wide', 'EUR', min_balance => NULL, stripes => 4) AS wide \gset
SELECT to_balance FROM simplebank.deposit(:alice, 100);
SELECT to_balance FROM simplebank.deposit(:carla, 10);

-- What a call says: its answer, or the refusal with all that a client reads.
CREATE FUNCTION pg_temp.outcome(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
	detail text;
	hint text;
BEGIN
	EXECUTE call INTO answer;
	RETURN answer;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, detail, hint);
END $$;
GRANT EXECUTE ON FUNCTION pg_temp.outcome TO PUBLIC;
CREATE FUNCTION pg_temp.transfer(expect text, amount bigint DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.outcome(format('SELECT from_balance FROM simplebank.transfer(1, 2, %s, expect => %L)', amount, expect))
$$;

-- the version: neither the one before nor the one after
SELECT pg_temp.transfer('{"from": {"version": 0}}');
SELECT pg_temp.transfer('{"from": {"version": 2}}');
SELECT pg_temp.transfer('{"from": {"version": 1}, "to": {"version": 1}}');
SELECT pg_temp.transfer('{"from": {"version": 1}, "to": {"version": 0}}');
-- the balance: both bounds are within
SELECT pg_temp.transfer('{"from": {"balance_at_least": 100}}');
SELECT pg_temp.transfer('{"from": {"balance_at_most": 98}}');
SELECT pg_temp.transfer('{"from": {"balance_at_least": 99, "balance_at_most": 99}}');
SELECT pg_temp.transfer('{"to": {"balance_at_least": 3}}');
SELECT pg_temp.transfer('{"to": {"balance_at_most": 1}}');
SELECT pg_temp.transfer('{"to": {"balance_at_least": -9223372036854775808, "balance_at_most": "9223372036854775807"}}');
-- strings are numbers, as no client rounds them
SELECT pg_temp.transfer('{"from": {"version": "9007199254740993"}}');
SELECT pg_temp.transfer('{"from": {"version": "3", "balance_at_least": "-1"}, "to": {"version": 3}}');
-- the order: version, bounds; the debited account; all of it before funds
SELECT pg_temp.transfer('{"to": {"version": 9}, "from": {"balance_at_most": 0, "balance_at_least": 0, "version": 9}}', 1000);
SELECT pg_temp.transfer('{"to": {"version": 9}, "from": {"balance_at_most": 0, "balance_at_least": 0}}', 1000);
SELECT pg_temp.transfer('{"to": {"version": 9}}', 1000);
SELECT pg_temp.transfer('{"to": {"version": 4}}', 1000);
SELECT count(*) FROM simplebank.transfers WHERE operation = 'transfer';

-- what is held is in the balance, and a hold does not change the version
SELECT hold_id > 0 AS placed, available FROM simplebank.place_hold(:alice, :bob, 50, expect => '{"from": {"version": 4, "balance_at_least": 97}, "to": {"version": 3}}');
SELECT pg_temp.outcome(format('SELECT available FROM simplebank.place_hold(%s, %s, 1, expect => %L)', :alice, :bob, '{"from": {"version": 5}}'));
SELECT pg_temp.outcome(format('SELECT available FROM simplebank.place_hold(%s, %s, 1, expect => %L)', :alice, :bob, '{"to": {"balance_at_least": 5}}'));
SELECT pg_temp.transfer('{"from": {"version": 4, "balance_at_least": 97}}');

-- deposits and withdrawals expect something of the account, not of the bank's cash
SELECT pg_temp.outcome(format('SELECT to_balance FROM simplebank.deposit(%s, 5, expect => %L)', :bob, '{"account": {"version": 3}}'));
SELECT to_balance FROM simplebank.deposit(:bob, 5, expect => '{"account": {"version": 4, "balance_at_most": 4}}');
SELECT pg_temp.outcome(format('SELECT from_balance FROM simplebank.withdraw(%s, 5, expect => %L)', :bob, '{"account": {"balance_at_least": 10}}'));
SELECT from_balance FROM simplebank.withdraw(:bob, 5, expect => '{"account": {"version": 5, "balance_at_least": 9}}');
SELECT pg_temp.outcome(format('SELECT to_balance FROM simplebank.deposit(%s, 5, expect => %L)', :bob, '{"from": {"version": 1}}'));
SELECT pg_temp.outcome(format('SELECT to_balance FROM simplebank.withdraw(%s, 5, expect => %L)', :bob, '{"to": {"version": 1}}'));

-- in a teller's place
CALL simplebank.submit_transfer(:alice, :bob, 1, expect => '{"from": {"version": 5}, "to": {"version": 7}}');
CALL simplebank.submit_transfer(:alice, :bob, 1, expect => '{"from": {"version": 5}, "to": {"version": 6}}') \gset
CALL simplebank.submit_transfer_with_balances(:alice, :bob, 1, expect => '{"from": {"version": 6, "balance_at_most": 95}}') \gset
\echo :from_balance :to_balance

-- an account with stripes has no version, and its balance is on several rows
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.transfer(%s, %s, 1, expect => %L)', :alice, :wide, '{"to": {"version": 0}}'));
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.transfer(%s, %s, 1, expect => %L)', :wide, :alice, '{"from": {"balance_at_most": 0}}'));
SELECT from_balance FROM simplebank.transfer(:alice, :wide, 1, expect => '{"from": {"version": 7}}');
-- also once it has one row only
SELECT stripes FROM simplebank.set_stripes(:wide, 1);
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.transfer(%s, %s, 1, expect => %L)', :alice, :wide, '{"to": {"version": 0}}'));

-- A key: the first answer stands, whatever is expected; a refused attempt leaves it free.
SELECT pg_temp.outcome(format('SELECT from_balance FROM simplebank.transfer(%s, %s, 1, ''once'', expect => %L)', :alice, :bob, '{"from": {"version": 7}}'));
SELECT from_balance, replayed FROM simplebank.transfer(:alice, :bob, 1, 'once', expect => '{"from": {"version": 8}}');
SELECT from_balance, replayed FROM simplebank.transfer(:alice, :bob, 1, 'once', expect => '{"from": {"version": 8}}');
SELECT from_balance, replayed FROM simplebank.transfer(:alice, :bob, 1, 'once');
SELECT from_balance, replayed FROM simplebank.transfer(:alice, :bob, 1, 'once', expect => '{"to": {"balance_at_most": -1}}');

-- A customer expects something of its own accounts; another's is not there, be it there or not.
SET ROLE regress_carla;
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.transfer(%s, %s, 1, expect => %L)', :carla, :bob, '{"to": {"version": 0}}'));
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.transfer(%s, %s, 1, expect => %L)', :carla, 999, '{"to": {"version": 0}}'));
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.transfer(%s, %s, 1, expect => %L)', :bob, :carla, '{"from": {"version": 0}}'));
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.place_hold(%s, %s, 1, expect => %L)', :carla, :bob, '{"to": {"version": 0}}'));
SELECT pg_temp.outcome(format('CALL simplebank.submit_transfer(%s, %s, 1, expect => %L)', :carla, :bob, '{"to": {"version": 0}}'));
SELECT pg_temp.outcome(format('SELECT 1 FROM simplebank.transfer(%s, %s, 1, expect => %L)', :carla, :bob, '{"from": {"version": 0}}'));
SELECT from_balance, to_balance FROM simplebank.transfer(:carla, :bob, 1, expect => '{"from": {"version": 1, "balance_at_most": 10}}');
RESET ROLE;

-- What is no expectation: the rule is the hint.  Nothing is taken for a check that is none.
SELECT e.expect, regexp_replace(pg_temp.transfer(e.expect), ' \| It is like .*', ' | (the rule)') AS answer
FROM (VALUES (1, 'null'), (2, '[]'), (3, '"version"'), (4, '7'), (5, '{}'), (6, '{"from": {}}'), (7, '{"from": null}'), (8, '{"from": 7}'), (9, '{"from": [7]}'),
	(10, '{"from": {"version": null}}'), (11, '{"from": {"version": 7.5}}'), (12, '{"from": {"version": 7.0}}'), (13, '{"from": {"version": -1}}'), (14, '{"from": {"version": true}}'),
	(15, '{"from": {"version": ""}}'), (16, '{"from": {"version": "-"}}'), (17, '{"from": {"version": "+7"}}'), (18, '{"from": {"version": " 7"}}'), (19, '{"from": {"version": "7 "}}'),
	(20, '{"from": {"version": "0x7"}}'), (21, '{"from": {"version": 9223372036854775808}}'), (22, '{"from": {"balance_at_least": "-9223372036854775809"}}'),
	(23, '{"from": {"version": 1e300}}'), (24, '{"from": {"version": {"version": 7}}}'), (25, '{"from": {"versions": 7}}'), (26, '{"from": {"version": 7, "Balance_at_least": 1}}'),
	(27, '{"from": {"balance_at_least": 2, "balance_at_most": 1}}'), (28, '{"version": 7}'), (29, '{"account": {"version": 7}}'), (30, '{"from": {"version": 7}, "": {}}'),
	(31, '{"from": {"version": "00000000000000000000000000000007"}}'), (32, format('{"%s": 1}', repeat('é', 100)))) e(n, expect)
ORDER BY e.n;
-- the last one of two counts, as in any jsonb
SELECT pg_temp.transfer('{"from": {"version": 9, "version": 1}}');
SELECT pg_temp.transfer('{"from": {"version": 1}, "from": {"balance_at_least": 0}}');
-- as text it may be as long as any metadata
SELECT pg_temp.transfer(format('{"from": {"version": 1e%s}}', 131071));
SELECT left(pg_temp.transfer(format('{"from": {"version": "%s"}}', repeat('7', 16000))), 100);

SELECT count(*) FROM simplebank.verify();
SET client_min_messages = warning;
DROP EXTENSION simplebank CASCADE;
DROP OWNED BY regress_carla, regress_tess;
DROP ROLE regress_carla, regress_tess;
