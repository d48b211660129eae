/*
 * The proof.  In plain SQL, so that an auditor can read it: one function for
 * each topic, beside its tables, and here what brings them together.  Each
 * can be run alone (SELECT * FROM simplebank_internal.prove_holds()); all of
 * them read one snapshot, that of the statement that calls verify().
 *
 * A proof begins at the first entry, or, as told, at the closing balances of
 * a day: then of what is history (entries, transfers, holds, keys) only what
 * came since is proved, while accounts and open holds are all looked at.  The
 * statements are planned anew each time, so that conditions on is_full cost
 * nothing.
 */

/* Where a proof begins. */
CREATE FUNCTION simplebank_internal.proof_start(
	since timestamptz, OUT is_full boolean, OUT day date, OUT ends_at timestamptz,
	OUT last_transfer bigint, OUT last_event bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT d.day, d.ends_at, d.last_transfer_id, d.last_event_id INTO day, ends_at, last_transfer, last_event
	FROM simplebank.closed_days d
	WHERE d.ends_at <= since AND d.closed_at IS NOT NULL ORDER BY d.ends_at DESC LIMIT 1;
	is_full := day IS NULL;
END $$;
COMMENT ON FUNCTION simplebank_internal.proof_start IS
'Part of verify(): the last day that was closed and over at a time, from whose closing balances on is proved; is_full where there is none, or no time is given.';

CREATE FUNCTION simplebank_internal.prove(
	since timestamptz DEFAULT NULL,
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT * FROM simplebank_internal.prove_transfers(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_entries(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_accounts(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_holds(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_keys(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_orders(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_settlement(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_interest(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_days(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_statements(since);
END;
COMMENT ON FUNCTION simplebank_internal.prove IS 'Part of verify(): all its proofs.';

/*
 * What came since a day is found by indexes alone, whatever the statistics
 * say of how much that is: no planner can know, and a plan that reads the
 * whole ledger is right only where all of it is new.
 */
CREATE FUNCTION simplebank_internal.prove_since(
	since timestamptz,
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
BEGIN ATOMIC
	SELECT * FROM simplebank_internal.prove(since);
END;
COMMENT ON FUNCTION simplebank_internal.prove_since IS 'Part of verify(): all its proofs, of what came since a day, reading no more than that and what there is now.';

CREATE FUNCTION simplebank_internal.verify(
	since timestamptz,
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (simplebank_internal.proof_start(since)).is_full THEN
		RETURN QUERY SELECT * FROM simplebank_internal.prove();
	ELSE
		RETURN QUERY SELECT * FROM simplebank_internal.prove_since(since);
	END IF;
END $$;
COMMENT ON FUNCTION simplebank_internal.verify IS 'Body of simplebank.verify.';

CREATE FUNCTION simplebank.verify(
	since timestamptz DEFAULT NULL,
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_verify'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.verify IS
'Proves the ledger on one snapshot: a row per violated invariant, none when sound. Invariants: transfer_balanced, transfer_entries, transfer_amount, reversal_opposite, entry_transfer, entry_account, entry_amount, versions_gapless, running_balance, posted_in_order, account_balance, account_version, account_updated_at, account_settings, stripe_account, event_account, account_held, hold_accounts, hold_captured, hold_status, event_hold, account_limits, account_currency, account_closed, key_outcome, order_execution, settlement_position, clearing_balance, interest_accrual, interest_posting, day_balance, day_trial_balance, statement_balance, currency_balanced. since: begins at the closing balances of the last day that was closed and over then, instead of at the first entry; damage before that it does not see. Blocks nobody. Errors: 42501.';
