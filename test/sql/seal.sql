--
-- seal: what has been sealed cannot be changed, removed or added to unseen.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- verify_ledger() is called by itself below
ALTER TABLE simplebank.verifications DISABLE TRIGGER guard;
\getenv abs_srcdir PG_ABS_SRCDIR
\set inside :abs_srcdir '/inside.sql'
\i :inside
\set VERBOSITY terse

-- Nothing to seal, and then nothing to prove.
SELECT simplebank.seal();
SELECT * FROM simplebank.verify_seals();
SELECT simplebank.open_account('ann', 'EUR') AS ann, simplebank.open_account('ben', 'EUR') AS ben, simplebank.open_account('cyd', 'JPY') AS cyd \gset
SELECT transfer_id FROM simplebank.deposit(:ann, 1000, description => E'first\tmoney\nfor \\ "Ann"', metadata => '{"b": [1, 2], "a": "\u00e9"}');
SELECT simplebank.prove_entry(:ann, 1);
SELECT simplebank.seal();
SELECT simplebank.seal();

-- All kinds of transfers, with two entries and more; rows of stripes.
SELECT transfer_id FROM simplebank.transfer(:ann, :ben, 100, effective_at => '2024-02-29 12:00+00');
SELECT transfer_id FROM simplebank.post_journal(ARRAY[:ann, :ben, :ben], '{-30, 10, 20}');
SELECT transfer_id FROM simplebank.exchange(:ann, :cyd, 10, 1600);
SELECT simplebank.seal();
SELECT simplebank.open_account('shop', 'EUR', min_balance => NULL, stripes => 2) AS shop \gset
SELECT transfer_id FROM simplebank.transfer(:ann, :shop, 7);
SELECT transfer_id FROM simplebank.reverse_transfer(2);
SELECT hold_id FROM simplebank.place_hold(:ann, :ben, 5) \gset
SELECT transfer_id FROM simplebank.capture_hold(:hold_id);
SELECT simplebank.seal();
SELECT id, role = current_user AS mine, last_transfer_id, entries, length(tree) AS tree, length(root) AS root, sealed_at <= clock_timestamp() AS sealed
FROM simplebank.seals ORDER BY id;
SELECT seal_id, first_leaf, transfer_ids, versions, length(hashes) AS hashes FROM simplebank.sealed_entries ORDER BY 1, 2;
SELECT (SELECT count(*) FROM simplebank.entries) = (SELECT sum(entries) FROM simplebank.seals) AS all_sealed;
SELECT * FROM simplebank.verify_seals();

-- The leaf of an entry, as documented; its transfer with it.
SELECT replace(regexp_replace(regexp_replace(simplebank.entry_leaf(:ann, 1, 1), '[0-9a-f]{64}', '<digest>', 'g'), '[0-9]{16}', '<time>', 'g'), current_user, '<me>') AS leaf;
-- Of texts a leaf has digests, which nobody makes without the salt.
SELECT split_part(simplebank.entry_leaf(:ann, 1, 1), E'\t', 24) = encode(sha256(t.salt || '\x6465736372697074696f6e00' || convert_to(t.description, 'UTF8')), 'hex') AS description,
	   split_part(simplebank.entry_leaf(:ann, 1, 1), E'\t', 25) = encode(sha256(t.salt || 'metadata' || '\x00' || convert_to('{"a": "é", "b": [1, 2]}', 'UTF8')), 'hex') AS metadata,
	   length(t.salt) AS salt
FROM simplebank.transfers t WHERE t.id = 1;
SELECT count(*) AS transfers, count(t.salt) AS salts, count(DISTINCT t.salt) AS different, count(coalesce(t.description, t.metadata::text)) AS with_texts FROM simplebank.transfers t;
SELECT split_part(simplebank.entry_leaf(:ann, 2, 2), E'\t', 8)::bigint = extract(epoch FROM '2024-02-29 12:00+00'::timestamptz) * 1000000 AS effective_at;

