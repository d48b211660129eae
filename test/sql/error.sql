--
-- error: the catalogue, and what each refusal says to a client.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

-- The catalogue is a contract: services map its rows to their own answers.
SELECT sqlstate, name, category, class, retryable, http_status FROM simplebank.error_codes() ORDER BY sqlstate COLLATE "C";
SELECT sqlstate, description FROM simplebank.error_codes() ORDER BY sqlstate COLLATE "C";

-- A code with two names, or a name with two codes, could not be told apart.
SELECT count(*) = count(DISTINCT sqlstate) AS codes_differ, count(*) = count(DISTINCT name) AS names_differ
FROM simplebank.error_codes();

-- Clients retry 40001 by themselves: no refusal may have it, nor success a row.
SELECT * FROM simplebank.error_codes() WHERE sqlstate IN ('40001', '00000') OR sqlstate IS NULL OR description IS NULL;

-- Runs a statement that is to fail, and answers all that a driver can read.
CREATE FUNCTION pg_temp.refusal(
	statement text,
	OUT code text, OUT constraint_name text, OUT in_catalogue boolean,
	OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	message := 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, constraint_name = CONSTRAINT_NAME,
		message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	in_catalogue := EXISTS (SELECT FROM simplebank.error_codes() e
							WHERE (e.sqlstate, e.name) = (code, constraint_name));
END $$;

-- ids 1 to 5; the sixth is the bank's cash account
SELECT simplebank.open_account('alice', 'USD'), simplebank.open_account('bob', 'USD', max_balance => 50),
	simplebank.open_account('carla', 'EUR'), simplebank.open_account('dave', 'USD'),
	simplebank.open_account('mint', 'USD', min_balance => NULL);
SELECT simplebank.system_account('cash', 'USD');
SELECT from_balance, to_balance, replayed FROM simplebank.deposit(1, 100, key => 'pay-1');
SELECT status FROM simplebank.set_account_status(4, 'frozen');

-- Each refusal: the code, its name in the constraint field, and texts that
-- say which account, what there is, what was needed, and what to do.
\x on
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, 101)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, 51)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 999, 1)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.balance(999)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 4, 1)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 3, 1)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 1, 1)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, 0)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.to_minor(1.234, ''USD'')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.to_minor(''NaN'', ''USD'')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.to_minor(1, ''ZZZ'')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.close_account(1)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.deposit(1, 99, key => ''pay-1'')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, 99, expect => ''{"from": {"version": 2}}'')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, 99, expect => ''{"from": {"balance_at_most": 99}}'')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, 99, expect => ''{}'')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, NULL)');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(1, 2, 1, key => '''')');
SELECT * FROM pg_temp.refusal('SELECT simplebank.transfer(5, 1, 9223372036854775807)');
BEGIN READ ONLY;
SELECT * FROM pg_temp.refusal('SELECT simplebank.deposit(1, 1)');
COMMIT;
-- There is no refusal besides those of the catalogue.
SELECT * FROM pg_temp.refusal('SELECT simplebank_internal.refuse(''40001'', NULL)');
\x off

-- What psql shows, so what an operator sees first.
\set VERBOSITY default
SELECT simplebank.transfer(1, 2, 101);
SELECT simplebank.deposit(1, 99, key => 'pay-1');

-- None of this moved money.
SELECT id, balance, version FROM simplebank.accounts ORDER BY id;
