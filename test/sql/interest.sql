--
-- interest: golden figures of each day count, accruals, postings, corrections.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\getenv abs_srcdir PG_ABS_SRCDIR
\set inside :abs_srcdir '/inside.sql'
\i :inside
\set VERBOSITY sqlstate
-- the day shall not end in the midst of this
SELECT pg_sleep(CASE WHEN rest < 60 THEN rest + 0.1 ELSE 0 END) FROM (SELECT 86400 - extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time)) t(rest);

-- What the day counts are, by figures of their own: days of a month and of a
-- year over what each divides by.
SELECT simplebank.open_account('act365', 'EUR') AS act365, simplebank.open_account('act360', 'EUR') AS act360,
	   simplebank.open_account('thirty', 'EUR') AS thirty, simplebank.open_account('isda', 'EUR') AS isda,
	   simplebank.open_account('debtor', 'EUR', min_balance => -1000000) AS debtor, simplebank.open_account('other', 'EUR') AS other \gset
SELECT (simplebank.set_interest(:act365, 0.0365, 'ACT/365F', '2023-01-01')).annual_rate, (simplebank.set_interest(:act360, 0.0365, 'ACT/360', '2023-01-01')).annual_rate,
	   (simplebank.set_interest(:thirty, 0.0365, '30E/360', '2023-01-01')).annual_rate, (simplebank.set_interest(:isda, 0.0365, 'ACT/ACT', '2023-01-01')).annual_rate;
SELECT to_balance FROM unnest(ARRAY[:act365, :act360, :thirty, :isda]) a(id), LATERAL simplebank.deposit(a.id, 100000000, effective_at => '2022-12-31 12:00+00');
-- 2023, 2024 (a leap year), both; 100,000,000 x 0.0365 = 3,650,000 a year
SELECT a.name, y.name AS period, count(*) AS days, round(sum(p.accrued), 6) AS accrued, e.expected, abs(sum(p.accrued) - e.expected) < 0.000001 AS exact
FROM (VALUES (1, 'ACT/365F', :act365), (2, 'ACT/360', :act360), (3, '30E/360', :thirty), (4, 'ACT/ACT', :isda)) a(n, name, id),
	 (VALUES ('2023', '2023-01-01', '2023-12-31', 365, 0), ('2024', '2024-01-01', '2024-12-31', 0, 366), ('both', '2023-01-01', '2024-12-31', 365, 366)) y(name, first, last, normal, leap),
	 LATERAL simplebank.interest_preview(a.id, y.first::date, y.last::date) p,
	 LATERAL (SELECT round(3650000 * CASE a.name WHEN 'ACT/365F' THEN (y.normal + y.leap) / 365.0 WHEN 'ACT/360' THEN (y.normal + y.leap) / 360.0
											WHEN '30E/360' THEN (y.normal + y.leap) / 365 ELSE y.normal / 365.0 + y.leap / 366.0 END, 8)) e(expected)
GROUP BY a.n, a.name, y.name, e.expected ORDER BY a.n, y.name;
-- 30E/360: 30 days in each month, and how its ends do it
SELECT to_char(day, 'YYYY-MM') AS month, round(sum(day_fraction) * 360, 12) AS days
FROM simplebank.interest_preview(:thirty, '2023-11-01', '2024-04-30') GROUP BY 1 ORDER BY 1;
SELECT day, round(day_fraction * 360, 12) AS days FROM simplebank.interest_preview(:thirty, '2023-02-27', '2024-04-30')
WHERE to_char(day, 'MM-DD') IN ('01-30', '01-31', '02-27', '02-28', '02-29', '04-29', '04-30') ORDER BY day;
-- ACT/ACT: each day by the length of its own year
SELECT day, round(1 / day_fraction) AS days FROM simplebank.interest_preview(:isda, '2023-12-31', '2024-01-01') UNION ALL
SELECT day, round(1 / day_fraction) FROM simplebank.interest_preview(:isda, '2024-12-31', '2025-01-01') ORDER BY 1;
SELECT day, balance, annual_rate, day_fraction, accrued FROM simplebank.interest_preview(:act365, '2022-12-30', '2023-01-02');