-- A proof by hand: an entry of the second seal, which has nine, with SHA-256 alone.
SELECT seal_id, leaf_index, leaves, cardinality(path) AS path, seal, tree, root, leaf, path AS hashes FROM simplebank.prove_entry(:ben, 2) \gset proof_
SELECT :proof_seal_id AS seal_id, :proof_leaf_index AS leaf_index, :proof_leaves AS leaves, :proof_path AS path;
CREATE FUNCTION pg_temp.node(l bytea, r bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT sha256('\x01'::bytea || l || r) $$;
SELECT array_agg(substring(hashes FROM n * 32 + 1 FOR 32) ORDER BY n) AS leaves FROM simplebank.sealed_entries, generate_series(0, 7) n WHERE seal_id = 2 \gset
WITH h AS (SELECT (:'leaves')::bytea[] AS h),
	two AS (SELECT array_agg(pg_temp.node(h[i], h[i + 1]) ORDER BY i) AS t FROM h, generate_series(1, cardinality(h) - 1, 2) i)
SELECT cardinality(h) AS leaves,
	   pg_temp.node(pg_temp.node(t[1], t[2]), pg_temp.node(t[3], t[4])) = simplebank.merkle_root(string_agg(x, '')) AS tree_of_eight
FROM h, two, unnest(h) x GROUP BY h, t;
SELECT sha256(convert_to(:'proof_seal', 'UTF8')) = :'proof_root'::bytea AS root_of_line,
	   split_part(:'proof_seal', ' ', 5) = encode(:'proof_tree'::bytea, 'hex') AS names_tree,
	   split_part(:'proof_seal', ' ', 6) = (SELECT encode(root, 'hex') FROM simplebank.seals WHERE id = 1) AS names_last_root,
	   :'proof_leaf' LIKE format(E'%s\t2\t3\t%%', :ben) AS names_entry,
	   sha256('\x00'::bytea || convert_to(:'proof_leaf', 'UTF8')) = ((:'leaves')::bytea[])[:proof_leaf_index + 1] AS leaf_is_sealed;

-- Merkle trees by the words of RFC 9162.
SELECT simplebank.merkle_root(sha256('a')) = sha256('a') AS one,
	   simplebank.merkle_root(sha256('a') || sha256('b')) = pg_temp.node(sha256('a'), sha256('b')) AS two,
	   simplebank.merkle_root(sha256('a') || sha256('b') || sha256('c')) = pg_temp.node(pg_temp.node(sha256('a'), sha256('b')), sha256('c')) AS three,
	   simplebank.merkle_path(sha256('a'), 0) = '{}' AS path_of_one,
	   simplebank.merkle_path(sha256('a') || sha256('b') || sha256('c'), 0) = ARRAY[sha256('b'), sha256('c')] AS path_of_first,
	   simplebank.merkle_path(sha256('a') || sha256('b') || sha256('c'), 2) = ARRAY[pg_temp.node(sha256('a'), sha256('b'))] AS path_of_last;
SELECT simplebank.merkle_root('');
SELECT simplebank.merkle_root('\x00');
SELECT simplebank.merkle_root(NULL);
SELECT simplebank.merkle_path(sha256('a'), 1);
SELECT simplebank.merkle_path(sha256('a'), -1);
SELECT simplebank.merkle_path(sha256('a'), NULL);

-- What cannot be proved, and arguments that are none.
SELECT simplebank.prove_entry(:ann, 99);
SELECT simplebank.prove_entry(-1, 1);
SELECT simplebank.prove_entry(NULL, 1);
SELECT simplebank.prove_entry(1, NULL);
SELECT simplebank.entry_leaf(1, 1, NULL);
SELECT simplebank.entry_leaf(-7, 1, -7) = concat_ws(E'\t', VARIADIC array_fill('\N'::text, ARRAY[28])) AS of_nothing;
SELECT * FROM simplebank_internal.changed_entries('{1}', '{1}', '{1}', '');
SELECT * FROM simplebank_internal.changed_entries('{1}', '{1,2}', '{1}', sha256('a'));
SELECT * FROM simplebank_internal.changed_entries('{1}', NULL, '{1}', sha256('a'));
SELECT * FROM simplebank_internal.changed_entries('{1}', '{1}', '{1}', sha256('a'));
SELECT simplebank.inside($$SELECT * FROM simplebank_internal.changed_entries('{1}', '{1}', '{1}', sha256('a'))$$);
SELECT simplebank_internal.seal_entries(9, NULL, 1, 2, 0);
SELECT * FROM simplebank.verify_seals('[1]');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT simplebank.seal();
ROLLBACK;
BEGIN READ ONLY;
SELECT simplebank.seal();
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM simplebank.verify_seals();
ROLLBACK;

--
-- Damage by a superuser who has switched the guards off: each is found, and
-- says where.  verify() sees none of the ones that are marked so.
--
SELECT jsonb_object_agg(id, encode(root, 'hex')) AS pins FROM simplebank.seals \gset
CREATE FUNCTION pg_temp.unguard() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE (SELECT string_agg(format('ALTER TABLE %s DISABLE TRIGGER USER', tgrelid::regclass), ';')
			 FROM pg_trigger WHERE tgname = 'guard');
END $$;
CREATE VIEW pg_temp.report AS
	SELECT v.invariant, coalesce(a.name, a.owner) AS account, v.version, v.transfer_id, v.detail
	FROM simplebank.verify_seals() v LEFT JOIN simplebank.accounts a ON a.id = v.account_id ORDER BY 1, v.account_id, 3, 5;

\echo an entry has another time of day (not seen by verify())
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET created_at = created_at + interval '1 microsecond' WHERE account_id = :ann AND version = 2;
SELECT * FROM pg_temp.report;
SELECT count(*) FROM simplebank.verify();
SELECT simplebank.prove_entry(:ann, 2);
ROLLBACK;

\echo a transfer tells another story (not seen by verify())
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET description = 'gift', salt = '\x00112233445566778899aabbccddeeff' WHERE id = 3;
SELECT * FROM pg_temp.report;
SELECT count(*) FROM simplebank.verify();
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET metadata = NULL, role = 'nobody' WHERE id = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo money was moved in the past, and all made to fit (not seen by verify())
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET amount = amount + 1 WHERE id = 7;
UPDATE simplebank.entries SET amount = amount - 1, balance = balance - 1 WHERE account_id = :ann AND transfer_id = 7;
UPDATE simplebank.entries SET amount = amount + 1, balance = balance + 1 WHERE account_id = :ben AND transfer_id = 7;
UPDATE simplebank.accounts SET balance = balance - 1 WHERE id = :ann;
UPDATE simplebank.accounts SET balance = balance + 1 WHERE id = :ben;
UPDATE simplebank.holds SET amount = amount + 1, captured = captured + 1 WHERE id = :hold_id;
SELECT * FROM pg_temp.report;
SELECT invariant FROM simplebank.verify();
ROLLBACK;

\echo an entry is removed; a whole transfer is
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.entries WHERE account_id = :ben AND version = 3;
SELECT * FROM pg_temp.report;
SELECT simplebank.prove_entry(:ben, 3);
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.entries WHERE transfer_id = 3;
DELETE FROM simplebank.transfers WHERE id = 3;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo an entry is inserted: into an old transfer, or as one of its own
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.entries SELECT account_id, 99, transfer_id, amount, balance, posted_at, created_at, effective_at, NULL
FROM simplebank.entries WHERE account_id = :ben AND version = 1;
INSERT INTO simplebank.entries SELECT account_id, 99, -transfer_id, amount, balance, posted_at, created_at, effective_at, NULL
FROM simplebank.entries WHERE account_id = :ann AND version = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo an entry has got another transfer
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET transfer_id = 7 WHERE account_id = :ben AND version = 1;
SELECT * FROM pg_temp.report;
SELECT simplebank.prove_entry(:ben, 1);
ROLLBACK;

\echo two entries are swapped
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.entries SET version = CASE version WHEN 1 THEN -2 ELSE -1 END WHERE account_id = :ben AND version IN (1, 2);
UPDATE simplebank.entries SET version = -version WHERE account_id = :ben AND version < 0;
SELECT * FROM pg_temp.report;
ROLLBACK;

\echo the hashes are made to fit: the tree does not; nor does the root, if the tree does
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET description = 'gift', salt = '\x00112233445566778899aabbccddeeff' WHERE id = 1;
UPDATE simplebank.sealed_entries x SET hashes = (
	SELECT string_agg(sha256('\x00'::bytea || convert_to(simplebank.entry_leaf(u.a, u.v, u.t), 'UTF8')), '' ORDER BY u.n)
	FROM unnest(x.account_ids, x.versions, x.transfer_ids) WITH ORDINALITY u(a, v, t, n))
WHERE seal_id = 1;
SELECT * FROM pg_temp.report;
UPDATE simplebank.seals s SET tree = simplebank.merkle_root((SELECT hashes FROM simplebank.sealed_entries WHERE seal_id = 1)) WHERE id = 1;
SELECT * FROM pg_temp.report;
UPDATE simplebank.seals s SET root = sha256(convert_to(simplebank.seal_line(s, NULL), 'UTF8')) WHERE id = 1;
SELECT * FROM pg_temp.report;
\echo and if all roots after it do, only who has kept one knows
UPDATE simplebank.seals s SET root = sha256(convert_to(simplebank.seal_line(s, (SELECT root FROM simplebank.seals WHERE id = 1)), 'UTF8')) WHERE id = 2;
UPDATE simplebank.seals s SET root = sha256(convert_to(simplebank.seal_line(s, (SELECT root FROM simplebank.seals WHERE id = 2)), 'UTF8')) WHERE id = 3;
SELECT * FROM pg_temp.report;
SELECT invariant, regexp_replace(detail, '[0-9a-f]{64}', '<hash>', 'g') AS detail FROM simplebank.verify_seals(:'pins') ORDER BY 2;
ROLLBACK;

\echo seals are removed, the last or one in between
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.seals WHERE id = 3;
DELETE FROM simplebank.sealed_entries WHERE seal_id = 3;
SELECT * FROM pg_temp.report;
SELECT invariant, regexp_replace(detail, '[0-9a-f]{64}', '<hash>', 'g') AS detail FROM simplebank.verify_seals(:'pins') ORDER BY 2;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.seals WHERE id = 2;
SELECT * FROM pg_temp.report;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
DELETE FROM simplebank.sealed_entries WHERE seal_id = 1;
SELECT * FROM pg_temp.report;
ROLLBACK;

BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.sealed_entries SET hashes = hashes || '\x00' WHERE seal_id = 1;
UPDATE simplebank.sealed_entries SET account_ids = account_ids[1:3] WHERE seal_id = 2;
UPDATE simplebank.sealed_entries SET versions = array_append(versions, 9) WHERE seal_id = 3;
SELECT * FROM pg_temp.report;
ROLLBACK;

-- Only what came after a seal is looked at.
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET description = 'gift' WHERE id IN (1, 6);
SELECT invariant, transfer_id, detail FROM simplebank.verify_seals(after_seal => 1);
SELECT count(*) FROM simplebank.verify_seals(after_seal => 3);
SELECT count(*) FROM simplebank.verify_seals();
ROLLBACK;

-- All is well again, the guards too; and the job that proves finds damage.
SELECT * FROM simplebank.verify_seals(:'pins');
DELETE FROM simplebank.seals;
UPDATE simplebank.sealed_entries SET hashes = '';
TRUNCATE simplebank.seals;
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.transfers SET description = 'gift', salt = '\x00112233445566778899aabbccddeeff' WHERE id = 6;
SELECT simplebank_internal.verify_ledger();
SELECT invariant, version, transfer_id, detail FROM simplebank.verification_findings ORDER BY 1, account_id;
ROLLBACK;

-- The next proof begins at the last seal that this one has seen, whatever the clock said when it was made.
SELECT simplebank.inside('SELECT simplebank_internal.verify_ledger()');
BEGIN;
SELECT transfer_id FROM simplebank.transfer(:ann, :ben, 1);
/* what this transaction has posted gets its position here by itself */
SELECT simplebank.inside('SELECT simplebank_internal.append_log() IS NOT NULL AS logged');
SELECT simplebank.seal();
SELECT pg_temp.unguard();
UPDATE simplebank.seals SET sealed_at = sealed_at - interval '1 hour' WHERE id = 4;
SELECT simplebank.inside('SELECT simplebank_internal.verify_ledger()');
SELECT v.last_seal, f.invariant, f.detail FROM simplebank.verifications v LEFT JOIN simplebank.verification_findings f ON f.verification_id = v.id ORDER BY v.id;
ROLLBACK;

-- The job: when its interval is over, or much has come up.
CALL simplebank.run_job('seal');
SELECT count(*) FROM simplebank.seals;
SELECT transfer_id FROM simplebank.transfer(:ann, :ben, 1);
CALL simplebank.run_job('seal');
SELECT count(*) FROM simplebank.seals;
SELECT simplebank.inside('SELECT simplebank_internal.catch_up_log()');
BEGIN;
SELECT simplebank.inside('SELECT done, more FROM simplebank_internal.seal_due(1)');
SELECT simplebank.inside('SELECT done, more FROM simplebank_internal.seal_due(1)');
SELECT count(*) FROM simplebank.seals;
ROLLBACK;
BEGIN;
SELECT pg_temp.unguard();
UPDATE simplebank.seals SET sealed_at = now() - interval '9 minutes';
SELECT simplebank.inside('SELECT done, more FROM simplebank_internal.seal_due(1000)');
UPDATE simplebank.seals SET sealed_at = now() - interval '10 minutes';
SELECT simplebank.inside('SELECT done, more FROM simplebank_internal.seal_due(1000)');
ROLLBACK;
SELECT transfer_id FROM simplebank.transfer(:ann, :ben, 1);

-- By portions, and after a rewrite of the table: the same entries, all of them.
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:ann, ARRAY[40]), array_fill(:ben, ARRAY[40]), array_fill(1, ARRAY[40]::int[])::bigint[]);
SELECT transfer_id FROM simplebank.post_journal(ARRAY[:ann, :ben, :ben], '{-2, 1, 1}');
SELECT simplebank.inside('SELECT simplebank_internal.catch_up_log()');
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(10)');
BEGIN;
SELECT pg_temp.unguard();
/* as if it had been larger */
UPDATE simplebank.seals SET last_page = 1000000;
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(30)');
ROLLBACK;
-- Looked for together from a page on, or by their keys: the same entries with the same hashes.
BEGIN;
SELECT array_agg(id ORDER BY id) AS ids, array_agg(id ORDER BY id) FILTER (WHERE from_account_id IS NULL) AS journals FROM simplebank.transfers \gset
SELECT simplebank.inside(format($$SELECT simplebank_internal.seal_entries(97, '{}', %1$L, %2$L, 0) IS NOT NULL AS together, simplebank_internal.seal_entries(98, '{}', %1$L, %2$L, NULL) IS NOT NULL AS by_key,
	simplebank_internal.seal_entries(99, '{1,4}', '{}', '{}', NULL) IS NOT NULL AS late, simplebank_internal.seal_entries(96, '{}', (%1$L::bigint[])[3:20], '{}', 0) IS NOT NULL AS some$$, :'ids', :'journals'));
