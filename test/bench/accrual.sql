-- today ends anew
DELETE FROM simplebank.day_ends;
SELECT bench.just_after_midnight() AS zone, (now() AT TIME ZONE 'UTC')::date AS today \gset
SET simplebank.time_zone = :'zone';
UPDATE simplebank.jobs SET watermark = :'today'::date - 1 WHERE name = 'interest';
CALL simplebank.run_job('interest', :'today');
