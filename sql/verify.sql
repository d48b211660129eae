/*
 * The proof.  In plain SQL, so that an auditor can read it (\sf simplebank.verify)
 * and run any part of it alone.
 */
CREATE FUNCTION simplebank.verify(
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off /* compiling so many small parts takes seconds */
BEGIN ATOMIC
	SELECT simplebank.judge('simplebank.verify()');
	WITH chain AS (
		/* every entry beside the one before it in its account */
		SELECT e.*,
			   lag(e.version, 1, 0::bigint) OVER w AS last_version,
			   lag(e.balance, 1, 0::bigint) OVER w AS last_balance,
			   lag(e.posted_at) OVER w AS last_posted_at,
			   lead(e.transfer_id) OVER w AS next_transfer_id
		FROM simplebank.entries e
		WINDOW w AS (PARTITION BY e.account_id ORDER BY e.version)
	), sums AS (
		SELECT e.account_id, sum(e.amount) AS amount, count(*) AS entries, max(e.version) AS version
		FROM simplebank.entries e GROUP BY e.account_id
	), limits_set AS (
		/* entries up to here may have obeyed other limits */
		SELECT v.account_id, max(v.version) AS version
		FROM simplebank.account_events v WHERE v.event = 'limits' GROUP BY v.account_id
	)

	SELECT 'transfer_balanced', NULL::bigint, NULL::bigint, e.transfer_id,
		   format('entries sum to %s %s', sum(e.amount), a.currency)
	FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id
	GROUP BY e.transfer_id, a.currency HAVING sum(e.amount) <> 0
	UNION ALL
	SELECT 'transfer_entries', NULL, NULL, t.id, format('%s entries', count(e.transfer_id))
	FROM simplebank.transfers t LEFT JOIN simplebank.entries e ON e.transfer_id = t.id
	GROUP BY t.id
	HAVING CASE WHEN t.from_account_id IS NULL
				THEN count(e.transfer_id) < 2 OR count(e.leg) <> max(e.leg)
				ELSE count(e.transfer_id) <> 2 END
		OR count(e.leg) NOT IN (0, count(e.transfer_id))
		OR (t.from_account_id IS NULL) <> (count(e.leg) > 0)
	UNION ALL
	SELECT 'transfer_entries', NULL, NULL, t.id, 'it names one of its entries'
	FROM simplebank.transfers t
	WHERE num_nonnulls(t.from_account_id, t.from_version, t.to_account_id, t.to_version) NOT IN (0, 4)
	UNION ALL
	SELECT 'transfer_amount', NULL, NULL, t.id, format('amount %s, credits of %s', t.amount, sum(e.amount))
	FROM simplebank.transfers t JOIN simplebank.entries e ON e.transfer_id = t.id AND e.amount > 0
		JOIN simplebank.accounts a ON a.id = e.account_id
	GROUP BY t.id
	HAVING CASE WHEN count(DISTINCT a.currency) = 1 THEN t.amount IS DISTINCT FROM sum(e.amount)
				ELSE t.amount IS NOT NULL END
	UNION ALL
	SELECT 'reversal_opposite', simplebank.account_of(e.account_id), NULL, r.id, format('differs from transfer %s by %s', r.reverses, sum(e.amount))
	FROM simplebank.transfers r JOIN simplebank.entries e ON e.transfer_id IN (r.id, r.reverses)
	WHERE r.reverses IS NOT NULL
	GROUP BY r.id, simplebank.account_of(e.account_id) HAVING sum(e.amount) <> 0
	UNION ALL
	SELECT 'transfer_entries', t.from_account_id, t.from_version, t.id,
		   'the debit entry differs from its transfer'
	FROM simplebank.transfers t LEFT JOIN simplebank.entries e
		ON e.account_id = t.from_account_id AND e.version = t.from_version
	WHERE t.from_account_id IS NOT NULL
	  AND (e.transfer_id, e.amount, e.posted_at, coalesce(e.effective_at, e.posted_at))
		  IS DISTINCT FROM (t.id, -t.amount, t.posted_at, t.effective_at)
	UNION ALL
	SELECT 'transfer_entries', t.to_account_id, t.to_version, t.id,
		   'the credit entry differs from its transfer'
	FROM simplebank.transfers t LEFT JOIN simplebank.entries e
		ON e.account_id = t.to_account_id AND e.version = t.to_version
	WHERE t.to_account_id IS NOT NULL
	  AND (e.transfer_id, e.amount, e.posted_at, coalesce(e.effective_at, e.posted_at))
		  IS DISTINCT FROM (t.id, t.amount, t.posted_at, t.effective_at)
	UNION ALL
	SELECT 'entry_transfer', e.account_id, e.version, e.transfer_id, 'there is no such transfer'
	FROM simplebank.entries e
	WHERE NOT EXISTS (SELECT FROM simplebank.transfers t WHERE t.id = e.transfer_id)
	UNION ALL
	SELECT 'entry_account', e.account_id, e.version, e.transfer_id, 'there is no such account'
	FROM simplebank.entries e
	WHERE NOT EXISTS (SELECT FROM simplebank.accounts a WHERE a.id = e.account_id)
	UNION ALL
	SELECT 'entry_amount', e.account_id, e.version, e.transfer_id, 'the amount is 0'
	FROM simplebank.entries e WHERE e.amount = 0
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
		   format('balance %s, entries sum to %s', a.balance, coalesce(s.amount, 0))
	FROM simplebank.accounts a LEFT JOIN sums s ON s.account_id = a.id
	WHERE a.balance <> coalesce(s.amount, 0)
	UNION ALL
	SELECT 'account_version', a.id, a.version, NULL,
		   format('version %s, %s entries up to version %s', a.version,
				  coalesce(s.entries, 0), coalesce(s.version, 0))
	FROM simplebank.accounts a LEFT JOIN sums s ON s.account_id = a.id
	WHERE a.version <> coalesce(s.version, 0) OR a.version <> coalesce(s.entries, 0)
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
	SELECT 'stripe_account', s.id, NULL, NULL, format('differs from account %s, or has a limit', simplebank.account_of(s.id))
	FROM simplebank.accounts s
		LEFT JOIN simplebank.accounts a ON a.id = simplebank.account_of(s.id) AND a.stripes IS NOT NULL
	WHERE s.id <= 0
	  AND ((s.owner, s.currency, s.kind, s.status, s.is_system) IS DISTINCT FROM (a.owner, a.currency, a.kind, a.status::text, a.is_system)
		   OR num_nonnulls(s.min_balance, s.max_balance, s.stripes, s.name) > 0 OR s.held <> 0)
	UNION ALL
	SELECT DISTINCT 'event_account', v.account_id, NULL::bigint, NULL::bigint, 'there is no such account'
	FROM simplebank.account_events v
	WHERE NOT EXISTS (SELECT FROM simplebank.accounts a WHERE a.id = v.account_id)
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
	FROM simplebank.holds h
		LEFT JOIN simplebank.accounts f ON f.id = h.from_account_id
		LEFT JOIN simplebank.accounts o ON o.id = h.to_account_id
	WHERE f.id IS NULL OR o.id IS NULL OR f.id = o.id OR f.currency <> o.currency
	   OR h.status = 'open' AND (h.expires_at IS NULL OR h.expires_at > now()) AND 'closed' IN (f.status, o.status)
	UNION ALL
	SELECT 'hold_captured', h.from_account_id, NULL, NULL,
		   format('hold %s: captured %s of %s, transfers of %s', h.id, h.captured, h.amount, coalesce(t.amount, 0))
	FROM simplebank.holds h
		LEFT JOIN (SELECT t.hold_id, sum(t.amount) AS amount FROM simplebank.transfers t
				   WHERE t.hold_id IS NOT NULL GROUP BY t.hold_id) t ON t.hold_id = h.id
	WHERE h.amount <= 0 OR h.captured < 0 OR h.captured > h.amount OR h.captured <> coalesce(t.amount, 0)
	UNION ALL
	SELECT 'hold_captured', t.from_account_id, t.from_version, t.id, format('does not capture hold %s', t.hold_id)
	FROM simplebank.transfers t LEFT JOIN simplebank.holds h ON h.id = t.hold_id
	WHERE (t.operation = 'capture') <> (t.hold_id IS NOT NULL)
	   OR t.hold_id IS NOT NULL
		  AND (simplebank.account_of(t.from_account_id), simplebank.account_of(t.to_account_id)) IS DISTINCT FROM (h.from_account_id, h.to_account_id)
	UNION ALL
	SELECT 'hold_status', h.from_account_id, NULL, NULL, format('hold %s is %s, its events differ', h.id, h.status)
	FROM simplebank.holds h
		LEFT JOIN (SELECT v.hold_id, array_agg(v.event ORDER BY v.id) AS events,
						  count(*) FILTER (WHERE v.event = 'hold_captured') AS captures,
						  bool_and(x.from_account_id = v.account_id) AS same_account
				   FROM simplebank.account_events v LEFT JOIN simplebank.holds x ON x.id = v.hold_id
				   WHERE v.hold_id IS NOT NULL GROUP BY v.hold_id) v ON v.hold_id = h.id
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
	WHERE v.hold_id IS NOT NULL AND NOT EXISTS (SELECT FROM simplebank.holds h WHERE h.id = v.hold_id)
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
	SELECT 'account_closed', simplebank.account_of(a.id), max(a.version) FILTER (WHERE a.id > 0), NULL,
		   format('closed with balance %s, held %s', sum(a.balance), sum(a.held))
	FROM simplebank.accounts a WHERE a.status = 'closed'
	GROUP BY simplebank.account_of(a.id) HAVING sum(a.balance) <> 0 OR sum(a.held) <> 0
	UNION ALL
	SELECT 'key_outcome', k.account_id, NULL, k.transfer_id,
		   format('key %L of role %L does not stand for what came of it', k.key, k.role)
	FROM simplebank.idempotency_keys k
		LEFT JOIN simplebank.transfers t ON t.id = k.transfer_id
		LEFT JOIN simplebank.accounts a ON a.id = k.account_id
		LEFT JOIN simplebank.holds h ON h.id = k.hold_id
		LEFT JOIN simplebank.standing_orders o ON o.id = k.order_id
	WHERE NOT coalesce(
		CASE k.operation
			WHEN 'open_account' THEN
				k.request ->> 'owner' = a.owner
				AND k.request ->> 'currency' = a.currency
			WHEN 'transfer' THEN
				k.request -> 'from_account' = to_jsonb(simplebank.account_of(t.from_account_id))
				AND k.request -> 'to_account' = to_jsonb(simplebank.account_of(t.to_account_id))
			WHEN 'deposit' THEN k.request -> 'account' = to_jsonb(simplebank.account_of(t.to_account_id))
			WHEN 'withdraw' THEN k.request -> 'account' = to_jsonb(simplebank.account_of(t.from_account_id))
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
				k.request -> 'from_account' = to_jsonb(simplebank.account_of(coalesce(t.from_account_id, (
					SELECT e.account_id FROM simplebank.entries e WHERE e.transfer_id = t.id AND e.leg = 1))))
				AND k.request -> 'to_account' = to_jsonb(simplebank.account_of(coalesce(t.to_account_id, (
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
	WHERE NOT coalesce(
		x.occurrence BETWEEN 1 AND o.occurrence
		AND (x.occurrence < o.occurrence OR o.status <> 'active')
		AND (x.status = 'paid') = (t.id IS NOT NULL)
		AND (x.status <> 'paid'
			 OR t.operation = 'standing_order'
				AND (simplebank.account_of(t.from_account_id), simplebank.account_of(t.to_account_id)) = (o.from_account_id, o.to_account_id)
				AND t.amount = coalesce(o.amount, t.amount)), false)
	UNION ALL
	SELECT 'order_execution', t.from_account_id, t.from_version, t.id, 'the transfer is of no occurrence of an order'
	FROM simplebank.transfers t
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
			WHERE NOT EXISTS (SELECT FROM simplebank.settlement_cycles s WHERE s.transfer_id = e.transfer_id)
			GROUP BY x.cycle_id, x.member) e ON e.cycle_id = p.cycle_id AND e.member = p.member
	WHERE p.net <> p.credits - p.debits OR (p.debits, p.credits) IS DISTINCT FROM (e.debits, e.credits)
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
	SELECT 'currency_balanced', NULL, NULL, NULL, format('all accounts sum to %s %s', sum(a.balance), a.currency)
	FROM simplebank.accounts a GROUP BY a.currency HAVING sum(a.balance) <> 0;
END;
COMMENT ON FUNCTION simplebank.verify IS
'Proves the ledger on one snapshot: a row per violated invariant, none when sound. Invariants: transfer_balanced, transfer_entries, transfer_amount, reversal_opposite, entry_transfer, entry_account, entry_amount, versions_gapless, running_balance, posted_in_order, account_balance, account_version, account_updated_at, account_settings, stripe_account, event_account, account_held, hold_accounts, hold_captured, hold_status, event_hold, account_limits, account_currency, account_closed, key_outcome, order_execution, settlement_position, clearing_balance, currency_balanced. Reads all of the ledger, blocks nobody.';