-- What ISDA has published: the days from one date to another, by 30E/360 and ACT/360 as its spreadsheet of examples to
-- section 4.16 counts them (isda.org/2008/12/22/30-360-day-count-conventions), ...
BEGIN;
SELECT count(simplebank.open_account('ISDA ' || c, 'EUR')) FROM unnest('{30E/360,ACT/360,ACT/ACT}'::text[]) c;
SELECT count(simplebank.set_interest(a.id, 0.01, substr(a.owner, 6), '1999-01-01')) FROM simplebank.accounts a WHERE a.owner LIKE 'ISDA %';
CREATE FUNCTION pg_temp.year_fraction(day_count text, first date, last date) RETURNS numeric LANGUAGE sql AS $$
	SELECT sum(p.day_fraction) FROM simplebank.accounts a, simplebank.interest_preview(a.id, first, last - 1) p WHERE a.owner = 'ISDA ' || day_count
$$;
WITH examples (first, last, eurobond, actual) AS (VALUES
	('2007-01-15'::date, '2007-01-30'::date, 15, 15), ('2007-01-15', '2007-02-15', 30, 31), ('2007-01-15', '2007-07-15', 180, 181),
	('2007-09-30', '2008-03-31', 180, 183), ('2007-09-30', '2007-10-31', 30, 31), ('2007-09-30', '2008-09-30', 360, 366),
	('2007-01-15', '2007-01-31', 15, 16), ('2007-01-31', '2007-02-28', 28, 28), ('2007-02-28', '2007-03-31', 32, 31),
	('2006-08-31', '2007-02-28', 178, 181), ('2007-02-28', '2007-08-31', 182, 184), ('2007-02-14', '2007-02-28', 14, 14),
	('2007-02-26', '2008-02-29', 363, 368), ('2008-02-29', '2009-02-28', 359, 365), ('2008-02-29', '2008-03-30', 31, 30),
	('2008-02-29', '2008-03-31', 31, 31), ('2007-02-28', '2007-03-05', 7, 5), ('2007-10-31', '2007-11-28', 28, 28),
	('2007-08-31', '2008-02-29', 179, 182), ('2008-02-29', '2008-08-31', 181, 184), ('2008-08-31', '2009-02-28', 178, 181),
	('2009-02-28', '2009-08-31', 182, 184),
	/* of Eurobond Basis by itself */
	('2006-08-20', '2007-02-20', 180, NULL), ('2008-08-20', '2009-02-20', 180, NULL), ('2006-02-28', '2006-08-31', 182, NULL),
	('2011-08-31', '2012-02-29', 179, NULL), ('2006-01-30', '2006-02-28', 28, NULL), ('2006-02-28', '2006-03-03', 5, NULL),
	('2008-02-28', '2008-08-28', 180, NULL), ('2008-02-28', '2008-08-30', 182, NULL), ('2007-02-26', '2008-02-28', 362, NULL),
	('2008-02-28', '2008-03-30', 32, NULL), ('2008-02-28', '2008-03-31', 32, NULL)
)
SELECT count(*) AS examples, count(*) FILTER (WHERE round(360 * pg_temp.year_fraction('30E/360', first, last), 12) = eurobond) AS eurobond,
	   count(*) FILTER (WHERE round(360 * pg_temp.year_fraction('ACT/360', first, last), 12) = actual) AS actual FROM examples;
-- ... and the fractions of a year by ACT/ACT of its paper on the actual/actual methods of 1998.
SELECT first, last, round(pg_temp.year_fraction('ACT/ACT', first, last), 12) AS isda
FROM (VALUES ('1999-02-01'::date, '1999-07-01'::date), ('1999-07-01', '2000-07-01'), ('2002-08-15', '2003-07-15'), ('2003-07-15', '2004-01-15'),
			 ('1999-07-30', '2000-01-30'), ('2000-01-30', '2000-06-30'), ('2003-11-01', '2004-05-01')) e(first, last) ORDER BY 1, 2;
ROLLBACK;

-- Half a minor unit goes to the even side.
SELECT x, simplebank_internal.round_units(x * 1603080) AS rounded FROM unnest(ARRAY[0.4, 0.5, 0.50001, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, -2.4]) x;

-- A year, day by day: what is posted is what was worked out here by months.
SELECT to_balance FROM simplebank.deposit(:debtor, 1, effective_at => '2023-12-31 12:00+00');
SELECT from_balance FROM simplebank.transfer(:debtor, :other, 123457, effective_at => '2023-12-31 13:00+00');
SELECT annual_rate FROM simplebank.set_interest(:debtor, 0.01, valid_from => '2024-01-01', overdraft_rate => 0.1175);
CALL simplebank.run_job('interest', '2023-12-31');
SELECT count(*), min(day), max(day) FROM simplebank.interest_accruals WHERE account_id = :act365;
CALL simplebank.run_job('interest', '2024-12-31');
SELECT j.watermark, (SELECT count(*) FROM simplebank.job_runs r WHERE r.job = 'interest' AND r.status = 'succeeded') AS runs,
	   (SELECT sum(items_done) FROM simplebank.job_runs r WHERE r.job = 'interest') AS posted FROM simplebank.jobs j WHERE name = 'interest';
