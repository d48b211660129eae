/*
 * References: the business's own names of transfers and holds, kept for ever
 * where an idempotency key lives for simplebank.key_retention.
 *
 * Each stands in the row that it names.  What makes it unique and finds it is
 * a table beside: so who uses none pays for no index.
 */
CREATE TABLE simplebank.transfer_references (
	transfer_id bigint NOT NULL,
	ledger_id int NOT NULL DEFAULT 1,
	reference text COLLATE "C" NOT NULL,
	PRIMARY KEY (ledger_id, reference)
);
COMMENT ON TABLE simplebank.transfer_references IS
'The transfer of each reference: a row per transfer that has one, unique within a ledger.';

CREATE TABLE simplebank.hold_references (
	hold_id bigint NOT NULL,
	ledger_id int NOT NULL DEFAULT 1,
	reference text COLLATE "C" NOT NULL,
	PRIMARY KEY (ledger_id, reference)
);
COMMENT ON TABLE simplebank.hold_references IS
'The hold of each reference: a row per hold that has one, unique within a ledger. Apart from those of transfers, so that a hold and its capture can have the same.';

/*
 * Part of verify(): each reference is where it belongs, and once.  Since a
 * day: those of what came since; that there are no others the whole proof says.
 */
CREATE FUNCTION simplebank_internal.prove_references(
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
	SELECT 'transfer_reference', NULL::bigint, NULL::bigint, t.id, format('its reference %L is that of %s', t.reference, coalesce('transfer ' || r.transfer_id, 'no transfer'))
	FROM simplebank.transfers t LEFT JOIN simplebank.transfer_references r
		ON r.ledger_id = coalesce(t.ledger_id, 1) AND r.reference = t.reference
	WHERE (start.is_full OR t.id > start.decided_transfer) AND t.reference IS NOT NULL AND r.transfer_id IS DISTINCT FROM t.id
	UNION ALL
	SELECT 'transfer_reference', NULL, NULL, r.transfer_id, format('it has not reference %L', r.reference)
	FROM simplebank.transfer_references r LEFT JOIN simplebank.transfers t ON t.id = r.transfer_id
	WHERE start.is_full AND (coalesce(t.ledger_id, 1), t.reference) IS DISTINCT FROM (r.ledger_id, r.reference)
	UNION ALL
	SELECT 'transfer_reference', NULL, NULL, min(r.transfer_id), format('reference %L is there %s times', r.reference, count(*))
	FROM simplebank.transfer_references r WHERE start.is_full
	GROUP BY r.ledger_id, r.reference HAVING count(*) > 1
	UNION ALL
	SELECT 'hold_reference', h.from_account_id, NULL, NULL, format('reference %L of hold %s is that of %s', h.reference, h.id, coalesce('hold ' || r.hold_id, 'no hold'))
	FROM simplebank.holds h LEFT JOIN simplebank.hold_references r
		ON r.ledger_id = coalesce(h.ledger_id, 1) AND r.reference = h.reference
	WHERE h.reference IS NOT NULL AND r.hold_id IS DISTINCT FROM h.id
	  AND (start.is_full OR h.id IN (SELECT v.hold_id FROM simplebank.account_events v
									 WHERE v.id > start.decided_event AND v.hold_id IS NOT NULL))
	UNION ALL
	SELECT 'hold_reference', h.from_account_id, NULL, NULL, format('hold %s has not reference %L', r.hold_id, r.reference)
	FROM simplebank.hold_references r LEFT JOIN simplebank.holds h ON h.id = r.hold_id
	WHERE start.is_full AND (coalesce(h.ledger_id, 1), h.reference) IS DISTINCT FROM (r.ledger_id, r.reference)
	UNION ALL
	SELECT 'hold_reference', NULL, NULL, NULL, format('reference %L of hold %s is there %s times', r.reference, min(r.hold_id), count(*))
	FROM simplebank.hold_references r WHERE start.is_full
	GROUP BY r.ledger_id, r.reference HAVING count(*) > 1
	UNION ALL
	SELECT 'account_code', x.id, NULL, NULL, format('its code is %s, in account_codes %s', coalesce(quote_literal(x.code), 'none'), coalesce(quote_literal(x.listed), 'none'))
	FROM (SELECT coalesce(a.id, c.account_id) AS id, a.code, c.code AS listed, a.ledger_id, c.ledger_id AS listed_ledger
		  FROM (SELECT a.id, a.code, a.ledger_id FROM simplebank.accounts a WHERE a.code IS NOT NULL) a
			FULL JOIN simplebank.account_codes c ON c.account_id = a.id) x
	WHERE (x.code, x.ledger_id) IS DISTINCT FROM (x.listed, x.listed_ledger)
	UNION ALL
	SELECT 'account_code', min(c.account_id), NULL, NULL, format('code %L is there %s times', c.code, count(*))
	FROM simplebank.account_codes c GROUP BY c.ledger_id, c.code HAVING count(*) > 1;
END $$;
COMMENT ON FUNCTION simplebank_internal.prove_references IS
'Part of verify(): references of transfers and holds and codes of accounts, each in both of its tables.';
