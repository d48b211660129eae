/*
 * Settlement by itself: the job, and the proof of what it and settle() have done.
 */

/*
 * A portion of the job settlement: one group's next date, of those up to the
 * given one; where there is none, and none was given, a cycle that waits.
 */
CREATE FUNCTION simplebank_internal.settlement_step(
	business_date date, OUT done bigint, OUT failed bigint, OUT error text, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	settled simplebank.settlement_groups;
	due_date date;
	cycle simplebank.settlement_cycles;
BEGIN
	done := 0;
	failed := 0;
	/* of many groups most have the same dates and cut-offs */
	WITH due AS MATERIALIZED (
		SELECT g.last_date, g.cutoff, simplebank_internal.next_business_day(g.last_date) AS day, simplebank_internal.due_date(g.cutoff) AS until
		FROM (SELECT DISTINCT g.last_date, g.cutoff FROM simplebank.settlement_groups g) g
	)
	SELECT g.ledger_id, g.name, d.day INTO settled.ledger_id, settled.name, due_date
	FROM simplebank.settlement_groups g JOIN due d ON d.last_date = g.last_date AND d.cutoff = g.cutoff
	WHERE d.day <= least(business_date, d.until)
	  AND (g.next_attempt_at <= clock_timestamp()) IS NOT FALSE
	ORDER BY d.day, g.ledger_id, g.name LIMIT 1;
	IF settled.name IS NULL AND business_date IS NULL THEN
		SELECT c.ledger_id, c.group_name INTO settled.ledger_id, settled.name
		FROM (SELECT DISTINCT ON (c.ledger_id, c.group_name) c.* FROM simplebank.settlement_cycles c
			  WHERE c.status = 'waiting' ORDER BY c.ledger_id, c.group_name, c.id) c
		WHERE c.next_attempt_at <= clock_timestamp()
		ORDER BY c.next_attempt_at LIMIT 1;
	END IF;
	more := settled.name IS NOT NULL;
	IF NOT more THEN
		/* the date is done when each group has done it */
		IF EXISTS (SELECT FROM simplebank.settlement_groups g WHERE g.error IS NOT NULL AND g.last_date < business_date) THEN
			RAISE EXCEPTION 'not settled: %', (SELECT string_agg(g.error, '; ') FROM simplebank.settlement_groups g
											   WHERE g.error IS NOT NULL AND g.last_date < business_date);
		END IF;
		RETURN;
	END IF;

	settled := simplebank_internal.find_settlement_group(settled.name, settled.ledger_id);
	BEGIN
		PERFORM simplebank_internal.lock_settlement_group(settled);
		IF due_date IS NOT NULL THEN
			PERFORM simplebank_internal.open_cycle(settled, due_date, simplebank_internal.day_moment(due_date, settled.cutoff));
		END IF;
		FOR cycle IN SELECT * FROM simplebank_internal.try_cycles(settled) LOOP
			IF cycle.status = 'settled' THEN
				done := done + 1;
			ELSE
				failed := failed + 1;
				error := concat_ws('; ', error, format('cycle %s of %s%s waits: %s', cycle.id, settled.name, simplebank_internal.in_ledger(settled.ledger_id), cycle.error));
			END IF;
		END LOOP;
		UPDATE simplebank.settlement_groups g
		SET last_date = coalesce(due_date, g.last_date), attempts = 0, next_attempt_at = NULL, error = NULL
		WHERE g.ledger_id = settled.ledger_id AND g.name = settled.name;
	EXCEPTION WHEN OTHERS THEN
		done := 0;
		failed := 1;
		error := format('group %s%s: %s: %s', settled.name, simplebank_internal.in_ledger(settled.ledger_id), SQLSTATE, SQLERRM);
		UPDATE simplebank.settlement_groups g
		SET attempts = g.attempts + 1, error = settlement_step.error,
			next_attempt_at = clock_timestamp() + simplebank_internal.retry_wait(g.attempts + 1)
		WHERE g.ledger_id = settled.ledger_id AND g.name = settled.name;
	END;
END $$;
COMMENT ON FUNCTION simplebank_internal.settlement_step IS
'A portion of the job settlement, of the groups of all ledgers. A group that fails, or waits, does not stop the others.';

/* Part of verify(): cycles, and what no cycle has taken yet: nothing is settled twice, nothing forgotten. */
CREATE FUNCTION simplebank_internal.prove_settlement(
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
	SELECT 'settlement_position', m.clearing_account_id, p.last_version, c.transfer_id,
		   format('debits %s, credits %s, net %s of "%s" in cycle %s differ from its payments', p.debits, p.credits, p.net, p.member, p.cycle_id)
	FROM simplebank.settlement_positions p
		LEFT JOIN simplebank.settlement_cycles c ON c.id = p.cycle_id
		LEFT JOIN simplebank.settlement_members m ON m.ledger_id = c.ledger_id AND m.group_name = c.group_name AND m.member = p.member
		LEFT JOIN LATERAL (
			SELECT -sum(least(e.amount, 0)) AS debits, sum(greatest(e.amount, 0)) AS credits
			FROM simplebank.entries e
			WHERE e.account_id = m.clearing_account_id AND e.version BETWEEN p.first_version AND p.last_version
			  AND NOT EXISTS (SELECT FROM simplebank.settlement_cycles s WHERE s.transfer_id = e.transfer_id)) e ON true
	WHERE (start.is_full OR c.created_at >= start.ends_at)
	  AND (p.net <> p.credits - p.debits OR (p.debits, p.credits) IS DISTINCT FROM (e.debits, e.credits))
	UNION ALL
	SELECT 'settlement_position', NULL, NULL, c.transfer_id,
		   format('the positions of cycle %s sum to %s, its payments to %s of %s', c.id, sum(p.net), c.gross_amount, sum(p.debits))
	FROM simplebank.settlement_cycles c LEFT JOIN simplebank.settlement_positions p ON p.cycle_id = c.id
	WHERE start.is_full OR c.created_at >= start.ends_at
	GROUP BY c.id HAVING (sum(p.net), sum(p.debits), sum(greatest(p.net, 0))) IS DISTINCT FROM (0, c.gross_amount, c.net_amount)
	UNION ALL
	SELECT 'clearing_balance', m.clearing_account_id, m.settled_version, NULL,
		   format('balance %s, unsettled payments of %s', a.balance, coalesce(e.amount, 0) + coalesce(p.net, 0))
	FROM simplebank.settlement_members m
		LEFT JOIN simplebank.accounts a ON a.id = m.clearing_account_id,
		LATERAL (
			SELECT sum(e.amount) AS amount
			FROM simplebank.entries e
			WHERE e.account_id = m.clearing_account_id AND e.version > m.settled_version
			  AND NOT EXISTS (SELECT FROM simplebank.settlement_cycles s WHERE s.transfer_id = e.transfer_id)) e,
		LATERAL (
			SELECT sum(p.net) AS net
			FROM simplebank.settlement_cycles c JOIN simplebank.settlement_positions p ON p.cycle_id = c.id
			WHERE c.status = 'waiting' AND c.ledger_id = m.ledger_id AND c.group_name = m.group_name AND p.member = m.member) p
	WHERE a.balance IS DISTINCT FROM coalesce(e.amount, 0) + coalesce(p.net, 0)
	UNION ALL
	SELECT 'clearing_status', m.clearing_account_id, NULL, NULL, format('status %s', coalesce(a.status::text, 'of none'))
	FROM simplebank.settlement_members m LEFT JOIN simplebank.accounts a ON a.id = m.clearing_account_id
	WHERE a.status IS DISTINCT FROM CASE WHEN m.left_at IS NULL THEN 'frozen' ELSE 'closed' END
	UNION ALL
	SELECT 'settlement_account', m.settlement_account_id, NULL, NULL, format('of "%s" in group "%s" is %s', m.member, m.group_name, coalesce(a.status::text, 'not there'))
	FROM simplebank.settlement_members m LEFT JOIN simplebank.accounts a ON a.id = m.settlement_account_id
	WHERE m.left_at IS NULL AND coalesce(a.status, 'closed') = 'closed'
	UNION ALL
	SELECT 'settlement_ledger', a.id, NULL, NULL, format('is in ledger %s, its group "%s" in ledger %s', a.ledger_id, m.group_name, m.ledger_id)
	FROM (SELECT m.ledger_id, m.group_name, u.id
		  FROM simplebank.settlement_members m, LATERAL (VALUES (m.clearing_account_id), (m.settlement_account_id)) u(id)
		  UNION ALL
		  SELECT s.ledger_id, s.group_name, s.account_id FROM simplebank.settlement_assignments s) m
		JOIN simplebank.accounts a ON a.id = m.id
	WHERE a.ledger_id <> m.ledger_id;
END $$;
COMMENT ON FUNCTION simplebank_internal.prove_settlement IS
'Part of verify(): settlement cycles and clearing accounts.';
