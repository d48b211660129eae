--
-- balance: balance, available, balances, balance_at, trial_balance.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('alice', 'USD', min_balance => -100) AS alice \gset
SELECT simplebank.open_account('bob', 'USD', 'asset', min_balance => NULL, max_balance => 700) AS bob \gset
SELECT simplebank.open_account('carla', 'EUR') AS carla \gset

-- A fresh account has nothing; its limit counts at once.
SELECT simplebank.balance(:alice), simplebank.available(:alice), simplebank.balance(:bob), simplebank.available(:bob),
	simplebank.balance(:carla), simplebank.available(:carla);
SELECT account_id = :alice AS account, currency, balance, held, available, version, updated_at <= now() AS dated FROM simplebank.balances(:alice);

-- After postings, with something held, with and without lower limit.
SELECT to_balance FROM simplebank.deposit(:alice, 1000);
SELECT to_balance FROM simplebank.transfer(:alice, :bob, 300);
SELECT simplebank.balance(:alice), simplebank.available(:alice), simplebank.balance(:bob), simplebank.available(:bob);
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER USER;
UPDATE simplebank.accounts SET held = 250 WHERE id IN (:alice, :bob);
SELECT simplebank.balance(:alice), simplebank.available(:alice), simplebank.balance(:bob), simplebank.available(:bob);
SELECT currency, balance, held, available, version,
	updated_at = (SELECT max(posted_at) FROM simplebank.entries e WHERE e.account_id = b.account_id) AS last_posting
FROM simplebank.balances(:alice) b;
SELECT balance, held, available FROM simplebank.balances(:bob);
-- more held than there is: nothing is available, and it shows by how much
UPDATE simplebank.accounts SET held = 801 WHERE id = :alice;
SELECT simplebank.available(:alice);
ROLLBACK;

SELECT simplebank.balance(0);
SELECT simplebank.balance(NULL);
SELECT simplebank.available(0);
SELECT simplebank.available(NULL);
SELECT simplebank.balances(0);
SELECT simplebank.balances(NULL);
SELECT simplebank.balance_at(0, now());
SELECT simplebank.balance_at(0, now(), 'effective');
SELECT simplebank.balance_at(NULL, now());
SELECT simplebank.balance_at(:alice, NULL);
SELECT simplebank.balance_at(:alice, now(), NULL);
SELECT simplebank.balance_at(:alice, now(), 'Posted');
SELECT simplebank.balance_at(:alice, now(), '');

-- balance_at, posted: inclusive at each posting, one microsecond makes the
-- difference; before the first entry, after the last, and for ever.
SELECT simplebank.open_account('history', 'USD') AS history \gset
SELECT simplebank.open_account('mint', 'USD', min_balance => NULL) AS mint \gset
SELECT posted_at AS t1 FROM simplebank.transfer(:mint, :history, 100) \gset
SELECT pg_sleep(0.002);
SELECT posted_at AS t2 FROM simplebank.transfer(:mint, :history, 20) \gset
SELECT pg_sleep(0.002);
SELECT posted_at AS t3 FROM simplebank.transfer(:history, :mint, 3) \gset
SELECT moment, simplebank.balance_at(:history, at) AS history, simplebank.balance_at(:history, at, 'effective') AS effective, simplebank.balance_at(:mint, at) AS mint
FROM (VALUES
	(1, 'ever before', '-infinity'::timestamptz), (2, 'just before the first', :'t1'::timestamptz - interval '1 us'),
	(3, 'first', :'t1'), (4, 'just after', :'t1'::timestamptz + interval '1 us'),
	(5, 'just before the second', :'t2'::timestamptz - interval '1 us'), (6, 'second', :'t2'),
	(7, 'just before the third', :'t3'::timestamptz - interval '1 us'), (8, 'third', :'t3'),
	(9, 'just after the third', :'t3'::timestamptz + interval '1 us'), (10, 'for ever', 'infinity')) v(n, moment, at)
ORDER BY n;
-- an account without entries
SELECT simplebank.balance_at(:carla, '-infinity'), simplebank.balance_at(:carla, now()), simplebank.balance_at(:carla, 'infinity', 'effective');

