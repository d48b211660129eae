--
-- reference: the business's own names of transfers and holds, and codes of
-- accounts: each unique, found again, and given back by what was refused.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles();
CREATE ROLE regress_alice IN ROLE simplebank_customer;
CREATE ROLE regress_bob IN ROLE simplebank_customer;
RESET client_min_messages;
\set VERBOSITY sqlstate

-- a day that is over, from which on verify() can begin
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2019-06-01');
SELECT simplebank.open_account('mint', 'USD', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('regress_alice', 'USD') AS alice \gset
SELECT simplebank.open_account('regress_bob', 'USD') AS bob \gset
SELECT simplebank.open_account('carla', 'EUR') AS carla \gset
SELECT to_balance FROM simplebank.deposit(:alice, 1000, reference => 'opening');
SELECT to_balance FROM simplebank.deposit(:carla, 1000);
CREATE VIEW named AS
	SELECT t.reference, t.operation, t.amount, r.transfer_id = t.id AS found
	FROM simplebank.transfers t FULL JOIN simplebank.transfer_references r ON r.transfer_id = t.id AND r.ledger_id = 1 AND r.reference = t.reference
	WHERE t.reference IS NOT NULL OR r.reference IS NOT NULL ORDER BY t.id;

-- Every function that makes a transfer takes one.
SELECT from_balance FROM simplebank.transfer(:alice, :bob, 100, reference => 'invoice 1');
SELECT from_balance FROM simplebank.withdraw(:alice, 1, reference => 'cash out');
SELECT transfer_id > 0 AS posted FROM simplebank.post_journal(ARRAY[:alice, :bob, :mint], '{-3, 2, 1}', reference => 'journal');
SELECT from_balance FROM simplebank.exchange(:alice, :carla, 10, 9, reference => 'exchange');
SELECT from_balance FROM simplebank.reverse_transfer((SELECT max(id) FROM simplebank.transfers), reference => 'back');
SELECT from_balance FROM simplebank.refund_transfer((SELECT id FROM simplebank.transfers WHERE reference = 'invoice 1'), 40, reference => 'refund');
CALL simplebank.submit_transfer(:alice, :bob, 5, reference => 'submitted');
-- (a procedure in a block: no teller is needed)
BEGIN;
CALL simplebank.submit_transfer(:alice, :bob, 5, reference => 'submitted');
COMMIT;
SELECT hold_id AS hold FROM simplebank.place_hold(:alice, :bob, 50, reference => 'order 7') \gset
SELECT from_balance FROM simplebank.capture_hold(:hold, 20, final => false, reference => 'order 7');
SELECT simplebank.create_settlement_group('g', 'USD') IS NOT NULL AS made;
SELECT simplebank.add_settlement_member('g', 'm', :mint) IS NOT NULL AS added;
SELECT simplebank.assign_member(:alice, 'g', 'm') IS NOT NULL AS alice, simplebank.assign_member(:bob, 'g', 'm') IS NOT NULL AS bob;
SELECT from_balance FROM simplebank.clear_payment(:alice, :bob, 2, reference => 'cleared');
SELECT item, sqlstate FROM simplebank.transfer_batch(ARRAY[:alice, :alice, :alice], ARRAY[:bob, :bob, :bob], '{1, 1, 1}', "references" => '{batch b, NULL, batch a}');
TABLE named;
SELECT reference, status, captured, (SELECT r.hold_id = h.id FROM simplebank.hold_references r WHERE r.reference = h.reference) AS found FROM simplebank.holds h;

-- A second one is refused, whatever asks; DETAIL names the transfer, or the hold.
\set VERBOSITY default
SELECT id AS invoice FROM simplebank.transfers WHERE reference = 'invoice 1' \gset
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, replace(detail, 'ransfer ' || current_setting('my.invoice'), 'ransfer N'), hint);
END $$;
SELECT set_config('my.invoice', :'invoice', false) IS NULL AS unset;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.refusal(format('SELECT simplebank.transfer(%s, %s, 1, reference => ''invoice 1'')', :alice, :bob));
SELECT pg_temp.refusal(format('SELECT simplebank.deposit(%s, 1, reference => ''invoice 1'')', :alice));
SELECT pg_temp.refusal(format('SELECT simplebank.capture_hold(%s, 1, reference => ''invoice 1'')', :hold));
SELECT pg_temp.refusal(format('SELECT simplebank.place_hold(%s, %s, 1, reference => ''order 7'')', :alice, :bob));
SELECT pg_temp.refusal(format('SELECT simplebank.transfer_batch(ARRAY[%s, %1$s], ARRAY[%s, %2$s], ''{1, 1}'', "references" => ''{new, invoice 1}'')', :alice, :bob));
SELECT pg_temp.refusal(format('SELECT simplebank.transfer_batch(ARRAY[%s, %1$s], ARRAY[%s, %2$s], ''{1, 1}'', "references" => ''{new, new}'')', :alice, :bob));
-- a customer is told of what it sees, and no more
SET ROLE regress_bob;
SELECT pg_temp.refusal(format('SELECT simplebank.transfer(%s, %s, 1, reference => ''invoice 1'')', :bob, :alice));
SELECT pg_temp.refusal(format('SELECT simplebank.transfer(%s, %s, 1, reference => ''cash out'')', :bob, :alice));
SELECT pg_temp.refusal(format('SELECT simplebank.transfer(%s, %s, 1, reference => ''journal'')', :bob, :alice)) ~ 'Transfer \d+ has it';
SELECT pg_temp.refusal(format('SELECT simplebank.place_hold(%s, %s, 1, reference => ''order 7'')', :bob, :alice));
SELECT sqlstate, detail IS NULL AS hidden FROM simplebank.transfer_batch(ARRAY[:bob, :bob], ARRAY[:alice, :alice], '{1, 1}', "references" => '{cash out, invoice 1}', atomic => false);
RESET ROLE;
\pset tuples_only off
\pset format aligned
\set VERBOSITY sqlstate

