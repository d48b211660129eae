/*
 * Searches: each reads a bounded number of rows, and is paged by a cursor.
 *
 * They are answered as the ledger's owner, and judge the caller's rights in C:
 * a customer gets what the policies of row-level security give it.
 */
CREATE FUNCTION simplebank.find_transfers(
	account_id bigint DEFAULT NULL, reference text DEFAULT NULL, operation text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	description text DEFAULT NULL, from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	min_amount bigint DEFAULT NULL, max_amount bigint DEFAULT NULL, after text DEFAULT NULL, max_rows int DEFAULT 100,
	role text DEFAULT NULL, hold_id bigint DEFAULT NULL, reverses bigint DEFAULT NULL,
	from_effective timestamptz DEFAULT NULL, to_effective timestamptz DEFAULT NULL, newest_first boolean DEFAULT true,
	ledger text DEFAULT NULL,
	OUT id bigint, OUT from_account_id bigint, OUT to_account_id bigint, OUT amount bigint,
	OUT posted_at timestamptz, OUT effective_at timestamptz, OUT created_at timestamptz, OUT operation text,
	OUT reverses bigint, OUT from_amount bigint, OUT to_amount bigint, OUT hold_id bigint, OUT reference text,
	OUT role text, OUT gateway text, OUT description text, OUT metadata jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_transfers'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_transfers IS
'Transfers that are all of what is asked, which is nothing where NULL: that have an entry of account_id; that have this reference; of this operation, or role; whose metadata contain metadata (@>); whose description begins with description, letter by letter; posted from from_time (inclusive) to to_time (exclusive), effective from from_effective to to_effective; of min_amount to max_amount (inclusive, minor units); that capture hold_id; that take back transfer reverses; in this ledger of the caller''s. newest_first: or oldest first, by id; those of an account, and all of a customer''s, by the time of posting. max_rows: 1 to 1000 a call. To page: the same again, with after = the cursor of the last row; what was there at the first call comes once, whatever is posted meanwhile. The rows are those of table transfers, with a stripe''s account instead of it. A customer gets the transfers of its own accounts. A call reads simplebank.max_search_rows rows at most. Errors: SB013 no such ledger, 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows would have to be read, HINT says what to ask for.';

CREATE FUNCTION simplebank.find_accounts(
	owner text DEFAULT NULL, code text DEFAULT NULL, name text DEFAULT NULL, currency text DEFAULT NULL, kind text DEFAULT NULL, status text DEFAULT NULL,
	metadata jsonb DEFAULT NULL, from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	after text DEFAULT NULL, max_rows int DEFAULT 100, newest_first boolean DEFAULT true,
	ledger text DEFAULT NULL,
	OUT id bigint, OUT owner text, OUT code text, OUT name text, OUT currency text, OUT kind text, OUT status text, OUT is_system boolean,
	OUT balance bigint, OUT held bigint, OUT min_balance bigint, OUT max_balance bigint, OUT stripes int,
	OUT created_at timestamptz, OUT metadata jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_accounts'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_accounts IS
'Accounts that are all of what is asked, which is nothing where NULL: of this owner, code, currency, kind or status; whose name begins with name; whose metadata contain metadata (@>); opened from from_time (inclusive) to to_time (exclusive); in this ledger of the caller''s. By id, the newest or the oldest first; paged as find_transfers. balance: with its stripes, minor units. A customer gets its own accounts. Errors: SB013 no such ledger, 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows than simplebank.max_search_rows would have to be read.';

CREATE FUNCTION simplebank.find_holds(
	account_id bigint DEFAULT NULL, reference text DEFAULT NULL, status text DEFAULT NULL, metadata jsonb DEFAULT NULL, description text DEFAULT NULL,
	from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	from_expiry timestamptz DEFAULT NULL, to_expiry timestamptz DEFAULT NULL,
	min_amount bigint DEFAULT NULL, max_amount bigint DEFAULT NULL,
	after text DEFAULT NULL, max_rows int DEFAULT 100, newest_first boolean DEFAULT true,
	ledger text DEFAULT NULL,
	OUT id bigint, OUT from_account_id bigint, OUT to_account_id bigint, OUT amount bigint, OUT captured bigint,
	OUT status text, OUT expires_at timestamptz, OUT created_at timestamptz, OUT closed_at timestamptz,
	OUT reference text, OUT description text, OUT metadata jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_holds'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_holds IS
'Holds that are all of what is asked, which is nothing where NULL: of account_id''s money, or in its favour; of this reference; of this status, where one past its time is expired, whatever table holds still says; whose metadata contain metadata (@>); whose description begins with description; placed from from_time (inclusive) to to_time (exclusive), expiring from from_expiry to to_expiry; of min_amount to max_amount (inclusive, minor units); in this ledger of the caller''s. By id, the newest or the oldest first; paged as find_transfers. A customer gets those of its own accounts. Errors: SB013 no such ledger, 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows than simplebank.max_search_rows would have to be read.';

CREATE FUNCTION simplebank.find_events(
	account_id bigint DEFAULT NULL, event text DEFAULT NULL, hold_id bigint DEFAULT NULL, role text DEFAULT NULL,
	from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	after text DEFAULT NULL, max_rows int DEFAULT 100, newest_first boolean DEFAULT true,
	ledger text DEFAULT NULL,
	OUT id bigint, OUT account_id bigint, OUT event text, OUT version bigint, OUT hold_id bigint, OUT created_at timestamptz,
	OUT role text, OUT gateway text, OUT reason text, OUT before jsonb, OUT after jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_events'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_events IS
'Rows of account_events that are all of what is asked, which is nothing where NULL: of account_id, or hold_id; of this event or role; from from_time (inclusive) to to_time (exclusive); in this ledger of the caller''s. By id, the newest or the oldest first; paged as find_transfers. A customer gets those of its own accounts, with role, gateway and reason where it was itself. Errors: SB013 no such ledger, 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows than simplebank.max_search_rows would have to be read.';

/*
 * Indexes for searches, which cost each posting, so that they are made on
 * demand.
 *
 * pg_dump takes no index that somebody has made on a table of an extension.
 * So search_indexes, which is dumped, names those that are wanted, and
 * whenever rows come into it, by create_search_index() or by pg_restore, those
 * that are not there are made.  The extension's tables take them along when it
 * is dropped; an update leaves them alone.
 */
CREATE TABLE simplebank.search_indexes (
	name text COLLATE "C" PRIMARY KEY,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE simplebank.search_indexes IS
'The indexes of create_search_index() that this ledger has; a restore makes them again. See search_index_status.';

CREATE VIEW simplebank.search_index_status AS
	SELECT d.name, w.name IS NOT NULL AS is_wanted, coalesce(i.indisvalid, false) AS is_there,
		   format('CREATE INDEX CONCURRENTLY %s_search ON simplebank.%s USING %s', d.name, d.on_table, d.what) AS statement,
		   CASE WHEN i.indisvalid THEN pg_relation_size(i.indexrelid) END AS bytes
	FROM (VALUES
		('accounts_metadata', 'accounts', 'gin (metadata jsonb_path_ops)'),
		('accounts_name', 'accounts', 'btree (name COLLATE "C", id) WHERE name IS NOT NULL'),
		('holds_metadata', 'holds', 'gin (metadata jsonb_path_ops)'),
		('transfers_amount', 'transfers', 'btree (amount, id)'),
		('transfers_description', 'transfers', 'btree ("left"(description, 64) text_pattern_ops, id) WHERE description IS NOT NULL'),
		('transfers_effective_at', 'transfers', 'btree (effective_at, id)'),
		('transfers_metadata', 'transfers', 'gin (metadata jsonb_path_ops)'),
		('transfers_operation', 'transfers', 'btree (operation, id)'),
		('transfers_posted_at', 'transfers', 'btree (posted_at, id)'),
		('transfers_role', 'transfers', 'btree (role, id)')) d(name, on_table, what)
		LEFT JOIN simplebank.search_indexes w ON w.name = d.name
		LEFT JOIN pg_catalog.pg_class c ON c.relname = d.name || '_search' AND c.relkind = 'i'
			AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = 'simplebank')
		LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid;
COMMENT ON VIEW simplebank.search_index_status IS
'The indexes that create_search_index() can make, and which of them are wanted and there. One that is wanted and not there has been dropped by hand: create_search_index() makes it again.';
COMMENT ON COLUMN simplebank.search_index_status.statement IS
'by which a superuser can make it beforehand without keeping anybody from posting; create_search_index() then only notes it';
COMMENT ON COLUMN simplebank.search_index_status.bytes IS 'its size';

/* fires where rows come, so in pg_restore too; there the tables may still be empty */
CREATE FUNCTION simplebank_internal.make_search_indexes()
RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	missing record;
BEGIN
	FOR missing IN
		SELECT s.name, replace(s.statement, ' CONCURRENTLY', '') AS statement
		FROM simplebank.search_index_status s WHERE s.is_wanted AND NOT s.is_there ORDER BY s.name
	LOOP
		/* one that an interrupted CREATE INDEX CONCURRENTLY has left */
		IF to_regclass(format('simplebank.%I', missing.name || '_search')) IS NOT NULL THEN
			EXECUTE format('DROP INDEX simplebank.%I', missing.name || '_search');
		END IF;
		EXECUTE missing.statement;
	END LOOP;
	/* what ANALYZE keeps of an expression are values of it, which may have to be erased */
	IF to_regclass('simplebank.transfers_description_search') IS NOT NULL THEN
		ALTER INDEX simplebank.transfers_description_search ALTER COLUMN 1 SET STATISTICS 0;
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION simplebank_internal.make_search_indexes IS
'Trigger of search_indexes: makes those that are wanted and not there.';
CREATE TRIGGER make_search_indexes AFTER INSERT ON simplebank.search_indexes
	FOR EACH STATEMENT EXECUTE FUNCTION simplebank_internal.make_search_indexes();
COMMENT ON TRIGGER make_search_indexes ON simplebank.search_indexes IS 'Makes the indexes that rows name.';

CREATE FUNCTION simplebank_internal.create_search_index(name text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	there CONSTANT boolean = (SELECT s.is_there FROM simplebank.search_index_status s WHERE s.name = create_search_index.name);
BEGIN
	IF create_search_index.name IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'name');
	ELSIF there IS NULL THEN
		PERFORM simplebank_internal.refuse('22023', 'name', 'It is one of search_index_status.');
	END IF;
	INSERT INTO simplebank.search_indexes (name) VALUES (create_search_index.name) ON CONFLICT DO NOTHING;
	PERFORM simplebank.audit('create_search_index', jsonb_build_object('name', create_search_index.name));
	RETURN NOT there;
END $$;
COMMENT ON FUNCTION simplebank_internal.create_search_index IS 'Body of simplebank.create_search_index.';

CREATE FUNCTION simplebank.create_search_index(name text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'simplebank_create_search_index'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.create_search_index IS
'Makes an index by which searches find what they would otherwise read too many rows for; name: one of search_index_status, as the HINT of 54000 says it. It costs each posting that has what it indexes. Nobody posts while it is made, for about a second a million rows; to avoid that, run the statement of search_index_status before, as a superuser. Answers whether it has made it; false: it was there. Errors: 22004, 22023 no such index, 25006.';

CREATE FUNCTION simplebank_internal.drop_search_index(name text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	there CONSTANT boolean = (SELECT s.is_there FROM simplebank.search_index_status s WHERE s.name = drop_search_index.name);
BEGIN
	IF drop_search_index.name IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'name');
	ELSIF there IS NULL THEN
		PERFORM simplebank_internal.refuse('22023', 'name', 'It is one of search_index_status.');
	END IF;
	DELETE FROM simplebank.search_indexes s WHERE s.name = drop_search_index.name;
	IF to_regclass(format('simplebank.%I', drop_search_index.name || '_search')) IS NOT NULL THEN
		EXECUTE format('DROP INDEX simplebank.%I', drop_search_index.name || '_search');
	END IF;
	PERFORM simplebank.audit('drop_search_index', jsonb_build_object('name', drop_search_index.name));
	RETURN there;
END $$;
COMMENT ON FUNCTION simplebank_internal.drop_search_index IS 'Body of simplebank.drop_search_index.';

CREATE FUNCTION simplebank.drop_search_index(name text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'simplebank_drop_search_index'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.drop_search_index IS
'Drops an index of create_search_index(); answers whether it was there. Errors: 22004, 22023 no such index, 25006.';

/*
 * Which ids the transfers of a time have.  Times do not grow with ids, since
 * an id is given before its accounts are locked, and a clock may be set back;
 * so the times of all transfers up to an id are noted once nothing can come
 * below it any more.  It costs a posting nothing, where a BRIN index on
 * posted_at costs 15,000 instructions, and reads all that is not summarized.
 *
 * That is so once all transactions have ended that were there when the id was
 * seen: a transaction has its own id before it takes one for a transfer, and
 * decided_at is read after last_id.
 */
CREATE TABLE simplebank.transfer_spans (
	last_id bigint PRIMARY KEY,
	noted_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	decided_at xid8 NOT NULL,
	earliest timestamptz,
	latest timestamptz,
	is_late boolean NOT NULL DEFAULT false
);
CREATE INDEX transfer_spans_latest_idx ON simplebank.transfer_spans (latest, last_id) WHERE latest IS NOT NULL;
CREATE INDEX transfer_spans_late_idx ON simplebank.transfer_spans (last_id) WHERE is_late;
COMMENT ON TABLE simplebank.transfer_spans IS
'When the transfers up to an id were posted, for searches by time. Written by the job expire_holds, every ten minutes; a row is of the ids behind the row before.';
COMMENT ON COLUMN simplebank.transfer_spans.decided_at IS 'the next transaction when last_id was seen: once all before it have ended, no transfer up to last_id comes any more';
COMMENT ON COLUMN simplebank.transfer_spans.earliest IS 'the first posted_at of its transfers; NULL: not decided yet';
COMMENT ON COLUMN simplebank.transfer_spans.latest IS 'the last posted_at of its transfers and of all before them; NULL: not decided yet';
COMMENT ON COLUMN simplebank.transfer_spans.is_late IS 'earliest lies more than an hour before latest of the row before: a posting waited for long, or the clock was set back';

CREATE FUNCTION simplebank_internal.note_spans()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	/* a span is so long, or has so many ids */
	every CONSTANT interval = '10 minutes';
	portion CONSTANT bigint = 50000;
	most CONSTANT bigint = 500000;
	noted simplebank.transfer_spans;
	last simplebank.transfer_spans;
	times record;
	seen bigint;
BEGIN
	SELECT s.* INTO last FROM simplebank.transfer_spans s WHERE s.latest IS NOT NULL ORDER BY s.latest DESC, s.last_id DESC LIMIT 1;
	SELECT s.* INTO noted FROM simplebank.transfer_spans s WHERE s.last_id > coalesce(last.last_id, 0) ORDER BY s.last_id LIMIT 1;
	IF noted.last_id IS NOT NULL THEN
		IF pg_snapshot_xmin(pg_current_snapshot()) < noted.decided_at THEN
			RETURN;
		END IF;
		SELECT min(t.posted_at) AS earliest, max(t.posted_at) AS latest INTO times
		FROM simplebank.transfers t WHERE t.id > coalesce(last.last_id, 0) AND t.id <= noted.last_id;
		UPDATE simplebank.transfer_spans s
		SET earliest = times.earliest, latest = coalesce(greatest(times.latest, last.latest), '-infinity'),
			is_late = coalesce(times.earliest < last.latest - interval '1 hour', false)
		WHERE s.last_id = noted.last_id
		RETURNING s.* INTO last;
	END IF;
	SELECT least(max(t.id), coalesce(last.last_id, 0) + most) INTO seen FROM simplebank.transfers t HAVING max(t.id) IS NOT NULL;
	IF seen >= coalesce(last.last_id, 0) + portion OR seen > coalesce(last.last_id, 0)
	   AND (last.last_id IS NULL OR last.noted_at NOT BETWEEN clock_timestamp() - every AND clock_timestamp()) THEN
		INSERT INTO simplebank.transfer_spans (last_id, decided_at) VALUES (seen, simplebank_internal.next_transaction());
	END IF;
END $$;
COMMENT ON FUNCTION simplebank_internal.note_spans IS
'Part of the job expire_holds: notes the times of transfers that are decided, and which ones come next.';
