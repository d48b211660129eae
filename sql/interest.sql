/*
 * Interest: accrued daily, posted monthly.
 *
 * What accrues on a day is balance x rate x day fraction, of the closing
 * balance by effective_at.  It is kept exactly, in units: one is 1/1603080 of
 * a minor unit, and 1603080 is the least number that 360, 365 and 366 divide.
 *
 * interest_accruals is added to only, and runs like the ledger: each row has
 * what has accrued and is not posted after it.  Where a day turns out to have
 * been otherwise (an entry or a rate that is dated back), the difference is
 * booked on the day on which that is found; so what has been posted already
 * is corrected by the next posting.
 *
 * Day counts: ACT/365F, ACT/360, 30/360 and ACT/ACT as 2006 ISDA Definitions,
 * section 4.16 (d), (e), (f) and (b), has them.  A day's share of 30/360 is
 * what it adds to 360 x year + 30 x month + day, the latter at most 30; so a
 * month has 30 of them, whatever its length.
 */
CREATE DOMAIN simplebank.day_count AS text
	CHECK (VALUE IN ('ACT/365F', 'ACT/360', '30/360', 'ACT/ACT'));
COMMENT ON DOMAIN simplebank.day_count IS
'Which part of a year a day is: ACT/365F 1/365; ACT/360 1/360; 30/360: each month has 30 days, the last one of the month what is missing or 0; ACT/ACT (ISDA): 1/366 in leap years, else 1/365.';

CREATE TABLE simplebank.interest_rates (
	account_id bigint,
	valid_from date CHECK (isfinite(valid_from)),
	annual_rate numeric NOT NULL CHECK (annual_rate BETWEEN -1 AND 1 AND scale(annual_rate) <= 12),
	overdraft_rate numeric NOT NULL CHECK (overdraft_rate BETWEEN 0 AND 1 AND scale(overdraft_rate) <= 12),
	day_count simplebank.day_count COLLATE "C" NOT NULL,
	role text NOT NULL,
	set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (account_id, valid_from)
);
CREATE TABLE simplebank.interest_accounts (
	account_id bigint PRIMARY KEY,
	recalculate_from date
);
CREATE TABLE simplebank.interest_accruals (
	account_id bigint,
	booked_on date,
	day date,
	balance bigint,
	annual_rate numeric,
	units numeric NOT NULL,
	accrued numeric NOT NULL,
	transfer_id bigint,
	PRIMARY KEY (account_id, booked_on, day)
);
CREATE UNIQUE INDEX interest_accruals_transfer_idx ON simplebank.interest_accruals (transfer_id) WHERE transfer_id IS NOT NULL;
CREATE TABLE simplebank.interest_days (
	day date PRIMARY KEY,
	began_at timestamptz NOT NULL,
	last_accrued bigint NOT NULL DEFAULT 0,
	last_posted bigint NOT NULL DEFAULT 0
);

COMMENT ON TABLE simplebank.interest_rates IS 'What interest each account bears, and from when. Written by set_interest().';
COMMENT ON COLUMN simplebank.interest_rates.annual_rate IS 'on a balance above 0; 0.05 is 5 % a year';
COMMENT ON COLUMN simplebank.interest_rates.overdraft_rate IS 'on a balance below 0, which the account owes';
COMMENT ON TABLE simplebank.interest_accounts IS 'The accounts with interest_rates.';
COMMENT ON COLUMN simplebank.interest_accounts.recalculate_from IS 'where rates were changed for days that have accrued: the first of them';
COMMENT ON TABLE simplebank.interest_accruals IS 'What each account accrues day by day, corrections, and what was posted of it; a day without any has no row.';
COMMENT ON COLUMN simplebank.interest_accruals.booked_on IS 'the business date of the job interest that wrote it';
COMMENT ON COLUMN simplebank.interest_accruals.day IS 'for which day; later than booked_on: a posting';
COMMENT ON COLUMN simplebank.interest_accruals.balance IS 'closing balance of the day by effective_at, minor units; of a posting its amount, below 0 where the account has paid';
COMMENT ON COLUMN simplebank.interest_accruals.units IS '1/1603080 of a minor unit; what this row adds to accrued, of a correction the difference';
COMMENT ON COLUMN simplebank.interest_accruals.accrued IS 'units that have accrued and are not posted, after this row';
COMMENT ON COLUMN simplebank.interest_accruals.transfer_id IS 'of a posting';
COMMENT ON TABLE simplebank.interest_days IS 'How far the job interest has come with each of its dates: up to which account.';
COMMENT ON COLUMN simplebank.interest_days.began_at IS 'entries that were posted before have been looked at';

