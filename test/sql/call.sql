--
-- call: any function by its name, with arguments, answer and errors in JSON.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP ROLE IF EXISTS regress_call_ann, regress_call_app, regress_call_gate, regress_call_other, regress_call_stranger;
RESET client_min_messages;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_call_ann IN ROLE simplebank_customer;
CREATE ROLE regress_call_app IN ROLE simplebank_teller;
CREATE ROLE regress_call_other IN ROLE simplebank_teller;
CREATE ROLE regress_call_gate IN ROLE simplebank_gateway;
CREATE ROLE regress_call_stranger;
\set VERBOSITY sqlstate
\pset format unaligned
\pset tuples_only on

-- What matters of an answer; times differ.
CREATE FUNCTION pg_temp.show(answer jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN (answer ->> 'ok')::boolean THEN CASE jsonb_typeof(answer -> 'result') WHEN 'object' THEN (answer -> 'result') - 'posted_at' - 'created_at' - 'updated_at' ELSE answer -> 'result' END #>> '{}'
		ELSE (SELECT string_agg(coalesce(answer -> 'error' ->> n, '-'), ' | ')
			  FROM unnest('{code,name,class,status,retryable,argument,message,detail}'::text[]) n) END
$$;
CREATE FUNCTION pg_temp.ask(operation text, arguments jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS
	'SELECT pg_temp.show(simplebank.call(operation, arguments))';

SELECT simplebank.call('open_account', '{"owner": "regress_call_ann", "currency": "EUR", "metadata": {"a": [1, {"b": null}]}}');
SELECT simplebank.call('open_account', '{"owner": "ben", "currency": "EUR", "max_balance": "9007199254740993", "key": "b"}');
SELECT metadata FROM simplebank.accounts WHERE id = 1;
SELECT pg_temp.ask('deposit', '{"account": 1, "amount": 100000}');

-- One envelope.
SELECT simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 90000000}');
SELECT jsonb_object_keys(simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 1}'));

-- Amounts as numbers or strings, always exact, never rounded.
SELECT pg_temp.ask('transfer', '{"from_account": "1", "to_account": 2, "amount": "10"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1e1}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 10.0}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 10.5}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": "10.5"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 9223372036854775808}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1e131071}');
SELECT pg_temp.ask('set_account_limits', '{"account_id": 2, "min_balance": 0, "max_balance": 9223372036854775807}') :: jsonb -> 'max_balance';
SELECT pg_temp.ask('to_major', '{"amount": "9007199254740993", "currency": "EUR"}'), pg_temp.ask('to_minor', '{"amount": 1.25, "currency": "EUR"}'), pg_temp.ask('to_minor', '{"amount": "1.25", "currency": "EUR"}');
SELECT (simplebank.call('open_account', '{"owner": "x", "currency": "EUR", "min_balance": null, "key": "n"}') ->> 'ok')::boolean, min_balance IS NULL AS is_null FROM simplebank.accounts ORDER BY id DESC LIMIT 1;

-- Keys: the same answer, and the argument that differs.
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 7, "key": "k"}');
SELECT pg_temp.ask('transfer', '{"from_account": "1", "to_account": "2", "amount": "7", "key": "k"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 8, "key": "k"}');
SELECT simplebank.call('idempotency_check', '{"key": "k"}') -> 'result' -> 0 -> 'transfer_id' = simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 7, "key": "k"}') #> '{result,transfer_id}';

-- The caller's mistakes.
SELECT pg_temp.ask('nothing');
SELECT pg_temp.ask('Transfer');
SELECT pg_temp.ask('transfer(1,2,3); --');
SELECT pg_temp.ask('pg_sleep', '{"secs": 1}');
SELECT pg_temp.ask(repeat('x', 1000));
SELECT pg_temp.ask('call', '{"operation": "seal"}');
SELECT pg_temp.ask('act_for', '{"owner": "ben"}');
SELECT pg_temp.ask(NULL);
SELECT pg_temp.ask('balance', NULL);
SELECT pg_temp.ask('balance', '[1]');
SELECT pg_temp.ask('balance', '"account_id"');
SELECT pg_temp.ask('balance', '{"account_id": null}');
SELECT pg_temp.ask('balance', '{"account_id": 1, "account_id => 2) --": 1}');
SELECT pg_temp.ask('balance', '{"account_id": [1]}');
SELECT pg_temp.ask('balance', '{"account_id": true}');
SELECT pg_temp.ask('balance', '{"account_id": "0x1"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "key": 5}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "description": {"a": 1}}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "metadata": "a"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 0}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "effective_at": "yesterdays"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "effective_at": 5}');
SELECT pg_temp.ask('post_journal', '{"account_ids": 1, "amounts": [1]}');
SELECT pg_temp.ask('post_journal', '{"account_ids": [1, [2]], "amounts": [-1, 1]}');
SELECT pg_temp.ask('post_journal', '{"account_ids": [1, null], "amounts": [-1, 1]}');
SELECT pg_temp.ask('capture_hold', '{"hold_id": 1, "final": "true"}');

-- Refusals: whose fault, and of which argument.
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 99, "amount": 1}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 1, "amount": 1}');
SELECT pg_temp.ask('open_account', '{"owner": "ben", "currency": "XYQ"}');
SELECT pg_temp.ask('release_hold', '{"hold_id": "99"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "reference": "r"}') LIKE '%false%';
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "reference": "r"}');
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "expect": {"from": {"version": 0}}}');

