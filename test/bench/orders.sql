CALL simplebank.run_job('standing_orders');