CREATE FUNCTION pg_temp.worked_out(balance numeric, carried numeric, rate numeric, day_count text, first date, months int)
RETURNS TABLE (month date, amount numeric, carry numeric) LANGUAGE plpgsql AS $$
DECLARE
	due numeric;
	days int;
BEGIN
	FOR n IN 0..months - 1 LOOP
		month := first + make_interval(months => n);
		days := (month + interval '1 month')::date - month;
		due := carried + balance * rate * CASE day_count WHEN 'ACT/365F' THEN days / 365.0::numeric(40, 30) WHEN 'ACT/360' THEN days / 360.0::numeric(40, 30)
			WHEN '30E/360' THEN 30 / 360.0::numeric(40, 30) ELSE days / 366.0::numeric(40, 30) END;
		amount := round(due);
		carried := due - amount;
		carry := round(carried, 6);
		balance := balance + amount;
		RETURN NEXT;
	END LOOP;
END $$;
-- the first posting is of December, with what 2023 has left
SELECT a.name, count(*) AS months, bool_and(p.balance = w.amount) AS as_worked_out, sum(p.balance) AS posted
FROM (VALUES (1, 'ACT/365F', :act365, 0.0365), (2, 'ACT/360', :act360, 0.0365), (3, '30E/360', :thirty, 0.0365), (4, 'ACT/ACT', :isda, 0.0365),
			 (5, 'ACT/365F', :debtor, 0.1175)) a(n, name, id, rate),
	 LATERAL (SELECT x.balance AS amount, x.accrued / 1603080 AS carried, e.balance AS balance, x.booked_on
			  FROM simplebank.interest_accruals x, LATERAL (SELECT simplebank.balance_at(a.id, '2024-01-01 00:00+00', 'effective')) e(balance)
			  WHERE x.account_id = a.id AND x.booked_on <= '2023-12-31' AND x.transfer_id IS NOT NULL
			  UNION ALL SELECT 0, 0, simplebank.balance_at(a.id, '2024-01-01 00:00+00', 'effective'), NULL WHERE a.n = 5) f,
	 LATERAL pg_temp.worked_out(f.balance, f.carried, a.rate, a.name, '2024-01-01', 12) w,
	 simplebank.interest_accruals p
WHERE p.account_id = a.id AND p.booked_on = (w.month + interval '1 month')::date - 1 AND p.transfer_id IS NOT NULL
GROUP BY a.n, a.name ORDER BY a.n;
-- over the year: posted and carried is what has accrued
SELECT x.account_id = :debtor AS debtor, sum(x.units) FILTER (WHERE x.transfer_id IS NULL) + sum(x.units) FILTER (WHERE x.transfer_id IS NOT NULL) = last.accrued AS adds_up,
	   abs(last.accrued) <= 1603080 / 2 AS carried
FROM simplebank.interest_accruals x, LATERAL (SELECT accrued FROM simplebank.interest_accruals l WHERE l.account_id = x.account_id ORDER BY booked_on DESC, day DESC LIMIT 1) last
GROUP BY x.account_id, last.accrued ORDER BY x.account_id;
SELECT t.operation, t.effective_at AT TIME ZONE 'UTC' AS effective_at, t.amount, t.description, f.name AS debited, c.owner AS credited
FROM simplebank.transfers t JOIN simplebank.accounts f ON f.id = t.from_account_id JOIN simplebank.accounts c ON c.id = t.to_account_id
WHERE t.operation = 'interest' AND c.owner = 'act365' ORDER BY t.id LIMIT 2;
SELECT count(*) AS charged FROM simplebank.transfers WHERE operation = 'interest' AND from_account_id = :debtor;
SELECT * FROM simplebank.verify();

