/*
 * Idempotency keys.  A key belongs to the role that the caller acts as.
 *
 * The row says what was asked; what came of it is in the ledger, which never
 * changes, so a replay reads the answer there.
 */
CREATE TABLE simplebank.idempotency_keys (
	role text COLLATE "C" NOT NULL,
	key text COLLATE "C" NOT NULL,
	operation text COLLATE "C" NOT NULL,
	request jsonb NOT NULL,
	transfer_id bigint,
	account_id bigint,
	hold_id bigint,
	order_id bigint,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	PRIMARY KEY (role, key)
);
CREATE INDEX idempotency_keys_created_idx ON simplebank.idempotency_keys (created_at);

COMMENT ON TABLE simplebank.idempotency_keys IS
'What each idempotency key has done; kept for simplebank.key_retention.';
COMMENT ON COLUMN simplebank.idempotency_keys.role IS 'the role that the caller acted as: the key is that role''s';
COMMENT ON COLUMN simplebank.idempotency_keys.request IS 'the arguments that make a request the same';

CREATE FUNCTION simplebank.idempotency_check(
	key text,
	OUT key text, OUT operation text, OUT account_id bigint, OUT transfer_id bigint,
	OUT hold_id bigint, OUT created_at timestamptz, OUT answer jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_idempotency_check'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.idempotency_check IS
'What an idempotency key of the calling role has done, with the whole answer as the first call gave it; no row if it is unused. Errors: 22004, 22023.';

CREATE FUNCTION simplebank.purge_keys(max_items int DEFAULT 1000)
RETURNS int
AS 'MODULE_PATHNAME', 'simplebank_purge_keys'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.purge_keys IS
'Housekeeping: removes idempotency keys older than simplebank.key_retention, oldest first, max_items (1 to 8,192) at most, but those that somebody waits for; answers how many. Errors: 22004, 22023, 25006.';
