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

/*
 * Where a proof begins: at a day that no ledger is closing, so that of two
 * accounts of a transfer either both closing balances have it or none.  A
 * ledger that has not closed that day is proved from the last that it has.
 * The ids hold for all ledgers, since whoever ends a day waits for all
 * postings, and a day ends at the same time in each.
 */
CREATE FUNCTION simplebank_internal.proof_start(
	since timestamptz, OUT is_full boolean, OUT day date, OUT ends_at timestamptz,
	OUT decided_transfer bigint, OUT decided_event bigint, OUT decided_position bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	being_closed CONSTANT date = (SELECT min(d.day) FROM simplebank.closed_days d WHERE d.closed_at IS NULL);
BEGIN
	SELECT d.day, d.ends_at INTO day, ends_at
	FROM simplebank.closed_days d
	WHERE d.ends_at <= since AND (d.day < being_closed) IS NOT FALSE ORDER BY d.ends_at DESC, d.day DESC LIMIT 1;
	SELECT min(d.decided_transfer_id), min(d.decided_event_id), min(d.decided_position) INTO decided_transfer, decided_event, decided_position
	FROM simplebank.closed_days d WHERE d.ends_at = proof_start.ends_at AND d.day = proof_start.day;
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
	UNION ALL SELECT * FROM simplebank_internal.prove_references(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_orders(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_requests(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_settlement(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_interest(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_days(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_statements(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_erasures(since)
	UNION ALL SELECT * FROM simplebank_internal.prove_log(since);
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
'Proves the ledger on one snapshot: a row per violated invariant, none when sound. Invariants: transfer_balanced, transfer_ledger, transfer_entries, transfer_amount, reversal_opposite, refund_amount, entry_transfer, entry_account, entry_amount, versions_gapless, running_balance, posted_in_order, account_balance, account_version, account_updated_at, account_settings, stripe_account, account_ledger, event_account, account_held, hold_accounts, hold_captured, hold_status, event_hold, account_limits, account_currency, account_closed, key_outcome, transfer_reference, hold_reference, account_code, order_execution, settlement_position, clearing_balance, clearing_status, settlement_account, settlement_ledger, interest_accrual, interest_posting, day_balance, day_trial_balance, statement_balance, request, erasure_texts, erasure_object, erasure_call, log_segment, log_entry, log_twice, log_missing, currency_balanced. since: begins at the closing balances of the last day that was closed and over then, instead of at the first entry; damage before that it does not see. Blocks nobody. Errors: 42501, also where the role has some ledgers only.';

/* The job. */
CREATE TABLE simplebank.verifications (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	started_at timestamptz NOT NULL,
	finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	findings bigint NOT NULL,
	since timestamptz,
	last_seal bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE simplebank.verifications IS 'Each run of verify() by the job verify_ledger.';
COMMENT ON COLUMN simplebank.verifications.since IS 'the argument of verify(); NULL: a full proof';
COMMENT ON COLUMN simplebank.verifications.last_seal IS 'verify_seals() has looked at the seals up to this one';
CREATE TABLE simplebank.verification_findings (
	verification_id bigint,
	n int,
	invariant text NOT NULL,
	account_id bigint,
	version bigint,
	transfer_id bigint,
	detail text,
	PRIMARY KEY (verification_id, n)
);
COMMENT ON TABLE simplebank.verification_findings IS 'What verify() has found, 1,000 rows of a run at most.';

CREATE FUNCTION simplebank_internal.verify_ledger()
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kept CONSTANT int = 1000;
	began CONSTANT timestamptz = clock_timestamp();
	last simplebank.verifications;
	since timestamptz;
	seal bigint = 0;
	verification bigint;
	total bigint;
BEGIN
	/*
	 * From where the last one was, unless it has found something, or a full
	 * one is due: from the last day whose postings had all been committed when
	 * that began, and from the last seal that it has seen.
	 */
	SELECT v.* INTO last FROM simplebank.verifications v ORDER BY v.id DESC LIMIT 1;
	IF last.findings = 0 AND EXISTS (SELECT FROM simplebank.verifications v
									 WHERE v.since IS NULL AND v.started_at > began - interval '6 days 12 hours') THEN
		since := (SELECT max(d.ends_at) FROM simplebank.closed_days d WHERE d.began_at <= last.started_at AND d.closed_at IS NOT NULL);
		seal := last.last_seal;
	END IF;
	INSERT INTO simplebank.verifications AS v (started_at, findings, since, last_seal)
	VALUES (began, 0, since, coalesce((SELECT max(s.id) FROM simplebank.seals s), 0)) RETURNING v.id INTO verification;
	WITH found AS MATERIALIZED (
		SELECT f.*, row_number() OVER () AS n
		FROM (SELECT * FROM simplebank.verify(since) UNION ALL SELECT * FROM simplebank.verify_seals(after_seal => seal)) f
	), keep AS (
		INSERT INTO simplebank.verification_findings (verification_id, n, invariant, account_id, version, transfer_id, detail)
		SELECT verification, f.n, f.invariant, f.account_id, f.version, f.transfer_id, f.detail FROM found f WHERE f.n <= kept
	)
	SELECT count(*) INTO total FROM found;
	UPDATE simplebank.verifications v SET findings = total, finished_at = clock_timestamp() WHERE v.id = verification;
	IF total > 0 THEN
		PERFORM simplebank_internal.note('finding', g.ledger_id, NULL, verification, jsonb_build_object('findings', g.findings, 'invariants', g.invariants))
		FROM (SELECT coalesce(a.ledger_id, t.ledger_id, 1) AS ledger_id, count(*) AS findings, jsonb_agg(DISTINCT f.invariant) AS invariants
			  FROM simplebank.verification_findings f
				  LEFT JOIN simplebank.accounts a ON a.id = simplebank_internal.account_of(f.account_id)
				  LEFT JOIN simplebank.transfers t ON t.id = f.transfer_id
			  WHERE f.verification_id = verification GROUP BY 1) g;
		RAISE WARNING 'the ledger is not sound: verify() and verify_seals() have found % violations', total
			USING HINT = 'See simplebank.verification_findings.';
	END IF;
	RETURN total;
END $$;
COMMENT ON FUNCTION simplebank_internal.verify_ledger IS
'Part of the job verify_ledger: runs verify() and verify_seals() and keeps what they find; answers how much. Once a week, and after one that has found something, it proves all, else what came since the last proof.';

CREATE FUNCTION simplebank_internal.verify_ledger_step(
	business_date date, OUT done bigint, OUT failed bigint, OUT error text, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	failed := simplebank_internal.verify_ledger();
	done := 1;
	error := CASE WHEN failed > 0 THEN format('verify() and verify_seals() have found %s violations, see verification_findings', failed) END;
	more := false;
END $$;
COMMENT ON FUNCTION simplebank_internal.verify_ledger_step IS 'The job verify_ledger: all of it at once.';
