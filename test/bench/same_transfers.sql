-- as many transfers from one account, in batches of the same size
DO $$
DECLARE
	bank CONSTANT bigint = simplebank.system_account('interest', 'EUR');
	batch bigint[];
BEGIN
	FOR n IN 0..19 LOOP
		batch := ARRAY(SELECT id FROM bench.savers ORDER BY id OFFSET n * 5000 LIMIT 5000);
		PERFORM count(sqlstate) FROM simplebank.transfer_batch(array_fill(bank, ARRAY[5000]), batch, array_fill(1370::bigint, ARRAY[5000]));
		COMMIT;
	END LOOP;
END $$;
