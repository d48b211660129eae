--
-- consumer: events of each kind, for whom they are, what is acknowledged, and
-- what is refused.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_teller IN ROLE simplebank_teller;
CREATE ROLE regress_auditor IN ROLE simplebank_auditor;
CREATE ROLE regress_admin IN ROLE simplebank_admin;
CREATE ROLE regress_ann IN ROLE simplebank_customer;
CREATE ROLE regress_gate IN ROLE simplebank_gateway;
CREATE ROLE regress_clerk IN ROLE regress_teller;
CREATE ROLE regress_far IN ROLE simplebank_teller;
RESET client_min_messages;
\getenv abs_srcdir PG_ABS_SRCDIR
\set inside :abs_srcdir '/inside.sql'
\i :inside
\set VERBOSITY sqlstate
\pset null null

-- What does not change from run to run: times as whether they are there, and the role.
CREATE FUNCTION pg_temp.plain(event jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'string' AND key IN ('occurred_at', 'effective_at', 'expires_at')
		THEN to_jsonb(value #>> '{}' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$')
		WHEN key = 'role' THEN to_jsonb(value #>> '{}' = current_user) ELSE value END)
	FROM jsonb_each(event)
$$;

-- before there is anything
SELECT kinds, acknowledged, read_up_to, reader_pid, role = current_user AS own FROM simplebank.create_consumer('all');
SELECT acknowledged FROM simplebank.create_consumer('beginning', from_position => 0);
SELECT * FROM simplebank.read_events('all');
SELECT name, acknowledged, read_up_to, lag_positions, lag_seconds, reader FROM simplebank.consumers ORDER BY name;

-- accounts
SELECT simplebank.open_account('ann', 'EUR', code => 'A1', metadata => '{"vip": true}') AS ann \gset
SELECT simplebank.open_account('ben', 'EUR', min_balance => -500) AS ben \gset
SELECT simplebank.open_account('hub', 'EUR', 'equity', min_balance => NULL) AS hub \gset
SELECT id FROM simplebank.set_account_limits(:ben, -1000, 9007199254740993, 'asked for');
SELECT id FROM simplebank.set_account_details(:ann, name => 'Ann', reason => 'called');
SELECT id FROM simplebank.set_account_owner(:ben, 'benjamin', 'married');
SELECT id FROM simplebank.set_account_status(:ben, 'frozen', 'doubt');
SELECT id FROM simplebank.set_account_status(:ben, 'active');
SELECT id FROM simplebank.set_stripes(:hub, 2);
SELECT annual_rate FROM simplebank.set_interest(:ann, 0.01, 'ACT/365F', '2024-01-01');
SELECT id FROM simplebank.close_account(simplebank.open_account('gone', 'EUR'));
SELECT position, kind, id, account_id, description, metadata, reference, ledger FROM simplebank.read_events('all');
SELECT pg_temp.plain(event) FROM simplebank.read_events('all') WHERE kind NOT IN ('account_opened', 'account_interest') OR id = :ann;
SELECT event #> '{after, valid_from}' AS from FROM simplebank.read_events('all') WHERE kind = 'account_interest';

-- the same again until it is acknowledged
SELECT count(*), min(position), max(position) FROM simplebank.read_events('all', 4);
SELECT acknowledged, read_up_to, reader_pid = pg_backend_pid() AS mine FROM simplebank.ack_events('all', 4);
SELECT count(*), min(position), max(position) FROM simplebank.read_events('all', 4);
SELECT acknowledged, read_up_to, reader_pid = pg_backend_pid() AS mine FROM simplebank.log_consumers WHERE name = 'all';
SELECT lag_positions, lag_seconds > 0 AS behind, reader = pg_backend_pid() AS mine FROM simplebank.consumers WHERE name = 'all';
SELECT acknowledged, reader_pid FROM simplebank.ack_events('all', 12);
SELECT acknowledged FROM simplebank.ack_events('all', 12);
SELECT lag_positions, lag_seconds, reader FROM simplebank.consumers WHERE name = 'all';
SELECT * FROM simplebank.read_events('all');

-- what is rolled back is not read
BEGIN;
SELECT transfer_id FROM simplebank.transfer(:ben, :ann, 1);
SELECT count(*) FROM simplebank.read_events('all');
ROLLBACK;

-- transfers: two entries, many, of stripes; taken back; with a text
SELECT transfer_id FROM simplebank.transfer(:ben, :ann, 300, description => 'rent', metadata => '{"n": 1.50, "list": [1, {"a": null}]}', reference => 'R-1',
	effective_at => '2024-02-29 12:00+00') \gset
SELECT transfer_id FROM simplebank.post_journal(ARRAY[:ann, :ben, :ann], ARRAY[-3, 5, -2], description => 'many');
SELECT transfer_id FROM simplebank.refund_transfer(:transfer_id, 100);
SELECT transfer_id FROM simplebank.transfer(:hub, :ann, 7);
SELECT position, kind, id, occurred_at = effective_at AS at_once, operation, reference, account_id, description, metadata FROM simplebank.read_events('all');
SELECT pg_temp.plain(event) FROM simplebank.read_events('all') WHERE operation <> 'transfer' OR description IS NOT NULL;
SELECT (entry ->> 'row')::bigint < 0 AS of_stripe, entry ->> 'account' = :'hub' AS of_account
FROM simplebank.read_events('all') e, jsonb_array_elements(e.event -> 'entries') entry WHERE operation = 'transfer' AND e.description IS NULL;
SELECT acknowledged FROM simplebank.ack_events('all', (SELECT max(position) FROM simplebank.read_events('all')));

-- holds: as each event has left them
SELECT hold_id AS one FROM simplebank.place_hold(:ann, :ben, 50, now() + interval '1 day', description => 'kept', metadata => '{"h": 1}', reference => 'H-1') \gset
SELECT transfer_id FROM simplebank.capture_hold(:one, 20, final => false);
SELECT transfer_id FROM simplebank.capture_hold(:one, 5);
SELECT hold_id AS two FROM simplebank.place_hold(:ann, :ben, 30) \gset
SELECT transfer_id FROM simplebank.capture_hold(:two, 10, final => false);
SELECT available FROM simplebank.release_hold(:two);
SELECT hold_id AS three FROM simplebank.place_hold(:ann, :ben, 1, now() + interval '1 day') \gset
ALTER TABLE simplebank.holds DISABLE TRIGGER guard;
UPDATE simplebank.holds SET expires_at = created_at WHERE id = :three;
ALTER TABLE simplebank.holds ENABLE ALWAYS TRIGGER guard;
SELECT simplebank.expire_holds();
SELECT kind, account_id = :ann AS ann, reference, description, event ->> 'hold_id' AS hold, event ->> 'amount' AS amount, event ->> 'captured' AS captured, event ->> 'status' AS status,
	   event -> 'before' AS before, event -> 'after' AS after, event ->> 'to_account' = :'ben' AS to_ben, event ? 'entries' AS has_entries
FROM simplebank.read_events('all');
SELECT pg_temp.plain(event) FROM simplebank.read_events('all') WHERE kind = 'hold_placed' LIMIT 1;
SELECT acknowledged FROM simplebank.ack_events('all', (SELECT max(position) FROM simplebank.read_events('all')));

-- notices: orders missed, days, settlement cycles, statements, findings, requests refused
SELECT simplebank.schedule_transfer(:ann, :ben, 1000000, now() - interval '73 hours') AS late \gset
CALL simplebank.run_job('standing_orders');
SELECT day FROM simplebank.close_day('2024-06-30');
SELECT day, event FROM simplebank.reopen_day('2024-06-30', 'a late invoice');
SELECT simplebank.open_account('alpha', 'EUR') AS alpha, simplebank.open_account('beta', 'EUR') AS beta \gset
SELECT name FROM simplebank.create_settlement_group('sepa', 'EUR');
SELECT simplebank.add_settlement_member('sepa', 'alpha', :alpha) > 0, simplebank.add_settlement_member('sepa', 'beta', :beta) > 0;
SELECT (simplebank.assign_member(:ann, 'sepa', 'alpha')).member, (simplebank.assign_member(:ben, 'sepa', 'beta')).member;
SELECT to_balance FROM simplebank.clear_payment(:ann, :ben, 10);
SELECT status FROM simplebank.settle('sepa');
SELECT status FROM simplebank.settle('sepa');
SELECT to_balance FROM simplebank.deposit(:alpha, 10);
SELECT status FROM simplebank.settle('sepa');
BEGIN;
CREATE OR REPLACE FUNCTION simplebank_internal.day_end(day date) RETURNS timestamptz LANGUAGE sql STABLE AS
$$SELECT CASE WHEN day >= '2099-01-31' THEN clock_timestamp() - interval '0.001 ms' ELSE (day + 1)::timestamp AT TIME ZONE 'UTC' END$$;
INSERT INTO simplebank.statement_days (day) VALUES ('2099-01-31');
SELECT simplebank.inside('SELECT * FROM simplebank_internal.statement_portion(''2099-01-31'', 1)');
COMMIT;
ALTER TABLE simplebank.accounts DISABLE TRIGGER guard;
UPDATE simplebank.accounts SET balance = balance + 1 WHERE id = :ann;
SELECT simplebank.inside('SELECT simplebank_internal.verify_ledger()');
UPDATE simplebank.accounts SET balance = balance - 1 WHERE id = :ann;
ALTER TABLE simplebank.accounts ENABLE ALWAYS TRIGGER guard;
SELECT simplebank.inside(format('SELECT simplebank_internal.note(''request_refused'', 1, %s, 7, ''{"sqlstate": "SB001"}'')', :ann));
SELECT kind, account_id, event ->> 'object_id' AS object, (event -> 'details') - '{due_at,business_date}'::text[] AS details
FROM simplebank.read_events('all') WHERE kind <> 'transfer' AND kind NOT LIKE 'account%';
SELECT pg_temp.plain(event #- '{details, due_at}') FROM simplebank.read_events('all') WHERE kind = 'order_missed';
SELECT event #>> '{details, due_at}' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$' AS utc FROM simplebank.read_events('all') WHERE kind = 'order_missed';

-- Every kind has been met.
SELECT simplebank.create_consumer('kinds', '{no such kind}');
\set VERBOSITY default
SELECT simplebank.create_consumer('kinds', '{no such kind}');
\set VERBOSITY sqlstate
SELECT kind, count(*) > 0 AS met FROM simplebank.read_events('beginning') GROUP BY kind ORDER BY kind;
-- positions without a gap, versions in their order
SELECT count(*) = max(position) AND min(position) = 1 AS gapless FROM simplebank.read_events('beginning');
SELECT bool_and(version = before + 1) AS in_order FROM (
	SELECT (entry ->> 'version')::bigint AS version,
		   lag((entry ->> 'version')::bigint, 1, 0::bigint) OVER (PARTITION BY coalesce(entry -> 'row', entry -> 'account') ORDER BY e.position, n) AS before
	FROM simplebank.read_events('beginning') e, jsonb_array_elements(e.event -> 'entries') WITH ORDINALITY x(entry, n)) v;
SELECT bool_and(balance = before + amount) AS adds_up FROM (
	SELECT (entry ->> 'balance')::bigint AS balance, (entry ->> 'amount')::bigint AS amount,
		   lag((entry ->> 'balance')::bigint, 1, 0::bigint) OVER (PARTITION BY coalesce(entry -> 'row', entry -> 'account') ORDER BY e.position, n) AS before
	FROM simplebank.read_events('beginning') e, jsonb_array_elements(e.event -> 'entries') WITH ORDINALITY x(entry, n)) v;

-- kinds that are asked for, by name or first word; what is not for it is passed over
SELECT kinds FROM simplebank.create_consumer('holds', '{hold}', 0);
SELECT kinds FROM simplebank.create_consumer('few', '{day, account_closed,finding}', 0);
SELECT kind, count(*) FROM simplebank.read_events('holds') GROUP BY kind ORDER BY kind;
SELECT kind, count(*) FROM simplebank.read_events('few') GROUP BY kind ORDER BY kind;
SELECT kinds FROM simplebank.create_consumer('refused', '{request}', 0);
SELECT max(position) AS last FROM simplebank.read_events('refused') \gset
SELECT acknowledged = :last AS done FROM simplebank.ack_events('refused', :last);
SELECT transfer_id > 0 AS more FROM simplebank.transfer(:ben, :ann, 1);
SELECT * FROM simplebank.read_events('refused');
SELECT lag_positions, acknowledged > :last AS moved, read_up_to = acknowledged AS nothing_read FROM simplebank.consumers WHERE name = 'refused';

-- erased texts are null, wherever it reads from
SELECT object FROM simplebank.erase_texts(:transfer_id, 'asked for') WHERE object = 'transfer';
SELECT object FROM simplebank.erase_texts(hold_id => :one, reason => 'asked for') ORDER BY 1;
SELECT kind, description, metadata, reference, event -> 'description' AS in_event, event -> 'metadata' AS metadata_in_event
FROM simplebank.read_events('beginning') WHERE kind = 'transfer' AND id = :transfer_id OR kind LIKE 'hold%' AND event ->> 'hold_id' = :'one';

-- seek: back, forth, and no further
SELECT acknowledged, read_up_to, reader_pid FROM simplebank.seek_consumer('holds', 0);
SELECT count(*) FROM simplebank.read_events('holds', 2);
SELECT acknowledged, read_up_to, reader_pid FROM simplebank.seek_consumer('holds', 20);
SELECT min(position) > 20 AS behind FROM simplebank.read_events('holds');
SELECT simplebank.seek_consumer('holds', -1);
SELECT simplebank.seek_consumer('holds', 1000000);
SELECT simplebank.seek_consumer('holds', NULL);

-- refused: arguments
SELECT simplebank.create_consumer(NULL);
SELECT simplebank.create_consumer('');
SELECT simplebank.create_consumer(repeat('c', 256));
SELECT simplebank.create_consumer('all');
SELECT simplebank.create_consumer('new', '{}');
SELECT simplebank.create_consumer('new', ARRAY['transfer', NULL]);
SELECT simplebank.create_consumer('new', '{{transfer,hold}}');
SELECT simplebank.create_consumer('new', '{trans}');
SELECT simplebank.create_consumer('new', '{hold_}');
SELECT simplebank.create_consumer('new', from_position => -1);
SELECT simplebank.create_consumer('new', from_position => 1000000);
SELECT simplebank.create_consumer('new', role => 'regress_nobody');
SELECT simplebank.create_consumer('new', role => '');
SELECT * FROM simplebank.read_events(NULL);
SELECT * FROM simplebank.read_events('all', NULL);
SELECT * FROM simplebank.read_events('all', 0);
SELECT * FROM simplebank.read_events('all', 10001);
SELECT simplebank.ack_events(NULL, 1);
SELECT simplebank.ack_events('all', NULL);
SELECT simplebank.drop_consumer(NULL);
-- what is not there
SELECT * FROM simplebank.read_events('nobody');
SELECT simplebank.ack_events('nobody', 1);
SELECT simplebank.seek_consumer('nobody', 1);
\set VERBOSITY default
SELECT simplebank.drop_consumer('nobody');
-- beyond what was read, and below what was acknowledged; nothing is lost by it
SELECT acknowledged, read_up_to FROM simplebank.seek_consumer('holds', 20);
SELECT simplebank.ack_events('holds', 21);
SELECT simplebank.ack_events('holds', 19);
\set VERBOSITY sqlstate
SELECT acknowledged, read_up_to FROM simplebank.log_consumers WHERE name = 'holds';
BEGIN READ ONLY;
SELECT * FROM simplebank.read_events('all');
ROLLBACK;

-- roles: a teller's consumer is its own role's, and not of how the bank is run
SET ROLE regress_teller;
SELECT role, acknowledged FROM simplebank.create_consumer('tellers', from_position => 0);
SELECT simplebank.create_consumer('days', '{transfer,day}');
SELECT simplebank.create_consumer('for another', role => 'regress_auditor');
SELECT kind FROM simplebank.read_events('tellers') WHERE kind NOT LIKE 'account%' AND kind NOT LIKE 'hold%' GROUP BY kind ORDER BY kind;
SELECT * FROM simplebank.read_events('all');
SELECT simplebank.ack_events('all', 1);
SELECT simplebank.seek_consumer('all', 1);
SELECT simplebank.drop_consumer('all');
SELECT name FROM simplebank.consumers ORDER BY name;
SELECT name FROM simplebank.log_consumers;
-- its members use it too
SET ROLE regress_clerk;
SELECT name FROM simplebank.consumers ORDER BY name;
SELECT count(*) > 0 AS reads FROM simplebank.read_events('tellers');
SELECT acknowledged FROM simplebank.ack_events('tellers', 1);
SET ROLE regress_auditor;
SELECT role FROM simplebank.create_consumer('auditors', '{finding}', 0);
SELECT count(*) FROM simplebank.read_events('auditors');
SELECT simplebank.ack_events('tellers', 1);
SELECT name, role = 'regress_teller' AS tellers FROM simplebank.consumers ORDER BY name;
SET ROLE regress_admin;
SELECT role FROM simplebank.create_consumer('given', from_position => 0, role => 'regress_teller');
SELECT role FROM simplebank.create_consumer('for a customer', role => 'regress_ann');
SELECT count(*) FILTER (WHERE kind = 'finding') AS findings, count(*) > 0 AS reads FROM simplebank.read_events('given');
SELECT acknowledged FROM simplebank.seek_consumer('tellers', 2);
-- customers and gateways have none
SET ROLE regress_ann;
SELECT simplebank.create_consumer('mine');
SELECT * FROM simplebank.read_events('given');
SELECT * FROM simplebank.consumers;
SET ROLE regress_gate;
SELECT simplebank.create_consumer('mine');
RESET ROLE;

-- ledgers: those of the role whose consumer it is
SELECT name FROM simplebank.create_ledger('far');
SELECT simplebank.grant_ledger('regress_far', 'far') \g /dev/null
SELECT simplebank.open_account('yan', 'EUR', ledger => 'far', min_balance => NULL) AS yan, simplebank.open_account('zoe', 'EUR', ledger => 'far') AS zoe \gset
SELECT transfer_id > 0 AS posted FROM simplebank.transfer(:yan, :zoe, 5);
SELECT transfer_id > 0 AS posted FROM simplebank.post_journal(ARRAY[:yan, :zoe], ARRAY[-1, 1]);
SELECT role FROM simplebank.create_consumer('far', from_position => 0, role => 'regress_far');
SELECT kind, ledger, event ->> 'ledger' AS in_event, account_id = ANY (ARRAY[:yan, :zoe]::bigint[]) AS its FROM simplebank.read_events('far');
SET ROLE regress_teller;
SELECT count(*) > 0 AS reads, count(*) FILTER (WHERE ledger = 'far') AS far FROM simplebank.read_events('tellers');
SET ROLE regress_far;
SELECT name FROM simplebank.consumers;
RESET ROLE;
-- rights that a role has lost
SELECT simplebank.seek_consumer('far', 0) \g /dev/null
REVOKE simplebank_teller FROM regress_far;
\set VERBOSITY default
SELECT count(*) FROM simplebank.read_events('far');
\set VERBOSITY sqlstate
SET ROLE regress_far;
SELECT count(*) FROM simplebank.read_events('far');
RESET ROLE;
DROP OWNED BY regress_far;
DROP ROLE regress_far;
SELECT count(*) FROM simplebank.read_events('far');
SELECT simplebank.drop_consumer('far');

-- what is done to consumers by name is recorded
SELECT action, details - 'role' - 'position' AS details, role FROM simplebank.audit_events
WHERE action LIKE '%consumer' AND details ->> 'name' IN ('given', 'far', 'tellers') ORDER BY id;
SELECT labels, value > 0 AS behind FROM simplebank.metrics() WHERE name = 'simplebank_consumer_lag_positions' AND labels ->> 'consumer' IN ('beginning', 'refused') ORDER BY 1;
UPDATE simplebank.log_consumers SET acknowledged = 0;
SELECT invariant FROM simplebank.verify();

DROP ROLE regress_clerk;
DROP ROLE regress_teller, regress_auditor, regress_admin, regress_ann, regress_gate;
