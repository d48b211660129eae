-- each saver has had transfers today, which is to be closed
SELECT simplebank.reopen_day(min(day), 'bench') FROM simplebank.closed_days HAVING count(*) > 0 \g /dev/null
VACUUM ANALYZE simplebank.day_balances, simplebank.accounts;
SELECT pg_sleep(1.1) \g /dev/null