-- balance_at, effective: what was posted today for another day counts from
-- that day on; what was posted for the future does not count yet.
SELECT simplebank.open_account('dated', 'USD') AS dated \gset
SELECT to_balance FROM simplebank.transfer(:mint, :dated, 1000);
SELECT to_balance FROM simplebank.transfer(:mint, :dated, 5, effective_at => '2020-01-10 00:00+00');
SELECT to_balance FROM simplebank.transfer(:mint, :dated, 70, effective_at => '2020-01-05 00:00+00');
SELECT from_balance FROM simplebank.transfer(:dated, :mint, 300, effective_at => '2100-06-01 00:00+00');
SELECT at, simplebank.balance_at(:dated, at::timestamptz, 'effective') AS effective, simplebank.balance_at(:dated, at::timestamptz, 'posted') AS posted
FROM unnest('{-infinity,2020-01-04 23:59:59.999999+00,2020-01-05 00:00+00,2020-01-09 23:59:59.999999+00,2020-01-10 00:00+00,2100-05-31 23:59:59.999999+00,2100-06-01 00:00+00,infinity}'::text[]) at;
SELECT simplebank.balance_at(:dated, clock_timestamp(), 'effective') AS effective, simplebank.balance_at(:dated, clock_timestamp()) AS posted;

-- An effective time as far away as one can be given does not spoil the
-- answers for any other moment.
SET simplebank.min_effective_year = -4713;
SET simplebank.max_effective_years = 300000;
SELECT simplebank.open_account('far', 'USD') AS far \gset
SELECT to_balance FROM simplebank.transfer(:mint, :far, 1);
SELECT to_balance FROM simplebank.transfer(:mint, :far, 10, effective_at => '294276-12-31 23:59:59+00');
SELECT to_balance FROM simplebank.transfer(:mint, :far, 100, effective_at => '4714-11-24 00:00:00+00 BC');
RESET simplebank.min_effective_year;
RESET simplebank.max_effective_years;
SELECT simplebank.balance_at(:far, 'infinity', 'effective');
SELECT simplebank.balance_at(:far, clock_timestamp(), 'effective');
SELECT simplebank.balance_at(:far, clock_timestamp() + interval '1 day', 'effective');
SELECT simplebank.balance_at(:far, '2000-01-01 00:00+00', 'effective');
SELECT simplebank.balance_at(:far, '-infinity', 'effective');

-- Against a plain sum: many entries, some with an effective time within ten
-- days of their posting, at each of their moments and just beside it.  Time
-- zones with daylight saving must not move the window of the search.
SELECT setseed(0.4217);
SELECT simplebank.open_account('random', 'USD', min_balance => NULL) AS random \gset
SELECT count(*) FROM (
	SELECT CASE WHEN random() < 0.5 THEN simplebank.transfer(:mint, :random, 1 + (random() * 1000)::bigint, effective_at => at)
				ELSE simplebank.transfer(:random, :mint, 1 + (random() * 1000)::bigint, effective_at => at) END
	FROM (SELECT CASE WHEN random() < 0.7 THEN date_trunc('day', now()) + random() * interval '20 days' - interval '10 days' END AS at
		  FROM generate_series(1, 400) OFFSET 0) s) t;
CREATE TEMP TABLE moments AS
	SELECT m + d AS at FROM simplebank.entries e, unnest(ARRAY[e.posted_at, e.effective_at]) m,
		unnest('{-1 us,0,1 us}'::interval[]) d
	WHERE e.account_id = :random AND m IS NOT NULL
	UNION SELECT now() + random() * interval '60 days' - interval '30 days' FROM generate_series(1, 200);
