/*
 * Interest by itself: what the job accrues and posts, and the proof of it.
 */

/*
 * What the accounts that are next accrue on a day; false where those were the
 * last.  Of an account that has been posted into a day that has accrued, or
 * whose rates were dated back, the days from there on are to be accrued anew;
 * correct_portion() does it.  What is new is known by its version, not by a
 * time: clocks go back.
 */
CREATE FUNCTION simplebank_internal.accrue_portion(accrued_day simplebank.interest_days, max_accounts int)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_seqscan = off /* a portion is a range of accounts */
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	today CONSTANT date = accrued_day.day;
	midnight CONSTANT timestamptz = simplebank_internal.day_end(today);
	began CONSTANT timestamptz = simplebank_internal.day_end(today - 1);
	past CONSTANT bigint = accrued_day.last_accrued;
	last bigint;
BEGIN
	SELECT max(i.account_id) INTO last
	FROM (SELECT i.account_id FROM simplebank.interest_accounts i
		  WHERE i.account_id > past ORDER BY i.account_id LIMIT max_accounts) i;
	IF last IS NULL THEN
		RETURN false;
	END IF;
	/* rates that are set from now on are for the next run */
	PERFORM FROM simplebank.interest_accounts i
	WHERE i.account_id > past AND i.account_id <= last AND i.recalculate_from <= today
	FOR NO KEY UPDATE;

	WITH portion AS MATERIALIZED (
		SELECT a.id, a.balance, a.stripes, a.updated_at, a.created_at,
			   CASE WHEN i.recalculate_from <= today THEN i.recalculate_from END AS recalculate_from,
			   CASE WHEN a.stripes IS NULL THEN ARRAY[a.version] ELSE simplebank_internal.row_versions(a.id) END AS versions,
			   /* as first_back_dated() has it */
			   CASE WHEN a.stripes IS NOT NULL THEN simplebank_internal.first_back_dated(a.id, i.versions, began)
					WHEN a.version > i.versions[1] THEN least(
						(SELECT e.posted_at FROM simplebank.entries e
						 WHERE e.account_id = a.id AND e.version = i.versions[1] + 1 AND e.posted_at < began),
						(SELECT min(e.effective_at) FROM simplebank.entries e
						 WHERE e.account_id = a.id AND e.effective_at < began AND e.version > i.versions[1])) END AS back_dated
		FROM simplebank.interest_accounts i JOIN simplebank.accounts a ON a.id = i.account_id
		WHERE i.account_id > past AND i.account_id <= last AND a.id > past AND a.id <= last
	), rates AS (
		SELECT DISTINCT ON (r.account_id) r.account_id, r.annual_rate, r.overdraft_rate, r.day_count
		FROM simplebank.interest_rates r
		WHERE r.account_id > past AND r.account_id <= last AND r.valid_from <= today
		ORDER BY r.account_id DESC, r.valid_from DESC
	), closings AS MATERIALIZED (
		SELECT p.id,
			   CASE WHEN p.stripes IS NULL AND p.updated_at < midnight
						 AND (SELECT 1 FROM simplebank.entries e
							  WHERE e.account_id = p.id AND e.effective_at >= midnight LIMIT 1) IS NULL
					THEN p.balance
					ELSE simplebank.balance_at(p.id, midnight - interval '1 microsecond', 'effective') END AS balance
		FROM portion p WHERE p.recalculate_from IS NULL AND p.back_dated IS NULL
	), accruals AS MATERIALIZED (
		SELECT c.id, c.balance, CASE WHEN c.balance < 0 THEN r.overdraft_rate ELSE r.annual_rate END AS rate,
			   c.balance * CASE WHEN c.balance < 0 THEN r.overdraft_rate ELSE r.annual_rate END
			   * simplebank_internal.day_share(r.day_count, today) AS units
		FROM closings c JOIN rates r ON r.account_id = c.id
	), looked_at AS (
		UPDATE simplebank.interest_accounts i
		SET versions = p.versions, recalculate_from = CASE WHEN p.recalculate_from IS NULL THEN i.recalculate_from END,
			pending_from = CASE WHEN p.recalculate_from IS NULL AND p.back_dated IS NULL THEN i.pending_from
								ELSE least(today, simplebank_internal.accrue_from(p.id, p.recalculate_from, p.back_dated, began)) END
		FROM portion p WHERE i.account_id = p.id AND (i.versions <> p.versions OR p.recalculate_from IS NOT NULL)
	)
	INSERT INTO simplebank.interest_accruals (account_id, charged, booked_on, day, balance, annual_rate, units, accrued)
	SELECT a.id, a.units < 0, today, today, a.balance, a.rate, a.units,
		   a.units + coalesce((SELECT x.accrued FROM simplebank.interest_accruals x
							   WHERE x.account_id = a.id AND x.charged = (a.units < 0) ORDER BY x.booked_on DESC, x.day DESC LIMIT 1), 0)
	FROM accruals a WHERE a.units <> 0;

	UPDATE simplebank.interest_days d SET last_accrued = last WHERE d.day = today;
	RETURN true;