CREATE FUNCTION simplebank.set_interest(
	account_id bigint, annual_rate numeric, day_count text DEFAULT 'ACT/365F',
	valid_from date DEFAULT NULL, overdraft_rate numeric DEFAULT 0)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	account simplebank.accounts;
	today CONSTANT date = (clock_timestamp() AT TIME ZONE simplebank.setting('time_zone'))::date;
	argument record;
BEGIN
	annual_rate := trim_scale(annual_rate);
	overdraft_rate := trim_scale(coalesce(overdraft_rate, 0));
	valid_from := coalesce(valid_from, today);
	FOR argument IN
		SELECT * FROM (VALUES
			('account_id', account_id IS NULL, false, NULL),
			('annual_rate', annual_rate IS NULL, annual_rate NOT BETWEEN -1 AND 1 OR scale(annual_rate) > 12,
			 'It is between -1 and 1, with 12 decimal places at most; 0.05 is 5 % a year.'),
			('day_count', day_count IS NULL, day_count NOT IN ('ACT/365F', 'ACT/360', '30/360', 'ACT/ACT'),
			 'It is ACT/365F, ACT/360, 30/360 or ACT/ACT.'),
			('valid_from', false, NOT isfinite(valid_from), 'It is finite.'),
			('overdraft_rate', false, overdraft_rate NOT BETWEEN 0 AND 1 OR scale(overdraft_rate) > 12,
			 'It is between 0 and 1, with 12 decimal places at most; 0.05 is 5 % a year.')) a(name, missing, invalid, rule)
	LOOP
		IF argument.missing THEN
			PERFORM simplebank.refuse('22004', argument.name);
		ELSIF argument.invalid THEN
			RAISE EXCEPTION 'invalid value for %', argument.name USING ERRCODE = '22023', DETAIL = argument.rule;
		END IF;
	END LOOP;
	SELECT a.* INTO account FROM simplebank.accounts a WHERE a.id = set_interest.account_id AND a.id > 0;
	IF NOT FOUND THEN
		PERFORM simplebank.refuse('SB003', format('There is no account %s.', account_id));
	ELSIF account.status = 'closed' THEN
		PERFORM simplebank.refuse('SB004', format('Account %s is closed.', account_id));
	ELSIF account.is_system THEN
		RAISE EXCEPTION 'account % is one of the bank''s own', account_id USING ERRCODE = '22023';
	END IF;

	INSERT INTO simplebank.interest_accounts AS i (account_id, recalculate_from)
	VALUES (account_id, CASE WHEN valid_from < today THEN valid_from END)
	ON CONFLICT ON CONSTRAINT interest_accounts_pkey DO UPDATE
	SET recalculate_from = least(i.recalculate_from, excluded.recalculate_from);
	INSERT INTO simplebank.interest_rates AS r (account_id, valid_from, annual_rate, overdraft_rate, day_count, role)
	VALUES (account_id, valid_from, annual_rate, overdraft_rate, day_count, simplebank.caller_role())
	ON CONFLICT ON CONSTRAINT interest_rates_pkey DO UPDATE
	SET annual_rate = excluded.annual_rate, overdraft_rate = excluded.overdraft_rate, day_count = excluded.day_count,
		role = excluded.role, set_at = excluded.set_at;
	INSERT INTO simplebank.account_events (account_id, event, version, role, after)
	VALUES (account_id, 'interest', account.version, simplebank.caller_role(), jsonb_build_object(
		'valid_from', valid_from, 'annual_rate', annual_rate, 'overdraft_rate', overdraft_rate, 'day_count', day_count));
