DO $$
DECLARE
	last bigint;
BEGIN
	LOOP
		SELECT max(e.position) INTO last FROM simplebank.read_events('bench', 5000) e;
		EXIT WHEN last IS NULL;
		PERFORM simplebank.ack_events('bench', last);
	END LOOP;
END $$;
SELECT simplebank.drop_consumer('bench') \g /dev/null
