--
-- log: what has been committed has its position, once, in an order that
-- follows the versions of each account.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\getenv abs_srcdir PG_ABS_SRCDIR
\set inside :abs_srcdir '/inside.sql'
\i :inside
\set VERBOSITY terse
CREATE FUNCTION pg_temp.catch_up() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM simplebank.inside('SELECT simplebank_internal.catch_up_log()');
	RETURN (SELECT max(last_position) FROM simplebank.log_segments);
END $$;
CREATE VIEW pg_temp.log AS
	SELECT s.first_position + u.n - 1 AS position, u.source, u.id
	FROM simplebank.log_segments s, LATERAL unnest(s.sources, s.ids) WITH ORDINALITY u(source, id, n);
CREATE VIEW pg_temp.story AS
	SELECT l.position, l.source, coalesce(t.operation, v.event, n.kind) AS what, t.amount,
		   (SELECT string_agg(format('%s v%s', a.owner, e.version), ', ' ORDER BY e.amount, a.owner)
			FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id WHERE e.transfer_id = l.id AND l.source = 't') AS entries,
		   CASE WHEN l.source = 'e' THEN (SELECT format('%s v%s', a.owner, v.version) FROM simplebank.accounts a WHERE a.id = v.account_id) END AS event_of
	FROM pg_temp.log l
		LEFT JOIN simplebank.transfers t ON l.source = 't' AND t.id = l.id
		LEFT JOIN simplebank.account_events v ON l.source = 'e' AND v.id = l.id
		LEFT JOIN simplebank.notices n ON l.source = 'n' AND n.id = l.id;
-- What has no position, or more than one, or is out of order: nothing at any time.
CREATE VIEW pg_temp.faults AS
	WITH line AS (
		SELECT e.account_id, e.version, 0 AS rank, e.transfer_id AS id, l.position
		FROM simplebank.entries e JOIN pg_temp.log l ON l.source = 't' AND l.id = e.transfer_id
		UNION ALL
		SELECT v.account_id, v.version, 1, v.id, l.position
		FROM simplebank.account_events v JOIN pg_temp.log l ON l.source = 'e' AND l.id = v.id)
	SELECT 'positions' AS fault, c.source, c.id FROM (
		SELECT 't'::"char" AS source, id FROM simplebank.transfers UNION ALL SELECT 'e', id FROM simplebank.account_events
		UNION ALL SELECT 'n', id FROM simplebank.notices) c LEFT JOIN pg_temp.log l USING (source, id)
	GROUP BY 2, 3 HAVING count(l.position) <> 1
	UNION ALL
	SELECT 'order', NULL, o.id FROM (
		SELECT l.*, lag(l.position) OVER w AS before, lag((l.rank, l.id)) OVER w AS that
		FROM line l WINDOW w AS (PARTITION BY l.account_id ORDER BY l.version, l.rank, l.id)) o
	WHERE o.position <= o.before AND (o.rank, o.id) <> o.that;

-- Nothing has happened yet.
SELECT pg_temp.catch_up();
SELECT count(*) FROM simplebank.log_sources;

-- One of all kinds, in one pass: events stand between the postings where they have happened.
SELECT simplebank.open_account('ann', 'EUR') AS ann, simplebank.open_account('ben', 'EUR') AS ben \gset
SELECT count(*) FROM simplebank.deposit(:ann, 1000);
SELECT owner FROM simplebank.set_account_limits(:ann, -100, NULL);
SELECT count(*) FROM simplebank.transfer(:ann, :ben, 10);
SELECT hold_id AS captured FROM simplebank.place_hold(:ann, :ben, 50) \gset
SELECT hold_id AS released FROM simplebank.place_hold(:ann, :ben, 7) \gset
SELECT count(*) FROM simplebank.transfer(:ben, :ann, 2);
SELECT count(*) FROM simplebank.capture_hold(:captured, 20);
SELECT count(*) FROM simplebank.release_hold(:released);
SELECT hold_id AS due FROM simplebank.place_hold(:ben, :ann, 3, clock_timestamp() + interval '1 hour') \gset
ALTER TABLE simplebank.holds DISABLE TRIGGER guard;
UPDATE simplebank.holds SET expires_at = created_at + interval '1 microsecond' WHERE id = :due;
ALTER TABLE simplebank.holds ENABLE ALWAYS TRIGGER guard;
/* a batch has one time, and the hold goes before its first posting */
SELECT count(*) FROM simplebank.transfer_batch(ARRAY[:ben, :ann, :ben], ARRAY[:ann, :ben, :ann], '{24,5,5}');
SELECT count(*) FROM simplebank.post_journal(ARRAY[:ann, :ben, :ben], '{-3, 1, 2}');
SELECT count(*) FROM simplebank.set_interest(:ann, 0.01);
SELECT count(*) FROM simplebank.transfer(:ann, :ben, 9);
SELECT simplebank.inside($$SELECT simplebank_internal.note('order_missed', 1, 1, 77, '{"a": 1}')$$);
SELECT kind, ledger_id, account_id, object_id, role = current_user AS mine, gateway, details, clock_timestamp() - occurred_at < interval '1 hour' AS now FROM simplebank.notices;
SELECT count(*) FROM simplebank.log_segments;
SELECT pg_temp.catch_up();
SELECT * FROM pg_temp.story ORDER BY position;
SELECT * FROM pg_temp.faults;
SELECT first_position, last_position, cardinality(sources), cardinality(ids) FROM simplebank.log_segments;
SELECT * FROM simplebank.verify();

