/*
 * Interest: accrued daily, posted monthly.
 *
 * What accrues on a day is balance x rate x day fraction, of the closing
 * balance by effective_at.  It is kept exactly, in units: one is 1/1603080 of
 * a minor unit, and 1603080 is the least number that 360, 365 and 366 divide.
 *
 * interest_accruals is added to only, and runs like the ledger: each row has
 * what has accrued and is not posted after it.  What an account is paid and
 * what it is charged are two such runs, which are not set off against each
 * other; a day belongs to one of them.  Where a day turns out to have
 * been otherwise (an entry or a rate that is dated back), the difference is
 * booked on the day on which that is found; so what has been posted already
 * is corrected by the next posting.
 *
 * Day counts: ACT/365F, ACT/360, 30E/360 and ACT/ACT as 2006 ISDA Definitions,
 * section 4.16 (d), (e), (g) and (b), has them.  A day's share of 30E/360 is
 * what it adds to 360 x year + 30 x month + day, the latter at most 30; so a
 * month has 30 of them, whatever its length.  30/360 (Bond Basis), which is
 * (f), is no such sum: what a 31st adds depends on the day on which a period
 * has begun, and interest that accrues by the day has no periods.
 */
CREATE DOMAIN simplebank.day_count AS text
	CHECK (VALUE IN ('ACT/365F', 'ACT/360', '30E/360', 'ACT/ACT'));
COMMENT ON DOMAIN simplebank.day_count IS
'Which part of a year a day is: ACT/365F 1/365; ACT/360 1/360; 30E/360 (Eurobond Basis): each month has 30 days, the last one what is missing of them; ACT/ACT (ISDA): 1/366 in leap years, else 1/365. Sources: 2006 ISDA Definitions, section 4.16 (d), (e), (g), (b). 30/360 (Bond Basis), (f) there, does not add up by days and is not offered.';

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
	versions bigint[] NOT NULL,
	recalculate_from date,
	pending_from date
);
CREATE INDEX interest_accounts_pending_idx ON simplebank.interest_accounts (account_id) WHERE pending_from IS NOT NULL;
CREATE TABLE simplebank.interest_accruals (
	account_id bigint,
	charged boolean,
	booked_on date,
	day date,
	balance bigint,
	annual_rate numeric,
	units numeric NOT NULL,
	accrued numeric NOT NULL,
	transfer_id bigint,
	PRIMARY KEY (account_id, charged, booked_on, day)
);
CREATE UNIQUE INDEX interest_accruals_transfer_idx ON simplebank.interest_accruals (transfer_id) WHERE transfer_id IS NOT NULL;
CREATE TABLE simplebank.interest_days (
	day date PRIMARY KEY,
	last_accrued bigint NOT NULL DEFAULT 0,
	last_posted bigint NOT NULL DEFAULT 0
);

COMMENT ON TABLE simplebank.interest_rates IS 'What interest each account bears, and from when. Written by set_interest().';
COMMENT ON COLUMN simplebank.interest_rates.annual_rate IS 'on a balance above 0; 0.05 is 5 % a year';
COMMENT ON COLUMN simplebank.interest_rates.overdraft_rate IS 'on a balance below 0, which the account owes';
COMMENT ON TABLE simplebank.interest_accounts IS 'The accounts with interest_rates.';
COMMENT ON COLUMN simplebank.interest_accounts.versions IS 'up to which entry the job interest has looked: the version of the account''s own row, then those of its stripes in their order';
COMMENT ON COLUMN simplebank.interest_accounts.recalculate_from IS 'from where rates were set that no run of the job interest has seen yet';
COMMENT ON COLUMN simplebank.interest_accounts.pending_from IS 'from where the run of the job interest that is on has still to accrue it anew';
COMMENT ON TABLE simplebank.interest_accruals IS 'What each account accrues day by day, corrections, and what was posted of it; a day without any has no row.';
COMMENT ON COLUMN simplebank.interest_accruals.charged IS 'false: the account is paid, from the bank''s account interest; true: it is charged (overdrafts, rates below 0), to interest_income';
COMMENT ON COLUMN simplebank.interest_accruals.booked_on IS 'the business date of the job interest that wrote it';
COMMENT ON COLUMN simplebank.interest_accruals.day IS 'for which day; later than booked_on: a posting';
COMMENT ON COLUMN simplebank.interest_accruals.balance IS 'closing balance of the day by effective_at, minor units; of a posting its amount, below 0 where the account was debited';
COMMENT ON COLUMN simplebank.interest_accruals.units IS '1/1603080 of a minor unit, below 0 where charged; what this row adds to accrued, of a correction the difference';
COMMENT ON COLUMN simplebank.interest_accruals.accrued IS 'units that have accrued and are not posted, after this row, of what is paid or of what is charged';
COMMENT ON COLUMN simplebank.interest_accruals.transfer_id IS 'of a posting';
COMMENT ON TABLE simplebank.interest_days IS 'How far the job interest has come with each of its dates: up to which account.';

