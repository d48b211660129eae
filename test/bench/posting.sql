-- what the job does after a month's last day, as the ledger's owner, as it does
SET ROLE simplebank_owner;
DO $$
DECLARE
	batch bigint[];
	began timestamptz;
BEGIN
	FOR n IN 0..19 LOOP
		began := clock_timestamp();
		batch := ARRAY(SELECT account_id FROM simplebank.interest_accounts ORDER BY account_id OFFSET n * 5000 LIMIT 5000);
		PERFORM simplebank_internal.post_accrued(batch, (now() AT TIME ZONE 'UTC')::date - 1);
		COMMIT;
		PERFORM simplebank_internal.give_way(began);
	END LOOP;
END $$;
