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
LANGUAGE c STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION simplebank.idempotency_check IS
'What an idempotency key of the calling role has done, with the whole answer as the first call gave it; no row if it is unused. Its transaction ends once the synchronous standby has what it tells. Amounts in answer are JSON strings, so that no client rounds them. Errors: 22004, 22023, 25000 in a parallel worker, by a function that is wrongly marked PARALLEL SAFE.';

CREATE FUNCTION simplebank.purge_keys(max_items int DEFAULT 1000)
RETURNS int
AS 'MODULE_PATHNAME', 'simplebank_purge_keys'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.purge_keys IS
'Housekeeping: removes idempotency keys older than simplebank.key_retention, oldest first, max_items (1 to 8,192) at most, but those that somebody waits for; answers how many. Errors: 22004, 22023, 25006.';

CREATE FUNCTION simplebank_internal.purge_keys_step(
	business_date date, OUT done bigint, OUT failed bigint, OUT error text, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	portion CONSTANT int = 1000;
BEGIN
	done := simplebank.purge_keys(portion) + simplebank_internal.purge_ticks(portion);
	failed := 0;
	more := done >= portion;
END $$;
COMMENT ON FUNCTION simplebank_internal.purge_keys_step IS 'The job purge_keys: a portion of old keys and records of ticks.';

/* Part of verify(): each key and what came of it. */
CREATE FUNCTION simplebank_internal.prove_keys(
	since timestamptz DEFAULT NULL,
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
	start CONSTANT record = simplebank_internal.proof_start(since);
BEGIN
	RETURN QUERY
	SELECT 'key_outcome', k.account_id, NULL::bigint, k.transfer_id,
		   format('key %L of role %L does not stand for what came of it', k.key, k.role)
	FROM simplebank.idempotency_keys k
		LEFT JOIN simplebank.transfers t ON t.id = k.transfer_id
		LEFT JOIN simplebank.accounts a ON a.id = k.account_id
		LEFT JOIN simplebank.holds h ON h.id = k.hold_id
		LEFT JOIN simplebank.standing_orders o ON o.id = k.order_id
	WHERE (start.is_full OR k.created_at >= start.ends_at) AND NOT coalesce(
		CASE k.operation
			WHEN 'open_account' THEN
				k.request ->> 'owner' = a.owner
				AND k.request ->> 'currency' = a.currency
			WHEN 'transfer' THEN
				k.request -> 'from_account' = to_jsonb(simplebank_internal.account_of(t.from_account_id))
				AND k.request -> 'to_account' = to_jsonb(simplebank_internal.account_of(t.to_account_id))
			WHEN 'deposit' THEN k.request -> 'account' = to_jsonb(simplebank_internal.account_of(t.to_account_id))
			WHEN 'withdraw' THEN k.request -> 'account' = to_jsonb(simplebank_internal.account_of(t.from_account_id))
			WHEN 'exchange' THEN
				k.request -> 'from_amount' = to_jsonb(t.from_amount)
				AND k.request -> 'to_amount' = to_jsonb(t.to_amount)
			WHEN 'reversal' THEN k.request -> 'transfer_id' = to_jsonb(t.reverses)
			WHEN 'refund' THEN k.request -> 'transfer_id' = to_jsonb(t.reverses)
			WHEN 'journal' THEN true
			WHEN 'capture' THEN k.request -> 'hold_id' = to_jsonb(t.hold_id) AND t.hold_id = k.hold_id
			WHEN 'place_hold' THEN
				k.request -> 'from_account' = to_jsonb(h.from_account_id)
				AND k.request -> 'to_account' = to_jsonb(h.to_account_id)
			WHEN 'release_hold' THEN k.request -> 'hold_id' = to_jsonb(h.id) AND h.status = 'released'
			WHEN 'clear_payment' THEN
				k.request -> 'from_account' = to_jsonb(simplebank_internal.account_of(coalesce(t.from_account_id, (
					SELECT e.account_id FROM simplebank.entries e WHERE e.transfer_id = t.id AND e.leg = 1))))
				AND k.request -> 'to_account' = to_jsonb(simplebank_internal.account_of(coalesce(t.to_account_id, (
					SELECT e.account_id FROM simplebank.entries e WHERE e.transfer_id = t.id AND e.leg = 4))))
			WHEN 'schedule_transfer' THEN
				k.request -> 'from_account' = to_jsonb(o.from_account_id)
				AND k.request -> 'to_account' = to_jsonb(o.to_account_id)
				AND k.request -> 'keep' IS NOT DISTINCT FROM to_jsonb(o.keep)
		END
		AND CASE WHEN k.operation = 'open_account' THEN num_nulls(k.transfer_id, k.hold_id, k.order_id) = 3
				 WHEN k.operation IN ('place_hold', 'release_hold') THEN num_nulls(k.transfer_id, k.account_id, k.order_id) = 3
				 WHEN k.operation = 'schedule_transfer' THEN num_nulls(k.transfer_id, k.account_id, k.hold_id) = 3
				 ELSE num_nulls(k.account_id, k.order_id) = 2 AND t.operation = k.operation END
		AND (k.request -> 'amount' IS NULL OR k.request -> 'amount' = to_jsonb(coalesce(t.to_amount, t.amount, h.amount, o.amount))), false);
END $$;
COMMENT ON FUNCTION simplebank_internal.prove_keys IS
'Part of verify(): idempotency keys.';
