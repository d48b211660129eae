-- today ends anew
DELETE FROM simplebank.day_ends;
TRUNCATE simplebank.closed_days, simplebank.day_balances, simplebank.day_trial_balances;
SELECT bench.just_after_midnight() AS zone, (now() AT TIME ZONE 'UTC')::date AS today \gset
SET simplebank.time_zone = :'zone';
UPDATE simplebank.jobs SET watermark = CASE WHEN name = 'close_day' THEN :'today'::date - 1 END WHERE name IN ('close_day', 'interest', 'settlement');
CALL simplebank.run_job('close_day', :'today');
