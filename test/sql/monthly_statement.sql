--
-- monthly_statement: what the job writes, and how it reads.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\getenv abs_srcdir PG_ABS_SRCDIR
\set inside :abs_srcdir '/inside.sql'
\i :inside
\set VERBOSITY sqlstate
\pset format unaligned
\pset tuples_only on

-- the day shall not end in the midst of this
SELECT pg_sleep(CASE WHEN rest < 60 THEN rest + 0.1 ELSE 0 END) FROM (SELECT 86400 - extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time)) t(rest);

SELECT simplebank.open_account(E'Ann\nof the Mill', 'EUR') AS ann, simplebank.open_account('ben', 'EUR', min_balance => -100000000) AS ben,
	   simplebank.open_account('Chiyo', 'JPY') AS cyd \gset
SELECT to_balance FROM simplebank.deposit(:ann, 1234567, description => 'salary');
SELECT to_balance FROM simplebank.transfer(:ann, :ben, 89910, description => E'rent, "small"\nhouse', effective_at => '2024-02-29 12:00+00');
SELECT to_balance FROM simplebank.transfer(:ben, :ann, 5, description => 'a description that is longer than its column');
SELECT to_balance FROM simplebank.transfer(:ben, :ann, 100);
SELECT to_balance FROM simplebank.deposit(:cyd, 5000);
-- what a month moves is beyond bigint
SELECT simplebank.open_account('whale', 'KWD') AS whale, simplebank.open_account(U&'\202Edlo\4E00\90CE\202C', 'EUR') AS dan \gset
SELECT count(simplebank.deposit(:whale, 9000000000000000000)), count(simplebank.withdraw(:whale, 9000000000000000000)) FROM generate_series(1, 2);
-- what begins as a formula does, turns the line around, or is wider than others
SELECT max(to_balance) FROM unnest(ARRAY['=1+1', '+1', '-1', '@A1', E'\t=1', E'\r=1', E'\n=1', '  =HYPERLINK("http://x")', U&'\FF1D1+1', 'a;=1', '1-1', 'plain',
		U&'\202E00.001\202C', U&'x\2028y\0085z', U&'\5BB6\8CC3\306E\652F\6255\3044 12\6708\5206 \5927\5BB6\3055\3093', U&'\5BB6\8CC3\306E\652F\6255\3044 112\6708\5206 \5927\5BB6\3055\3093', U&'cafe\0301']) WITH ORDINALITY d(text, n),
	LATERAL simplebank.deposit(:dan, n, description => d.text);
-- The dates of the rows are today's; the month that is over is that of the clock below.
SELECT simplebank.close_account(simplebank.open_account('gone', 'EUR')) \g /dev/null

-- a month that is over, with nothing in it: none of the accounts was there
CALL simplebank.run_job('statements', '2024-02-29');
SELECT count(*) FROM simplebank.statements;
CALL simplebank.run_job('statements', '2024-03-30');
SELECT job, business_date, status, items_done FROM simplebank.job_runs WHERE job = 'statements' AND items_done > 0;

