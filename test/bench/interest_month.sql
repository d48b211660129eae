SELECT bench.next_date(true) AS day \gset
CALL simplebank.run_job('interest', :'day');