CREATE FUNCTION pg_temp.wrong_balances(account bigint) RETURNS TABLE(at timestamptz, basis text, answer bigint, truth numeric)
LANGUAGE sql AS $$
	SELECT m.at, b.basis, simplebank.balance_at(account, m.at, b.basis), t.truth
	FROM moments m, (VALUES ('posted'), ('effective')) b(basis),
		LATERAL (SELECT coalesce(sum(e.amount), 0) AS truth FROM simplebank.entries e
				 WHERE e.account_id = account
				   AND CASE b.basis WHEN 'posted' THEN e.posted_at ELSE coalesce(e.effective_at, e.posted_at) END <= m.at) t
	WHERE simplebank.balance_at(account, m.at, b.basis) <> t.truth
$$;
SELECT count(*) > 1000 AS many_moments FROM moments;
SELECT * FROM pg_temp.wrong_balances(:random);
SET timezone = 'America/New_York';
SELECT * FROM pg_temp.wrong_balances(:random);
SET timezone = 'Europe/Berlin';
SELECT * FROM pg_temp.wrong_balances(:random);
-- as a caller whose settings forbid what the plans need
SET enable_indexscan = off;
SET enable_seqscan = on;
SELECT * FROM pg_temp.wrong_balances(:random);
RESET enable_indexscan;
RESET enable_seqscan;
RESET timezone;

-- A worker of a parallel query answers as its leader does.
-- (the setting has another name from version 16 on)
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT simplebank.balance(:dated), simplebank.available(:dated), simplebank.balance_at(:dated, '2020-01-05 00:00+00', 'effective');
SELECT version FROM simplebank.balances(:dated);
SELECT set_config(name, 'off', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');

-- trial_balance: debits equal credits in each currency, at any moment.
SELECT to_balance FROM simplebank.deposit(:carla, 40);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:carla, NULL, NULL);
SELECT from_balance FROM simplebank.withdraw(:carla, 55);
SELECT * FROM simplebank.trial_balance() WHERE currency = 'EUR';
SELECT currency, sum(accounts) AS accounts, sum(debits) = sum(credits) AS balanced FROM simplebank.trial_balance() GROUP BY currency ORDER BY currency;
SELECT (SELECT sum(accounts) FROM simplebank.trial_balance()) = (SELECT count(*) FROM simplebank.accounts) AS all_accounts;
-- NULL is now, and so is the end of time; before the bank there was nothing
SELECT count(*) AS differences FROM (
	(SELECT * FROM simplebank.trial_balance(NULL) EXCEPT SELECT * FROM simplebank.trial_balance('infinity'))
	UNION ALL (SELECT * FROM simplebank.trial_balance('infinity') EXCEPT SELECT * FROM simplebank.trial_balance())) d;
SELECT * FROM simplebank.trial_balance('-infinity');
SELECT m.at, currency FROM (SELECT at FROM moments ORDER BY at LIMIT 300) m, simplebank.trial_balance(m.at)
GROUP BY m.at, currency HAVING sum(debits) <> sum(credits);
-- in the middle of the history above: alice 700, bob 300, history 100
SELECT currency, kind, accounts, debits, credits FROM simplebank.trial_balance(:'t1');
-- sums beyond bigint are still sums
SELECT simplebank.open_account('huge', 'JPY', min_balance => NULL) AS huge1 \gset
SELECT simplebank.open_account('huge', 'JPY', min_balance => NULL) AS huge2 \gset
SELECT simplebank.open_account('huge', 'JPY', min_balance => NULL) AS huge3 \gset
SELECT simplebank.open_account('huge', 'JPY', min_balance => NULL) AS huge4 \gset
SELECT to_balance FROM simplebank.transfer(:huge1, :huge2, 9223372036854775807);
SELECT to_balance FROM simplebank.transfer(:huge3, :huge4, 9223372036854775807);
SELECT * FROM simplebank.trial_balance() WHERE currency = 'JPY';

-- Readers see their own snapshot and their own transaction's work.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT simplebank.balance(:dated);
SELECT to_balance FROM simplebank.transfer(:mint, :dated, 1);
SELECT simplebank.balance(:dated), simplebank.balance_at(:dated, 'infinity'), simplebank.balance_at(:dated, 'infinity', 'effective');
ROLLBACK;
SELECT simplebank.balance(:dated);

SELECT * FROM simplebank.verify();
