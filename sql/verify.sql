/*
 * The proof.  In plain SQL, so that an auditor can read it (\sf simplebank.verify)
 * and run any part of it alone.
 *
 * It begins at the first entry, or, as told, at the closing balances of a day:
 * then of what is history (entries, transfers, holds, keys) only what came
 * since is proved, while accounts and open holds are all looked at.  The
 * statement is planned anew each time, so that conditions on is_full cost
 * nothing.
 */
CREATE FUNCTION simplebank_internal.verify(
	since timestamptz,
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off /* compiling so many small parts takes seconds */
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
	is_full boolean = true;
	base_day date;
	base_end timestamptz;
	base_transfer bigint;
	base_event bigint;
BEGIN
	SELECT false, d.day, d.ends_at, d.last_transfer_id, d.last_event_id
	INTO is_full, base_day, base_end, base_transfer, base_event
	FROM simplebank.closed_days d
	WHERE d.ends_at <= verify.since AND d.closed_at IS NOT NULL ORDER BY d.ends_at DESC LIMIT 1;
	is_full := coalesce(is_full, true);

	RETURN QUERY
	WITH base AS MATERIALIZED (
		/* what there is now, and where the proof begins */
		SELECT a.id, a.currency, a.kind, a.created_at, a.version, a.balance,
			   coalesce(b.version, 0) AS base_version, coalesce(b.balance, 0) AS base_balance
		FROM simplebank.accounts a
			LEFT JOIN LATERAL (SELECT b.version, b.balance FROM simplebank.day_balances b
							   WHERE b.account_id = a.id AND b.day <= base_day ORDER BY b.day DESC LIMIT 1) b ON NOT is_full
	), new_entries AS MATERIALIZED (
		SELECT e.* FROM base b JOIN simplebank.entries e ON e.account_id = b.id AND e.version > b.base_version
		WHERE NOT is_full
	), new_transfers AS MATERIALIZED (
		SELECT t.* FROM simplebank.transfers t
		WHERE NOT is_full
		  AND t.id >= (SELECT least(min(e.transfer_id), base_transfer + 1) FROM new_entries e)
		  AND (t.posted_at >= base_end OR t.id IN (SELECT e.transfer_id FROM new_entries e))
	), ledger_entries AS NOT MATERIALIZED (
		SELECT e.* FROM simplebank.entries e WHERE is_full
		UNION ALL
		SELECT e.* FROM new_entries e WHERE NOT is_full
	), ledger_transfers AS NOT MATERIALIZED (
		SELECT t.* FROM simplebank.transfers t WHERE is_full
		UNION ALL
		SELECT t.* FROM new_transfers t WHERE NOT is_full
	), ledger_holds AS NOT MATERIALIZED (
		SELECT h.* FROM simplebank.holds h WHERE is_full
		UNION ALL
		SELECT h.* FROM simplebank.holds h WHERE NOT is_full AND h.status = 'open'
		UNION ALL
		SELECT h.* FROM simplebank.holds h
		WHERE NOT is_full AND h.status <> 'open'
		  AND h.id IN (SELECT v.hold_id FROM simplebank.account_events v WHERE v.id > base_event)
	), chain AS (
		/* every entry beside the one before it in its account */
		SELECT e.*,
			   lag(e.version, 1, coalesce(b.base_version, 0)) OVER w AS last_version,
			   lag(e.balance, 1, coalesce(b.base_balance, 0)) OVER w AS last_balance,
			   lag(e.posted_at, 1, base_end) OVER w AS last_posted_at,
			   lead(e.transfer_id) OVER w AS next_transfer_id
		FROM ledger_entries e LEFT JOIN base b ON b.id = e.account_id
		WINDOW w AS (PARTITION BY e.account_id ORDER BY e.version)
	), sums AS (
		SELECT e.account_id, sum(e.amount) AS amount, count(*) AS entries, max(e.version) AS version
		FROM ledger_entries e GROUP BY e.account_id
	), limits_set AS (
		/* entries up to here may have obeyed other limits */
		SELECT v.account_id, max(v.version) AS version
		FROM simplebank.account_events v WHERE v.event = 'limits' GROUP BY v.account_id
	), accruals AS (
		SELECT x.*, lag(x.accrued, 1, coalesce(b.accrued, 0)) OVER (PARTITION BY x.account_id ORDER BY x.booked_on, x.day) AS last_accrued
		FROM simplebank.interest_accounts i
			LEFT JOIN LATERAL (SELECT x.accrued FROM simplebank.interest_accruals x
							   WHERE x.account_id = i.account_id AND x.booked_on <= base_day
							   ORDER BY x.booked_on DESC, x.day DESC LIMIT 1) b ON NOT is_full
			JOIN simplebank.interest_accruals x ON x.account_id = i.account_id AND (is_full OR x.booked_on > base_day)
	)

	SELECT 'transfer_balanced', NULL::bigint, NULL::bigint, e.transfer_id,
		   format('entries sum to %s %s', sum(e.amount), a.currency)
	FROM ledger_entries e JOIN simplebank.accounts a ON a.id = e.account_id
	GROUP BY e.transfer_id, a.currency HAVING sum(e.amount) <> 0
	UNION ALL
	SELECT 'transfer_entries', NULL, NULL, t.id, format('%s entries', count(e.transfer_id))
	FROM ledger_transfers t LEFT JOIN ledger_entries e ON e.transfer_id = t.id
	GROUP BY t.id, t.from_account_id
	HAVING CASE WHEN t.from_account_id IS NULL
				THEN count(e.transfer_id) < 2 OR count(e.leg) <> max(e.leg)
				ELSE count(e.transfer_id) <> 2 END
		OR count(e.leg) NOT IN (0, count(e.transfer_id))
		OR (t.from_account_id IS NULL) <> (count(e.leg) > 0)
	UNION ALL
	SELECT 'transfer_entries', NULL, NULL, t.id, 'it names one of its entries'
	FROM ledger_transfers t
	WHERE num_nonnulls(t.from_account_id, t.from_version, t.to_account_id, t.to_version) NOT IN (0, 4)
	UNION ALL
	SELECT 'transfer_amount', NULL, NULL, t.id, format('amount %s, credits of %s', t.amount, sum(e.amount))
	FROM ledger_transfers t JOIN ledger_entries e ON e.transfer_id = t.id AND e.amount > 0
		JOIN simplebank.accounts a ON a.id = e.account_id
	GROUP BY t.id, t.amount
	HAVING CASE WHEN count(DISTINCT a.currency) = 1 THEN t.amount IS DISTINCT FROM sum(e.amount)
				ELSE t.amount IS NOT NULL END
	UNION ALL
	SELECT 'reversal_opposite', simplebank_internal.account_of(e.account_id), NULL, r.id, format('differs from transfer %s by %s', r.reverses, sum(e.amount))
	FROM ledger_transfers r
		JOIN simplebank.transfers t ON t.id IN (r.id, r.reverses),
		LATERAL (SELECT e.account_id, e.amount FROM simplebank.entries e
				 WHERE e.account_id = t.from_account_id AND e.version = t.from_version
				 UNION ALL
				 SELECT e.account_id, e.amount FROM simplebank.entries e
				 WHERE e.account_id = t.to_account_id AND e.version = t.to_version
				 UNION ALL
				 SELECT e.account_id, e.amount FROM simplebank.entries e
				 WHERE e.transfer_id = t.id AND e.leg IS NOT NULL) e
	WHERE r.reverses IS NOT NULL
	GROUP BY r.id, r.reverses, simplebank_internal.account_of(e.account_id) HAVING sum(e.amount) <> 0
	UNION ALL
	SELECT 'transfer_entries', t.from_account_id, t.from_version, t.id,
		   'the debit entry differs from its transfer'
	FROM ledger_transfers t LEFT JOIN simplebank.entries e
		ON e.account_id = t.from_account_id AND e.version = t.from_version
	WHERE t.from_account_id IS NOT NULL
	  AND (e.transfer_id, e.amount, e.posted_at, coalesce(e.effective_at, e.posted_at))
		  IS DISTINCT FROM (t.id, -t.amount, t.posted_at, t.effective_at)
	UNION ALL
	SELECT 'transfer_entries', t.to_account_id, t.to_version, t.id,
		   'the credit entry differs from its transfer'
	FROM ledger_transfers t LEFT JOIN simplebank.entries e
		ON e.account_id = t.to_account_id AND e.version = t.to_version
	WHERE t.to_account_id IS NOT NULL
	  AND (e.transfer_id, e.amount, e.posted_at, coalesce(e.effective_at, e.posted_at))
		  IS DISTINCT FROM (t.id, t.amount, t.posted_at, t.effective_at)
	UNION ALL
	SELECT 'entry_transfer', e.account_id, e.version, e.transfer_id, 'there is no such transfer'
	FROM ledger_entries e
	WHERE NOT EXISTS (SELECT FROM simplebank.transfers t WHERE t.id = e.transfer_id)
	UNION ALL
	SELECT 'entry_account', e.account_id, e.version, e.transfer_id, 'there is no such account'
	FROM ledger_entries e
	WHERE NOT EXISTS (SELECT FROM simplebank.accounts a WHERE a.id = e.account_id)
	UNION ALL
	SELECT 'entry_amount', e.account_id, e.version, e.transfer_id, 'the amount is 0'
	FROM ledger_entries e WHERE e.amount = 0
	UNION ALL
	SELECT 'versions_gapless', c.account_id, c.version, c.transfer_id,
		   format('follows version %s', c.last_version)
	FROM chain c WHERE c.version <> c.last_version + 1
	UNION ALL
	SELECT 'running_balance', c.account_id, c.version, c.transfer_id,
		   format('%s %s %s is not %s', c.last_balance, CASE WHEN c.amount < 0 THEN '-' ELSE '+' END,
				  abs(c.amount), c.balance)
	FROM chain c WHERE c.last_balance::numeric + c.amount <> c.balance
	UNION ALL
	SELECT 'posted_in_order', c.account_id, c.version, c.transfer_id, 'posted before the version before it'
	FROM chain c WHERE c.posted_at < c.last_posted_at
	UNION ALL
	SELECT 'account_balance', a.id, a.version, NULL,
		   format('balance %s, entries sum to %s', a.balance, a.base_balance + coalesce(s.amount, 0))
	FROM base a LEFT JOIN sums s ON s.account_id = a.id
	WHERE a.balance <> a.base_balance + coalesce(s.amount, 0)
	UNION ALL
	SELECT 'account_version', a.id, a.version, NULL,
		   format('version %s, %s entries up to version %s', a.version,
				  a.base_version + coalesce(s.entries, 0), coalesce(s.version, a.base_version))
	FROM base a LEFT JOIN sums s ON s.account_id = a.id
	WHERE a.version <> coalesce(s.version, a.base_version) OR a.version <> a.base_version + coalesce(s.entries, 0)
	UNION ALL
	SELECT 'account_updated_at', a.id, a.version, NULL, 'differs from the time of the last entry'
	FROM simplebank.accounts a JOIN simplebank.entries e ON e.account_id = a.id AND e.version = a.version
	WHERE a.updated_at <> e.posted_at
	UNION ALL
	SELECT 'account_settings', a.id, NULL, NULL, 'differs from what its last event set'
	FROM simplebank.accounts a
		LEFT JOIN simplebank.account_events o ON o.account_id = a.id AND o.event = 'opened'
		LEFT JOIN LATERAL (SELECT v.after FROM simplebank.account_events v
						   WHERE v.account_id = a.id AND v.event IN ('opened', 'limits')
						   ORDER BY v.id DESC LIMIT 1) l ON true
		LEFT JOIN LATERAL (SELECT v.after FROM simplebank.account_events v
						   WHERE v.account_id = a.id AND v.event IN ('status', 'closed')
						   ORDER BY v.id DESC LIMIT 1) s ON true
		LEFT JOIN LATERAL (SELECT v.after FROM simplebank.account_events v
						   WHERE v.account_id = a.id AND v.event IN ('opened', 'stripes')
						   ORDER BY v.id DESC LIMIT 1) p ON true
	WHERE a.id > 0 AND (o.after IS NULL
	   OR coalesce(o.after ->> 'owner', 'simplebank') <> a.owner
	   OR o.after ->> 'currency' <> a.currency
	   OR o.after ->> 'kind' <> a.kind
	   OR o.after ->> 'name' IS DISTINCT FROM a.name
	   OR (l.after ->> 'min_balance')::bigint IS DISTINCT FROM a.min_balance
	   OR (l.after ->> 'max_balance')::bigint IS DISTINCT FROM a.max_balance
	   OR coalesce(s.after ->> 'status', 'active') <> a.status
	   OR (p.after ->> 'stripes')::int IS DISTINCT FROM a.stripes)
	UNION ALL
	SELECT 'stripe_account', s.id, NULL, NULL, format('differs from account %s, or has a limit', simplebank_internal.account_of(s.id))
	FROM simplebank.accounts s
		LEFT JOIN simplebank.accounts a ON a.id = simplebank_internal.account_of(s.id) AND a.stripes IS NOT NULL
	WHERE s.id <= 0
	  AND ((s.owner, s.currency, s.kind, s.status, s.is_system) IS DISTINCT FROM (a.owner, a.currency, a.kind, a.status::text, a.is_system)
		   OR num_nonnulls(s.min_balance, s.max_balance, s.stripes, s.name) > 0 OR s.held <> 0)
	UNION ALL
	SELECT DISTINCT 'event_account', v.account_id, NULL::bigint, NULL::bigint, 'there is no such account'
	FROM simplebank.account_events v
	WHERE (is_full OR v.id > base_event) AND NOT EXISTS (SELECT FROM simplebank.accounts a WHERE a.id = v.account_id)
	UNION ALL
	SELECT 'account_held', a.id, a.version, NULL,
		   format('held %s, open holds keep %s', a.held, coalesce(h.kept, 0))
	FROM simplebank.accounts a
		LEFT JOIN (SELECT h.from_account_id, sum(h.amount - h.captured) AS kept
				   FROM simplebank.holds h WHERE h.status = 'open' GROUP BY h.from_account_id) h
			ON h.from_account_id = a.id
	WHERE a.held <> coalesce(h.kept, 0)
	UNION ALL
	SELECT 'hold_accounts', h.from_account_id, NULL, NULL, format('hold %s: from %s to %s', h.id, h.from_account_id, h.to_account_id)
	FROM ledger_holds h
		LEFT JOIN simplebank.accounts f ON f.id = h.from_account_id
		LEFT JOIN simplebank.accounts o ON o.id = h.to_account_id
	WHERE f.id IS NULL OR o.id IS NULL OR f.id = o.id OR f.currency <> o.currency
	   OR h.status = 'open' AND (h.expires_at IS NULL OR h.expires_at > now()) AND 'closed' IN (f.status, o.status)
	UNION ALL
	SELECT 'hold_captured', h.from_account_id, NULL, NULL,
		   format('hold %s: captured %s of %s, transfers of %s', h.id, h.captured, h.amount, coalesce(t.amount, 0))
	FROM ledger_holds h
		LEFT JOIN LATERAL (SELECT sum(t.amount) AS amount FROM simplebank.transfers t WHERE t.hold_id = h.id) t ON true
	WHERE h.amount <= 0 OR h.captured < 0 OR h.captured > h.amount OR h.captured <> coalesce(t.amount, 0)
	UNION ALL
	SELECT 'hold_captured', t.from_account_id, t.from_version, t.id, format('does not capture hold %s', t.hold_id)
	FROM ledger_transfers t LEFT JOIN simplebank.holds h ON h.id = t.hold_id
	WHERE (t.operation = 'capture') <> (t.hold_id IS NOT NULL)
	   OR t.hold_id IS NOT NULL
		  AND (simplebank_internal.account_of(t.from_account_id), simplebank_internal.account_of(t.to_account_id)) IS DISTINCT FROM (h.from_account_id, h.to_account_id)
	UNION ALL
	SELECT 'hold_status', h.from_account_id, NULL, NULL, format('hold %s is %s, its events differ', h.id, h.status)
	FROM ledger_holds h
		LEFT JOIN LATERAL (SELECT array_agg(v.event ORDER BY v.id) AS events,
								  count(*) FILTER (WHERE v.event = 'hold_captured') AS captures,
								  bool_and(h.from_account_id = v.account_id) AS same_account
						   FROM simplebank.account_events v WHERE v.hold_id = h.id) v ON true
	WHERE NOT coalesce(
		v.same_account AND v.events[1] = 'hold_placed'
		AND (h.status = 'open') = (h.closed_at IS NULL)
		/* captures in between, one for each transfer, then one end or none */
		AND v.captures = (SELECT count(*) FROM simplebank.transfers t WHERE t.hold_id = h.id)
		AND 'hold_captured' = ALL (v.events[2:cardinality(v.events) - 1])
		AND CASE h.status
				WHEN 'open' THEN v.events[cardinality(v.events)] IN ('hold_placed', 'hold_captured') AND h.captured < h.amount
				ELSE v.events[cardinality(v.events)] = 'hold_' || h.status END, false)
	UNION ALL
	SELECT DISTINCT 'event_hold', v.account_id, NULL::bigint, NULL::bigint, format('there is no hold %s', v.hold_id)
	FROM simplebank.account_events v
	WHERE (is_full OR v.id > base_event) AND v.hold_id IS NOT NULL AND NOT EXISTS (SELECT FROM simplebank.holds h WHERE h.id = v.hold_id)
	UNION ALL
	SELECT 'account_limits', a.id, c.version, c.transfer_id,
		   format('balance %s, limits %s to %s', c.balance,
				  coalesce(a.min_balance::text, 'none'), coalesce(a.max_balance::text, 'none'))
	FROM chain c JOIN simplebank.accounts a ON a.id = c.account_id
		LEFT JOIN limits_set l ON l.account_id = c.account_id
	/* judged after all entries of a transfer, by their sum */
	WHERE c.version > coalesce(l.version, 0) AND c.transfer_id IS DISTINCT FROM c.next_transfer_id
	  AND (c.balance < a.min_balance OR c.balance > a.max_balance)
	  AND CASE sign(CASE WHEN c.leg IS NULL THEN c.amount
						 ELSE (SELECT sum(e.amount) FROM simplebank.entries e
							   WHERE e.transfer_id = c.transfer_id AND e.account_id = c.account_id
								 AND e.leg IS NOT NULL) END)
			WHEN -1 THEN c.balance < a.min_balance
			WHEN 1 THEN c.balance > a.max_balance
			ELSE false END
	UNION ALL
	SELECT 'account_currency', a.id, NULL, NULL, format('there is no currency %s', a.currency)
	FROM simplebank.accounts a
	WHERE NOT EXISTS (SELECT FROM simplebank.currencies c WHERE c.code = a.currency)
	UNION ALL
	SELECT 'account_closed', simplebank_internal.account_of(a.id), max(a.version) FILTER (WHERE a.id > 0), NULL,
		   format('closed with balance %s, held %s', sum(a.balance), sum(a.held))
	FROM simplebank.accounts a WHERE a.status = 'closed'
	GROUP BY simplebank_internal.account_of(a.id) HAVING sum(a.balance) <> 0 OR sum(a.held) <> 0
	UNION ALL
	SELECT 'key_outcome', k.account_id, NULL, k.transfer_id,
		   format('key %L of role %L does not stand for what came of it', k.key, k.role)
	FROM simplebank.idempotency_keys k
		LEFT JOIN simplebank.transfers t ON t.id = k.transfer_id
		LEFT JOIN simplebank.accounts a ON a.id = k.account_id
		LEFT JOIN simplebank.holds h ON h.id = k.hold_id
		LEFT JOIN simplebank.standing_orders o ON o.id = k.order_id
	WHERE (is_full OR k.created_at >= base_end) AND NOT coalesce(
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
			WHEN 'journal' THEN true
			WHEN 'capture' THEN k.request -> 'hold_id' = to_jsonb(t.hold_id) AND t.hold_id = k.hold_id
			WHEN 'place_hold' THEN
				k.request -> 'from_account' = to_jsonb(h.from_account_id)
				AND k.request -> 'to_account' = to_jsonb(h.to_account_id)
				AND (k.request ->> 'expires_at')::timestamptz IS NOT DISTINCT FROM h.expires_at
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
		AND (k.request -> 'amount' IS NULL OR k.request -> 'amount' = to_jsonb(coalesce(t.to_amount, t.amount, h.amount, o.amount))), false)
	UNION ALL
	SELECT 'order_execution', o.from_account_id, NULL, x.transfer_id,
		   format('occurrence %s of order %s is %s, its transfer or its order differs', x.occurrence, x.order_id, x.status)
	FROM simplebank.order_executions x
		LEFT JOIN simplebank.standing_orders o ON o.id = x.order_id
		LEFT JOIN simplebank.transfers t ON t.id = x.transfer_id
	WHERE (is_full OR x.executed_at >= base_end) AND NOT coalesce(
		x.occurrence BETWEEN 1 AND o.occurrence
		AND (x.occurrence < o.occurrence OR o.status <> 'active')
		AND (x.status = 'paid') = (t.id IS NOT NULL)
		AND (x.status <> 'paid'
			 OR t.operation = 'standing_order'
				AND (simplebank_internal.account_of(t.from_account_id), simplebank_internal.account_of(t.to_account_id)) = (o.from_account_id, o.to_account_id)
				AND t.amount = coalesce(o.amount, t.amount)), false)
	UNION ALL
	SELECT 'order_execution', t.from_account_id, t.from_version, t.id, 'the transfer is of no occurrence of an order'
	FROM ledger_transfers t
	WHERE t.operation = 'standing_order'
	  AND NOT EXISTS (SELECT FROM simplebank.order_executions x WHERE x.transfer_id = t.id)
	UNION ALL
	SELECT 'order_execution', o.from_account_id, NULL, NULL,
		   format('order %s is %s at occurrence %s, with %s executions', o.id, o.status, o.occurrence, count(x.order_id))
	FROM simplebank.standing_orders o LEFT JOIN simplebank.order_executions x ON x.order_id = o.id
	GROUP BY o.id HAVING count(x.order_id) <> o.occurrence - (o.status <> 'finished')::int
	UNION ALL
	SELECT 'settlement_position', m.clearing_account_id, p.last_version, c.transfer_id,
		   format('debits %s, credits %s, net %s of "%s" in cycle %s differ from its payments', p.debits, p.credits, p.net, p.member, p.cycle_id)
	FROM simplebank.settlement_positions p
		LEFT JOIN simplebank.settlement_cycles c ON c.id = p.cycle_id
		LEFT JOIN simplebank.settlement_members m ON m.group_name = c.group_name AND m.member = p.member
		LEFT JOIN (
			SELECT x.cycle_id, x.member, -sum(least(e.amount, 0)) AS debits, sum(greatest(e.amount, 0)) AS credits
			FROM simplebank.settlement_positions x JOIN simplebank.settlement_cycles c ON c.id = x.cycle_id
				JOIN simplebank.settlement_members m ON m.group_name = c.group_name AND m.member = x.member
				JOIN simplebank.entries e
					ON e.account_id = m.clearing_account_id AND e.version BETWEEN x.first_version AND x.last_version
			WHERE (is_full OR c.created_at >= base_end) AND NOT EXISTS (SELECT FROM simplebank.settlement_cycles s WHERE s.transfer_id = e.transfer_id)
			GROUP BY x.cycle_id, x.member) e ON e.cycle_id = p.cycle_id AND e.member = p.member
	WHERE (is_full OR c.created_at >= base_end)
	  AND (p.net <> p.credits - p.debits OR (p.debits, p.credits) IS DISTINCT FROM (e.debits, e.credits))
	UNION ALL
	SELECT 'settlement_position', NULL, NULL, c.transfer_id,
		   format('the positions of cycle %s sum to %s, its payments to %s of %s', c.id, sum(p.net), c.gross_amount, sum(p.debits))
	FROM simplebank.settlement_cycles c LEFT JOIN simplebank.settlement_positions p ON p.cycle_id = c.id
	GROUP BY c.id HAVING (sum(p.net), sum(p.debits), sum(greatest(p.net, 0))) IS DISTINCT FROM (0, c.gross_amount, c.net_amount)
	UNION ALL
	/* what no cycle has taken, and what waits: nothing is settled twice, nothing forgotten */
	SELECT 'clearing_balance', m.clearing_account_id, m.settled_version, NULL,
		   format('balance %s, unsettled payments of %s', a.balance, coalesce(e.amount, 0) + coalesce(p.net, 0))
	FROM simplebank.settlement_members m
		LEFT JOIN simplebank.accounts a ON a.id = m.clearing_account_id
		LEFT JOIN (
			SELECT e.account_id, sum(e.amount) AS amount
			FROM simplebank.settlement_members m
				JOIN simplebank.entries e ON e.account_id = m.clearing_account_id AND e.version > m.settled_version
			WHERE NOT EXISTS (SELECT FROM simplebank.settlement_cycles s WHERE s.transfer_id = e.transfer_id)
			GROUP BY e.account_id) e ON e.account_id = m.clearing_account_id
		LEFT JOIN (
			SELECT c.group_name, p.member, sum(p.net) AS net
			FROM simplebank.settlement_cycles c JOIN simplebank.settlement_positions p ON p.cycle_id = c.id
			WHERE c.status = 'waiting' GROUP BY c.group_name, p.member) p
			ON p.group_name = m.group_name AND p.member = m.member
	WHERE a.balance IS DISTINCT FROM coalesce(e.amount, 0) + coalesce(p.net, 0)
	UNION ALL
	SELECT 'interest_accrual', x.account_id, NULL, x.transfer_id, format('booked on %s for %s: %s + %s is not %s', x.booked_on, x.day, x.last_accrued, x.units, x.accrued)
	FROM accruals x WHERE x.last_accrued + x.units <> x.accrued
	UNION ALL
	SELECT 'interest_posting', x.account_id, NULL, x.transfer_id, format('booked on %s: differs from its transfer', x.booked_on)
	FROM accruals x LEFT JOIN simplebank.transfers t ON t.id = x.transfer_id
	WHERE x.transfer_id IS NOT NULL
	  AND (t.operation, t.amount, simplebank_internal.account_of(CASE WHEN x.balance > 0 THEN t.to_account_id ELSE t.from_account_id END), x.units)
		  IS DISTINCT FROM ('interest', abs(x.balance), x.account_id, x.balance::numeric * -1603080)
	UNION ALL
	SELECT 'interest_posting', t.to_account_id, t.to_version, t.id, 'the transfer posts nothing that has accrued'
	FROM ledger_transfers t
	WHERE t.operation = 'interest' AND NOT EXISTS (SELECT FROM simplebank.interest_accruals x WHERE x.transfer_id = t.id)
	UNION ALL
	SELECT 'day_balance', b.account_id, b.version, NULL, format('%s of %s: differs from the entries before it ended', b.balance, b.day)
	FROM simplebank.day_balances b JOIN simplebank.closed_days d ON d.day = b.day
		LEFT JOIN simplebank.entries e ON e.account_id = b.account_id AND e.version = b.version
		LEFT JOIN simplebank.entries n ON n.account_id = b.account_id AND n.version = b.version + 1
	WHERE is_full
	  AND (b.balance <> coalesce(e.balance, 0) OR (e.account_id IS NULL) <> (b.version = 0)
		   OR e.posted_at >= d.ends_at OR n.posted_at < d.ends_at)
	UNION ALL
	SELECT 'day_balance', b.account_id, b.version, NULL, format('%s of %s by effective_at, entries sum to %s', b.value_balance, b.day, coalesce(sum(e.amount), 0))
	FROM (SELECT DISTINCT ON (b.account_id) b.*, d.ends_at
		  FROM simplebank.day_balances b JOIN simplebank.closed_days d ON d.day = b.day
		  ORDER BY b.account_id, b.day DESC) b
		LEFT JOIN simplebank.entries e ON e.account_id = b.account_id AND coalesce(e.effective_at, e.posted_at) < b.ends_at
	WHERE is_full
	GROUP BY b.account_id, b.day, b.version, b.value_balance HAVING b.value_balance <> coalesce(sum(e.amount), 0)
	UNION ALL
	SELECT 'day_trial_balance', NULL, NULL, NULL,
		   format('%s %s of %s: %s accounts, %s and %s; closing balances: %s, %s and %s', t.currency, t.kind, t.day,
				  t.accounts, t.debits, t.credits, coalesce(b.accounts, 0), coalesce(b.debits, 0), coalesce(b.credits, 0))
	FROM simplebank.day_trial_balances t
		LEFT JOIN (
			SELECT x.currency, x.kind, count(*) AS accounts, sum(greatest(-x.balance, 0)) AS debits, sum(greatest(x.balance, 0)) AS credits
			FROM (SELECT min(b.currency) AS currency, min(b.kind) AS kind, sum(b.base_balance) AS balance
				  FROM base b GROUP BY simplebank_internal.account_of(b.id) HAVING min(b.created_at) < base_end) x
			GROUP BY x.currency, x.kind) b ON b.currency = t.currency AND b.kind = t.kind
	WHERE t.day = base_day
	  AND (t.accounts, t.debits, t.credits) IS DISTINCT FROM (b.accounts, b.debits, b.credits)
	UNION ALL
	SELECT 'day_trial_balance', NULL, NULL, NULL, format('%s of %s: debits %s, credits %s', t.currency, t.day, sum(t.debits), sum(t.credits))
	FROM simplebank.day_trial_balances t WHERE is_full OR t.day >= base_day
	GROUP BY t.day, t.currency HAVING sum(t.debits) <> sum(t.credits)
	UNION ALL
	SELECT 'statement_balance', s.account_id, NULL, NULL, format('%s: %s + %s - %s is not %s', s.period_start, s.opening, s.credits, s.debits, s.closing)
	FROM simplebank.statements s
	WHERE (is_full OR s.created_at >= base_end) AND s.opening + s.credits - s.debits <> s.closing
	UNION ALL
	SELECT 'currency_balanced', NULL, NULL, NULL, format('all accounts sum to %s %s', sum(a.balance), a.currency)
	FROM simplebank.accounts a GROUP BY a.currency HAVING sum(a.balance) <> 0;
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