SELECT simplebank.inside($$SELECT s.seal_id, count(*), count(e.version) AS there, bool_and((SELECT count(*) FROM simplebank_internal.changed_entries(ARRAY[u.t], ARRAY[u.a], ARRAY[u.v], u.h)) = 0) AS unchanged,
	count(DISTINCT (u.a, u.v)) AS different
FROM simplebank.sealed_entries s, LATERAL (
	SELECT u.*, substring(s.hashes FROM u.n::int * 32 - 31 FOR 32) FROM unnest(s.transfer_ids, s.account_ids, s.versions) WITH ORDINALITY u(t, a, v, n)) u(t, a, v, n, h)
	LEFT JOIN simplebank.entries e ON (e.account_id, e.version, e.transfer_id) = (u.a, u.v, u.t)
WHERE s.seal_id IN (96, 97, 98, 99) GROUP BY 1 ORDER BY 1$$);
SELECT count(*) FROM simplebank.entries;
ROLLBACK;
VACUUM FULL simplebank.entries;
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(30)');
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(30)');
SELECT (SELECT count(*) FROM simplebank.entries) = (SELECT sum(entries) FROM simplebank.seals) AS all_sealed;
SELECT * FROM simplebank.verify_seals(:'pins');
SELECT * FROM simplebank.verify();