-- What was refused has given it back, in a call, an item, a run of items, a savepoint.
SELECT simplebank.transfer(:alice, :bob, 1000000, reference => 'later');
SELECT item, sqlstate FROM simplebank.transfer_batch(ARRAY[:alice, :alice, :alice, :alice, :alice], ARRAY[:bob, :bob, :bob, :bob, :bob],
	'{1000000, 3, 4, 1000000, 5}', "references" => '{item, item, run, NULL, run}', links => '{NULL, NULL, 1, 1, NULL}', atomic => false);
BEGIN;
SAVEPOINT before;
SELECT replayed FROM simplebank.transfer(:alice, :bob, 1, reference => 'savepoint');
ROLLBACK TO before;
SELECT replayed FROM simplebank.transfer(:alice, :bob, 2, reference => 'savepoint');
COMMIT;
SELECT reference, amount, found FROM named WHERE reference IN ('later', 'item', 'run', 'savepoint');
-- within a run the first one that has it falls with the second
SELECT item, sqlstate, detail FROM simplebank.transfer_batch(ARRAY[:alice, :alice, :alice], ARRAY[:bob, :bob, :bob], '{1, 1, 1}',
	"references" => '{twice, twice, twice}', links => '{1, 1, NULL}', atomic => false);
SELECT item, sqlstate, detail ~ '^Transfer \d+ has it.$' AS named FROM simplebank.transfer_batch(ARRAY[:alice, :alice], ARRAY[:bob, :bob], '{1, 1}', "references" => '{once, once}', atomic => false);
SELECT count(*) FROM simplebank.transfer_references WHERE reference IN ('new', 'later');

-- The key comes first: a retry is no second use, whatever reference it comes with.
SELECT replayed FROM simplebank.transfer(:alice, :bob, 6, 'key', reference => 'keyed');
SELECT replayed FROM simplebank.transfer(:alice, :bob, 6, 'key', reference => 'keyed');
SELECT replayed FROM simplebank.transfer(:alice, :bob, 6, 'key', reference => 'another');
SELECT replayed FROM simplebank.transfer(:alice, :bob, 6, 'key');
SELECT simplebank.transfer(:alice, :bob, 7, 'key', reference => 'keyed');
SELECT simplebank.transfer(:alice, :bob, 6, 'another key', reference => 'keyed');
SELECT count(*) FROM simplebank.idempotency_keys WHERE key = 'another key';
SELECT item, sqlstate, replayed FROM simplebank.transfer_batch(ARRAY[:alice, :alice, :alice], ARRAY[:bob, :bob, :bob], '{1, 1, 1}',
	keys => '{a, a, b}', "references" => '{ref a, ref b, ref b}', atomic => false);
SELECT reference, amount, found FROM named WHERE reference IN ('keyed', 'another', 'ref a', 'ref b');

-- 1 to 255 bytes, not characters; by bytes, not by their collation.
SELECT replayed FROM simplebank.transfer(:alice, :bob, 1, reference => repeat('x', 255));
SELECT simplebank.transfer(:alice, :bob, 1, reference => repeat('x', 256));
SELECT simplebank.transfer(:alice, :bob, 1, reference => repeat('é', 128));
SELECT simplebank.transfer(:alice, :bob, 1, reference => '');
SELECT simplebank.place_hold(:alice, :bob, 1, reference => '');
SELECT item, sqlstate, detail FROM simplebank.transfer_batch(ARRAY[:alice, :alice, :alice], ARRAY[:bob, :bob, :bob], '{1, 1, 1}', "references" => ARRAY['', repeat('x', 256), 'X'], atomic => false);
SELECT simplebank.transfer_batch(ARRAY[:alice], ARRAY[:bob], '{1}', "references" => '{a, b}');
SELECT simplebank.transfer_batch(ARRAY[:alice], ARRAY[:bob], '{1}', "references" => '{{a}}');
SELECT item, sqlstate FROM simplebank.transfer_batch(array_fill(:alice, '{4}'), array_fill(:bob, '{4}'), '{1, 1, 1, 1}', "references" => ARRAY['x', 'x ', 'É', E'\n']);