-- An entry that is dated back corrects the days that it touches: booked when it is found.
SELECT to_balance FROM simplebank.deposit(:act360, 36000000, effective_at => '2024-12-30 12:00+00') \g /dev/null
CALL simplebank.run_job('interest', '2025-01-01');
SELECT booked_on, day, units / 1603080 AS accrued FROM simplebank.interest_accruals
WHERE account_id = :act360 AND booked_on = '2025-01-01' AND day < booked_on ORDER BY day;
-- so does a rate; 36,000,000 x 0.0365 / 360 = 3,650 a day
SELECT (simplebank.set_interest(:thirty, 0.0730, '30E/360', '2024-12-31')).annual_rate, (simplebank.set_interest(:isda, 0, 'ACT/ACT', '2025-01-02')).annual_rate;
CALL simplebank.run_job('interest', '2025-01-02');
SELECT a.owner, x.booked_on, x.day, x.annual_rate, round(x.units / 1603080, 4) AS accrued
FROM simplebank.interest_accruals x JOIN simplebank.accounts a ON a.id = x.account_id
WHERE x.account_id IN (:thirty, :isda) AND x.booked_on >= '2025-01-01' ORDER BY 1, 2, 3;
SELECT count(*) FROM simplebank.interest_accounts WHERE recalculate_from IS NOT NULL;
-- nothing new, nothing booked
CALL simplebank.run_job('interest', '2025-01-02');
SELECT count(*) FROM simplebank.interest_accruals WHERE booked_on = '2025-01-03';
-- each day's accruals add up to what the preview says
SELECT bool_and(round(x.accrued, 9) = round(p.accrued, 9)) AS same, count(*) AS days
FROM unnest(ARRAY[:act365, :act360, :thirty, :isda, :debtor]) a(id), LATERAL simplebank.interest_preview(a.id, '2023-12-31', '2025-01-02') p,
	 LATERAL (SELECT coalesce(sum(x.units), 0) / 1603080 FROM simplebank.interest_accruals x
			  WHERE x.account_id = a.id AND x.day = p.day AND x.transfer_id IS NULL) x(accrued);
-- the correction of what was posted comes with the next posting
CALL simplebank.run_job('interest', '2025-01-31');
SELECT x.balance = round((SELECT sum(p.accrued) FROM simplebank.interest_preview(:act360, '2025-01-01', '2025-01-31') p) + 2 * 3650 + before.accrued / 1603080) AS corrected
FROM simplebank.interest_accruals x, LATERAL (SELECT accrued FROM simplebank.interest_accruals b WHERE b.account_id = x.account_id AND b.booked_on <= '2024-12-31' ORDER BY booked_on DESC, day DESC LIMIT 1) before
WHERE x.account_id = :act360 AND x.booked_on = '2025-01-31' AND x.transfer_id IS NOT NULL;

-- What cannot be posted stays accrued, and stops nobody else.
SELECT status FROM simplebank.set_account_status(:act365, 'frozen');
CALL simplebank.run_job('interest', '2025-02-28');
SELECT items_done, items_failed, regexp_replace(error, '\d+', 'N') AS error FROM simplebank.job_runs WHERE job = 'interest' AND business_date = '2025-02-28';
SELECT status FROM simplebank.set_account_status(:act365, 'active');
-- by hand, before it is closed; what the ledger asks of itself has no key and needs none
SET simplebank.require_key = on;
SELECT paid_transfer_id IS NOT NULL AS paid, charged_transfer_id IS NOT NULL AS charged FROM simplebank.post_interest(:act365);
SELECT simplebank.post_interest(:act365) IS NULL AS nothing_left, simplebank.post_interest(:other) IS NULL AS none;
SELECT balance > 0 AS posted, abs(accrued) <= 1603080 / 2 AS carried FROM simplebank.interest_accruals WHERE account_id = :act365 ORDER BY booked_on DESC, day DESC LIMIT 1;
RESET simplebank.require_key;
SELECT simplebank.post_interest(NULL);
SELECT simplebank.post_interest(0);
SELECT status FROM simplebank.set_account_status(:act360, 'frozen');
SELECT simplebank.post_interest(:act360);
CALL simplebank.run_job('interest', '2025-03-01');
SELECT simplebank.post_interest(:act360);
SELECT * FROM simplebank.verify();