-- A seal has so many legs of journals at most, but all of a journal, and one at least.
SELECT (simplebank.transfer(:ann, :ben, 1)).transfer_id - 1 AS base \gset
SELECT array_agg(j.transfer_id - :base) FROM generate_series(1, 4) n, simplebank.post_journal(ARRAY[:ann, :ben, :ben], '{-2, 1, 1}', description => n::text) j;
SELECT transfer_id - :base AS id FROM simplebank.transfer(:ann, :ben, 1);
SELECT simplebank.inside('SELECT simplebank_internal.catch_up_log()');
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(1000, 2)');
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(1000, 5)');
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(1000, 6)');
SELECT simplebank.inside('SELECT seal_id, entries, more FROM simplebank_internal.seal_portion(1000, 2)');
SELECT last_transfer_id - :base AS last, entries FROM simplebank.seals WHERE last_transfer_id > :base ORDER BY id;
SELECT * FROM simplebank.verify_seals(:'pins');

-- Gaps that came with a dump from a server where more transactions had been are none here.
BEGIN;
SELECT pg_temp.unguard();
INSERT INTO simplebank.log_gaps VALUES ('t', 1, '{[1000000,2000000)}', '1000000000000'), ('t', 2, '{[3000000,4000000)}', '4'), ('t', 3, '{[5000000,6000000)}', '6'), ('t', 4, '{[7000000,8000000)}', NULL);
SELECT simplebank.inside($$SELECT simplebank_internal.decide_log_gaps('5', '7') IS NULL$$);
SELECT last_id, missing, decided_at FROM simplebank.log_gaps WHERE lower(missing) >= 1000000 ORDER BY 1;
ROLLBACK;