-- In a time zone in which this is the first day of a month, today's entries are of the month before.
CREATE FUNCTION pg_temp.month_end() RETURNS date LANGUAGE sql AS
$$SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month - 1 day')::date$$;
SELECT pg_temp.month_end() AS month_end, date_trunc('month', pg_temp.month_end())::date AS month_start \gset
-- as the job would see them then
BEGIN;
CREATE OR REPLACE FUNCTION simplebank_internal.day_end(day date) RETURNS timestamptz LANGUAGE sql STABLE AS
$$SELECT CASE WHEN day >= pg_temp.month_end() THEN clock_timestamp() - interval '0.001 ms' ELSE (day + 1)::timestamp AT TIME ZONE 'UTC' END$$;
INSERT INTO simplebank.statement_days (day) VALUES (:'month_end');
SELECT simplebank.inside(format('SELECT * FROM simplebank_internal.statement_portion(%L, 2)', :'month_end'));
SELECT simplebank.inside(format('SELECT * FROM simplebank_internal.statement_portion(%L, 100)', :'month_end'));
SELECT simplebank.inside(format('SELECT * FROM simplebank_internal.statement_portion(%L, 100)', :'month_end'));
SELECT simplebank.inside(format('SELECT * FROM simplebank_internal.statement_portion(%L, 100)', :'month_end'));
COMMIT;
\pset format aligned
SELECT a.owner, s.period_start = :'month_start' AS from_first, s.period_end = :'month_end' AS to_last, s.opening, s.debits, s.credits, s.closing, s.entries
FROM simplebank.statements s JOIN simplebank.accounts a ON a.id = s.account_id WHERE s.account_id <> :dan ORDER BY s.account_id;
\pset format unaligned
CREATE FUNCTION pg_temp.neutral(text) RETURNS text LANGUAGE sql AS
$$SELECT regexp_replace(regexp_replace($1, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+', 'POSTED-AT', 'g'), '(?!2024)\d{4}-\d\d-\d\d', 'YYYY-MM-DD', 'g')$$;
SELECT pg_temp.neutral(simplebank.render_statement(:ann, :'month_start'));
SELECT pg_temp.neutral(simplebank.render_statement(:ben, :'month_start', 'csv'));
SELECT pg_temp.neutral(simplebank.render_statement(:cyd, :'month_start', format => 'text'));
SELECT pg_temp.neutral(simplebank.render_statement(:whale, :'month_start'));
SELECT pg_temp.neutral(simplebank.render_statement(:dan, :'month_start'));
SELECT pg_temp.neutral(simplebank.render_statement(:dan, :'month_start', 'csv'));
SELECT simplebank_internal.shown('ab', -1);
SELECT simplebank_internal.shown('ab', 1001);
SELECT '[' || simplebank_internal.shown('abc', w) || ']' FROM unnest(ARRAY[0, 2, 3, 4]) w;
SELECT simplebank_internal.shown(NULL, 3) IS NULL, simplebank_internal.csv_cell(NULL) = '';
-- as format_amount() has it, and beyond
SELECT count(*) FROM unnest(ARRAY[0, 1, -1, 99, 100, -100, 999, 1000, 99999, 100000, -123456789, 9223372036854775807, -9223372036854775808]) a,
	 unnest('{JPY,EUR,KWD,CLF}'::text[]) c JOIN simplebank.currencies k ON k.code = c WHERE simplebank_internal.format_sum(a, k.exponent) || ' ' || c = simplebank.format_amount(a, c);
SELECT simplebank_internal.format_sum(-100000000000000000000000, 2);
-- a line is as wide as the other ones, whatever the description is
SELECT DISTINCT length(l) FROM regexp_split_to_table(simplebank.render_statement(:ann, :'month_start'), '\n') l WHERE l <> '';
SELECT * FROM simplebank.verify();

-- Bad input.
SELECT simplebank.render_statement(NULL, :'month_start');
SELECT simplebank.render_statement(:ann, NULL);
SELECT simplebank.render_statement(:ann, :'month_start', NULL);
SELECT simplebank.render_statement(:ann, :'month_start', 'html');
SELECT simplebank.render_statement(0, :'month_start');
SELECT simplebank.render_statement(:ann, '2000-01-01');
SELECT simplebank.render_statement(:ann, 'infinity');
\set VERBOSITY default
SELECT simplebank.render_statement(:ann, '2000-01-01');
\set VERBOSITY sqlstate

-- Customers see their own.
SELECT simplebank.create_roles();
CREATE ROLE ben IN ROLE simplebank_customer;
SET ROLE ben;
SELECT account_id = :ben AS own, count(*) OVER () FROM simplebank.statements;
SELECT simplebank.render_statement(:ben, :'month_start') LIKE 'STATEMENT OF ACCOUNT%' AS rendered;
SELECT simplebank.render_statement(:ann, :'month_start');
RESET ROLE;
DROP ROLE ben;
DROP EXTENSION simplebank;