-- An account whose balance by effective_at is beyond bigint keeps no other from its interest, nor a day open.
SELECT simplebank.open_account('poison', 'JPY') AS poison \gset
SELECT annual_rate FROM simplebank.set_interest(:poison, 0.01, valid_from => '2025-03-02', overdraft_rate => 0.01);
SELECT to_balance FROM simplebank.deposit(:poison, 9000000000000000000, effective_at => '2100-01-01 00:00+00');
SELECT from_balance FROM simplebank.withdraw(:poison, 9000000000000000000, effective_at => '2025-02-01 00:00+00');
SELECT to_balance FROM simplebank.deposit(:poison, 9000000000000000000, effective_at => '2100-01-01 00:00+00');
SELECT from_balance FROM simplebank.withdraw(:poison, 9000000000000000000, effective_at => '2025-02-01 00:00+00');
CALL simplebank.run_job('interest', '2025-03-02');
SELECT items_failed, regexp_replace(error, '\d+', 'N') AS error FROM simplebank.job_runs WHERE job = 'interest' AND business_date = '2025-03-02';
SELECT count(*) AS accrued, count(*) FILTER (WHERE account_id = :poison) AS of_it FROM simplebank.interest_accruals WHERE day = '2025-03-02';
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2025-03-01');
SELECT value_balance FROM simplebank.day_balances WHERE account_id = :poison;
SELECT to_balance FROM simplebank.deposit(:poison, 9000000000000000000, effective_at => '2025-03-02 12:00+00');
CALL simplebank.run_job('interest', '2025-03-03');
SELECT items_failed, error FROM simplebank.job_runs WHERE job = 'interest' AND business_date = '2025-03-03';
SELECT day, booked_on, balance FROM simplebank.interest_accruals WHERE account_id = :poison ORDER BY 1;
-- one that was dated back before the run that could not read it is not forgotten
SELECT from_balance FROM simplebank.withdraw(:poison, 9000000000000000000, effective_at => '2025-03-04 12:00+00');
SELECT to_balance FROM simplebank.deposit(:poison, 1000000, effective_at => '2025-03-02 13:00+00');
CALL simplebank.run_job('interest', '2025-03-04');
SELECT items_failed FROM simplebank.job_runs WHERE job = 'interest' AND business_date = '2025-03-04';
SELECT to_balance FROM simplebank.deposit(:poison, 9000000000000000000, effective_at => '2025-03-04 13:00+00');
CALL simplebank.run_job('interest', '2025-03-05');
SELECT day, booked_on, balance FROM simplebank.interest_accruals WHERE account_id = :poison AND booked_on = '2025-03-05' ORDER BY 1;
SELECT * FROM simplebank.verify();

-- Interest that nobody would get: an account is not closed while it has some.
CALL simplebank.run_job('interest', '2025-03-31');
SELECT simplebank.open_account('leaver', 'EUR') AS leaver, simplebank.open_account('half', 'EUR') AS half \gset
SELECT (simplebank.set_interest(:leaver, 0.0365, valid_from => '2025-04-01')).annual_rate, (simplebank.set_interest(:half, 0.0365, valid_from => '2025-04-01')).annual_rate;
-- 1,000,000 at 0.01 % a day are 100; 5,000 are half a minor unit
SELECT to_balance FROM simplebank.deposit(:leaver, 1000000, effective_at => '2025-04-01 12:00+00');
SELECT from_balance FROM simplebank.withdraw(:leaver, 1000000, effective_at => '2025-04-03 12:00+00');
SELECT to_balance FROM simplebank.deposit(:half, 5000, effective_at => '2025-04-01 12:00+00');
SELECT from_balance FROM simplebank.withdraw(:half, 5000, effective_at => '2025-04-02 12:00+00');
\set VERBOSITY default
SELECT status FROM simplebank.close_account(:leaver);
CALL simplebank.run_job('interest', '2025-04-30');
SELECT status FROM simplebank.close_account(:leaver);
\set VERBOSITY sqlstate
-- the last day of the month has posted it; then what is dated back, which no run has seen
SELECT balance FROM simplebank.interest_accruals WHERE account_id = :leaver AND transfer_id IS NOT NULL;
SELECT from_balance FROM simplebank.withdraw(:leaver, 200, effective_at => '2025-05-01 00:00+00');
SELECT to_balance FROM simplebank.deposit(:leaver, 20000, effective_at => '2025-04-30 12:00+00');
SELECT from_balance FROM simplebank.withdraw(:leaver, 20000, effective_at => '2025-05-01 00:00+00');
\set VERBOSITY default
SELECT status FROM simplebank.close_account(:leaver);
CALL simplebank.run_job('interest', '2025-05-01');
SELECT status FROM simplebank.close_account(:leaver);
\set VERBOSITY sqlstate
SELECT (simplebank.post_interest(:leaver)).paid_transfer_id IS NOT NULL AS posted;
SELECT from_balance FROM simplebank.withdraw(:leaver, 2, effective_at => '2025-05-02 00:00+00');
SELECT status FROM simplebank.close_account(:leaver);
SELECT simplebank.post_interest(:leaver);
SELECT to_balance FROM simplebank.deposit(:half, 7);
SELECT from_balance FROM simplebank.withdraw(:half, 7, effective_at => now() + interval '10 days');
SELECT status FROM simplebank.close_account(:half);
-- half a minor unit goes to the even side, which is nothing
SELECT accrued / 1603080 AS accrued FROM simplebank.interest_accruals WHERE account_id = :half ORDER BY booked_on DESC, day DESC LIMIT 1;
SELECT simplebank.post_interest(:half) IS NULL AS nothing;
SELECT annual_rate FROM simplebank.set_interest(:half, 0, valid_from => '2025-05-02');
SELECT status FROM simplebank.close_account(:half);

