/*
 * Savers: accounts with money and interest.  And a day that ends when it is
 * told to: in a time zone in which it has just been midnight.
 */
CREATE SCHEMA bench;
CREATE TABLE bench.savers AS
	SELECT simplebank.open_account('saver' || n, 'EUR') AS id FROM generate_series(1, :savers) n;
SELECT FROM bench.savers s, simplebank.deposit(s.id, 10000000) \g /dev/null
SELECT FROM bench.savers s, simplebank.set_interest(s.id, 0.05, valid_from => '2020-01-01') \g /dev/null
UPDATE simplebank.interest_accounts SET recalculate_from = NULL;
CREATE TABLE bench.plain (LIKE simplebank.interest_accruals INCLUDING ALL);

CREATE FUNCTION bench.just_after_midnight() RETURNS text LANGUAGE sql AS
$$SELECT format('<BENCH>-%s', to_char(interval '24:00:00' - (now() AT TIME ZONE 'UTC')::time, 'HH24:MI:SS'))$$;

/* the job's next date; at the end of a month or elsewhere */
CREATE FUNCTION bench.next_date(month_end boolean) RETURNS date LANGUAGE sql AS $$
	UPDATE simplebank.jobs SET watermark = coalesce((
		SELECT CASE WHEN month_end THEN (date_trunc('month', max(day)) + interval '2 months - 2 days')::date
					ELSE (date_trunc('month', max(day)) + interval '1 month')::date END FROM simplebank.interest_days), '2020-01-01')
	WHERE name = 'interest' RETURNING watermark + 1
$$;
CREATE FUNCTION bench.accrue(accrued date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	more boolean = true;
BEGIN
	WHILE more LOOP
		SELECT p.more INTO more FROM simplebank.interest_portion(accrued, 5000) p;
		EXIT WHEN (SELECT last_accrued = (SELECT max(id) FROM bench.savers) FROM simplebank.interest_days WHERE day = accrued);
	END LOOP;
END $$;
VACUUM ANALYZE;
