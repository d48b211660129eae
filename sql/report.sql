/*
 * Reports that an operator asks for.
 */
CREATE FUNCTION simplebank_internal.day_summary(
	day date, ledger text,
	OUT currency text, OUT transfers bigint, OUT value numeric, OUT refusals bigint,
	OUT holds_placed bigint, OUT holds_captured bigint, OUT holds_released bigint, OUT holds_expired bigint,
	OUT settlements bigint, OUT settled numeric, OUT interest_paid numeric, OUT interest_charged numeric, OUT fees numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	of_ledger CONSTANT int = simplebank_internal.ledger_id(ledger);
	began timestamptz;
	midnight timestamptz;
	closed simplebank.closed_days;
	first_transfer bigint;
	last_transfer bigint;
BEGIN
	IF day IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'day');
	ELSIF NOT isfinite(day) THEN
		PERFORM simplebank_internal.refuse('22023', 'day', 'It is finite.');
	END IF;
	began := simplebank_internal.day_end(day - 1);
	midnight := simplebank_internal.day_end(day);
	SELECT d.* INTO closed FROM simplebank.closed_days d WHERE d.ledger_id = of_ledger AND d.day = day_summary.day;
	/* of its postings all were there when its closing began, and none when one began before the day did */
	last_transfer := closed.last_transfer_id;
	SELECT max(d.decided_transfer_id) INTO first_transfer FROM simplebank.closed_days d WHERE d.ledger_id = of_ledger AND d.began_at <= began;

	RETURN QUERY
	WITH of_accounts AS MATERIALIZED (
		/* of one ledger among others by its accounts, between the closings around the day: it reads no other's */
		SELECT DISTINCT e.transfer_id
		FROM simplebank.accounts a
			LEFT JOIN LATERAL (SELECT b.version FROM simplebank.day_balances b
							   WHERE b.account_id = a.id AND b.day < day_summary.day ORDER BY b.day DESC LIMIT 1) before ON true
			LEFT JOIN LATERAL (SELECT b.version FROM simplebank.day_balances b
							   WHERE b.account_id = a.id AND b.day >= day_summary.day ORDER BY b.day LIMIT 1) after ON true,
			LATERAL (SELECT e.transfer_id FROM simplebank.entries e
					 WHERE e.account_id = a.id AND e.version > coalesce(before.version, 0)
					   AND e.version <= coalesce(after.version, 9223372036854775807)
					   AND e.posted_at >= began AND e.posted_at < midnight OFFSET 0) e
		WHERE of_ledger <> 1 AND a.ledger_id = of_ledger AND a.updated_at >= began
	), posted AS MATERIALIZED (
		SELECT t.* FROM simplebank.transfers t
		WHERE of_ledger = 1 AND t.ledger_id IS NULL
		  AND t.id > coalesce(first_transfer, 0) AND t.id <= coalesce(last_transfer, 9223372036854775807)
		  AND t.posted_at >= began AND t.posted_at < midnight
		UNION ALL
		SELECT t.* FROM of_accounts o, LATERAL (SELECT t.* FROM simplebank.transfers t WHERE t.id = o.transfer_id OFFSET 0) t
	), of_two AS (
		/* by the account that is debited; what names no accounts has entries that are numbered */
		SELECT p.id, a.currency, p.operation, p.amount,
			   /* what goes the other way takes interest back */
			   CASE WHEN p.operation = 'interest' AND a.is_system AND a.name = 'interest' THEN p.amount
					WHEN p.operation = 'interest' AND c.is_system AND c.name = 'interest' THEN -p.amount END AS paid,
			   CASE WHEN p.operation = 'interest' AND c.is_system AND c.name = 'interest_income' THEN p.amount
					WHEN p.operation = 'interest' AND a.is_system AND a.name = 'interest_income' THEN -p.amount END AS charged,
			   c.is_system AND c.name = 'fees' AS is_fee
		FROM posted p
			JOIN simplebank.accounts a ON a.id = p.from_account_id
			JOIN simplebank.accounts c ON c.id = p.to_account_id
		UNION ALL
		SELECT p.id, a.currency, p.operation, sum(e.amount), NULL, NULL, a.is_system AND a.name = 'fees'
		FROM posted p
			JOIN simplebank.entries e ON e.transfer_id = p.id AND e.leg IS NOT NULL AND e.amount > 0
			JOIN simplebank.accounts a ON a.id = e.account_id
		WHERE p.from_account_id IS NULL
		GROUP BY p.id, p.operation, a.currency, a.is_system AND a.name = 'fees'
	), moved AS (
		SELECT m.currency, count(DISTINCT m.id) AS transfers, sum(m.amount) AS value,
			   count(DISTINCT m.id) FILTER (WHERE m.operation = 'settlement') AS settlements,
			   sum(m.amount) FILTER (WHERE m.operation = 'settlement') AS settled,
			   sum(m.paid) AS interest_paid, sum(m.charged) AS interest_charged,
			   sum(m.amount) FILTER (WHERE m.is_fee) AS fees
		FROM of_two m GROUP BY m.currency
	), holds AS (
		SELECT a.currency,
			   count(*) FILTER (WHERE h.created_at >= began AND h.created_at < midnight) AS placed,
			   count(*) FILTER (WHERE h.status = 'captured' AND h.closed_at >= began AND h.closed_at < midnight) AS captured,
			   count(*) FILTER (WHERE h.status = 'released' AND h.closed_at >= began AND h.closed_at < midnight) AS released,
			   count(*) FILTER (WHERE h.status = 'expired' AND h.closed_at >= began AND h.closed_at < midnight) AS expired
		FROM (SELECT h.* FROM simplebank.holds h WHERE of_ledger = 1 AND h.ledger_id IS NULL
			  UNION ALL
			  SELECT h.* FROM simplebank.accounts a, LATERAL (SELECT h.* FROM simplebank.holds h WHERE h.from_account_id = a.id OFFSET 0) h
			  WHERE of_ledger <> 1 AND a.ledger_id = of_ledger) h
			JOIN simplebank.accounts a ON a.id = h.from_account_id
		WHERE h.created_at < midnight AND (h.closed_at IS NULL OR h.closed_at >= began)
		GROUP BY a.currency
	)
	SELECT coalesce(m.currency, h.currency), coalesce(m.transfers, 0), coalesce(m.value, 0), NULL::bigint,
		   coalesce(h.placed, 0), coalesce(h.captured, 0), coalesce(h.released, 0), coalesce(h.expired, 0),
		   coalesce(m.settlements, 0), coalesce(m.settled, 0), coalesce(m.interest_paid, 0), coalesce(m.interest_charged, 0), coalesce(m.fees, 0)
	FROM moved m FULL JOIN holds h ON h.currency = m.currency
	UNION ALL
	/* a refusal has no currency */
	SELECT NULL, NULL, NULL, closed.refusals, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
	WHERE closed.refusals IS NOT NULL
	ORDER BY 1;