-- What an account is paid and what it is charged are not set off: 15 days of 100 to pay, 15 of 400 to charge.
SELECT simplebank.open_account('swing', 'CHF', min_balance => NULL) AS swing \gset
SELECT annual_rate FROM simplebank.set_interest(:swing, 0.0365, valid_from => '2025-05-02', overdraft_rate => 0.0730);
SELECT to_balance FROM simplebank.deposit(:swing, 1000000, effective_at => '2025-05-02 12:00+00');
SELECT from_balance FROM simplebank.withdraw(:swing, 3000000, effective_at => '2025-05-17 12:00+00');
CALL simplebank.run_job('interest', '2025-05-30');
BEGIN; -- nobody gets it if it is closed now
SELECT to_balance FROM simplebank.deposit(:swing, 2000000, effective_at => '2025-05-31 00:00+00');
\set VERBOSITY default
SELECT status FROM simplebank.close_account(:swing);
\set VERBOSITY sqlstate
ROLLBACK;
CALL simplebank.run_job('interest', '2025-05-31');
CREATE VIEW pg_temp.swing_postings AS
	SELECT x.charged, x.balance AS posted, round(x.accrued / 1603080, 2) AS accrued, f.name AS debited, c.name AS credited
	FROM simplebank.interest_accruals x JOIN simplebank.transfers t ON t.id = x.transfer_id
		JOIN simplebank.accounts f ON f.id = t.from_account_id JOIN simplebank.accounts c ON c.id = t.to_account_id
	WHERE f.owner = 'swing' OR c.owner = 'swing' ORDER BY x.booked_on, x.charged;
SELECT * FROM pg_temp.swing_postings;
-- a day that turns out to have been overdrawn: what was to be paid for it is not, and it is charged
SELECT from_balance FROM simplebank.withdraw(:swing, 1500000, effective_at => '2025-05-16 12:00+00');
SELECT to_balance FROM simplebank.deposit(:swing, 1500000, effective_at => '2025-05-17 12:00+00');
CALL simplebank.run_job('interest', '2025-06-01');
SELECT charged, day, balance, round(units / 1603080, 2) AS accrued FROM simplebank.interest_accruals WHERE account_id = :swing AND booked_on = '2025-06-01' ORDER BY 1, 2;
SELECT paid_transfer_id < charged_transfer_id AS both_in_order FROM simplebank.post_interest(:swing);
SELECT * FROM pg_temp.swing_postings;
SELECT name, kind, balance FROM simplebank.accounts WHERE is_system AND currency = 'CHF' AND name LIKE 'interest%' ORDER BY name;
SELECT interest_paid, interest_charged FROM simplebank.day_summary((now() AT TIME ZONE 'UTC')::date) WHERE currency = 'CHF';
-- a rate below 0 charges a balance above 0
SELECT annual_rate FROM simplebank.set_interest(:swing, -0.0365, valid_from => '2025-06-02');
SELECT to_balance FROM simplebank.deposit(:swing, 5000000, effective_at => '2025-06-02 12:00+00');
CALL simplebank.run_job('interest', '2025-06-02');
SELECT charged, balance > 0 AS above, units < 0 AS charges FROM simplebank.interest_accruals WHERE account_id = :swing AND day = '2025-06-02' AND transfer_id IS NULL;
SELECT * FROM simplebank.verify();

-- Many years of one account, and a day of many, are accrued in portions that end in time: here each after its first batch, of 2,000 days.
SELECT simplebank.open_account('old', 'JPY') AS old, simplebank.open_account('older', 'JPY') AS older \gset
SELECT event FROM simplebank.reopen_day('2025-03-01', 'for old value dates') LIMIT 1;
SELECT to_balance FROM unnest(ARRAY[:old, :older]) a, simplebank.deposit(a, 1000000, effective_at => '1900-01-01 00:00+00');
SELECT (simplebank.set_interest(a, 0.0365, valid_from => '2020-01-01')).annual_rate FROM unnest(ARRAY[:old, :older]) a;
BEGIN;
SELECT annual_rate FROM simplebank.set_interest(:old, 0.0365, valid_from => '2000-01-01');
INSERT INTO simplebank.interest_days (day) VALUES ('2025-06-03');
SELECT simplebank.inside('SELECT simplebank_internal.accrue_portion(d, 100000) FROM simplebank.interest_days d WHERE d.day = ''2025-06-03''');
CREATE VIEW pg_temp.pending AS SELECT account_id = :old AS old, recalculate_from, pending_from FROM simplebank.interest_accounts
	WHERE account_id IN (:old, :older) ORDER BY account_id;
