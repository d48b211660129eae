-- Searches by time: which ids are looked at, and that nothing is missed whatever order times have.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
SELECT simplebank.open_account('mint', 'EUR', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('ann', 'EUR') AS ann \gset
-- Transfers of given times, as a replica would get them: 1 to 3000 a second each, but a clock was an hour and a half behind for 2001 to 2010,
-- and 2500 has waited for two days.
CREATE FUNCTION posted_at(n bigint) RETURNS timestamptz LANGUAGE sql AS $$
	SELECT timestamptz '2024-03-01 00:00+00' + n * interval '1 minute' - CASE WHEN n BETWEEN 2001 AND 2010 THEN interval '90 minutes' ELSE '0' END
		+ CASE n WHEN 2500 THEN interval '2 days' ELSE '0' END $$;
CREATE FUNCTION make(first bigint, last bigint) RETURNS void LANGUAGE sql AS $$
	INSERT INTO simplebank.transfers (id, from_account_id, to_account_id, amount, from_version, to_version, posted_at, effective_at, operation, role)
	SELECT n, 1, 2, 1, n, n, posted_at(n), posted_at(n), 'transfer', 'x' FROM generate_series(first, last) n $$;
-- What a search answers, against what the table has.
CREATE FUNCTION differ(from_time timestamptz, to_time timestamptz, newest boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found bigint[];
	there bigint[];
BEGIN
	found := ARRAY(SELECT id FROM simplebank.find_transfers(from_time => $1, to_time => $2, max_rows => 1000, newest_first => newest));
	there := ARRAY(SELECT id FROM simplebank.transfers t WHERE t.posted_at >= $1 AND t.posted_at < $2 ORDER BY CASE WHEN newest THEN -id ELSE id END LIMIT 1000);
	RETURN CASE WHEN found = there THEN 'right' ELSE format('found %s, there are %s', cardinality(found), cardinality(there)) END;
EXCEPTION WHEN program_limit_exceeded THEN
	RETURN SQLSTATE;
END $$;
CREATE VIEW differences AS
	SELECT d.outcome, count(*)
	FROM generate_series(-200, 6200, 47) s, generate_series(1, 400, 133) w, unnest(ARRAY[true, false]) n,
		LATERAL (SELECT differ(timestamptz '2024-03-01 00:00+00' + s * interval '1 minute', timestamptz '2024-03-01 00:00+00' + (s + w) * interval '1 minute', n) AS outcome) d
	GROUP BY 1 ORDER BY 1;
CREATE VIEW spans AS
	SELECT last_id, earliest AT TIME ZONE 'UTC' AS earliest, latest AT TIME ZONE 'UTC' AS latest, is_late FROM simplebank.transfer_spans ORDER BY 1;
-- The job notes what is there, and next time when it was; each portion of the series by itself, as if it were long ago.
\set note 'CALL simplebank.run_job(\'expire_holds\'); CALL simplebank.run_job(\'expire_holds\'); ALTER TABLE simplebank.transfer_spans DISABLE TRIGGER guard; UPDATE simplebank.transfer_spans SET noted_at = \'2024-01-01\'; ALTER TABLE simplebank.transfer_spans ENABLE ALWAYS TRIGGER guard;'
CALL simplebank.run_job('expire_holds');
TABLE spans;
SELECT make(1, 1000);
:note
TABLE spans;
SELECT make(1001, 2000); :note
SELECT make(2001, 2010); :note
SELECT make(2011, 2400); :note
SELECT make(2401, 2600); :note
SELECT make(2601, 2900); :note
TABLE spans;
SELECT * FROM differences;
-- those that are in no span yet
SELECT make(2901, 3000);
SELECT * FROM differences;
SET simplebank.max_search_rows = 1500;
SELECT differ('2024-03-01 02:00+00', '2024-03-01 03:00+00', true), differ('2024-03-01 02:00+00', '2024-03-01 03:00+00', false), differ('2024-03-02 23:00+00', '2024-03-02 23:30+00', false),
	differ('2024-03-06 00:00+00', 'infinity', true), differ('-infinity', '2024-02-01', true), differ('-infinity', '2024-02-01', false);
RESET simplebank.max_search_rows;
DROP VIEW differences, spans;
DROP FUNCTION make, posted_at, differ;
DROP EXTENSION simplebank CASCADE;
