/*
 * Savers: accounts with money and interest.  And a day that ends when it is
 * told to: in a time zone in which it has just been midnight.
 */
CREATE SCHEMA bench;
CREATE TABLE bench.savers AS
	SELECT simplebank.open_account('saver' || n, 'EUR') AS id FROM generate_series(1, :savers) n;
SELECT count(*) FROM (SELECT array_agg(id) AS ids FROM bench.savers) s,
	simplebank.transfer_batch(array_fill(simplebank.system_account('cash', 'EUR'), ARRAY[:savers]), s.ids, array_fill(10000000::bigint, ARRAY[:savers])) \g /dev/null
SELECT FROM bench.savers s, simplebank.set_interest(s.id, 0.05) \g /dev/null
/* the days of these are made by hand */
ALTER TABLE simplebank.interest_rates DISABLE TRIGGER guard;
ALTER TABLE simplebank.interest_accounts DISABLE TRIGGER guard;
ALTER TABLE simplebank.interest_days DISABLE TRIGGER guard;
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
ALTER TABLE simplebank.closed_days DISABLE TRIGGER guard;
ALTER TABLE simplebank.day_balances DISABLE TRIGGER guard;
ALTER TABLE simplebank.day_trial_balances DISABLE TRIGGER guard;
UPDATE simplebank.interest_rates SET valid_from = '2020-01-01';
UPDATE simplebank.interest_accounts SET recalculate_from = NULL;
CREATE TABLE bench.plain (LIKE simplebank.interest_accruals INCLUDING ALL);
/* see queue_accrual.sql */
ALTER TABLE simplebank.interest_accruals DISABLE TRIGGER guard;

CREATE SEQUENCE bench.round;

CREATE FUNCTION bench.just_after_midnight() RETURNS text LANGUAGE sql AS
$$SELECT format('<BENCH>-%s', to_char(interval '24:00:01' - (clock_timestamp() AT TIME ZONE 'UTC')::time, 'HH24:MI:SS'))$$;
VACUUM ANALYZE;