-- More entries in a seal than a row of sealed_entries has; texts with all that is escaped.
SELECT simplebank.open_account('many', 'USD', min_balance => NULL) AS many, simplebank.open_account('other', 'USD') AS other \gset
SELECT count(*) FROM simplebank.transfer_batch(array_fill(:many::bigint, ARRAY[5000]), array_fill(:other::bigint, ARRAY[5000]), array_fill(1::bigint, ARRAY[5000]),
	descriptions => array_fill(E'tab\t return\r line\n slash\\'::text, ARRAY[5000]));
SELECT count(DISTINCT salt) = count(salt) AS all_different, count(salt) > 5000 AS many FROM simplebank.transfers;
SELECT simplebank.seal() > 0 AS sealed;
SELECT entries, (SELECT count(*) FROM simplebank.sealed_entries x WHERE x.seal_id = s.id) AS rows FROM simplebank.seals s ORDER BY id DESC LIMIT 1;
SELECT split_part(leaf, E'\t', 24) = encode(sha256(t.salt || 'description\000' || convert_to(E'tab\t return\r line\n slash\\', 'UTF8')), 'hex') AS description
FROM simplebank.prove_entry(:other, 5000), simplebank.entries e JOIN simplebank.transfers t ON t.id = e.transfer_id WHERE e.account_id = :other AND e.version = 5000;
SELECT (simplebank.transfer(:many, :other, 1, reference => E'tab\t return\r line\n slash\\')).transfer_id \gset
SELECT split_part(simplebank.entry_leaf(:other, 5001, :transfer_id), E'\t', 26) AS reference;
SELECT * FROM simplebank.verify_seals();
DROP EXTENSION simplebank CASCADE;