CREATE FUNCTION simplebank_internal.set_interest(
	account_id bigint, annual_rate numeric, day_count text,
	valid_from date, overdraft_rate numeric)
RETURNS simplebank.interest_rates
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	account simplebank.accounts;
	argument record;
	rate simplebank.interest_rates;
BEGIN
	annual_rate := trim_scale(annual_rate);
	overdraft_rate := trim_scale(coalesce(overdraft_rate, 0));
	valid_from := coalesce(valid_from, simplebank_internal.day_of(clock_timestamp()));
	FOR argument IN
		SELECT * FROM (VALUES
			('account_id', account_id IS NULL, false, NULL),
			('annual_rate', annual_rate IS NULL, annual_rate NOT BETWEEN -1 AND 1 OR scale(annual_rate) > 12,
			 'It is between -1 and 1, with 12 decimal places at most; 0.05 is 5 % a year.'),
			('day_count', day_count IS NULL, day_count NOT IN ('ACT/365F', 'ACT/360', '30E/360', 'ACT/ACT'),
			 'It is ACT/365F, ACT/360, 30E/360 or ACT/ACT.'),
			('valid_from', false, NOT simplebank_internal.is_value_date(valid_from),
			 format('It lies in the years from %s to %s years from now.', simplebank_internal.setting('min_effective_year'), simplebank_internal.setting('max_effective_years'))),
			('overdraft_rate', false, overdraft_rate NOT BETWEEN 0 AND 1 OR scale(overdraft_rate) > 12,
			 'It is between 0 and 1, with 12 decimal places at most; 0.05 is 5 % a year.')) a(name, missing, invalid, rule)
	LOOP
		IF argument.missing THEN
			PERFORM simplebank_internal.refuse('22004', argument.name);
		ELSIF argument.invalid THEN
			PERFORM simplebank_internal.refuse('22023', argument.name, argument.rule);
		END IF;
	END LOOP;
	SELECT a.* INTO account FROM simplebank.accounts a WHERE a.id = set_interest.account_id AND a.id > 0;
	IF NOT FOUND OR NOT simplebank_internal.has_ledger(account.ledger_id) THEN
		PERFORM simplebank_internal.refuse('SB003', format('There is no account %s.', account_id));
	ELSIF account.status = 'closed' THEN
		PERFORM simplebank_internal.refuse('SB004', format('Account %s is closed.', account_id));
	ELSIF account.is_system THEN
		PERFORM simplebank_internal.refuse('22023', 'account_id', format('Account %s is one of the bank''s own.', account_id));
	END IF;

	INSERT INTO simplebank.interest_accounts AS i (account_id, versions, recalculate_from)
	VALUES (account_id, simplebank_internal.row_versions(account_id), valid_from)
	ON CONFLICT ON CONSTRAINT interest_accounts_pkey DO UPDATE
	SET recalculate_from = least(i.recalculate_from, excluded.recalculate_from);
	INSERT INTO simplebank.interest_rates AS r (account_id, valid_from, annual_rate, overdraft_rate, day_count, role)
	VALUES (account_id, valid_from, annual_rate, overdraft_rate, day_count, simplebank_internal.caller_role())
	ON CONFLICT ON CONSTRAINT interest_rates_pkey DO UPDATE
	SET annual_rate = excluded.annual_rate, overdraft_rate = excluded.overdraft_rate, day_count = excluded.day_count,
		role = excluded.role, set_at = excluded.set_at
	RETURNING r.* INTO rate;
	/* with the account locked: no later version comes before the event */
	PERFORM simplebank_internal.lock_accounts(ARRAY[account_id]);
	INSERT INTO simplebank.account_events (account_id, event, version, role, after)
	VALUES (account_id, 'interest', (SELECT a.version FROM simplebank.accounts a WHERE a.id = set_interest.account_id), simplebank_internal.caller_role(), jsonb_build_object(
		'valid_from', valid_from, 'annual_rate', annual_rate, 'overdraft_rate', overdraft_rate, 'day_count', day_count));
	PERFORM simplebank.audit('set_interest', jsonb_build_object('account_id', account_id,
		'valid_from', valid_from, 'annual_rate', annual_rate, 'overdraft_rate', overdraft_rate, 'day_count', day_count));
	RETURN rate;