END $$;
COMMENT ON FUNCTION simplebank_internal.accrue_portion IS 'Part of the job interest: a portion of a day''s accruals.';

/* The same; where it raises, of fewer accounts, and in the end without the one that makes it raise. */
CREATE FUNCTION simplebank_internal.accrue_safely(
	accrued_day simplebank.interest_days, max_accounts int, OUT more boolean, OUT failed bigint, OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	size int = max_accounts;
	poisonous bigint;
BEGIN
	failed := 0;
	LOOP
		BEGIN
			more := simplebank_internal.accrue_portion(accrued_day, size);
			error := NULL;
			RETURN;
		EXCEPTION WHEN OTHERS THEN
			error := format('%s: %s', SQLSTATE, SQLERRM);
		END;
		EXIT WHEN size = 1;
		size := greatest(size / 10, 1);
	END LOOP;
	SELECT min(i.account_id) INTO poisonous FROM simplebank.interest_accounts i WHERE i.account_id > accrued_day.last_accrued;
	/* the next run tries again, and looks at the same entries as this one */
	UPDATE simplebank.interest_accounts i SET recalculate_from = least(i.recalculate_from, accrued_day.day)
	WHERE i.account_id = poisonous;
	UPDATE simplebank.interest_days d SET last_accrued = poisonous WHERE d.day = accrued_day.day;
	more := true;
	failed := 1;
	error := format('account %s: %s', poisonous, error);
END $$;
COMMENT ON FUNCTION simplebank_internal.accrue_safely IS 'Part of the job interest: one account that cannot be read keeps no other from its interest.';

/*
 * The earliest time before a moment that an entry has of those that came
 * after these versions.  By time of posting it is the first of a row, if any:
 * within a row that time never goes back.
 */
CREATE FUNCTION simplebank_internal.first_back_dated(account_id bigint, versions bigint[], effective_before timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT min(least(p.at, v.at))
	FROM (SELECT account_id, coalesce(versions[1], 0) UNION ALL
		  SELECT s.id, coalesce(versions[2 - 256 * account_id - s.id], 0)
		  FROM simplebank.accounts s WHERE s.id BETWEEN -256 * account_id - 255 AND -256 * account_id) r(id, version),
		LATERAL (SELECT min(e.posted_at) FROM simplebank.entries e
				 WHERE e.account_id = r.id AND e.version = r.version + 1 AND e.posted_at < effective_before) p(at),
		LATERAL (SELECT min(e.effective_at) FROM simplebank.entries e
				 WHERE e.account_id = r.id AND e.version > r.version AND e.effective_at < effective_before) v(at);
END;
COMMENT ON FUNCTION simplebank_internal.first_back_dated IS
'Part of the job interest: the earliest time before a moment, by posting or effective_at, of an account''s entries after these versions.';

/* From which day on an account accrues anew; nothing accrues before its first rate, or its first entry. */
CREATE FUNCTION simplebank_internal.accrue_from(account_id bigint, recalculate_from date, back_dated timestamptz, began timestamptz)
RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT greatest((SELECT min(r.valid_from) FROM simplebank.interest_rates r WHERE r.account_id = a.id),
			least(simplebank_internal.day_of(back_dated), CASE WHEN recalculate_from IS NOT NULL THEN greatest(recalculate_from,
				simplebank_internal.day_of(least(a.created_at, simplebank_internal.first_back_dated(a.id, '{}', began)))) END))
	FROM simplebank.accounts a
	WHERE a.id = account_id AND (recalculate_from IS NOT NULL OR back_dated IS NOT NULL);
END;
COMMENT ON FUNCTION simplebank_internal.accrue_from IS 'Part of the job interest and close_account(): the first day that an account accrues anew.';

/* What these days accrue, less what was booked for them. */
CREATE FUNCTION simplebank_internal.accrual_differences(
	account_id bigint, from_date date, to_date date,
	OUT charged boolean, OUT day date, OUT balance bigint, OUT annual_rate numeric, OUT units numeric)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT c.charged, p.day, p.balance, p.annual_rate,
		   CASE WHEN (u.units < 0) = c.charged THEN u.units ELSE 0 END - (
		   SELECT coalesce(sum(x.units), 0) FROM simplebank.interest_accruals x
		   WHERE x.account_id = accrual_differences.account_id AND x.charged = c.charged
		     AND x.booked_on >= p.day AND x.day = p.day AND x.transfer_id IS NULL)
	FROM simplebank_internal.accrual_days(account_id, from_date, to_date) p,
		LATERAL (SELECT coalesce(p.balance * p.annual_rate * simplebank_internal.day_share(p.day_count, p.day), 0)) u(units),
		(VALUES (false), (true)) c(charged);
END;
COMMENT ON FUNCTION simplebank_internal.accrual_differences IS 'Part of the job interest and close_account(): what these days accrue, less what was booked for them, 1/1603080 of a minor unit.';

/* What these accounts accrue on each of their days, in order; the differences are booked today. */
CREATE FUNCTION simplebank_internal.accrue_again(account_ids bigint[], from_days date[], to_days date[], today date)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_seqscan = off
AS $$
BEGIN
	INSERT INTO simplebank.interest_accruals (account_id, charged, booked_on, day, balance, annual_rate, units, accrued)
	SELECT t.account_id, d.charged, today, d.day, d.balance, d.annual_rate, d.units,
		   sum(d.units) OVER (PARTITION BY t.account_id, d.charged ORDER BY d.day)
		   + coalesce((SELECT x.accrued FROM simplebank.interest_accruals x
					   WHERE x.account_id = t.account_id AND x.charged = d.charged ORDER BY x.booked_on DESC, x.day DESC LIMIT 1), 0)
	FROM unnest(account_ids, from_days, to_days) t(account_id, from_day, to_day),
		LATERAL simplebank_internal.accrual_differences(t.account_id, t.from_day, t.to_day) d
	WHERE d.units <> 0;
END $$;
COMMENT ON FUNCTION simplebank_internal.accrue_again IS 'Part of the job interest: what days that have changed accrue, less what they had.';

/*
 * Accrues anew what is pending, in batches of so many days, until it is time;
 * false where there is nothing left.  One day of many accounts or many years
 * of one make batches of the same size, so that a portion ends in time.
 */
CREATE FUNCTION simplebank_internal.correct_portion(
	today date, max_days int, until timestamptz, OUT more boolean, OUT failed bigint, OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
	max_accounts int = max_days;
	account_ids bigint[];
	from_days date[];
	to_days date[];
BEGIN
	more := false;
	failed := 0;
	LOOP
		SELECT array_agg(b.account_id), array_agg(b.pending_from), array_agg(b.to_day) INTO account_ids, from_days, to_days
		FROM (SELECT p.*, sum(p.to_day - p.pending_from + 1) OVER (ORDER BY p.account_id) AS days
			  FROM (SELECT i.account_id, i.pending_from, least(today, i.pending_from + max_days - 1) AS to_day
					FROM simplebank.interest_accounts i WHERE i.pending_from IS NOT NULL ORDER BY i.account_id LIMIT max_accounts) p) b
		WHERE b.days <= max_days;
		EXIT WHEN account_ids IS NULL;
		more := true;
		BEGIN
			PERFORM simplebank_internal.accrue_again(account_ids, from_days, to_days, today);
			UPDATE simplebank.interest_accounts i SET pending_from = CASE WHEN t.to_day < today THEN t.to_day + 1 END
			FROM unnest(account_ids, to_days) t(account_id, to_day) WHERE i.account_id = t.account_id;
		EXCEPTION WHEN OTHERS THEN
			IF cardinality(account_ids) = 1 THEN
				/* the next run tries again */
				UPDATE simplebank.interest_accounts i SET recalculate_from = least(i.recalculate_from, i.pending_from), pending_from = NULL
				WHERE i.account_id = account_ids[1];
				failed := failed + 1;
				error := format('account %s: %s: %s', account_ids[1], SQLSTATE, SQLERRM);
			END IF;
			max_accounts := 1;
		END;
		EXIT WHEN clock_timestamp() >= until;
	END LOOP;
END $$;
COMMENT ON FUNCTION simplebank_internal.correct_portion IS
'Part of the job interest: accrues anew the days that have changed since they accrued; one account that cannot be read keeps no other from its interest.';

/* What an account has accrued and not been posted, with what these days would add; NULL for nothing. */
CREATE FUNCTION simplebank_internal.accrued_amounts(account_id bigint, from_date date, to_date date)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT string_agg(format(CASE WHEN c.charged THEN '%s to charge' ELSE '%s to pay' END,
							 CASE WHEN c.charged THEN -r.amount ELSE r.amount END), ', ' ORDER BY c.charged)
	FROM (VALUES (false), (true)) c(charged)
		LEFT JOIN LATERAL (SELECT x.accrued FROM simplebank.interest_accruals x
						   WHERE x.account_id = accrued_amounts.account_id AND x.charged = c.charged
						   ORDER BY x.booked_on DESC, x.day DESC LIMIT 1) x ON true
		LEFT JOIN (SELECT d.charged, sum(d.units) AS units
				   FROM simplebank_internal.accrual_differences(account_id, from_date, to_date) d GROUP BY d.charged) p ON p.charged = c.charged,
		LATERAL (SELECT simplebank_internal.round_units(coalesce(x.accrued, 0) + coalesce(p.units, 0))) r(amount)
	WHERE r.amount <> 0;
END;
COMMENT ON FUNCTION simplebank_internal.accrued_amounts IS 'Part of close_account(): how much interest of an account is not posted, in words and minor units. Errors: 22003.';

/*
 * Why an account is not closed for the sake of its interest, and what to do;
 * NULL where nobody loses any.  Days that are over count as they are now,
 * whether the job has seen them or not.
 */
CREATE FUNCTION simplebank_internal.interest_left(account_id bigint, OUT detail text, OUT hint text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	bearing simplebank.interest_accounts;
	over CONSTANT date = simplebank_internal.due_date('24:00');
	done CONSTANT date = (SELECT j.watermark FROM simplebank.jobs j WHERE j.name = 'interest');
	back_dated timestamptz;
	value_date timestamptz;
BEGIN
	SELECT i.* INTO bearing FROM simplebank.interest_accounts i WHERE i.account_id = interest_left.account_id;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	detail := simplebank_internal.accrued_amounts(account_id, NULL, NULL);
	IF detail IS NOT NULL THEN
		detail := format('Account %s has interest that has accrued and is not posted: %s.', account_id, detail);
		hint := 'post_interest() posts it.';
		RETURN;
	END IF;

	back_dated := simplebank_internal.first_back_dated(account_id, bearing.versions, simplebank_internal.day_end(over));
	detail := simplebank_internal.accrued_amounts(account_id,
		simplebank_internal.accrue_from(account_id, least(bearing.recalculate_from, bearing.pending_from, done + 1), back_dated, simplebank_internal.day_end(over)), over);
	IF detail IS NOT NULL THEN
		detail := format('Account %s has interest that is still to accrue: %s.', account_id, detail);
		hint := 'The job interest accrues it at the end of its next day; then post_interest() posts it.';
		RETURN;
	END IF;

	/* a balance by effective_at bears interest until it is 0 by that too */
	SELECT max(x.at) INTO value_date
	FROM (SELECT account_id UNION ALL
		  SELECT s.id FROM simplebank.accounts s WHERE s.id BETWEEN -256 * account_id - 255 AND -256 * account_id) r(id),
		LATERAL (SELECT max(e.effective_at) AS at FROM simplebank.entries e WHERE e.account_id = r.id
				 UNION ALL
				 (SELECT e.posted_at FROM simplebank.entries e
				  WHERE e.account_id = r.id AND e.effective_at IS NULL ORDER BY e.version DESC LIMIT 1)) x
	WHERE x.at >= simplebank_internal.day_end(over + 1);
	IF value_date IS NOT NULL AND EXISTS (
		SELECT FROM simplebank.interest_rates r
		WHERE r.account_id = interest_left.account_id AND (r.annual_rate <> 0 OR r.overdraft_rate <> 0)
		  AND NOT EXISTS (SELECT FROM simplebank.interest_rates n WHERE n.account_id = r.account_id
							AND n.valid_from > r.valid_from AND n.valid_from <= over + 1)) THEN
		detail := format('Account %s bears interest until %s, by its value dates.', account_id,
			to_char(simplebank_internal.day_of(value_date), 'YYYY-MM-DD'));
		hint := 'Close it after that day, or end its interest by set_interest() with a rate of 0.';
	END IF;
END $$;
COMMENT ON FUNCTION simplebank_internal.interest_left IS
'Part of close_account(): what an account''s interest, accrued or to come, has against it, and what to do; NULL where there is nothing.';

CREATE FUNCTION simplebank_internal.post_interest_batch(
	from_accounts bigint[], to_accounts bigint[], amounts bigint[], effective_ats timestamptz[], description text,
	OUT item int, OUT transfer_id bigint, OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT replayed boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_post_interest_batch'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.post_interest_batch IS
'Part of the job interest: as transfer_batch, each item by itself. Errors: 22004, 22023, 42501 called by another function than the job''s, 25006.';

/* Pays, and charges, what these accounts have accrued; they are ascending. */
CREATE FUNCTION simplebank_internal.post_accrued(
	account_ids bigint[], booked_on date,
	OUT done bigint, OUT failed bigint, OUT error text, OUT transfers bigint[], OUT charges boolean[])
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	midnight CONSTANT timestamptz = simplebank_internal.day_end(booked_on);
	accounts bigint[];
	sides boolean[];
	banks bigint[];
	effective_ats timestamptz[];
	amounts bigint[];
	accrued numeric[];
	days date[];
BEGIN
	WITH due AS MATERIALIZED (
		SELECT d.id, c.charged, a.ledger_id, a.currency, x.accrued, x.booked_on, simplebank_internal.round_units(x.accrued) AS amount
		FROM unnest(account_ids) d(id) JOIN simplebank.accounts a ON a.id = d.id AND a.status <> 'closed',
			(VALUES (false), (true)) c(charged),
			LATERAL (SELECT x.accrued, x.booked_on FROM simplebank.interest_accruals x
					 WHERE x.account_id = d.id AND x.charged = c.charged ORDER BY x.booked_on DESC, x.day DESC LIMIT 1) x
		WHERE a.id BETWEEN account_ids[1] AND account_ids[cardinality(account_ids)]
		  AND abs(x.accrued) >= 1603080 / 2
	), banks AS MATERIALIZED (
		SELECT c.ledger_id, c.currency, c.charged,
			   simplebank_internal.bank_account(CASE WHEN c.charged THEN 'interest_income' ELSE 'interest' END, c.currency, c.ledger_id) AS id
		FROM (SELECT DISTINCT d.ledger_id, d.currency, d.charged FROM due d ORDER BY 1, 2, 3) c
	), days AS MATERIALIZED (
		/* on the day after, or, where somebody has closed that one already, the ledger's first that is open; which it is anyhow, unless the job is late */
		SELECT l.ledger_id, CASE WHEN clock_timestamp() > f.first + interval '23 hours' THEN f.first END AS effective_at
		FROM (SELECT DISTINCT d.ledger_id FROM due d) l,
			LATERAL (SELECT greatest(midnight, (SELECT max(d.ends_at) FROM simplebank.closed_days d WHERE d.ledger_id = l.ledger_id))) f(first)
	)
	/* an account is paid before it is charged */
	SELECT array_agg(d.id), array_agg(d.charged), array_agg(d.bank), array_agg(d.amount), array_agg(d.accrued), array_agg(d.booked_on), array_agg(d.effective_at)
	INTO accounts, sides, banks, amounts, accrued, days, effective_ats
	FROM (SELECT d.*, b.id AS bank, o.effective_at
		  FROM due d JOIN banks b ON b.ledger_id = d.ledger_id AND b.currency = d.currency AND b.charged = d.charged
			JOIN days o ON o.ledger_id = d.ledger_id
		  WHERE d.amount <> 0 ORDER BY d.id, d.charged) d;
	done := 0;
	failed := 0;
	IF accounts IS NULL THEN
		RETURN;
	END IF;

	WITH items AS MATERIALIZED (
		SELECT i.* FROM unnest(accounts, sides, banks, amounts, accrued, days)
			WITH ORDINALITY i(account_id, charged, bank_id, amount, accrued, booked_on, item)
	), posted AS MATERIALIZED (
		SELECT p.*
		FROM (SELECT array_agg(CASE WHEN i.amount > 0 THEN i.bank_id ELSE i.account_id END) AS froms,
					 array_agg(CASE WHEN i.amount > 0 THEN i.account_id ELSE i.bank_id END) AS tos,
					 array_agg(abs(i.amount)) AS amounts FROM (SELECT i.* FROM items i ORDER BY i.item) i) a,
			LATERAL simplebank_internal.post_interest_batch(a.froms, a.tos, a.amounts, effective_ats,
				format('interest to %s', to_char(post_accrued.booked_on, 'YYYY-MM-DD'))) p
	), kept AS (
		INSERT INTO simplebank.interest_accruals (account_id, charged, booked_on, day, balance, units, accrued, transfer_id)
		SELECT i.account_id, i.charged, b.booked_on, b.booked_on + 1, i.amount, u.units, i.accrued + u.units, p.transfer_id
		FROM items i JOIN posted p ON p.item = i.item AND p.transfer_id IS NOT NULL,
			LATERAL (SELECT greatest(i.booked_on, post_accrued.booked_on)) b(booked_on),
			LATERAL (SELECT i.amount * -1603080::numeric) u(units)
	)
	SELECT count(p.transfer_id), count(p.sqlstate),
		   (array_agg(format('account %s: %s: %s', i.account_id, p.sqlstate, p.message) ORDER BY p.item) FILTER (WHERE p.sqlstate IS NOT NULL))[1],
		   array_agg(p.transfer_id ORDER BY p.item), array_agg(i.charged ORDER BY p.item)
	INTO done, failed, error, transfers, charges
	FROM posted p JOIN items i ON i.item = p.item;
END $$;
COMMENT ON FUNCTION simplebank_internal.post_accrued IS
'Part of the job interest: posts what has accrued up to a business date, and answers the transfers, with whether they are charges. What is refused stays accrued.';

/* A portion of the job interest: accruals of a day, then corrections, then, at the end of a month, postings. */
CREATE FUNCTION simplebank_internal.interest_step(
	business_date date, OUT done bigint, OUT failed bigint, OUT error text, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	portion CONSTANT int = 5000;
	portion_days CONSTANT int = 2000;
	portion_time CONSTANT interval = '1 second';
	current simplebank.interest_days;
	accounts bigint[];
BEGIN
	done := 0;
	failed := 0;
	more := true;
	SELECT d.* INTO current FROM simplebank.interest_days d WHERE d.day = business_date;
	IF NOT FOUND THEN
		PERFORM simplebank_internal.end_day(business_date);
		PERFORM simplebank_internal.wait_for_postings();
		INSERT INTO simplebank.interest_days (day) VALUES (business_date);
		RETURN;
	END IF;
	SELECT a.more, a.failed, a.error INTO more, failed, error FROM simplebank_internal.accrue_safely(current, portion) a;
	IF more THEN
		RETURN;
	END IF;
	SELECT c.more, c.failed, c.error INTO more, failed, error
	FROM simplebank_internal.correct_portion(business_date, portion_days, clock_timestamp() + portion_time) c;
	IF more THEN
		RETURN;
	ELSIF extract(day FROM business_date + 1) <> 1 THEN
		more := false;
		RETURN;
	END IF;
	accounts := ARRAY(SELECT i.account_id FROM simplebank.interest_accounts i
					  WHERE i.account_id > current.last_posted ORDER BY i.account_id LIMIT portion);
	more := cardinality(accounts) > 0;
	IF more THEN
		SELECT p.done, p.failed, p.error INTO done, failed, error FROM simplebank_internal.post_accrued(accounts, business_date) p;
		UPDATE simplebank.interest_days d SET last_posted = accounts[cardinality(accounts)] WHERE d.day = business_date;
	END IF;
END $$;
COMMENT ON FUNCTION simplebank_internal.interest_step IS 'A portion of the job interest. Errors: 25006.';

/* Part of verify(): what has accrued, row by row, and what was posted of it. */
CREATE FUNCTION simplebank_internal.prove_interest(
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
	WITH accruals AS (
		SELECT x.*, lag(x.accrued, 1, coalesce(b.accrued, 0)) OVER (PARTITION BY x.account_id, x.charged ORDER BY x.booked_on, x.day) AS last_accrued
		FROM simplebank.interest_accounts i CROSS JOIN (VALUES (false), (true)) c(charged)
			LEFT JOIN LATERAL (SELECT x.accrued FROM simplebank.interest_accruals x
							   WHERE x.account_id = i.account_id AND x.charged = c.charged AND x.booked_on <= start.day
							   ORDER BY x.booked_on DESC, x.day DESC LIMIT 1) b ON NOT start.is_full
			JOIN simplebank.interest_accruals x ON x.account_id = i.account_id AND x.charged = c.charged AND (start.is_full OR x.booked_on > start.day)
	)

	SELECT 'interest_accrual', x.account_id, NULL::bigint, x.transfer_id, format('booked on %s for %s: %s + %s is not %s', x.booked_on, x.day, x.last_accrued, x.units, x.accrued)
	FROM accruals x WHERE x.last_accrued + x.units <> x.accrued
	UNION ALL
	SELECT 'interest_posting', x.account_id, NULL, x.transfer_id, format('booked on %s: differs from its transfer', x.booked_on)
	FROM accruals x LEFT JOIN simplebank.transfers t ON t.id = x.transfer_id
	WHERE x.transfer_id IS NOT NULL
	  AND (t.operation, t.amount, simplebank_internal.account_of(CASE WHEN x.balance > 0 THEN t.to_account_id ELSE t.from_account_id END), x.units)
		  IS DISTINCT FROM ('interest', abs(x.balance), x.account_id, x.balance::numeric * -1603080);
END $$;
COMMENT ON FUNCTION simplebank_internal.prove_interest IS
'Part of verify(): interest.';