-- Many at once, in portions.
SELECT count(*), count(sqlstate) FROM simplebank.transfer_batch(array_fill(:mint, '{9000}'), array_fill(:bob, '{9000}'), array_fill(1, '{9000}'),
	"references" => ARRAY(SELECT 'many ' || n FROM generate_series(1, 9000) n));
SELECT count(*), count(sqlstate) FROM simplebank.transfer_batch(array_fill(:mint, '{9000}'), array_fill(:bob, '{9000}'), array_fill(1, '{9000}'),
	"references" => ARRAY(SELECT 'many ' || n FROM generate_series(9000, 1, -1) n), atomic => false);
SELECT count(*) FROM named WHERE found;

SELECT * FROM simplebank.verify();

-- Of what came since a day the same is proved; that there is no other reference, the whole proof says.
SELECT * FROM simplebank.verify('infinity');
CREATE FUNCTION pg_temp.seen_since(damage text) RETURNS TABLE (invariant text, in_full bigint, since bigint) LANGUAGE plpgsql AS $$
BEGIN
	ALTER TABLE simplebank.transfer_references DISABLE TRIGGER guard;
	ALTER TABLE simplebank.hold_references DISABLE TRIGGER guard;
	EXECUTE damage;
	RETURN QUERY SELECT v.invariant, count(*) FILTER (WHERE v.is_full), count(*) FILTER (WHERE NOT v.is_full)
		FROM (SELECT true AS is_full, f.invariant FROM simplebank.verify() f UNION ALL SELECT false, s.invariant FROM simplebank.verify('infinity') s) v
		GROUP BY 1 ORDER BY 1;
	RAISE EXCEPTION USING ERRCODE = 'P0099';
EXCEPTION WHEN SQLSTATE 'P0099' THEN
END $$;
SELECT * FROM pg_temp.seen_since($$DELETE FROM simplebank.transfer_references WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen_since('UPDATE simplebank.transfer_references SET transfer_id = 1000000 WHERE reference = ''cash out''');
SELECT * FROM pg_temp.seen_since('DELETE FROM simplebank.hold_references');

-- Damage, by a superuser with the guards switched off: verify() says which transfer or hold.
CREATE FUNCTION pg_temp.seen(VARIADIC damage text[]) RETURNS TABLE (invariant text, detail text) LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	FOREACH statement IN ARRAY ARRAY['ALTER TABLE simplebank.transfer_references DISABLE TRIGGER guard', 'ALTER TABLE simplebank.hold_references DISABLE TRIGGER guard',
		'ALTER TABLE simplebank.transfers DISABLE TRIGGER guard', 'ALTER TABLE simplebank.holds DISABLE TRIGGER guard',
		'ALTER TABLE simplebank.accounts DISABLE TRIGGER guard', 'ALTER TABLE simplebank.account_codes DISABLE TRIGGER guard'] || damage LOOP
		EXECUTE statement;
	END LOOP;
	RETURN QUERY SELECT v.invariant, replace(v.detail, 'transfer ' || current_setting('my.invoice'), 'transfer N') FROM simplebank.verify() v ORDER BY 1, 2;
	RAISE EXCEPTION USING ERRCODE = 'P0099';
EXCEPTION WHEN SQLSTATE 'P0099' THEN
END $$;
SELECT simplebank.open_account('dan', 'USD', code => 'user:1') AS dan \gset
SELECT * FROM pg_temp.seen($$DELETE FROM simplebank.transfer_references WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen('ALTER TABLE simplebank.transfer_references DROP CONSTRAINT transfer_references_pkey',
	$$INSERT INTO simplebank.transfer_references SELECT * FROM simplebank.transfer_references WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen($$INSERT INTO simplebank.transfer_references SELECT transfer_id, 1, 'its second name' FROM simplebank.transfer_references WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen($$UPDATE simplebank.transfer_references SET transfer_id = current_setting('my.invoice')::bigint WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen($$UPDATE simplebank.transfer_references SET transfer_id = 1000000 WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen($$UPDATE simplebank.transfer_references SET ledger_id = 2 WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen($$UPDATE simplebank.transfers SET reference = 'cash  out' WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen($$UPDATE simplebank.transfers SET reference = NULL WHERE reference = 'cash out'$$);
SELECT * FROM pg_temp.seen('DELETE FROM simplebank.hold_references');
SELECT * FROM pg_temp.seen('UPDATE simplebank.hold_references SET hold_id = 2');
SELECT * FROM pg_temp.seen($$UPDATE simplebank.holds SET reference = 'order 8'$$);
SELECT * FROM pg_temp.seen($$UPDATE simplebank.accounts SET code = 'user:2' WHERE code = 'user:1'$$);
SELECT * FROM pg_temp.seen($$UPDATE simplebank.accounts SET code = 'user:2' WHERE code = 'user:1'$$, $$UPDATE simplebank.account_codes SET code = 'user:2'$$);
SELECT * FROM pg_temp.seen('DELETE FROM simplebank.account_codes');
SELECT * FROM pg_temp.seen($$UPDATE simplebank.account_codes SET account_id = 1$$);

DROP EXTENSION simplebank CASCADE;
DROP ROLE regress_alice, regress_bob;