END $$;
COMMENT ON FUNCTION simplebank.set_interest IS
'Has an account bear interest from valid_from (default: today) until a later setting; 0 ends it. annual_rate: on a balance above 0, a fraction (0.05 is 5 %), -1 to 1; overdraft_rate: on a balance below 0, which the account pays; day_count: see domain day_count. Days that have accrued already are corrected by the next run of the job interest. Recorded in account_events. Errors: 22004, 22023 a rate (also NaN), day count or date out of range, or one of the bank''s own accounts, SB003, SB004 closed, 25006.';

/* A day's share of a year, in 1/1603080. */
CREATE FUNCTION simplebank.day_share(day_count text, day date)
RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE day_count
		WHEN 'ACT/365F' THEN 4392
		WHEN 'ACT/360' THEN 4453
		WHEN '30/360' THEN 4453 * CASE
			WHEN extract(day FROM day + 1) = 1 THEN 31 - least(extract(day FROM day)::int, 30)
			WHEN extract(day FROM day) = 30 THEN 0
			ELSE 1 END
		WHEN 'ACT/ACT' THEN CASE WHEN extract(doy FROM make_date(extract(year FROM day)::int, 12, 31)) = 366 THEN 4380 ELSE 4392 END
	END;
END;
COMMENT ON FUNCTION simplebank.day_share IS 'Part of the job interest: which part of a year a day is, in 1/1603080.';

/* Minor units, half to even. */
CREATE FUNCTION simplebank.round_units(units numeric)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT (q + CASE WHEN abs(r) * 2 > 1603080 OR abs(r) * 2 = 1603080 AND q % 2 <> 0 THEN sign(units) ELSE 0 END)::bigint
	FROM (SELECT div(units, 1603080) AS q, units - div(units, 1603080) * 1603080 AS r) d;
END;
COMMENT ON FUNCTION simplebank.round_units IS 'Part of the job interest: minor units, rounded half to even. Errors: 22003.';

