-- as many transfers in batches of the size that the job standing_orders works in
DO $$
BEGIN
	FOR batch IN 1..40 LOOP
		PERFORM count(sqlstate)
		FROM (SELECT array_agg(1 + a) AS froms, array_agg(1 + (a + 1 + floor(random() * 9999)::bigint) % 10000) AS tos,
					 array_agg(10::bigint) AS amounts
			  FROM (SELECT floor(random() * 10000)::bigint AS a FROM generate_series(1, 250)) r) arrays,
			 simplebank.transfer_batch(froms, tos, amounts);
		COMMIT;
	END LOOP;
END $$;