END $$;
COMMENT ON FUNCTION simplebank_internal.set_interest IS 'Body of simplebank.set_interest.';

CREATE FUNCTION simplebank.set_interest(
	account_id bigint, annual_rate numeric, day_count text DEFAULT 'ACT/365F',
	valid_from date DEFAULT NULL, overdraft_rate numeric DEFAULT 0)
RETURNS simplebank.interest_rates
AS 'MODULE_PATHNAME', 'simplebank_set_interest'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.set_interest IS
'Has an account bear interest from valid_from (default: today; bounded as an effective_at is) until a later setting; 0 ends it. annual_rate: on a balance above 0, a fraction (0.05 is 5 %), -1 to 1; overdraft_rate: on a balance below 0, which the account pays; day_count: see domain day_count. Days that have accrued already are corrected by the next run of the job interest. Recorded in account_events. Answers its row of interest_rates. Errors: 22004, 22023 a rate (also NaN), day count or date out of range, or one of the bank''s own accounts, SB003, SB004 closed, 25006.';

/* A day's share of a year, in 1/1603080. */
CREATE FUNCTION simplebank_internal.day_share(day_count text, day date)
RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE day_count
		WHEN 'ACT/365F' THEN 4392
		WHEN 'ACT/360' THEN 4453
		WHEN '30E/360' THEN 4453 * CASE
			WHEN extract(day FROM day + 1) = 1 THEN 31 - least(extract(day FROM day)::int, 30)
			WHEN extract(day FROM day) = 30 THEN 0
			ELSE 1 END
		WHEN 'ACT/ACT' THEN CASE WHEN extract(doy FROM make_date(extract(year FROM day)::int, 12, 31)) = 366 THEN 4380 ELSE 4392 END
	END;
END;
COMMENT ON FUNCTION simplebank_internal.day_share IS 'Part of the job interest: which part of a year a day is, in 1/1603080.';

/* Minor units, half to even. */
CREATE FUNCTION simplebank_internal.round_units(units numeric)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT (div(units, 1603080)
			+ CASE WHEN abs(units % 1603080) * 2 > 1603080
						OR abs(units % 1603080) * 2 = 1603080 AND div(units, 1603080) % 2 <> 0 THEN sign(units) ELSE 0 END)::bigint;
END;
COMMENT ON FUNCTION simplebank_internal.round_units IS 'Part of the job interest: minor units, rounded half to even. Errors: 22003.';

/* How far its entries go: of an account's own row, then of each stripe. */
CREATE FUNCTION simplebank_internal.row_versions(account_id bigint)
RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT array_agg(a.version ORDER BY a.id DESC) FROM simplebank.accounts a
	WHERE a.id = account_id OR a.id BETWEEN -256 * account_id - 255 AND -256 * account_id;
END;
COMMENT ON FUNCTION simplebank_internal.row_versions IS 'Part of set_interest() and the job interest: the versions of an account''s own row and of its stripes, in that order.';

