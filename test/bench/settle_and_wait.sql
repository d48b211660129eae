-- with the pause that the job makes after each group
SELECT clock_timestamp() AS began \gset
BEGIN;
SELECT gross_count FROM simplebank.settle('bench');
ROLLBACK;
SELECT simplebank_internal.give_way(:'began');
