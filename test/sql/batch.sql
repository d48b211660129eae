-- transfer_batch: many transfers in one call.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('mint', 'USD', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('bob', 'USD') AS bob \gset
SELECT simplebank.open_account('carla', 'EUR') AS carla \gset
SELECT simplebank.open_account('dora', 'USD', max_balance => 100) AS dora \gset
SELECT transfer_id FROM simplebank.transfer(:mint, :alice, 1000) \gset

-- What is in the accounts, and that the ledger is sound, after each step.
CREATE VIEW state AS
	SELECT string_agg(owner || ' ' || balance, ', ' ORDER BY id) AS balances,
		   (SELECT count(*) FROM simplebank.transfers) AS transfers,
		   (SELECT count(*) FROM simplebank.idempotency_keys) AS keys,
		   (SELECT count(*) FROM simplebank.verify()) AS violations
	FROM simplebank.accounts;

-- Nothing to do, and one thing to do.
SELECT * FROM simplebank.transfer_batch('{}', '{}', '{}');
SELECT item, transfer_id IS NOT NULL AS posted, sqlstate, message, replayed
FROM simplebank.transfer_batch(ARRAY[:alice], ARRAY[:bob], '{100}');
TABLE state;

-- Later items see the effect of earlier ones: alice has nothing of her own left after item 1.
SELECT item, transfer_id IS NOT NULL AS posted, sqlstate, message
FROM simplebank.transfer_batch(ARRAY[:alice, :alice, :bob, :alice], ARRAY[:bob, :bob, :alice, :bob],
							   '{900, 1, 5, 5}', atomic => false);
TABLE state;

-- Atomic (default): the first refusal is raised, DETAIL names its item, nothing moves.
\set VERBOSITY default
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :alice], ARRAY[:alice, :alice, 0], '{1, 5000, 1}');
\set VERBOSITY sqlstate
-- The first one in the order of items, whatever it takes to find it.
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :bob], ARRAY[:alice, :alice, :alice], '{1, 5000, 0}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :bob], ARRAY[:alice, :alice, :alice], '{1, 0, 5000}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[NULL::bigint], '{1}');
TABLE state;

-- Each refusal, each on its own item.
SELECT item, transfer_id IS NOT NULL AS posted, sqlstate, message
FROM simplebank.transfer_batch(
	ARRAY[:bob, NULL, :bob, :bob, :bob, :bob, :bob, 0, :bob, :bob, :bob],
	ARRAY[:alice, :alice, NULL, :alice, :alice, :bob, 0, :bob, :carla, :dora, :alice],
	'{1, 1, 1, NULL, 0, 1, 1, 1, 1, 101, 9223372036854775807}', atomic => false);
SELECT item, transfer_id IS NOT NULL AS posted, sqlstate, message
FROM simplebank.transfer_batch(ARRAY[:bob, :bob], ARRAY[:alice, :alice], '{1, 1}',
							   keys => ARRAY['', repeat('k', 256)], atomic => false);
SELECT status FROM simplebank.set_account_status(:dora, 'frozen');
SELECT sqlstate FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:dora], '{1}', atomic => false);
TABLE state;

-- The row of a refused item has all that its error would say.
\x on
SELECT item, sqlstate, name, message, detail, hint, replayed FROM simplebank.transfer_batch(
	ARRAY[:bob, :bob, :bob, :bob, 0, :bob], ARRAY[:alice, :alice, :alice, :bob, :bob, :alice], '{1, 1000000, 0, 1, 1, NULL}',
	links => '{1, 1, NULL, NULL, NULL, NULL}', atomic => false);
\x off
TABLE state;
-- Metadata, of one item and of several; a replay keeps the first one's.
BEGIN;
SELECT item, sqlstate, replayed FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{1}', keys => '{m}', metadatas => ARRAY['{"n": 0}']::jsonb[]);
SELECT item, sqlstate, replayed FROM simplebank.transfer_batch(
	ARRAY[:bob, :bob, :bob, :bob], ARRAY[:alice, :alice, :alice, :alice], '{1, 1, 1, 1}', keys => '{m, NULL, NULL, NULL}',
	descriptions => '{again, one, two, three}', metadatas => ARRAY['{"n": "again"}', '{"n": 1}', NULL, '[3]']::jsonb[]);
SELECT description, metadata FROM simplebank.transfers ORDER BY id DESC LIMIT 4;
TABLE state;
ROLLBACK;

-- Keys: accepted ones are kept with what they stand for, those of refused items stay free.
SELECT item, sqlstate, replayed
FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :bob], ARRAY[:alice, :alice, :alice], '{1, 5000, 2}',
							   keys => '{z, y, x}', descriptions => '{first, second, NULL}', atomic => false);
SELECT key, request -> 'amount' AS amount, t.amount = (request -> 'amount')::bigint AS points_to_it, t.description
FROM simplebank.idempotency_keys k LEFT JOIN simplebank.transfers t ON t.id = k.transfer_id ORDER BY key;
-- The same again replays, as does a single transfer; another request conflicts.
SELECT item, sqlstate, replayed
FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :bob], ARRAY[:alice, :alice, :alice], '{1, 6, 3}',
							   keys => '{z, y, x}', atomic => false);
SELECT replayed FROM simplebank.transfer(:bob, :alice, 1, key => 'z');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{4}', keys => '{z}');
TABLE state;
-- Twice in one batch: a replay; with another request: a conflict; after a refusal: a first use.
SELECT item, sqlstate, replayed, transfer_id = first_value(transfer_id) OVER (ORDER BY item) AS as_first
FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :bob], ARRAY[:alice, :alice, :alice], '{1, 1, 2}',
							   keys => '{d, d, d}', atomic => false);
