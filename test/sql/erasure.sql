--
-- erasure: texts go, what proves that nothing else has changed stays.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP ROLE IF EXISTS regress_eraser;
RESET client_min_messages;
CREATE EXTENSION simplebank;
SET search_path = simplebank, public;
\set VERBOSITY terse
SELECT open_account('ann', 'EUR', min_balance => NULL, name => 'Ann Smith', metadata => '{"phone": 1}', key => 'ann') AS ann,
	   open_account('ben', 'EUR', name => 'Ben') AS ben \gset
CREATE VIEW pg_temp.texts AS
	SELECT id, operation, description, metadata, length(salt) AS salt FROM transfers ORDER BY id;

-- A transfer: description, metadata, both, none.
SELECT transfer_id FROM transfer(:ann, :ben, 1, key => 'first', description => 'rent of Ann', metadata => '{"a": 1, "é": null}');
SELECT transfer_id FROM transfer(:ann, :ben, 2, description => '');
SELECT transfer_id FROM transfer(:ann, :ben, 3, metadata => 'null');
SELECT transfer_id FROM transfer(:ann, :ben, 4);
SELECT transfer_id FROM transfer_batch(ARRAY[:ann, :ann]::bigint[], ARRAY[:ben, :ben]::bigint[], '{5, 6}', descriptions => '{five, NULL}');
SELECT transfer_id FROM post_journal(ARRAY[:ann, :ben, :ben]::bigint[], '{-3, 1, 2}', description => 'seven');
SELECT * FROM pg_temp.texts;
SELECT count(DISTINCT salt) AS salts FROM transfers;
SELECT seal();
SELECT jsonb_object_agg(id, encode(root, 'hex')) AS pins FROM seals \gset
SELECT array_agg(entry_leaf(account_id, version, transfer_id) ORDER BY account_id, version) AS leaves FROM entries \gset

SELECT * FROM erase_texts(1, 'asked for');
SELECT * FROM erase_texts(2, 'asked for');
SELECT * FROM erase_texts(transfer_id => 3, reason => 'asked for');
-- it has none
SELECT * FROM erase_texts(4, 'asked for');
SELECT * FROM erase_texts(7, 'asked for');
-- once more: nothing is left
SELECT * FROM erase_texts(1, 'asked for');
SELECT * FROM pg_temp.texts;
SELECT x.object, x.object_id, x.texts, ARRAY(SELECT jsonb_object_keys(x.digests) ORDER BY 1) AS digests, x.role = current_user AS mine, x.reason,
	   x.erased_at <= clock_timestamp() AS erased, count(*) OVER (PARTITION BY x.call_id) AS of_call
FROM erasures x ORDER BY x.id;
SELECT action, by_hand, details - 'call_id' AS details, (details ->> 'call_id')::bigint = (SELECT x.call_id FROM erasures x WHERE x.object_id = (details ->> 'transfer_id')::bigint) AS call, reason
FROM audit_events WHERE action = 'erase_texts' ORDER BY id;

