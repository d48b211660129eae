SELECT bench.just_after_midnight() AS zone, (now() AT TIME ZONE 'UTC')::date AS today \gset
SET simplebank.time_zone = :'zone';
SELECT simplebank.close_day(:'today') \g /dev/null
