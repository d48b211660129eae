-- today ends anew
DELETE FROM simplebank.day_ends;
SELECT bench.just_after_midnight() AS zone, (now() AT TIME ZONE 'UTC')::date AS today \gset
SET simplebank.time_zone = :'zone';
SELECT simplebank.close_day(:'today') \g /dev/null