-- Nothing new: nothing is written.
SELECT pg_temp.catch_up();
SELECT count(*) FROM simplebank.log_segments;

-- What is not committed has none, what is taken back never gets one, and its id is forgotten.
BEGIN;
SELECT count(*) FROM simplebank.transfer(:ann, :ben, 1);
SAVEPOINT s;
SELECT transfer_id AS lost FROM simplebank.transfer(:ann, :ben, 1) \gset
ROLLBACK TO s;
SELECT count(*) FROM simplebank.transfer(:ann, :ben, 1);
SELECT pg_temp.catch_up();
COMMIT;
SELECT pg_temp.catch_up();
SELECT max(id) = :lost + 1 AS passed_by FROM pg_temp.log WHERE source = 't';
/* who else has a transaction in this server may delay it */
DO $$
BEGIN
	FOR i IN 1 .. 1000 LOOP
		PERFORM pg_temp.catch_up();
		EXIT WHEN NOT EXISTS (SELECT FROM simplebank.log_gaps);
		PERFORM pg_sleep(0.05);
	END LOOP;
END $$;
SELECT source, missing FROM simplebank.log_gaps;
SELECT pg_temp.catch_up();
SELECT * FROM pg_temp.faults;

-- Two calls within a microsecond, or with a clock that was set back: times grow, so that the order is known.
SELECT count(*), count(DISTINCT posted_at) FROM simplebank.entries WHERE account_id = :ann AND version <= 4;
ALTER TABLE simplebank.accounts DISABLE TRIGGER guard;
BEGIN;
UPDATE simplebank.accounts SET updated_at = '2299-01-01 00:00+00' WHERE id = :ann;
SELECT posted_at AT TIME ZONE 'UTC' FROM simplebank.transfer(:ann, :ben, 1);
SELECT posted_at AT TIME ZONE 'UTC' FROM simplebank.transfer(:ben, :ann, 1);
SELECT count(*) FROM simplebank.transfer_batch(ARRAY[:ann, :ann], ARRAY[:ben, :ben], '{1,1}');
SELECT posted_at AT TIME ZONE 'UTC' FROM simplebank.transfers ORDER BY id DESC LIMIT 2;
SELECT posted_at AT TIME ZONE 'UTC' FROM simplebank.post_journal(ARRAY[:ben, :ann, :ann], '{-3, 1, 2}');
ROLLBACK;
ALTER TABLE simplebank.accounts ENABLE ALWAYS TRIGGER guard;

-- A segment has a thousand at most.
SELECT pg_temp.catch_up() AS base \gset
SELECT count(*) FROM simplebank.deposit(:ann, 5000);
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:ann::bigint, ARRAY[2100]), array_fill(:ben::bigint, ARRAY[2100]), array_fill(1::bigint, ARRAY[2100]));
SELECT pg_temp.catch_up() - :base AS new;
SELECT first_position - :base AS first, last_position - :base AS last, cardinality(ids) AS positions FROM simplebank.log_segments WHERE first_position > :base ORDER BY 1;
SELECT * FROM pg_temp.faults;

-- Under an old snapshot it waits for the positions, and does not see them.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM simplebank.transfer(:ann, :ben, 1);
SELECT pg_temp.catch_up() = max(last_position) AS the_same FROM simplebank.log_segments;
COMMIT;
-- It is a part of other functions.
SELECT simplebank_internal.catch_up_log();

-- History is not written by hand.
UPDATE simplebank.log_segments SET last_position = 0;
DELETE FROM simplebank.log_segments;
TRUNCATE simplebank.log_segments;
DELETE FROM simplebank.notices;
UPDATE simplebank.log_sources SET last_id = 0;
DELETE FROM simplebank.log_gaps;