SELECT item, sqlstate, replayed
FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :bob], ARRAY[:alice, :alice, :alice], '{5000, 7, 7}',
							   keys => '{e, e, e}', atomic => false);
SELECT key, request -> 'amount' AS amount, t.amount AS moved
FROM simplebank.idempotency_keys k JOIN simplebank.transfers t ON t.id = k.transfer_id
WHERE key IN ('d', 'e') ORDER BY key;
-- An atomic batch that fails leaves no key.
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob, :bob], ARRAY[:alice, :alice], '{1, 5000}', keys => '{f, g}');
TABLE state;

-- Links: neighbours with the same number succeed or fall together; the culprit keeps its reason.
SELECT item, sqlstate, replayed
FROM simplebank.transfer_batch(
	ARRAY[:bob, :alice, :bob, :bob, :alice, :bob], ARRAY[:alice, :bob, :alice, :alice, :bob, :alice],
	'{10, 20, 5000, 30, 40, 50}', links => '{1, 1, 1, 2, 2, NULL}', atomic => false);
TABLE state;
-- The culprit first, in the middle, last; refused for its accounts or for itself.
SELECT string_agg(coalesce(sqlstate, 'ok'), ' ' ORDER BY item) FROM simplebank.transfer_batch(
	ARRAY[:bob, :bob, :bob, :bob], ARRAY[0, :alice, :alice, :alice], '{1, 1, 1, 1}',
	links => '{1, 1, 1, 2}', atomic => false);
SELECT string_agg(coalesce(sqlstate, 'ok'), ' ' ORDER BY item) FROM simplebank.transfer_batch(
	ARRAY[:bob, :bob, :bob, :bob], ARRAY[:alice, :alice, :alice, :alice], '{1, 0, 1, 1}',
	links => '{1, 1, 1, 1}', atomic => false);
SELECT string_agg(coalesce(sqlstate, 'ok'), ' ' ORDER BY item) FROM simplebank.transfer_batch(
	ARRAY[:bob, :bob, :bob, :bob], ARRAY[:alice, :alice, :alice, NULL], '{1, 1, 1, 1}',
	links => '{1, 1, 1, 1}', atomic => false);
TABLE state;
-- In a fallen group: a replay of an earlier call stays one, one of the group itself falls with it, and its key is free.
SELECT item, sqlstate, replayed
FROM simplebank.transfer_batch(
	ARRAY[:bob, :bob, :bob, :bob, :bob], ARRAY[:alice, :alice, :alice, :alice, :alice], '{1, 8, 8, 5000, 8}',
	keys => '{z, h, h, NULL, h}', links => '{1, 1, 1, 1, NULL}', atomic => false);
SELECT t.amount FROM simplebank.idempotency_keys k JOIN simplebank.transfers t ON t.id = k.transfer_id WHERE key = 'h';
TABLE state;

-- An account many times in one batch: versions and running balances chain.
SELECT count(*), count(sqlstate) FROM simplebank.transfer_batch(
	(SELECT array_agg(CASE WHEN i % 2 = 0 THEN :bob ELSE :mint END) FROM generate_series(1, 20000) i),
	(SELECT array_agg(CASE WHEN i % 2 = 0 THEN :mint ELSE :bob END) FROM generate_series(1, 20000) i),
	(SELECT array_agg(1 + i % 7) FROM generate_series(1, 20000) i));
TABLE state;

-- What is wrong with the call.
\set VERBOSITY default
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob, :bob], ARRAY[:alice], '{1, 1}');
\set VERBOSITY sqlstate
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{1, 1}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{1}', keys => '{}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{1}', descriptions => '{a, b}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{1}', metadatas => ARRAY['{}', '{}']::jsonb[]);
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{1}', links => '{}');
SELECT * FROM simplebank.transfer_batch(ARRAY[[:bob, :bob]], ARRAY[[:alice, :alice]], '{{1, 1}}');
SELECT * FROM simplebank.transfer_batch(NULL, ARRAY[:alice], '{1}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], NULL, '{1}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], NULL);
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[:alice], '{1}', atomic => NULL);
-- Another lower bound than 1 is as good: items count from 1.
SELECT item, sqlstate FROM simplebank.transfer_batch('[5:6]={0,0}'::bigint[], ARRAY[:alice, :alice], '{1, 1}', atomic => false);
-- The bound of a batch, on both sides.
SET simplebank.max_batch = 2;
SELECT count(*) FROM simplebank.transfer_batch(ARRAY[:bob, :bob], ARRAY[:alice, :alice], '{1, 1}');
SELECT * FROM simplebank.transfer_batch(ARRAY[:bob, :bob, :bob], ARRAY[:alice, :alice, :alice], '{1, 1, 1}');
RESET simplebank.max_batch;
BEGIN READ ONLY;
SELECT * FROM simplebank.transfer_batch('{}', '{}', '{}');
ROLLBACK;

-- Refusals that become rows are logged on demand: one line, no balances.
SET client_min_messages = log;
SET simplebank.log_refusals = on;
\set VERBOSITY default
SELECT sqlstate FROM simplebank.transfer_batch(ARRAY[:bob, :bob], ARRAY[:alice, 0], '{1, 1}', atomic => false);
RESET simplebank.log_refusals;
SELECT sqlstate FROM simplebank.transfer_batch(ARRAY[:bob], ARRAY[0], '{1}', atomic => false);
RESET client_min_messages;
TABLE state;
DROP VIEW state;