END $$;
COMMENT ON FUNCTION simplebank_internal.day_summary IS 'Body of simplebank.day_summary.';

CREATE FUNCTION simplebank.day_summary(
	day date, ledger text DEFAULT NULL,
	OUT currency text, OUT transfers bigint, OUT value numeric, OUT refusals bigint,
	OUT holds_placed bigint, OUT holds_captured bigint, OUT holds_released bigint, OUT holds_expired bigint,
	OUT settlements bigint, OUT settled numeric, OUT interest_paid numeric, OUT interest_charged numeric, OUT fees numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_day_summary'
LANGUAGE c STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION simplebank.day_summary IS
'What was posted on a day in a ledger (by name; default the role''s only one, or the default one), per currency: number of transfers and their value (what they credit), holds by their last step, settlements, interest paid to accounts, from the bank''s account interest, and charged from them, to interest_income, not set off against each other, and what was credited to the bank''s account fees; minor units. A last row without currency has the refusals, of a closed day of the default ledger, where the server counts them: those of all ledgers. Of a day that is not closed it reads all that came since the last closed ones; of another ledger than the default one that ledger''s alone. Errors: 22004, 22023, SB013 no such ledger, 42501.';

/* Who reads these views has the tables too, and gets of them what the policies let it have. */
CREATE VIEW simplebank.hold_aging WITH (security_invoker = true) AS
SELECT a.currency, g.age, count(*) AS holds, sum(h.amount - h.captured) AS held, l.name AS ledger
FROM simplebank.holds h JOIN simplebank.accounts a ON a.id = h.from_account_id JOIN simplebank.ledgers l ON l.id = a.ledger_id,
	LATERAL (SELECT CASE WHEN h.expires_at <= now() THEN 'past its time'
						 WHEN h.created_at > now() - interval '1 day' THEN 'up to 1 day'
						 WHEN h.created_at > now() - interval '7 days' THEN 'up to 7 days'
						 WHEN h.created_at > now() - interval '30 days' THEN 'up to 30 days'
						 ELSE 'more than 30 days' END) g(age)
WHERE h.status = 'open'
GROUP BY l.name, a.currency, g.age;
COMMENT ON VIEW simplebank.hold_aging IS 'Open holds by ledger, currency and age, with what is left of them, minor units.';

CREATE VIEW simplebank.overdrawn_accounts WITH (security_invoker = true) AS
SELECT a.id AS account_id, a.owner, a.name, a.currency, a.balance, a.min_balance, a.updated_at, l.name AS ledger
FROM simplebank.accounts a JOIN simplebank.ledgers l ON l.id = a.ledger_id
WHERE a.balance < 0 AND a.kind = 'liability' AND NOT a.is_system AND a.id > 0 AND a.stripes IS NULL;
COMMENT ON VIEW simplebank.overdrawn_accounts IS 'Customers'' accounts that owe the bank, minor units. Without those that have stripes, whose balance is not in one row.';