SELECT * FROM pg_temp.pending;
SELECT simplebank.inside('SELECT simplebank_internal.correct_portion(''2025-06-03'', 2000, ''-infinity'')');
SELECT * FROM pg_temp.pending;
SELECT count(*), min(day), max(day) FROM simplebank.interest_accruals WHERE account_id = :old;
SELECT simplebank.inside('SELECT simplebank_internal.correct_portion(''2025-06-03'', 6000, ''-infinity'')');
SELECT * FROM pg_temp.pending;
SELECT simplebank.inside('SELECT simplebank_internal.correct_portion(''2025-06-03'', 10000, ''-infinity'')');
SELECT * FROM pg_temp.pending;
SELECT simplebank.inside('SELECT simplebank_internal.correct_portion(''2025-06-03'', 10000, ''-infinity'')');
ROLLBACK;
CALL simplebank.run_job('interest', '2025-06-03');
SELECT account_id = :old AS old, count(*), min(day), max(day), round(max(accrued) / 1603080) AS accrued, date '2025-06-03' - min(day) + 1 AS days
FROM simplebank.interest_accruals WHERE account_id IN (:old, :older) GROUP BY 1 ORDER BY 1;
SELECT status, items_failed FROM simplebank.job_runs WHERE job = 'interest' AND business_date = '2025-06-03';
SELECT * FROM simplebank.verify();

-- What is posted into a day that has accrued is found by the next run, also where the clock was set back after it.
-- Here today has accrued already.
SELECT simplebank.open_account('early', 'EUR') AS early, simplebank.open_account('striped', 'EUR', min_balance => NULL, stripes => 4) AS striped \gset
SELECT (simplebank.set_interest(a, 0.0365)).annual_rate FROM unnest(ARRAY[:early, :striped]) a;
SELECT (now() AT TIME ZONE 'UTC')::date AS today \gset
CREATE FUNCTION pg_temp.accrue(day date, steps int DEFAULT 3) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR n IN 1..steps LOOP
		PERFORM simplebank.inside(format('SELECT simplebank_internal.interest_step(%L)', day));
	END LOOP;
END $$;
CREATE FUNCTION pg_temp.found(accounts bigint[], today date) RETURNS TABLE (owner text, day text, booked_on text, balance bigint, accrued numeric) LANGUAGE sql AS $$
	SELECT a.owner, 'today + ' || x.day - today, 'today + ' || x.booked_on - today, x.balance, round(x.units / 1603080)
	FROM simplebank.interest_accruals x JOIN simplebank.accounts a ON a.id = x.account_id
	WHERE x.account_id = ANY (accounts) AND x.transfer_id IS NULL AND x.booked_on >= today ORDER BY x.account_id, x.booked_on, x.day
$$;
SELECT to_balance FROM unnest(ARRAY[:early, :striped]) a, simplebank.deposit(a, 1000000);
SELECT pg_temp.accrue(:'today');
SELECT to_balance FROM unnest(ARRAY[:early, :striped]) a, simplebank.deposit(a, 2000000);
SELECT pg_temp.accrue(:'today'::date + 1);
SELECT * FROM pg_temp.found(ARRAY[:early, :striped], :'today');
SELECT account_id = :early AS early, cardinality(versions) AS rows FROM simplebank.interest_accounts WHERE account_id IN (:early, :striped) ORDER BY 1;
-- once
SELECT pg_temp.accrue(:'today'::date + 2, 2); -- one more would post it at the end of a month
SELECT count(*) FROM pg_temp.found(ARRAY[:early, :striped], :'today') WHERE booked_on = 'today + 2';
SELECT * FROM simplebank.verify();

