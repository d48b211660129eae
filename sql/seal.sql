/*
 * Seals: a proof that the past has not been changed since.
 *
 * A seal has the entries that are new since the one before: the hashes of all
 * of them, the root of their Merkle tree, and a root of its own, which is made
 * of that and of the last seal's.  Who keeps a root elsewhere can prove later
 * that all that was sealed up to it is as it was, entry by entry.
 *
 * What is new has positions in the log behind the last one that the seal before
 * has; so no late commit escapes (sql/log.sql).
 */
CREATE TABLE simplebank.seals (
	id bigint PRIMARY KEY,
	sealed_at timestamptz NOT NULL,
	role text NOT NULL,
	last_position bigint NOT NULL,
	entries bigint NOT NULL,
	tree bytea NOT NULL,
	root bytea NOT NULL,
	last_transfer_id bigint NOT NULL,
	last_page int NOT NULL
);
COMMENT ON TABLE simplebank.seals IS
'The seals; append-only. Keep their roots outside the database, for verify_seals().';
COMMENT ON COLUMN simplebank.seals.id IS 'gapless from 1';
COMMENT ON COLUMN simplebank.seals.last_position IS 'of the log: it has the entries of the transfers behind the last one of the seal before, up to this one';
COMMENT ON COLUMN simplebank.seals.entries IS 'how many it has';
COMMENT ON COLUMN simplebank.seals.tree IS 'root of the Merkle tree of its entries (SHA-256, RFC 9162)';
COMMENT ON COLUMN simplebank.seals.root IS 'SHA-256 of seal_line(), which has tree, and the root of the seal before';
COMMENT ON COLUMN simplebank.seals.last_transfer_id IS 'the highest id of a transfer up to here; no part of root';
COMMENT ON COLUMN simplebank.seals.last_page IS 'of table entries: near it the next seal looks first for transfers behind last_transfer_id; no part of root';

CREATE TABLE simplebank.sealed_entries (
	seal_id bigint NOT NULL,
	first_leaf bigint NOT NULL,
	transfer_ids bigint[] NOT NULL,
	account_ids bigint[] NOT NULL,
	versions bigint[] NOT NULL,
	hashes bytea NOT NULL,
	PRIMARY KEY (seal_id, first_leaf)
);
/* there is nothing in hashes to compress, and it would take longer than to hash */
ALTER TABLE simplebank.sealed_entries ALTER COLUMN hashes SET STORAGE EXTERNAL;
/* it takes a third of the time of the other one; a server may be built without */
DO $$
BEGIN
	ALTER TABLE simplebank.sealed_entries ALTER COLUMN transfer_ids SET COMPRESSION lz4,
		ALTER COLUMN account_ids SET COMPRESSION lz4, ALTER COLUMN versions SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	NULL;
END $$;
COMMENT ON TABLE simplebank.sealed_entries IS
'Which entries a seal has, and their hashes; append-only. Element n of each array and bytes 32 n - 31 to 32 n of hashes are an entry''s.';
COMMENT ON COLUMN simplebank.sealed_entries.first_leaf IS 'the place of the first one among the seal''s, from 0';
COMMENT ON COLUMN simplebank.sealed_entries.hashes IS 'SHA-256 of a byte 0 and entry_leaf() in UTF-8';