/* What decides on each of these days how much accrues; NULL where no rates are set. */
CREATE FUNCTION simplebank_internal.accrual_days(
	account_id bigint, from_date date, to_date date,
	OUT day date, OUT balance bigint, OUT annual_rate numeric, OUT day_count text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT d.day, b.balance, CASE WHEN b.balance < 0 THEN r.overdraft_rate ELSE r.annual_rate END, r.day_count
	FROM (SELECT from_date + n AS day FROM generate_series(0, to_date - from_date) n) d
		CROSS JOIN LATERAL simplebank.balance_at(account_id, simplebank_internal.day_end(d.day) - interval '1 microsecond', 'effective') b(balance)
		LEFT JOIN LATERAL (SELECT i.* FROM simplebank.interest_rates i
						   WHERE i.account_id = accrual_days.account_id AND i.valid_from <= d.day
						   ORDER BY i.valid_from DESC LIMIT 1) r ON true
	ORDER BY d.day;
END;
COMMENT ON FUNCTION simplebank_internal.accrual_days IS 'Part of interest_preview() and the job interest. Errors: SB003.';

CREATE FUNCTION simplebank_internal.interest_preview(
	account_id bigint, from_date date, to_date date,
	OUT day date, OUT balance bigint, OUT annual_rate numeric, OUT day_fraction numeric, OUT accrued numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET max_parallel_workers_per_gather = 0 /* a worker does not know the caller */
AS $$
BEGIN
	IF account_id IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'account_id');
	END IF;
	PERFORM simplebank_internal.check_past_day('from_date', from_date), simplebank_internal.check_past_day('to_date', to_date);
	IF from_date > to_date THEN
		PERFORM simplebank_internal.refuse('22023', 'from_date', 'It is not later than to_date.');
	END IF;
	RETURN QUERY
	SELECT d.day, d.balance, d.annual_rate, (simplebank_internal.day_share(d.day_count, d.day) + 0e-20) / 1603080,
		   coalesce((d.balance * d.annual_rate * simplebank_internal.day_share(d.day_count, d.day) + 0e-20) / 1603080, 0)
	FROM simplebank_internal.accrual_days(account_id, from_date, to_date) d;
END $$;
COMMENT ON FUNCTION simplebank_internal.interest_preview IS 'Body of simplebank.interest_preview.';

CREATE FUNCTION simplebank.interest_preview(
	account_id bigint, from_date date, to_date date,
	OUT day date, OUT balance bigint, OUT annual_rate numeric, OUT day_fraction numeric, OUT accrued numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_interest_preview'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.interest_preview IS
'What an account accrues on each day from from_date to to_date, both inclusive and over, as its entries and rates are now; nothing is written. balance: closing balance by effective_at; annual_rate: the one that applies, NULL where none is set; accrued: balance x annual_rate x day_fraction, minor units, to 20 decimal places. Errors: 22004, 22023 a day that is not over, or from_date after to_date, SB003.';

CREATE FUNCTION simplebank_internal.post_interest(
	account_id bigint, OUT paid_transfer_id bigint, OUT charged_transfer_id bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	posted record;
BEGIN
	IF account_id IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'account_id');
	END IF;
	PERFORM simplebank.balance(account_id); /* is it there? */
	PERFORM simplebank_internal.lock_job('interest');
	IF EXISTS (SELECT FROM simplebank.accounts a WHERE a.id = post_interest.account_id AND a.status = 'closed') THEN
		PERFORM simplebank_internal.refuse('SB004', format('Account %s is closed.', account_id));
	END IF;
	SELECT * INTO posted FROM simplebank_internal.post_accrued(ARRAY[account_id],
		(SELECT max(x.booked_on) FROM simplebank.interest_accruals x WHERE x.account_id = post_interest.account_id));
	IF posted.error IS NOT NULL THEN
		RAISE EXCEPTION 'interest not posted' USING ERRCODE = substring(posted.error, ': (.....): '), DETAIL = posted.error;
	END IF;
	paid_transfer_id := (SELECT min(t.id) FROM unnest(posted.transfers, posted.charges) t(id, charged) WHERE NOT t.charged);
	charged_transfer_id := (SELECT min(t.id) FROM unnest(posted.transfers, posted.charges) t(id, charged) WHERE t.charged);
	PERFORM simplebank.audit('post_interest', jsonb_build_object('account_id', account_id,
		'paid_transfer_id', paid_transfer_id, 'charged_transfer_id', charged_transfer_id));
END $$;
COMMENT ON FUNCTION simplebank_internal.post_interest IS 'Body of simplebank.post_interest.';

CREATE FUNCTION simplebank.post_interest(
	account_id bigint, OUT paid_transfer_id bigint, OUT charged_transfer_id bigint)
AS 'MODULE_PATHNAME', 'simplebank_post_interest'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.post_interest IS
'Posts at once what an account has accrued, as before closing it, first what it is paid, then what it is charged, and answers the two transfers; each is NULL where that is less than half a minor unit. Errors: 22004; SB003; SB004 the account is closed; SB001, SB002, SB004 where a posting is refused, and then none is made; 25006.';
