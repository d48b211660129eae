SELECT bench.next_date(false) AS day \gset
CALL simplebank.run_job('interest', :'day');