CREATE FUNCTION simplebank.interest_preview(
	account_id bigint, from_date date, to_date date,
	OUT day date, OUT balance bigint, OUT annual_rate numeric, OUT day_fraction numeric, OUT accrued numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF account_id IS NULL THEN
		PERFORM simplebank.refuse('22004', 'account_id');
	END IF;
	PERFORM simplebank.check_past_day('from_date', from_date), simplebank.check_past_day('to_date', to_date);
	IF from_date > to_date THEN
		RAISE EXCEPTION 'invalid value for from_date' USING ERRCODE = '22023', DETAIL = 'It is not later than to_date.';
	END IF;
	RETURN QUERY
	SELECT d.day, b.balance, t.rate,
		   (simplebank.day_share(r.day_count, d.day) + 0e-20) / 1603080,
		   coalesce((b.balance * t.rate * simplebank.day_share(r.day_count, d.day) + 0e-20) / 1603080, 0)
	FROM (SELECT interest_preview.from_date + n AS day FROM generate_series(0, interest_preview.to_date - interest_preview.from_date) n) d
		JOIN LATERAL (SELECT simplebank.balance_at(interest_preview.account_id, simplebank.day_end(d.day) - interval '1 microsecond', 'effective')) b(balance) ON true
		LEFT JOIN LATERAL (SELECT i.* FROM simplebank.interest_rates i
						   WHERE i.account_id = interest_preview.account_id AND i.valid_from <= d.day
						   ORDER BY i.valid_from DESC LIMIT 1) r ON true
		LEFT JOIN LATERAL (SELECT CASE WHEN b.balance < 0 THEN r.overdraft_rate ELSE r.annual_rate END) t(rate) ON true
	ORDER BY d.day;
END $$;
COMMENT ON FUNCTION simplebank.interest_preview IS
'What an account accrues on each day from from_date to to_date, both inclusive and over, as its entries and rates are now; nothing is written. balance: closing balance by effective_at; annual_rate: the one that applies, NULL where none is set; accrued: balance x annual_rate x day_fraction, minor units, to 20 decimal places. Errors: 22004, 22023 a day that is not over, or from_date after to_date, SB003.';

/* What the accounts that are next accrue on a day; false where those were the last. */
CREATE FUNCTION simplebank.accrue_portion(accrued_day simplebank.interest_days, max_accounts int)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	today CONSTANT date = accrued_day.day;
	midnight CONSTANT timestamptz = simplebank.day_end(today);
	began CONSTANT timestamptz = simplebank.day_end(today - 1);
	last_run CONSTANT timestamptz = (SELECT max(d.began_at) FROM simplebank.interest_days d WHERE d.day < today);
	zone CONSTANT text = simplebank.setting('time_zone');
	last bigint;
BEGIN
	SELECT max(i.account_id) INTO last
	FROM (SELECT i.account_id FROM simplebank.interest_accounts i
		  WHERE i.account_id > accrued_day.last_accrued ORDER BY i.account_id LIMIT max_accounts) i;
	IF last IS NULL THEN
		RETURN false;
	END IF;
	/* rates that are set from now on are for the next run */
	PERFORM FROM simplebank.interest_accounts i
	WHERE i.account_id > accrued_day.last_accrued AND i.account_id <= last AND i.recalculate_from IS NOT NULL
	FOR NO KEY UPDATE;

	WITH portion AS MATERIALIZED (
		/* as a rule there is but this one day to do */
		SELECT i.account_id, a.balance, a.stripes IS NULL AND a.updated_at < midnight AS is_settled,
			   least(today,
					 /* nothing accrues before the first entry */
					 CASE WHEN i.recalculate_from IS NOT NULL THEN greatest(i.recalculate_from, (least(a.created_at, (
						SELECT min(e.effective_at) FROM simplebank.entries e
						WHERE e.account_id = i.account_id AND e.effective_at IS NOT NULL)) AT TIME ZONE zone)::date) END,
					 (SELECT min(e.effective_at) AT TIME ZONE zone FROM simplebank.entries e
					  WHERE e.account_id = i.account_id AND e.effective_at IS NOT NULL
					    AND e.posted_at >= last_run AND e.effective_at < began)::date,
					 CASE WHEN a.stripes IS NOT NULL THEN (
						SELECT min(e.effective_at) AT TIME ZONE zone
						FROM simplebank.accounts s JOIN simplebank.entries e ON e.account_id = s.id
						WHERE s.id BETWEEN -256 * i.account_id - 255 AND -256 * i.account_id
						  AND e.effective_at IS NOT NULL AND e.posted_at >= last_run AND e.effective_at < began)::date END
			   ) AS first_day
		FROM simplebank.interest_accounts i JOIN simplebank.accounts a ON a.id = i.account_id
		WHERE i.account_id > accrued_day.last_accrued AND i.account_id <= last
	), days AS (
		SELECT p.account_id, today AS day, false AS is_past,
			   CASE WHEN p.is_settled AND NOT EXISTS (SELECT FROM simplebank.entries e
													  WHERE e.account_id = p.account_id AND e.effective_at >= midnight)
					THEN p.balance
					ELSE simplebank.balance_at(p.account_id, midnight - interval '1 microsecond', 'effective') END AS balance
		FROM portion p
		UNION ALL
		SELECT p.account_id, d.day::date, true,
			   simplebank.balance_at(p.account_id, simplebank.day_end(d.day::date) - interval '1 microsecond', 'effective')
		FROM portion p, LATERAL generate_series(p.first_day::timestamp, today - 1, '1 day') d(day)
		WHERE p.first_day < today
	), accruals AS (
		SELECT d.account_id, d.day, d.balance, t.rate,
			   coalesce(d.balance * t.rate * simplebank.day_share(r.day_count, d.day), 0)
			   - CASE WHEN d.is_past THEN (
					SELECT coalesce(sum(x.units), 0) FROM simplebank.interest_accruals x
					WHERE x.account_id = d.account_id AND x.booked_on >= d.day AND x.day = d.day AND x.transfer_id IS NULL)
				 ELSE 0 END AS units
		FROM days d
			LEFT JOIN LATERAL (SELECT r.* FROM simplebank.interest_rates r
							   WHERE r.account_id = d.account_id AND r.valid_from <= d.day
							   ORDER BY r.valid_from DESC LIMIT 1) r ON true
			LEFT JOIN LATERAL (SELECT CASE WHEN d.balance < 0 THEN r.overdraft_rate ELSE r.annual_rate END) t(rate) ON true
	)
	INSERT INTO simplebank.interest_accruals (account_id, booked_on, day, balance, annual_rate, units, accrued)
	SELECT a.account_id, today, a.day, a.balance, a.rate, a.units,
		   coalesce(x.accrued, 0) + sum(a.units) OVER (PARTITION BY a.account_id ORDER BY a.day)
	FROM accruals a
		LEFT JOIN LATERAL (SELECT x.accrued FROM simplebank.interest_accruals x
						   WHERE x.account_id = a.account_id ORDER BY x.booked_on DESC, x.day DESC LIMIT 1) x ON true
	WHERE a.units <> 0;

	UPDATE simplebank.interest_accounts i SET recalculate_from = NULL
	WHERE i.account_id > accrued_day.last_accrued AND i.account_id <= last AND i.recalculate_from IS NOT NULL;
	UPDATE simplebank.interest_days d SET last_accrued = last WHERE d.day = today;
	RETURN true;
END $$;
COMMENT ON FUNCTION simplebank.accrue_portion IS 'Part of the job interest: a portion of a day''s accruals.';

CREATE FUNCTION simplebank.post_interest_batch(
	from_accounts bigint[], to_accounts bigint[], amounts bigint[], effective_at timestamptz, description text,
	OUT item int, OUT transfer_id bigint, OUT sqlstate text, OUT message text, OUT replayed boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_post_interest'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.post_interest_batch IS
'Part of the job interest: as transfer_batch, each item by itself, with one effective_at. Errors: 22004, 22023, 25006.';

/* Pays, or charges, what these accounts have accrued; they are ascending. */
CREATE FUNCTION simplebank.post_accrued(
	account_ids bigint[], booked_on date, OUT done bigint, OUT failed bigint, OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	/* the day after; where somebody has closed that one already, the first that is open */
	effective_at CONSTANT timestamptz = greatest(simplebank.day_end(booked_on), (SELECT max(d.ends_at) FROM simplebank.closed_days d));
	accounts bigint[];
	banks bigint[];
	amounts bigint[];
BEGIN
	WITH due AS MATERIALIZED (
		SELECT d.id, a.currency, simplebank.round_units(x.accrued) AS amount
		FROM unnest(account_ids) d(id) JOIN simplebank.accounts a ON a.id = d.id AND a.status <> 'closed',
			LATERAL (SELECT x.accrued FROM simplebank.interest_accruals x
					 WHERE x.account_id = d.id ORDER BY x.booked_on DESC, x.day DESC LIMIT 1) x
		WHERE abs(x.accrued) >= 1603080 / 2
	), banks AS MATERIALIZED (
		SELECT c.currency, simplebank.system_account('interest', c.currency) AS id
		FROM (SELECT DISTINCT d.currency FROM due d) c
	)
	SELECT array_agg(d.id ORDER BY d.id), array_agg(b.id ORDER BY d.id), array_agg(d.amount ORDER BY d.id)
	INTO accounts, banks, amounts
	FROM due d JOIN banks b ON b.currency = d.currency WHERE d.amount <> 0;
	done := 0;
	failed := 0;
	IF accounts IS NULL THEN
		RETURN;
	END IF;

	WITH items AS MATERIALIZED (
		SELECT i.account_id, i.bank_id, i.amount, i.item
		FROM unnest(accounts, banks, amounts) WITH ORDINALITY i(account_id, bank_id, amount, item)
	), posted AS MATERIALIZED (
		SELECT p.*
		FROM (SELECT array_agg(CASE WHEN i.amount > 0 THEN i.bank_id ELSE i.account_id END ORDER BY i.item) AS froms,
					 array_agg(CASE WHEN i.amount > 0 THEN i.account_id ELSE i.bank_id END ORDER BY i.item) AS tos,
					 array_agg(abs(i.amount) ORDER BY i.item) AS amounts FROM items i) a,
			LATERAL simplebank.post_interest_batch(a.froms, a.tos, a.amounts, effective_at,
				format('interest to %s', to_char(post_accrued.booked_on, 'YYYY-MM-DD'))) p
	), kept AS (
		INSERT INTO simplebank.interest_accruals (account_id, booked_on, day, balance, units, accrued, transfer_id)
		SELECT i.account_id, x.booked_on, x.booked_on + 1, i.amount, -i.amount::numeric * 1603080,
			   x.accrued - i.amount::numeric * 1603080, p.transfer_id
		FROM items i JOIN posted p ON p.item = i.item AND p.transfer_id IS NOT NULL,
			LATERAL (SELECT greatest(x.booked_on, post_accrued.booked_on) AS booked_on, x.accrued FROM simplebank.interest_accruals x
					 WHERE x.account_id = i.account_id ORDER BY x.booked_on DESC, x.day DESC LIMIT 1) x
	)
	SELECT count(p.transfer_id), count(p.sqlstate),
		   (array_agg(format('account %s: %s: %s', i.account_id, p.sqlstate, p.message) ORDER BY p.item) FILTER (WHERE p.sqlstate IS NOT NULL))[1]
	INTO done, failed, error
	FROM posted p JOIN items i ON i.item = p.item;
END $$;
COMMENT ON FUNCTION simplebank.post_accrued IS
'Part of the job interest: posts what has accrued up to a business date. What is refused stays accrued.';

CREATE FUNCTION simplebank.post_interest(account_id bigint)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last simplebank.interest_accruals;
	posted record;
BEGIN
	IF account_id IS NULL THEN
		PERFORM simplebank.refuse('22004', 'account_id');
	END IF;
	PERFORM pg_advisory_xact_lock(hashtextextended('simplebank.job interest', 0));
	SELECT * INTO posted FROM simplebank.post_accrued(ARRAY[account_id],
		(SELECT max(x.booked_on) FROM simplebank.interest_accruals x WHERE x.account_id = post_interest.account_id));
	IF posted.error IS NOT NULL THEN
		RAISE EXCEPTION 'interest not posted' USING ERRCODE = substring(posted.error, ': (.....): '), DETAIL = posted.error;
	ELSIF posted.done = 1 THEN
		SELECT x.* INTO last FROM simplebank.interest_accruals x
		WHERE x.account_id = post_interest.account_id ORDER BY x.booked_on DESC, x.day DESC LIMIT 1;
	END IF;
	RETURN last.transfer_id;
END $$;
COMMENT ON FUNCTION simplebank.post_interest IS
'Posts at once what an account has accrued, as before closing it, and answers the transfer; NULL where that is less than half a minor unit. Errors: 22004; SB001, SB002, SB004 where the posting is refused; 25006.';

/* A portion of the job interest: accruals of a day, then, at the end of a month, postings. */
CREATE FUNCTION simplebank.interest_portion(
	business_date date, max_accounts int, OUT done bigint, OUT failed bigint, OUT error text, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	current simplebank.interest_days;
	accounts bigint[];
BEGIN
	done := 0;
	failed := 0;
	more := true;
	SELECT d.* INTO current FROM simplebank.interest_days d WHERE d.day = business_date;
	IF NOT FOUND THEN
		current.began_at := clock_timestamp();
		PERFORM simplebank.wait_for_postings();
		INSERT INTO simplebank.interest_days (day, began_at) VALUES (business_date, current.began_at);
		RETURN;
	ELSIF simplebank.accrue_portion(current, max_accounts) THEN
		RETURN;
	ELSIF extract(day FROM business_date + 1) <> 1 THEN
		more := false;
		RETURN;
	END IF;
	accounts := ARRAY(SELECT i.account_id FROM simplebank.interest_accounts i
					  WHERE i.account_id > current.last_posted ORDER BY i.account_id LIMIT max_accounts);
	more := cardinality(accounts) > 0;
	IF more THEN
		SELECT p.* INTO done, failed, error FROM simplebank.post_accrued(accounts, business_date) p;
		UPDATE simplebank.interest_days d SET last_posted = accounts[cardinality(accounts)] WHERE d.day = business_date;
	END IF;
END $$;
COMMENT ON FUNCTION simplebank.interest_portion IS 'A portion of the job interest. Errors: 25006.';
