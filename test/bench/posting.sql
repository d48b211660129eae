-- what the job does after a month's last day, within the ledger, as it does
DO $$
DECLARE
	batch bigint[];
	began timestamptz;
BEGIN
	FOR n IN 0..19 LOOP
		began := clock_timestamp();
		batch := ARRAY(SELECT account_id FROM simplebank.interest_accounts ORDER BY account_id OFFSET n * 5000 LIMIT 5000);
		PERFORM simplebank.inside(format('SELECT * FROM simplebank_internal.post_accrued(%L, %L)', batch, (now() AT TIME ZONE 'UTC')::date - 1));
		COMMIT;
		PERFORM simplebank_internal.give_way(began);
	END LOOP;
END $$;