-- Results of all kinds: a set, a row, a procedure, nothing.
SELECT simplebank.call('statement', '{"account_id": 2, "max_rows": 3}') #> '{result,0}';
SELECT jsonb_array_length(simplebank.call('statement', '{"account_id": 2}') -> 'result') > 5;
SELECT pg_temp.ask('find_transfers', '{"account_id": 99}');
SELECT pg_temp.ask('verify');
SELECT simplebank.call('transfer_batch', '{"from_accounts": [1, "1"], "to_accounts": [2, 2], "amounts": ["5", 900000000], "atomic": false, "metadatas": [{"n": 1}, null]}') #> '{result,1}' ->> 'sqlstate';
SELECT simplebank.call('place_hold', '{"from_account": 1, "to_account": 2, "amount": 5, "expires_at": "2299-01-01T00:00:00Z"}') #> '{result,expires_at}';
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Tokyo';
SELECT simplebank.call('balances', '{"account_id": 1}') #>> '{result,updated_at}' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+[+]09:00$';
RESET datestyle;
RESET timezone;
SELECT simplebank.call('submit_transfer', '{"from_account": 1, "to_account": 2, "amount": 1}') -> 'result' ->> 'transfer_id' IS NOT NULL;
SELECT pg_temp.ask('submit_transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "transfer_id": 7}');
SELECT pg_temp.ask('run_job', '{"name": "seal"}');
SELECT pg_temp.ask('business_day', '{"day": "2024-02-29"}');
SELECT pg_temp.ask('schedule_transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "run_at": "2299-01-01", "every": "1 month"}');
SELECT pg_temp.ask('set_account_details', '{"account_id": 2, "name": "it''s \"B\""}')::jsonb ->> 'name';

-- A call is a savepoint: what was refused left nothing, what was done stays.
BEGIN;
SELECT simplebank.balance(2) AS before \gset
SELECT simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 3}') ->> 'ok', current_setting('response.status');
SELECT simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 90000000}') ->> 'ok', current_setting('response.status');
SELECT simplebank.balance(2) - :before;
COMMIT;
SELECT simplebank.balance(2) - :before, current_setting('response.status') = '';
BEGIN;
SELECT simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 3}') ->> 'ok';
ROLLBACK;
SELECT simplebank.balance(2) - :before;

-- Read only: what reads is answered.
BEGIN READ ONLY;
SELECT simplebank.call('balance', '{"account_id": 2}') ->> 'ok';
SELECT pg_temp.ask('transfer', '{"from_account": 1, "to_account": 2, "amount": 3}');
ROLLBACK;

-- What ends a statement is not caught.
SELECT simplebank.call('error_codes') IS NULL FROM pg_cancel_backend(pg_backend_pid());

-- It lends no right: EXECUTE is asked of the caller, keys are its own.
SET ROLE regress_call_stranger;
SELECT simplebank.call('error_codes');
RESET ROLE;
GRANT USAGE ON SCHEMA simplebank TO regress_call_stranger;
GRANT EXECUTE ON FUNCTION simplebank.call TO regress_call_stranger;
SET ROLE regress_call_stranger;
SELECT simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 3}') #>> '{error,code}', simplebank.call('error_codes') #>> '{error,code}';
SET ROLE regress_call_app;
SELECT simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 1, "key": "k"}') #>> '{result,replayed}';
SELECT simplebank.call('set_account_status', '{"account_id": 2, "status": "frozen"}') #>> '{error,code}';
SET ROLE regress_call_other;
SELECT simplebank.call('idempotency_check', '{"key": "k"}') ->> 'result';
SET ROLE regress_call_ann;
SELECT simplebank.call('transfer', '{"from_account": 1, "to_account": 2, "amount": 1}') #>> '{result,to_balance}' IS NULL;
SELECT simplebank.call('transfer', '{"from_account": 2, "to_account": 1, "amount": 1}') #>> '{error,code}', simplebank.call('withdraw', '{"account": 1, "amount": 1}') #>> '{error,code}';
SET ROLE regress_call_gate;
SELECT simplebank.call('balance', '{"account_id": 1}') #>> '{error,hint}';
BEGIN;
SELECT simplebank.act_for('regress_call_ann');
SELECT simplebank.call('balance', '{"account_id": 1}') ->> 'ok', simplebank.call('balance', '{"account_id": 2}') #>> '{error,code}';
COMMIT;
RESET ROLE;

-- Plans are kept by function, arguments and nothing of the values.
SELECT count(*) FROM generate_series(1, 50) n WHERE (simplebank.call('transfer', jsonb_build_object('from_account', 1, 'to_account', 2, 'amount', n, 'key', 'n' || n)) ->> 'ok')::boolean;
DROP EXTENSION simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.call('open_account', '{"owner": "ann", "currency": "EUR"}');

-- openapi: every operation but two, and each of its arguments and results.
SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'simplebank'::regnamespace AND NOT simplebank.openapi() -> 'paths' ? ('/' || p.proname);
SELECT jsonb_pretty(simplebank.openapi() #> '{paths,/withdraw,post,requestBody}');
SELECT jsonb_pretty(simplebank.openapi() #> '{paths,/balances,post,responses,200}');
SELECT simplebank.openapi() #> '{paths,/error_codes,post,requestBody}', simplebank.openapi() #> '{paths,/submit_transfer,post,responses,200,content,application/json,schema,properties,result}';
SELECT jsonb_object_keys(simplebank.openapi() #> '{paths,/capture_hold,post,responses}');
DROP OWNED BY regress_call_ann, regress_call_app, regress_call_other, regress_call_gate, regress_call_stranger;
DROP ROLE regress_call_ann, regress_call_app, regress_call_other, regress_call_gate, regress_call_stranger;