--
-- Damage by a superuser who has switched the guards off: each is found.
--
SELECT pg_temp.catch_up() > 0 AS logged;
CREATE FUNCTION pg_temp.unguard() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE (SELECT string_agg(format('ALTER TABLE %s DISABLE TRIGGER USER', tgrelid::regclass), ';')
			 FROM pg_trigger WHERE tgname = 'guard');
END $$;
CREATE VIEW pg_temp.report AS
	SELECT v.invariant, v.transfer_id, v.detail FROM simplebank.verify() v WHERE v.invariant LIKE 'log%' ORDER BY 1, 2, 3 LIMIT 5;
SELECT * FROM pg_temp.report;

\echo a segment is removed: in between, and the last one
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.log_segments WHERE first_position = 1;
SELECT * FROM pg_temp.report;
SELECT invariant, count(*) FROM simplebank.verify() WHERE invariant LIKE 'log%' GROUP BY 1 ORDER BY 1;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
SELECT cardinality(ids) AS positions FROM simplebank.log_segments ORDER BY first_position DESC LIMIT 1;
DELETE FROM simplebank.log_segments WHERE first_position = (SELECT max(first_position) FROM simplebank.log_segments);
SELECT invariant, count(*) FROM simplebank.verify() WHERE invariant LIKE 'log%' GROUP BY 1 ORDER BY 1;
ROLLBACK;

\echo a position is removed, or added
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.log_segments SET ids = ids[2:] WHERE first_position = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.log_segments SET sources = sources[2:], ids = ids[2:], first_position = 2 WHERE first_position = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.log_segments (first_position, last_position, sources, ids) SELECT max(last_position) + 2, max(last_position) + 2, '{t}', '{1}' FROM simplebank.log_segments;
SELECT count(*), string_agg(DISTINCT invariant, ', ') FROM pg_temp.report;
ROLLBACK;

\echo something has two positions, or is not there, or is of no source
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.log_segments SET ids[2] = ids[1], sources[2] = sources[1] WHERE first_position = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.log_segments SET ids[3] = 1000003 WHERE first_position = 1;
UPDATE simplebank.log_segments SET ids[1] = 1000001, sources[1] = 'n' WHERE first_position = 1;
UPDATE simplebank.log_segments SET sources[2] = 'x' WHERE first_position = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo a transfer, an event or a notice is written into the past
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.transfers SELECT (jsonb_populate_record(t, '{"id": -5}')).* FROM simplebank.transfers t WHERE t.id = 1;
INSERT INTO simplebank.account_events SELECT (jsonb_populate_record(v, '{"id": -6}')).* FROM simplebank.account_events v WHERE v.id = 1;
INSERT INTO simplebank.notices SELECT (jsonb_populate_record(n, '{"id": -7}')).* FROM simplebank.notices n WHERE n.id = 1;
SELECT * FROM pg_temp.report;
/* what may come late is none */
INSERT INTO simplebank.log_gaps VALUES ('t', 1, '{[-9,0)}', pg_snapshot_xmax(pg_current_snapshot())), ('e', 1, '{[-9,0)}', pg_snapshot_xmax(pg_current_snapshot()));
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo what has a position is removed
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.notices;
DELETE FROM simplebank.account_events WHERE id = 2;
DELETE FROM simplebank.entries WHERE transfer_id = 2;
DELETE FROM simplebank.transfers WHERE id = 2;
SELECT * FROM pg_temp.report;
ROLLBACK;

-- Since a day: what is behind the positions that there were when its closing began.
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.closed_days (ledger_id, day, ends_at, last_transfer_id, decided_transfer_id, decided_event_id, decided_position, closed_at)
SELECT 1, '2024-01-01', '2024-01-02', 0, max(l.id) FILTER (WHERE l.source = 't'), max(l.id) FILTER (WHERE l.source = 'e'), s.last_position, now()
FROM simplebank.log_segments s, pg_temp.log l WHERE s.first_position = 1 AND l.position <= s.last_position GROUP BY s.last_position;
SELECT * FROM simplebank.verify('infinity') WHERE invariant LIKE 'log%';
UPDATE simplebank.log_segments SET ids[2] = ids[1], sources[2] = sources[1] WHERE first_position = 1;
INSERT INTO simplebank.account_events SELECT (jsonb_populate_record(v, '{"id": -6}')).* FROM simplebank.account_events v WHERE v.id = 1;
SELECT count(*) > 0 AS seen FROM simplebank.verify('infinity') WHERE invariant LIKE 'log%';
DELETE FROM simplebank.log_segments WHERE last_position = (SELECT max(last_position) FROM simplebank.log_segments);
SELECT DISTINCT invariant FROM simplebank.verify('infinity') WHERE invariant LIKE 'log%';
ROLLBACK;
SELECT * FROM simplebank.verify();
SELECT * FROM pg_temp.faults;
