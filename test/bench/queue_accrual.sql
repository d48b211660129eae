-- today's accruals become those of an earlier day, so that today's can be made again
SELECT nextval('bench.round') AS round \gset
UPDATE simplebank.interest_accruals SET booked_on = date '2000-01-01' + :round, day = date '2000-01-01' + :round + (day - booked_on)
WHERE booked_on > '2020-01-01';
DELETE FROM simplebank.interest_days;
VACUUM ANALYZE simplebank.interest_accruals, simplebank.accounts;
-- so that what was posted is past
SELECT pg_sleep(1.1) \g /dev/null
