BEGIN;
SELECT gross_count FROM simplebank.settle('bench');
ROLLBACK;