-- Bad input.
SELECT annual_rate FROM simplebank.set_interest(NULL, 0.01);
SELECT annual_rate FROM simplebank.set_interest(:act365, NULL);
SELECT annual_rate FROM simplebank.set_interest(:act365, 'NaN');
SELECT annual_rate FROM simplebank.set_interest(:act365, 'Infinity');
SELECT annual_rate FROM simplebank.set_interest(:act365, 5);
SELECT annual_rate FROM simplebank.set_interest(:act365, -1.01);
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.0000000000001);
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, NULL);
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, 'ACT/364');
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, '30/360');
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, valid_from => 'infinity');
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, valid_from => '1899-12-31');
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, valid_from => (now() + interval '36528 days')::date);
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, overdraft_rate => -0.01);
SELECT annual_rate FROM simplebank.set_interest(:act365, 0.01, overdraft_rate => 'NaN');
SELECT annual_rate FROM simplebank.set_interest(0, 0.01);
SELECT annual_rate FROM simplebank.set_interest(simplebank.system_account('cash', 'EUR'), 0.01);
SELECT simplebank.close_account(simplebank.open_account('gone', 'EUR')) \g /dev/null
SELECT annual_rate FROM simplebank.set_interest((SELECT id FROM simplebank.accounts WHERE owner = 'gone'), 0.01);
SELECT simplebank.interest_preview(NULL, '2024-01-01', '2024-01-01');
SELECT simplebank.interest_preview(:act365, NULL, '2024-01-01');
SELECT simplebank.interest_preview(:act365, '2024-01-02', '2024-01-01');
SELECT simplebank.interest_preview(:act365, '2024-01-01', (now() AT TIME ZONE 'UTC')::date);
SELECT simplebank.interest_preview(:act365, '-infinity', '2024-01-01');
SELECT simplebank.interest_preview(:act365, '1899-12-31', '2024-01-01');
SELECT simplebank.interest_preview(0, '2024-01-01', '2024-01-01');
\set VERBOSITY default
SELECT annual_rate FROM simplebank.set_interest(:act365, 5);
\set VERBOSITY sqlstate
SELECT event, role = current_user AS mine, after FROM simplebank.account_events WHERE account_id = :act365 AND event = 'interest';

-- A customer sees its own.
SELECT simplebank.create_roles();
CREATE ROLE act360 IN ROLE simplebank_customer;
SET ROLE act360;
SELECT round(accrued, 4) AS accrued FROM simplebank.interest_preview(:act360, '2024-01-01', '2024-01-01');
SELECT simplebank.interest_preview(:act365, '2024-01-01', '2024-01-01');
SELECT annual_rate FROM simplebank.set_interest(:act360, 1);
SELECT simplebank.post_interest(:act360);
RESET ROLE;
DROP ROLE act360;

-- A clock that was ahead has posted into a day to come: until then the account bears interest.
SELECT simplebank.open_account('eve', 'EUR') AS eve \gset
SELECT annual_rate FROM simplebank.set_interest(:eve, 0.0365);
SELECT to_balance FROM simplebank.deposit(:eve, 1000000);
SELECT from_balance FROM simplebank.withdraw(:eve, 1000000);
BEGIN;
ALTER TABLE simplebank.entries DISABLE TRIGGER guard;
UPDATE simplebank.entries SET posted_at = posted_at + interval '1 day' WHERE account_id = :eve AND version = 2;
SELECT status FROM simplebank.close_account(:eve);
ROLLBACK;
SELECT status FROM simplebank.close_account(:eve);

-- Damage is found, by the full proof and by one that begins after a closed day.
SELECT closed_at IS NOT NULL AS closed FROM simplebank.close_day('2025-01-31');
CREATE PROCEDURE pg_temp.damage(command text) LANGUAGE plpgsql AS $$
DECLARE
	found record;
BEGIN
	ALTER TABLE simplebank.interest_accruals DISABLE TRIGGER guard;
	EXECUTE command;
	FOR found IN
		SELECT f.invariant, f.detail, count(*) = 2 AS both
		FROM (SELECT * FROM simplebank.verify() UNION ALL SELECT * FROM simplebank.verify(now())) f GROUP BY 1, 2
	LOOP
		RAISE NOTICE '% %', found.invariant, CASE WHEN found.both THEN 'found by both' ELSE 'found by one' END;
	END LOOP;
	ROLLBACK;
END $$;
\set VERBOSITY terse
CALL pg_temp.damage('UPDATE simplebank.interest_accruals SET accrued = accrued + 1 WHERE account_id = 1 AND booked_on = ''2025-02-14''');
CALL pg_temp.damage('UPDATE simplebank.interest_accruals SET accrued = accrued + 1 WHERE account_id = 1 AND booked_on = ''2024-02-14''');
CALL pg_temp.damage('UPDATE simplebank.interest_accruals SET balance = balance + 1 WHERE booked_on = ''2025-02-28'' AND transfer_id IS NOT NULL AND account_id = 3');
CALL pg_temp.damage('DELETE FROM simplebank.interest_accruals WHERE booked_on = ''2025-02-28'' AND transfer_id IS NOT NULL AND account_id = 3');
UPDATE simplebank.interest_accruals SET accrued = 0;