-- Leaves are what they were; proofs hold, and say it.
SELECT array_agg(entry_leaf(account_id, version, transfer_id) ORDER BY account_id, version) = :'leaves' AS same_leaves FROM entries;
SELECT * FROM verify_seals(:'pins');
SELECT * FROM verify();
SELECT version, regexp_replace(texts::text, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC', '<time>') AS texts FROM entries e, LATERAL prove_entry(e.account_id, e.version) WHERE account_id = :ann AND version IN (1, 2, 4) ORDER BY 1;
SELECT p.texts ->> 'description' AS description,
	   split_part(p.leaf, E'\t', 24) = encode(sha256(decode(p.texts ->> 'salt', 'hex') || 'description\000' || convert_to(p.texts ->> 'description', 'UTF8')), 'hex') AS is_in_leaf
FROM prove_entry(:ann, 5) p;
-- sealed after it was erased: the same leaf as before
SELECT transfer_id FROM transfer(:ann, :ben, 8, description => 'eight', metadata => '{"b": 2}');
SELECT entry_leaf(:ann, 8, 8) AS leaf \gset
SELECT * FROM erase_texts(8, 'not sealed yet');
SELECT entry_leaf(:ann, 8, 8) = :'leaf' AS same_leaf;
SELECT seal();
SELECT * FROM verify_seals();
SELECT leaf = :'leaf' AS same_leaf FROM prove_entry(:ann, 8);

-- What is erased is a transfer as any other: a key answers, it is taken back.
SELECT transfer_id, replayed FROM transfer(:ann, :ben, 1, key => 'first', description => 'something else');
SELECT transfer_id FROM reverse_transfer(1, description => 'back');
SELECT line, description FROM statement(:ann, max_rows => 1);
SELECT * FROM verify();

-- A hold and its captures.
SELECT hold_id FROM place_hold(:ann, :ben, 10, description => 'hotel of Ann', metadata => '{"room": 7}') \gset
SELECT transfer_id FROM capture_hold(:hold_id, 4, false);
SELECT transfer_id FROM capture_hold(:hold_id, 1, false) \gset
SELECT * FROM erase_texts(:transfer_id, 'this one alone');
SELECT * FROM erase_texts(hold_id => :hold_id, reason => 'asked for');
SELECT * FROM erase_texts(hold_id => :hold_id, reason => 'asked for');
SELECT id, description, metadata, status FROM holds;
SELECT transfer_id FROM capture_hold(:hold_id) \gset
SELECT * FROM pg_temp.texts WHERE operation = 'capture';

-- A standing order and what it has paid; it goes on without.
SELECT schedule_transfer(:ann, :ben, 3, run_at => now() - interval '2 days 2 hours', every => interval '1 day', description => 'alimony') AS order_id \gset
CALL run_job('standing_orders');
SELECT min(transfer_id) AS paid FROM order_executions \gset
SELECT * FROM erase_texts(:paid, 'this one alone');
SELECT object, texts, count(*) FROM erase_texts(order_id => :order_id, reason => 'asked for') GROUP BY 1, 2 ORDER BY 1;
SELECT description, status FROM standing_orders;
SELECT count(*), count(description) AS texts, count(salt) AS salts FROM transfers WHERE operation = 'standing_order';

-- An account, with its history; also when it is closed.
SELECT id > 0 AS account FROM set_account_status(:ann, 'frozen', 'Ann is ill');
SELECT id > 0 AS account FROM set_account_status(:ann, 'active');
SELECT object, texts FROM erase_texts(account_id => :ann, reason => 'asked for');
SELECT * FROM erase_texts(account_id => :ann, reason => 'asked for');
SELECT name, metadata, owner FROM accounts WHERE id = :ann;
SELECT event, reason, before, after FROM account_events WHERE account_id = :ann AND hold_id IS NULL ORDER BY id;
SELECT action, reason, details - 'call_id' AS details FROM audit_events WHERE details ->> 'account_id' = :ann::text ORDER BY id;
SELECT request FROM idempotency_keys WHERE key = 'ann';
-- the key stands for a name that nobody knows any more
SELECT open_account('ann', 'EUR', min_balance => NULL, name => 'Ann Smith', key => 'ann');
-- what it is called later is erased by itself
SELECT name, metadata FROM set_account_details(:ann, name => 'Ann Jones', metadata => '{"phone": 2}', code => 'user:1', reason => 'married');
SELECT object, texts FROM erase_texts(account_id => :ann, reason => 'asked for again');
SELECT name, metadata, code FROM accounts WHERE id = :ann;
SELECT event, reason, before, after FROM account_events WHERE account_id = :ann AND event = 'details';
SELECT open_account('dan', 'EUR', name => 'Dan') AS dan \gset
SELECT status FROM close_account(:dan, 'Dan has died');
SELECT object, texts FROM erase_texts(account_id => :dan, reason => 'asked for');
SELECT * FROM verify();
SELECT * FROM verify_seals(:'pins');

-- Refusals.
SELECT * FROM erase_texts();
SELECT * FROM erase_texts(1);
SELECT * FROM erase_texts(reason => 'none');
SELECT * FROM erase_texts(1, 'two', hold_id => 1);
SELECT * FROM erase_texts(99, 'none');
SELECT * FROM erase_texts(-1, 'none');
SELECT * FROM erase_texts(hold_id => 99, reason => 'none');
SELECT * FROM erase_texts(order_id => 99, reason => 'none');
SELECT * FROM erase_texts(account_id => 99, reason => 'none');
SELECT set_stripes(system_account('cash', 'CHF'), 2) IS NOT NULL AS striped, -256 * system_account('cash', 'CHF') - 1 AS stripe \gset
SELECT * FROM erase_texts(account_id => :stripe, reason => 'a row of a stripe');
SELECT * FROM erase_texts(account_id => system_account('cash', 'CHF'), reason => 'the bank''s own');
SELECT * FROM erase_texts(1, repeat('x', 1025));
BEGIN READ ONLY;
SELECT * FROM erase_texts(5, 'none');
ROLLBACK;
SELECT create_roles();
CREATE ROLE regress_eraser;
GRANT simplebank_teller, simplebank_auditor TO regress_eraser;
SET ROLE regress_eraser;
SELECT * FROM erase_texts(5, 'no administrator');
SELECT object, object_id FROM erasures ORDER BY id LIMIT 1;
RESET ROLE;
REVOKE simplebank_teller, simplebank_auditor FROM regress_eraser;
GRANT simplebank_admin TO regress_eraser;
SET ROLE regress_eraser;
BEGIN;
SELECT * FROM erase_texts(5, 'an administrator');
SELECT role FROM erasures ORDER BY id DESC LIMIT 1;
ROLLBACK;
SELECT description, length(salt) AS salt FROM transfers WHERE id = 5;
RESET ROLE;
DROP ROLE regress_eraser;

-- The guards let this pass and nothing else: not the owner, not what else the owner does for us.
SELECT seal();
GRANT simplebank_owner TO CURRENT_USER;
SET ROLE simplebank_owner;
UPDATE transfers SET description = NULL, metadata = NULL, salt = NULL WHERE id = 5;
UPDATE account_events SET reason = NULL;
UPDATE audit_events SET reason = NULL;
UPDATE erasures SET reason = NULL;
RESET ROLE;
REVOKE simplebank_owner FROM CURRENT_USER;
-- while it erases, a trigger of a superuser's that runs as the owner tries other things
CREATE FUNCTION simplebank.try() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	FOREACH statement IN ARRAY ARRAY['UPDATE simplebank.transfers SET amount = 1', 'UPDATE simplebank.transfers SET description = NULL, amount = 1',
		'DELETE FROM simplebank.transfers', 'UPDATE simplebank.entries SET amount = 1', 'UPDATE simplebank.account_events SET event = NULL',
		'UPDATE simplebank.audit_events SET role = NULL', 'UPDATE simplebank.erasures SET reason = NULL'] LOOP
		BEGIN
			EXECUTE statement;
			RAISE WARNING 'passed: %', statement;
		EXCEPTION WHEN insufficient_privilege THEN
			RAISE NOTICE '% %', current_user, SQLERRM;
		END;
	END LOOP;
	RETURN NULL;
END $$;
CREATE TRIGGER try AFTER INSERT ON erasures FOR EACH STATEMENT EXECUTE FUNCTION simplebank.try();
ALTER TABLE erasures ENABLE TRIGGER try;
BEGIN;
SELECT * FROM erase_texts(5, 'with a trigger');
ROLLBACK;
DROP FUNCTION simplebank.try() CASCADE;

-- An index that keeps texts is named.
BEGIN;
CREATE INDEX erasable_words ON simplebank.transfers (left(description, 64), id);
CREATE INDEX erasable_pairs ON simplebank.transfers USING gin (metadata);
CREATE INDEX hashed_pairs ON simplebank.transfers USING gin (metadata jsonb_path_ops);
CREATE INDEX other ON simplebank.transfers (amount, operation);
CREATE INDEX erasable_reasons ON simplebank.account_events (reason);
SELECT * FROM erase_texts(5, 'with indexes');
ROLLBACK;

-- Damage is found: by whom, and what it says.
CREATE FUNCTION pg_temp.unguard() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE (SELECT string_agg(format('ALTER TABLE %s DISABLE TRIGGER USER', tgrelid::regclass), ';')
			 FROM pg_trigger WHERE tgname = 'guard');
END $$;
CREATE VIEW pg_temp.report AS
	SELECT 'seals' AS by, invariant, transfer_id, regexp_replace(detail, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC', '<time>') AS detail FROM verify_seals()
	UNION ALL SELECT 'verify', invariant, transfer_id, regexp_replace(regexp_replace(detail, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC', '<time>'), '(call|erasure) \d+', '\1 <n>') FROM verify()
	ORDER BY 1 DESC, 2, 3, 4;
\echo an erased text is replaced by another one
BEGIN;
SELECT pg_temp.unguard();
UPDATE transfers SET description = 'gift', salt = decode(repeat('ab', 16), 'hex') WHERE id = 1;
SELECT * FROM pg_temp.report;
SELECT prove_entry(:ann, 1);
ROLLBACK;
\echo a text is taken away by hand
BEGIN;
SELECT pg_temp.unguard();
UPDATE transfers SET description = NULL, salt = NULL WHERE id = 5;
SELECT * FROM pg_temp.report;
ROLLBACK;
\echo and an erasure is made for it, with a digest of its own
BEGIN;
SELECT pg_temp.unguard();
UPDATE transfers SET description = NULL, salt = NULL WHERE id = 5;
INSERT INTO erasures (call_id, object, object_id, texts, digests, role) VALUES (1000, 'transfer', 5, '{description}', jsonb_build_object('description', encode(sha256('x'), 'hex')), 'me');
SELECT * FROM pg_temp.report;
ROLLBACK;
\echo a row of erasures is removed
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM erasures WHERE object = 'transfer' AND object_id = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;
\echo its digests are changed
BEGIN;
SELECT pg_temp.unguard();
UPDATE erasures SET digests = '{"description": "none"}' WHERE object = 'transfer' AND object_id = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;
\echo an amount of an erased transfer is changed
BEGIN;
SELECT pg_temp.unguard();
UPDATE transfers SET created_at = created_at - interval '1 day' WHERE id = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;
\echo a hold, an order have texts again; an erasure is of nothing
BEGIN;
SELECT pg_temp.unguard();
UPDATE holds SET description = 'hotel of Ann';
UPDATE standing_orders SET description = 'alimony';
UPDATE erasures SET object_id = 999 WHERE object = 'account' AND object_id = :dan;
SELECT * FROM pg_temp.report;
ROLLBACK;

-- Statistics have no texts.
ANALYZE;
SELECT a.attrelid::regclass, a.attname
FROM pg_statistic s JOIN pg_attribute a ON (a.attrelid, a.attnum) = (s.starelid, s.staattnum) JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relname <> 'jobs' AND a.attname IN ('description', 'metadata', 'salt', 'details', 'request', 'before', 'after')
   OR c.oid IN ('accounts'::regclass, 'account_events'::regclass, 'audit_events'::regclass) AND a.attname IN ('name', 'reason');

-- The pages: noted until nobody sees the rows any more, then gone over.
SELECT count(*) > 0 AS noted FROM erased_pages;
CALL run_job('wipe_erased');
CALL run_job('wipe_erased');
SELECT count(*) AS noted FROM erased_pages;
DROP EXTENSION simplebank CASCADE;