CREATE FUNCTION simplebank.entry_leaf(account_id bigint, version bigint, transfer_id bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_entry_leaf'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.entry_leaf IS
E'What is hashed of an entry and its transfer, in UTF-8: a line as COPY writes it (columns separated by tabs, \\N for NULL; \\t, \\n, \\r and \\\\ in texts), times in microseconds since 1970. Columns of entries: account_id, version, transfer_id, amount, balance, leg, posted_at, effective_at, created_at; of transfers: from_account_id, to_account_id, from_version, to_version, amount, posted_at, effective_at, created_at, operation, role, reverses, hold_id, from_amount, to_amount, description, metadata, reference, ledger_id, gateway. Of description and metadata it has SHA-256 in hexadecimal digits: of the 16 bytes of transfers.salt, the column''s name, a byte 0, and the text in UTF-8 (metadata as a UTF8 database writes it); where they were erased, the digests that erasures has kept. Errors: 22004.';

CREATE FUNCTION simplebank_internal.seal_entries(
	seal_id bigint, late bigint[], new bigint[], journals bigint[], page int,
	OUT entries bigint, OUT tree bytea, OUT last_page int)
AS 'MODULE_PATHNAME', 'simplebank_seal_entries'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.seal_entries IS
'Part of seal(): hashes the entries of transfers. Those of late ones are found by their keys. Those of new ones, ascending, are looked for together from this page of their table on, and else, or where page is NULL, by their keys; journals: the new ones that do not name their entries. Errors: 22004, 25006.';

CREATE FUNCTION simplebank_internal.changed_entries(
	transfer_ids bigint[], account_ids bigint[], versions bigint[], hashes bytea, OUT n int, OUT found boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_changed_entries'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.changed_entries IS
'Part of verify_seals(): those of a row of sealed_entries that differ from what was sealed, or are not found. Errors: 22004, 22023.';

CREATE FUNCTION simplebank.merkle_root(hashes bytea)
RETURNS bytea
AS 'MODULE_PATHNAME', 'simplebank_merkle_root'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.merkle_root IS
'The root of the Merkle tree whose leaves have these hashes of 32 bytes each (RFC 9162, 2.1.1). Errors: 22004, 22023.';

CREATE FUNCTION simplebank.merkle_path(hashes bytea, leaf_index bigint)
RETURNS bytea[]
AS 'MODULE_PATHNAME', 'simplebank_merkle_path'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.merkle_path IS
'The hashes that lead from a leaf, counted from 0, to the root, from the bottom up (RFC 9162, 2.1.3). Errors: 22004, 22023.';

CREATE FUNCTION simplebank_internal.seal_line(seal simplebank.seals, last_root bytea)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT concat_ws(' ', seal.id, (extract(epoch FROM seal.sealed_at) * 1000000)::bigint, seal.last_position,
		seal.entries, encode(seal.tree, 'hex'), encode(last_root, 'hex'));
END;
COMMENT ON FUNCTION simplebank_internal.seal_line IS 'Body of simplebank.seal_line.';

CREATE FUNCTION simplebank.seal_line(seal simplebank.seals, last_root bytea)
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_seal_line'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.seal_line IS
'What the root of a seal is the SHA-256 of: its id, sealed_at in microseconds since 1970, last_position, entries, tree, and the root of the seal before, none for the first; separated by spaces, hashes in hexadecimal digits.';

/*
 * The transfers that the next seal takes, in the order of the log, up to
 * last_position: so many at most, and no more legs of journals than that, but one transfer at least.
 * is_all: there are no others now.
 */
CREATE FUNCTION simplebank_internal.sealable_transfers(
	after_position bigint, max_transfers int, max_legs int,
	OUT ids bigint[], OUT journals bigint[], OUT last_position bigint, OUT is_all boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_seqscan = off
AS $$
DECLARE
	up_to bigint = after_position;
	log_end CONSTANT bigint = coalesce((SELECT s.last_position FROM simplebank.log_segments s ORDER BY s.first_position DESC LIMIT 1), 0);
	first bigint;
	positions bigint[];
	legs bigint = 0;
	journal record;
BEGIN
	/* so many positions at once; there may be none of a transfer among them */
	WHILE ids IS NULL AND up_to < log_end LOOP
		first := (SELECT s.first_position FROM simplebank.log_segments s
				  WHERE s.first_position <= up_to + 1 ORDER BY s.first_position DESC LIMIT 1);
		SELECT array_agg(p.id), array_agg(p.position) INTO ids, positions
		FROM (SELECT u.id, s.first_position + u.n - 1 AS position
			  FROM simplebank.log_segments s, LATERAL unnest(s.sources, s.ids) WITH ORDINALITY u(source, id, n)
			  WHERE s.first_position >= first AND s.first_position <= up_to + max_transfers
				AND s.first_position + u.n - 1 > up_to AND s.first_position + u.n - 1 <= up_to + max_transfers AND u.source = 't'
			  ORDER BY 2) p;
		up_to := least(up_to + max_transfers, log_end);
	END LOOP;
	last_position := up_to;
	is_all := up_to = log_end;
	/* only entries of journals are numbered */
	journals := '{}';
	FOR journal IN
		SELECT i.id, i.n::int AS n, j.legs
		FROM (SELECT e.transfer_id, count(*) AS legs FROM simplebank.entries e
			  WHERE e.leg IS NOT NULL AND e.transfer_id >= (SELECT min(i) FROM unnest(ids) i) AND e.transfer_id <= (SELECT max(i) FROM unnest(ids) i)
			  GROUP BY 1) j
			JOIN unnest(ids) WITH ORDINALITY i(id, n) ON i.id = j.transfer_id
		ORDER BY i.n
	LOOP
		legs := legs + journal.legs;
		IF legs > max_legs AND journal.n > 1 THEN
			ids := ids[:journal.n - 1];
			last_position := positions[journal.n - 1];
			is_all := false;
			EXIT;
		END IF;
		journals := journals || journal.id;
	END LOOP;
END $$;
COMMENT ON FUNCTION simplebank_internal.sealable_transfers IS 'Part of seal().';

CREATE FUNCTION simplebank_internal.seal_portion(
	max_transfers int, max_legs int DEFAULT 500000, OUT seal_id bigint, OUT entries bigint, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '64MB'
AS $$
DECLARE
	last simplebank.seals;
	new simplebank.seals;
	taken record;
	late bigint[];
	later bigint[];
	hashed record;
	page int;
	pages CONSTANT bigint = pg_relation_size('simplebank.entries') / current_setting('block_size')::int;
	/* not all that was free before is at the very end, and from too far away it takes longer than by key */
	free CONSTANT int = 1024;
	longest CONSTANT int = 16384;
BEGIN
	SELECT s.* INTO last FROM simplebank.seals s ORDER BY s.id DESC LIMIT 1;
	last.last_transfer_id := coalesce(last.last_transfer_id, 0);
	SELECT * INTO taken FROM simplebank_internal.sealable_transfers(coalesce(last.last_position, 0), max_transfers, max_legs);
	entries := 0;
	more := false;
	IF taken.ids IS NULL THEN
		RETURN;
	END IF;
	SELECT coalesce(array_agg(i.id) FILTER (WHERE i.id <= last.last_transfer_id), '{}'),
		   coalesce(array_agg(i.id ORDER BY i.id) FILTER (WHERE i.id > last.last_transfer_id), '{}')
	INTO late, later FROM unnest(taken.ids) i(id);
	page := greatest(coalesce(last.last_page, 0) - free, 0);
	new.id := coalesce(last.id, 0) + 1;
	new.role := simplebank_internal.caller_role();
	new.sealed_at := greatest(clock_timestamp(), last.sealed_at);
	new.last_position := taken.last_position;
	new.last_transfer_id := greatest(later[cardinality(later)], last.last_transfer_id);

	SELECT s.* INTO hashed
	FROM simplebank_internal.seal_entries(new.id, late, later,
		ARRAY(SELECT j.id FROM unnest(taken.journals) j(id) WHERE j.id > last.last_transfer_id),
		CASE WHEN pages - page <= longest THEN page END) s;
	seal_id := new.id;
	entries := hashed.entries;
	more := NOT taken.is_all;
	new.entries := entries;
	new.tree := hashed.tree;
	new.last_page := greatest(hashed.last_page, last.last_page);
	new.root := sha256(convert_to(simplebank_internal.seal_line(new, last.root), 'UTF8'));
	INSERT INTO simplebank.seals SELECT new.*;
END $$;
COMMENT ON FUNCTION simplebank_internal.seal_portion IS 'Part of seal() and of the job seal.';

CREATE FUNCTION simplebank_internal.seal()
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	portion CONSTANT int = 50000;
	sealed record;
	last bigint;
BEGIN
	IF current_setting('transaction_isolation') <> 'read committed' THEN
		RAISE EXCEPTION 'the ledger is sealed by transactions of isolation level READ COMMITTED only' USING ERRCODE = '25000';
	END IF;
	PERFORM simplebank_internal.lock_job('seal');
	PERFORM simplebank_internal.catch_up_log();
	LOOP
		SELECT * INTO sealed FROM simplebank_internal.seal_portion(portion);
		last := coalesce(sealed.seal_id, last);
		EXIT WHEN NOT sealed.more;
	END LOOP;
	RETURN last;
END $$;
COMMENT ON FUNCTION simplebank_internal.seal IS 'Body of simplebank.seal.';

CREATE FUNCTION simplebank.seal()
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_seal'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.seal IS
'Seals what is new in the ledger, as the job of this name does, and answers the last seal it has made, NULL where nothing is new. Nobody waits for it. Errors: 25000 isolation above READ COMMITTED, 25006; 53400, SB502 no process can give what is new its position in the log.';

/* A portion of the job: when it is time again, or so much has come up. */
CREATE FUNCTION simplebank_internal.seal_due(max_transfers int, OUT done bigint, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last simplebank.seals;
BEGIN
	IF current_setting('transaction_isolation') <> 'read committed' THEN
		RAISE EXCEPTION 'the ledger is sealed by transactions of isolation level READ COMMITTED only' USING ERRCODE = '25000';
	END IF;
	SELECT s.* INTO last FROM simplebank.seals s ORDER BY s.id DESC LIMIT 1;
	done := 0;
	more := false;
	IF last.sealed_at > clock_timestamp() - simplebank_internal.setting('seal_interval')::interval
	   AND (SELECT max(t.id) FROM simplebank.transfers t) < last.last_transfer_id + max_transfers THEN
		RETURN;
	END IF;
	PERFORM simplebank_internal.catch_up_log();
	SELECT p.entries, p.more INTO done, more FROM simplebank_internal.seal_portion(max_transfers) p;
END $$;
COMMENT ON FUNCTION simplebank_internal.seal_due IS 'A portion of the job seal. Errors: 25000, 25006.';

CREATE FUNCTION simplebank_internal.seal_step(
	business_date date, OUT done bigint, OUT failed bigint, OUT error text, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	portion CONSTANT int = 50000;
BEGIN
	SELECT s.done, s.more INTO done, more FROM simplebank_internal.seal_due(portion) s;
	failed := 0;
END $$;
COMMENT ON FUNCTION simplebank_internal.seal_step IS 'The job seal: a portion of what is not sealed yet.';

CREATE FUNCTION simplebank_internal.verify_seals(
	pinned jsonb, after_seal bigint,
	OUT invariant text, OUT account_id bigint, OUT version bigint, OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
	/* before it nothing is looked at */
	base_transfer CONSTANT bigint = (SELECT s.last_transfer_id FROM simplebank.seals s WHERE s.id = verify_seals.after_seal);
	sealed_position CONSTANT bigint = coalesce((SELECT s.last_position FROM simplebank.seals s ORDER BY s.id DESC LIMIT 1), 0);
BEGIN
	RETURN QUERY
	SELECT 'seal_pinned', NULL::bigint, NULL::bigint, NULL::bigint,
		   format('seal %s: root %s, pinned %s', p.key, coalesce(encode(s.root, 'hex'), 'none'), p.value)
	FROM jsonb_each_text(pinned) p LEFT JOIN simplebank.seals s ON s.id::text = p.key
	WHERE encode(s.root, 'hex') IS DISTINCT FROM lower(p.value);

	RETURN QUERY
	SELECT 'seal_chain', NULL::bigint, NULL::bigint, NULL::bigint,
		   format('seal %s: its root is not that of its content and the root of seal %s', c.id, c.id - 1)
	FROM (SELECT s.id, s.root, s.tree,
				 (SELECT b.root FROM simplebank.seals b WHERE b.id = s.id - 1) AS last_root,
				 (SELECT simplebank_internal.seal_line(s, b.root) FROM (VALUES (1)) one LEFT JOIN simplebank.seals b ON b.id = s.id - 1) AS line
		  FROM simplebank.seals s WHERE s.id > after_seal) c
	WHERE c.root <> sha256(convert_to(c.line, 'UTF8')) OR (c.id > 1) <> (c.last_root IS NOT NULL);

	RETURN QUERY
	SELECT 'seal_tree', NULL::bigint, NULL::bigint, NULL::bigint,
		   format('seal %s: the hashes of its entries do not make its tree', s.id)
	FROM simplebank.seals s
		LEFT JOIN LATERAL (SELECT string_agg(x.hashes, '' ORDER BY x.first_leaf) AS hashes, sum(cardinality(x.account_ids)) AS entries,
								  bool_and(length(x.hashes) = 32 * cardinality(x.account_ids)
										   AND cardinality(x.transfer_ids) = cardinality(x.account_ids)
										   AND cardinality(x.versions) = cardinality(x.account_ids)) AS fits
						   FROM simplebank.sealed_entries x WHERE x.seal_id = s.id) e ON true
	WHERE s.id > after_seal
	  AND CASE WHEN s.entries > 0 AND e.entries = s.entries AND e.fits
			   THEN simplebank.merkle_root(e.hashes) <> s.tree ELSE true END;

	RETURN QUERY
	SELECT CASE WHEN c.found THEN 'entry_changed' ELSE 'entry_removed' END,
		   x.account_ids[c.n], x.versions[c.n], x.transfer_ids[c.n],
		   format(CASE WHEN c.found THEN 'it, or its transfer, is not what seal %s has' ELSE 'seal %s has it' END, x.seal_id)
		   || coalesce('; its texts were ' || simplebank_internal.erased_on(
				(SELECT r.erased_at FROM simplebank.erasures r WHERE r.object = 'transfer' AND r.object_id = x.transfer_ids[c.n])), '')
	FROM simplebank.sealed_entries x,
		LATERAL simplebank_internal.changed_entries(x.transfer_ids, x.account_ids, x.versions, x.hashes) c
	WHERE x.seal_id > after_seal
	  /* else it does not make its tree */
	  AND length(x.hashes) > 0 AND length(x.hashes) = 32 * cardinality(x.account_ids)
	  AND cardinality(x.transfer_ids) = cardinality(x.account_ids) AND cardinality(x.versions) = cardinality(x.account_ids);

	/*
	 * What should be in a seal and is in none: it is older than what the log
	 * has, and the log does not say that it came later.
	 */
	RETURN QUERY
	WITH waiting AS MATERIALIZED (
		SELECT u.id FROM simplebank.log_segments g, LATERAL unnest(g.sources, g.ids) WITH ORDINALITY u(source, id, n)
		WHERE g.last_position > sealed_position AND g.first_position + u.n - 1 > sealed_position AND u.source = 't'
	)
	SELECT 'entry_inserted', e.account_id, e.version, e.transfer_id, format('no seal has it, but later ones up to position %s', sealed_position)
	FROM simplebank.entries e
	WHERE sealed_position > 0
	  AND e.transfer_id <= (SELECT s.last_id FROM simplebank.log_sources s WHERE s.source = 't')
	  AND (base_transfer IS NULL OR e.transfer_id > base_transfer)
	  AND NOT EXISTS (SELECT FROM simplebank.log_gaps g WHERE g.source = 't' AND g.missing @> e.transfer_id)
	  AND NOT EXISTS (SELECT FROM waiting w WHERE w.id = e.transfer_id)
	  AND NOT EXISTS (SELECT FROM (SELECT unnest(x.account_ids), unnest(x.versions)
								   FROM simplebank.sealed_entries x WHERE base_transfer IS NULL OR x.seal_id > after_seal) x(account_id, version)
					  WHERE x.account_id = e.account_id AND x.version = e.version);
END $$;
COMMENT ON FUNCTION simplebank_internal.verify_seals IS 'Body of simplebank.verify_seals.';

CREATE FUNCTION simplebank.verify_seals(
	pinned jsonb DEFAULT NULL, after_seal bigint DEFAULT 0,
	OUT invariant text, OUT account_id bigint, OUT version bigint, OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_verify_seals'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.verify_seals IS
'Proves that what has been sealed is as it was: a row per entry that was changed, removed or inserted since (with its transfer: a change of that is a change of its entries), and per seal that does not fit into their chain; none where all is well. pinned: roots that were kept elsewhere, as {"<seal>": "<root in hexadecimal digits>", ...}; who has replaced the seals too is found by them. after_seal: only what came after this seal. Errors: 42501 (also where the role has some ledgers only), 22023 pinned is no object.';

CREATE FUNCTION simplebank_internal.prove_entry(
	account_id bigint, version bigint,
	OUT seal_id bigint, OUT leaf text, OUT leaf_index bigint, OUT leaves bigint, OUT path bytea[], OUT tree bytea,
	OUT seal text, OUT root bytea, OUT texts jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	entry simplebank.entries;
	near boolean;
	place record;
	sealed simplebank.seals;
	hashes bytea;
BEGIN
	PERFORM simplebank_internal.refuse('22004', a.name)
	FROM (VALUES ('account_id', prove_entry.account_id), ('version', prove_entry.version)) a(name, value) WHERE a.value IS NULL;
	IF EXISTS (SELECT FROM simplebank.accounts a
			   WHERE a.id = simplebank_internal.account_of(prove_entry.account_id) AND NOT simplebank_internal.has_ledger(a.ledger_id)) THEN
		PERFORM simplebank_internal.refuse('SB205', format('There is no seal of version %s of account %s.', prove_entry.version, prove_entry.account_id),
			'The job seal, or seal(), seals what is new.');
	END IF;
	SELECT e.* INTO entry FROM simplebank.entries e
	WHERE e.account_id = prove_entry.account_id AND e.version = prove_entry.version;
	/* by its transfer; one that was removed, or has got another transfer, may be anywhere */
	FOREACH near IN ARRAY ARRAY[true, false] LOOP
		SELECT x.seal_id, x.first_leaf + i.n - 1 AS leaf_index, x.transfer_ids[i.n] AS transfer_id,
			   substring(x.hashes FROM i.n * 32 - 31 FOR 32) AS hash
		INTO place
		FROM simplebank.sealed_entries x,
			LATERAL (SELECT u.n::int FROM unnest(x.account_ids, x.versions) WITH ORDINALITY u(account_id, version, n)
					 WHERE u.account_id = prove_entry.account_id AND u.version = prove_entry.version) i
		WHERE NOT near
		   OR x.seal_id >= (SELECT min(s.id) FROM simplebank.seals s WHERE s.last_transfer_id >= entry.transfer_id)
			  AND x.transfer_ids @> ARRAY[entry.transfer_id]
		ORDER BY x.seal_id, x.first_leaf LIMIT 1;
		EXIT WHEN FOUND;
	END LOOP;
	IF place.seal_id IS NULL THEN
		PERFORM simplebank_internal.refuse('SB205', format('There is no seal of version %s of account %s.', prove_entry.version, prove_entry.account_id),
			'The job seal, or seal(), seals what is new.');
	END IF;

	SELECT s.* INTO sealed FROM simplebank.seals s WHERE s.id = place.seal_id;
	SELECT string_agg(x.hashes, '' ORDER BY x.first_leaf) INTO hashes
	FROM simplebank.sealed_entries x WHERE x.seal_id = place.seal_id;
	seal_id := sealed.id;
	leaf := simplebank.entry_leaf(prove_entry.account_id, prove_entry.version, place.transfer_id);
	leaf_index := place.leaf_index;
	leaves := sealed.entries;
	path := simplebank.merkle_path(hashes, leaf_index);
	tree := sealed.tree;
	seal := simplebank_internal.seal_line(sealed, (SELECT s.root FROM simplebank.seals s WHERE s.id = sealed.id - 1));
	root := sealed.root;
	SELECT CASE WHEN x.id IS NOT NULL THEN jsonb_build_object('note', simplebank_internal.erased_on(x.erased_at))
				WHEN t.salt IS NOT NULL THEN jsonb_build_object('salt', encode(t.salt, 'hex'))
					|| CASE WHEN t.description IS NULL THEN '{}' ELSE jsonb_build_object('description', t.description) END
					|| CASE WHEN t.metadata IS NULL THEN '{}' ELSE jsonb_build_object('metadata', t.metadata) END END
	INTO texts
	FROM simplebank.transfers t LEFT JOIN simplebank.erasures x ON x.object = 'transfer' AND x.object_id = t.id
	WHERE t.id = place.transfer_id;
	IF EXISTS (SELECT FROM simplebank_internal.changed_entries(ARRAY[place.transfer_id], ARRAY[prove_entry.account_id], ARRAY[prove_entry.version], place.hash))
	   OR simplebank.merkle_root(hashes) <> tree OR sha256(convert_to(seal, 'UTF8')) <> root THEN
		PERFORM simplebank_internal.refuse('SB901', format('Seal %s does not fit; see verify_seals().', seal_id));
	END IF;
END $$;
COMMENT ON FUNCTION simplebank_internal.prove_entry IS 'Body of simplebank.prove_entry.';

CREATE FUNCTION simplebank.prove_entry(
	account_id bigint, version bigint,
	OUT seal_id bigint, OUT leaf text, OUT leaf_index bigint, OUT leaves bigint, OUT path bytea[], OUT tree bytea,
	OUT seal text, OUT root bytea, OUT texts jsonb)
AS 'MODULE_PATHNAME', 'simplebank_prove_entry'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.prove_entry IS
'Proves to somebody who has the root of a seal that it contains this entry. leaf: what was hashed, see entry_leaf(); SHA-256 of a byte 0 and leaf, then path (leaf_index of leaves, RFC 9162, 2.1.3.2), gives tree; seal is a line that has tree, and its SHA-256 is root. texts: what the digests in leaf were made of, salt (in hexadecimal digits), description and metadata; or a note, "erased on" and the time; NULL where it has had none. Errors: 22004, 42501, SB205 no such entry is sealed, or it is in a ledger that the role has not, SB901 it was changed or removed since.';
