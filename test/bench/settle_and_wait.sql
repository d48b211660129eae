-- with the pause that the job makes after each group
SELECT clock_timestamp() AS began \gset
BEGIN;
SELECT gross_count FROM simplebank.settle('bench');
ROLLBACK;
SELECT pg_sleep_for(least(2 * (clock_timestamp() - :'began'), interval '1 second')) FROM simplebank_internal.others_post() o(busy) WHERE o.busy;
