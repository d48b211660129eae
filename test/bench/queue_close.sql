-- each saver has had transfers today, which is to be closed
SELECT simplebank.reopen_day(min(day), 'bench') FROM simplebank.closed_days HAVING count(*) > 0;
