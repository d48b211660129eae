--
-- hold: money kept for a transfer to come.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.holds DISABLE TRIGGER guard;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('mint', 'USD', 'equity', min_balance => NULL) AS mint \gset
SELECT simplebank.open_account('alice', 'USD') AS alice \gset
SELECT simplebank.open_account('hotel', 'USD') AS hotel \gset
SELECT simplebank.open_account('small', 'USD', max_balance => 100) AS small \gset
SELECT simplebank.open_account('carla', 'EUR') AS carla \gset
SELECT to_balance FROM simplebank.transfer(:mint, :alice, 1000);
-- what the row says, what the answers say, and the proof
CREATE FUNCTION pg_temp.state(account bigint, OUT balance bigint, OUT held bigint, OUT available bigint, OUT row_held bigint, OUT violations bigint)
LANGUAGE sql AS 'SELECT b.balance, b.held, b.available, a.held, (SELECT count(*) FROM simplebank.verify())
	FROM simplebank.balances(account) b JOIN simplebank.accounts a ON a.id = b.account_id';
-- As if the time of every open hold that ends had passed, in the same order: a time that is short enough
-- to be waited for is too short for a slow machine.
CREATE FUNCTION pg_temp.make_due() RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
BEGIN
	UPDATE simplebank.holds h SET expires_at = created_at + due.place * interval '1 us'
	FROM (SELECT id, row_number() OVER (ORDER BY expires_at, id) AS place FROM simplebank.holds WHERE status = 'open' AND expires_at < clock_timestamp() + interval '2 h') due
	WHERE due.id = h.id;
	PERFORM pg_sleep(extract(epoch FROM max(expires_at) - clock_timestamp())) FROM simplebank.holds WHERE status = 'open' AND expires_at < clock_timestamp() + interval '2 h';
END $$;

-- Placed, captured in parts, the rest released: held and available at each step.
SELECT available, expires_at, replayed FROM simplebank.place_hold(:alice, :hotel, 300, key => 'stay', description => 'two nights', metadata => '{"room": 7}');
SELECT id AS stay FROM simplebank.holds \gset
SELECT * FROM pg_temp.state(:alice);
SELECT from_balance, to_balance, replayed FROM simplebank.capture_hold(:stay, 100, final => false, key => 'night 1');
SELECT * FROM pg_temp.state(:alice);
SELECT simplebank.capture_hold(:stay, 201);
SELECT from_balance, to_balance FROM simplebank.capture_hold(:stay, 150, key => 'night 2');
SELECT * FROM pg_temp.state(:alice);
SELECT amount, captured, status, closed_at IS NOT NULL AS closed, description, metadata FROM simplebank.holds;
-- closed for good
SELECT simplebank.capture_hold(:stay);
SELECT simplebank.capture_hold(:stay, 1);
SELECT simplebank.release_hold(:stay);
-- the whole of it by default; all that is left closes it, final or not
SELECT hold_id AS h FROM simplebank.place_hold(:alice, :hotel, 50) \gset
SELECT from_balance, to_balance FROM simplebank.capture_hold(:h);
SELECT hold_id AS h FROM simplebank.place_hold(:alice, :hotel, 50) \gset
SELECT from_balance FROM simplebank.capture_hold(:h, 20, false);
SELECT from_balance FROM simplebank.capture_hold(:h, final => false);
SELECT status, captured FROM simplebank.holds WHERE id = :h;
-- released
SELECT hold_id AS h, available FROM simplebank.place_hold(:alice, :hotel, 40) \gset
SELECT :available AS available;
SELECT available, replayed FROM simplebank.release_hold(:h, key => 'free');
SELECT simplebank.release_hold(:h);
SELECT simplebank.capture_hold(:h);
SELECT * FROM pg_temp.state(:alice);
SELECT line, amount, balance, hold_id = :stay AS stay, description FROM simplebank.statement(:alice) WHERE line = 'capture' ORDER BY version;

-- Keys: the first answer, though the account has moved on.
SELECT available, replayed FROM simplebank.place_hold(:alice, :hotel, 300, key => 'stay');
SELECT available, replayed FROM simplebank.place_hold(:alice, :hotel, 300, 'infinity', key => 'stay', description => 'other words');
-- its expiry is that of the first one: a retry comes at another now(), or when the time has passed
SELECT available, expires_at, replayed FROM simplebank.place_hold(:alice, :hotel, 300, now() + interval '7 days', key => 'stay');
SELECT available, expires_at, replayed FROM simplebank.place_hold(:alice, :hotel, 300, 'yesterday', key => 'stay');
SELECT from_balance, to_balance, replayed FROM simplebank.capture_hold(:stay, 100, false, 'night 1');
SELECT available, replayed FROM simplebank.release_hold(:h, 'free');
\set VERBOSITY default
SELECT simplebank.place_hold(:alice, :hotel, 301, key => 'stay');
SELECT simplebank.capture_hold(:stay, 100, true, 'night 1');
SELECT simplebank.capture_hold(:stay, key => 'night 1', final => false);
SELECT simplebank.release_hold(:stay, 'night 1');
SELECT simplebank.transfer(:alice, :hotel, 300, key => 'stay');
\set VERBOSITY sqlstate
SELECT key, operation, transfer_id IS NOT NULL AS transfer, hold_id IS NOT NULL AS hold, answer - 'posted_at' - 'transfer_id' - 'hold_id' AS answer
FROM simplebank.idempotency_keys k, simplebank.idempotency_check(k.key) c(key_again, operation_again, a, t, h, created, answer) ORDER BY 1;
-- as the README places one, and again
SELECT hold_id AS week, expires_at AS week_ends FROM simplebank.place_hold(:alice, :hotel, 1, now() + interval '7 days', key => 'week') \gset
SELECT hold_id = :week AS first, expires_at = :'week_ends' AS first_expiry, replayed, now() + interval '7 days' > expires_at AS later
FROM simplebank.place_hold(:alice, :hotel, 1, now() + interval '7 days', key => 'week');
SELECT (answer ->> 'expires_at')::timestamptz = :'week_ends' AS first_expiry FROM simplebank.idempotency_check('week');
SELECT held, violations FROM pg_temp.state(:alice);
SELECT replayed FROM simplebank.release_hold(:week);

-- Placing is refused where the transfer would be, in the same order.
SELECT simplebank.place_hold(NULL, :hotel, 1);
SELECT simplebank.place_hold(:alice, NULL, 1);
SELECT simplebank.place_hold(:alice, :hotel, NULL);
SELECT simplebank.place_hold(:alice, :hotel, 1, key => '');
SELECT simplebank.place_hold(:alice, :alice, 0);
SELECT simplebank.place_hold(:alice, :alice, -1);
SELECT simplebank.place_hold(:alice, :alice, 1, 'yesterday');
SELECT simplebank.place_hold(4711, :hotel, 1, 'yesterday');
SELECT simplebank.place_hold(:alice, :hotel, 1, '-infinity');
SELECT simplebank.place_hold(4711, :hotel, 1);
SELECT simplebank.place_hold(:alice, 4711, 1);
SELECT simplebank.place_hold(:alice, :carla, 10000);
SELECT simplebank.place_hold(:alice, :hotel, simplebank.available(:alice) + 1);
SELECT simplebank.place_hold(:alice, :small, 101);
SELECT simplebank.open_account('deep', 'USD', min_balance => NULL) AS deep, simplebank.open_account('wide', 'USD') AS wide \gset
SELECT available FROM simplebank.place_hold(:deep, :wide, 9223372036854775807);
SELECT simplebank.place_hold(:deep, :wide, 1);
SELECT held, available FROM simplebank.balances(:deep);
SELECT available FROM simplebank.release_hold((SELECT max(id) FROM simplebank.holds));
SELECT status, (simplebank.set_account_status(:alice, status)).status, held FROM (VALUES ('frozen'), ('debit_blocked')) s(status), simplebank.balances(:alice);
SELECT simplebank.place_hold(:alice, :hotel, 1);
SELECT (simplebank.set_account_status(:alice, 'active')).status, (simplebank.set_account_status(:hotel, 'credit_blocked')).status;
SELECT simplebank.place_hold(:alice, :hotel, 1);
SELECT status FROM simplebank.set_account_status(:hotel, 'active');
SELECT count(*) AS open FROM simplebank.holds WHERE status = 'open';
-- and the others
SELECT simplebank.capture_hold(NULL);
SELECT simplebank.capture_hold(:stay, final => NULL);
SELECT simplebank.capture_hold(:stay, 0);
SELECT simplebank.capture_hold(4711, -1);
SELECT simplebank.capture_hold(4711);
SELECT simplebank.release_hold(NULL);
SELECT simplebank.release_hold(4711);
SELECT simplebank.release_hold(:stay, repeat('x', 256));
SELECT simplebank.expire_holds(NULL);
SELECT simplebank.expire_holds(0);
\set VERBOSITY default
SELECT simplebank.capture_hold(4711);
SELECT simplebank.capture_hold(:stay);
SELECT hold_id AS h FROM simplebank.place_hold(:alice, :hotel, 10) \gset
SELECT simplebank.capture_hold(:h, 11);
\set VERBOSITY sqlstate

-- What has changed since it was placed: the status lets it be released, not
-- captured; a limit set since counts, and the receiver's.
SELECT status FROM simplebank.set_account_status(:alice, 'frozen');
SELECT simplebank.capture_hold(:h);
SELECT available FROM simplebank.release_hold(:h);
SELECT status FROM simplebank.set_account_status(:alice, 'active');
SELECT hold_id AS h FROM simplebank.place_hold(:alice, :hotel, 10) \gset
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alice, 695, NULL);
SELECT simplebank.capture_hold(:h);
SELECT * FROM pg_temp.state(:alice);
SELECT from_balance FROM simplebank.capture_hold(:h, 5, false);
SELECT (simplebank.set_account_limits(:alice, 0, NULL)).min_balance, (simplebank.set_account_limits(:hotel, 0, simplebank.balance(:hotel) + 4)).min_balance;
SELECT simplebank.capture_hold(:h);
SELECT from_balance FROM simplebank.capture_hold(:h, 4);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:hotel, 0, NULL);
SELECT * FROM pg_temp.state(:alice);
-- A capture is reversed like any transfer; its hold stays closed.
SELECT max(id) AS capture FROM simplebank.transfers WHERE operation = 'capture' \gset
SELECT from_balance, to_balance FROM simplebank.reverse_transfer(:capture);
SELECT status, captured FROM simplebank.holds WHERE id = :h;
SELECT * FROM pg_temp.state(:alice);

-- Past its time a hold keeps nothing, though nobody has marked it.
SELECT simplebank.available(:alice) AS money \gset
SELECT hold_id AS h FROM simplebank.place_hold(:alice, :hotel, 200, clock_timestamp() + '1 h', key => 'soon') \gset
SELECT hold_id AS never FROM simplebank.place_hold(:alice, :hotel, 100, 'infinity') \gset
SELECT simplebank.transfer(:alice, :hotel, :money - 299);
SELECT pg_temp.make_due();
SELECT :money - available AS kept, held, row_held, violations FROM pg_temp.state(:alice);
SELECT simplebank.capture_hold(:h);
SELECT simplebank.capture_hold(:h, 201);
SELECT simplebank.release_hold(:h);
SELECT replayed, hold_id = :h AS first, expires_at = (SELECT expires_at FROM simplebank.holds WHERE id = :h) AS first_expiry
FROM simplebank.place_hold(:alice, :hotel, 200, clock_timestamp() + '1 h', key => 'soon');
SELECT status FROM simplebank.holds WHERE id = :h;
-- who does not need its money leaves it, who does expires it
SELECT from_balance - :money AS spent FROM simplebank.transfer(:alice, :hotel, 1);
SELECT held FROM simplebank.accounts WHERE id = :alice;
SELECT from_balance FROM simplebank.transfer(:alice, :hotel, :money - 101);
SELECT held FROM simplebank.accounts WHERE id = :alice;
SELECT status, closed_at >= expires_at AS late FROM simplebank.holds WHERE id = :h;
SELECT simplebank.capture_hold(:h);
SELECT simplebank.release_hold(:h);
SELECT simplebank.transfer(:alice, :hotel, 1);
SELECT available FROM simplebank.release_hold(:never);
SELECT * FROM pg_temp.state(:alice);

-- Every kind of debit does so.
SELECT to_balance FROM simplebank.transfer(:hotel, :alice, 900);
SELECT simplebank.system_account('cash', 'USD') AS cash \gset
CREATE FUNCTION pg_temp.tie(account bigint, payee bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 2 LOOP
		PERFORM simplebank.place_hold(account, payee, simplebank.available(account) / (3 - i), clock_timestamp() + '1 h');
	END LOOP;
	PERFORM pg_temp.make_due();
END $$;
SELECT pg_temp.tie(:alice, :hotel); SELECT from_balance FROM simplebank.withdraw(:alice, 100); SELECT * FROM pg_temp.state(:alice);
SELECT pg_temp.tie(:alice, :hotel); SELECT replayed FROM simplebank.post_journal(ARRAY[:alice, :hotel, :cash], '{-100, 60, 40}'); SELECT * FROM pg_temp.state(:alice);
SELECT pg_temp.tie(:alice, :hotel); SELECT from_balance FROM simplebank.exchange(:alice, :carla, 100, 90); SELECT * FROM pg_temp.state(:alice);
SELECT pg_temp.tie(:alice, :hotel); SELECT available FROM simplebank.place_hold(:alice, :hotel, 100); SELECT * FROM pg_temp.state(:alice);
SELECT available FROM simplebank.release_hold((SELECT max(id) FROM simplebank.holds));
SELECT pg_temp.tie(:alice, :hotel); SELECT item, sqlstate FROM simplebank.transfer_batch(ARRAY[:alice, :hotel], ARRAY[:hotel, :alice], '{100, 100}'); SELECT * FROM pg_temp.state(:alice);
SELECT pg_temp.tie(:alice, :hotel); SELECT item, sqlstate FROM simplebank.transfer_batch(ARRAY[:alice, :alice, :hotel], ARRAY[:hotel, :hotel, :alice], '{100000, 1, 1}', links => '{1, 1, NULL}', atomic => false); SELECT * FROM pg_temp.state(:alice);
-- what it has freed is free, also for one that is refused all the same
SELECT pg_temp.tie(:alice, :hotel); SELECT item, sqlstate FROM simplebank.transfer_batch(ARRAY[:alice], ARRAY[:hotel], '{100000}', atomic => false); SELECT * FROM pg_temp.state(:alice);
SELECT transfer_id AS wages FROM simplebank.transfer(:mint, :alice, 7) \gset
SELECT pg_temp.tie(:alice, :hotel); SELECT from_balance FROM simplebank.reverse_transfer(:wages); SELECT * FROM pg_temp.state(:alice);
-- or rolls all of it back
SELECT pg_temp.tie(:alice, :hotel); SELECT simplebank.transfer(:alice, :hotel, 100000); SELECT held > 0 AS row_held FROM simplebank.accounts WHERE id = :alice;

-- The job: bounded, oldest first.
SELECT simplebank.expire_holds();
SELECT simplebank.expire_holds();
SELECT count(h.hold_id) FROM generate_series(1, 5) n, simplebank.place_hold(:alice, :hotel, n, now() + '1 h' - n * interval '10 ms') h;
SELECT pg_temp.make_due();
SELECT simplebank.expire_holds(2);
SELECT array_agg(amount ORDER BY amount) AS still_open FROM simplebank.holds WHERE status = 'open';
SELECT * FROM pg_temp.state(:alice);
SELECT simplebank.expire_holds(3), simplebank.expire_holds(1);
-- more than one statement's worth, of one account and of many
SELECT count(h.hold_id) FROM generate_series(1, 2500) n, simplebank.place_hold(:mint, :hotel, 1 + n % 2, now() + '1 h') h;
SELECT count(h.hold_id) FROM (SELECT simplebank.open_account('poor', 'USD', min_balance => -1) AS id FROM generate_series(1, 1200)) p, simplebank.place_hold(p.id, :hotel, 1, now() + '1 h') h;
SELECT pg_temp.make_due();
SELECT simplebank.expire_holds(1700), simplebank.expire_holds(10000);
SELECT sum(held) AS held, (SELECT count(*) FROM simplebank.verify()) AS violations FROM simplebank.accounts;

-- An account is closed with no hold open, of its money or in its favour.
SELECT simplebank.open_account('guest', 'USD') AS guest \gset
SELECT simplebank.open_account('inn', 'USD') AS inn \gset
SELECT to_balance FROM simplebank.transfer(:mint, :guest, 10);
SELECT hold_id AS h FROM simplebank.place_hold(:guest, :inn, 10) \gset
\set VERBOSITY terse
SELECT status FROM simplebank.close_account(:guest);
SELECT status FROM simplebank.close_account(:inn);
\set VERBOSITY sqlstate
SELECT available FROM simplebank.release_hold(:h);
SELECT status FROM simplebank.close_account(:inn);
SELECT available FROM simplebank.place_hold(:guest, :hotel, 10, clock_timestamp() + '1 h');
SELECT pg_temp.make_due();
SELECT from_balance FROM simplebank.transfer(:guest, :hotel, 10);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:guest, -1, NULL);
SELECT available FROM simplebank.place_hold(:guest, :hotel, 1, clock_timestamp() + '1 h');
SELECT pg_temp.make_due();
SELECT status FROM simplebank.close_account(:guest);
SELECT status, held FROM simplebank.accounts WHERE id = :guest;

-- A savepoint takes each step back.
SELECT hold_id AS h FROM simplebank.place_hold(:alice, :hotel, 10) \gset
BEGIN;
SAVEPOINT s;
SELECT available IS NOT NULL AS placed FROM simplebank.place_hold(:alice, :hotel, 5, key => 'undone');
ROLLBACK TO s;
SELECT from_balance IS NOT NULL AS captured FROM simplebank.capture_hold(:h, 3, false, 'undone');
ROLLBACK TO s;
SELECT available IS NOT NULL AS released FROM simplebank.release_hold(:h, 'undone');
ROLLBACK TO s;
COMMIT;
SELECT amount, captured, status FROM simplebank.holds WHERE id >= :h;
SELECT * FROM simplebank.idempotency_check('undone');
SELECT * FROM pg_temp.state(:alice);

-- Each status of either side: what it forbids, and that a release is always allowed.
CREATE FUNCTION pg_temp.outcome(statements text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statements;
	RAISE 'done' USING ERRCODE = 'ZZ000';
EXCEPTION
	WHEN SQLSTATE 'ZZ000' THEN RETURN 'done';
	WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT simplebank.open_account('payer', 'USD', min_balance => -50) AS payer, simplebank.open_account('payee', 'USD', max_balance => 500) AS payee,
	simplebank.open_account('gone', 'USD') AS gone \gset
SELECT to_balance FROM simplebank.transfer(:mint, :payer, 450);
SELECT hold_id AS h FROM simplebank.place_hold(:payer, :payee, 300) \gset
SELECT whose, status, pg_temp.outcome(format('%s; SELECT simplebank.place_hold(%s, %s, 1)', set, :payer, :payee)) AS place,
	pg_temp.outcome(format('%s; SELECT simplebank.capture_hold(%s)', set, :h)) AS capture,
	pg_temp.outcome(format('%s; SELECT simplebank.release_hold(%s)', set, :h)) AS release
FROM (VALUES ('payer', :payer), ('payee', :payee)) w(whose, id), (VALUES ('active'), ('debit_blocked'), ('credit_blocked'), ('frozen')) s(status),
	format('SELECT simplebank.set_account_status(%s, %L)', id, status) AS set
ORDER BY whose, status;
SELECT status FROM simplebank.close_account(:gone);
SELECT simplebank.place_hold(:gone, :payee, 1);
SELECT simplebank.place_hold(:payer, :gone, 1);
-- Both sides of each limit: 200 are free, of which 50 are a debt, and the payee takes 500.
SELECT pg_temp.outcome(format('SELECT simplebank.place_hold(%s, %s, 200)', :payer, :payee)) AS all_of_it, pg_temp.outcome(format('SELECT simplebank.place_hold(%s, %s, 201)', :payer, :payee)) AS more;
SELECT pg_temp.outcome(format('SELECT simplebank.place_hold(%s, %s, 500)', :mint, :payee)) AS filled, pg_temp.outcome(format('SELECT simplebank.place_hold(%s, %s, 501)', :mint, :payee)) AS overfilled;
-- holds in an account's favour do not count against what it takes: the captures do
SELECT pg_temp.outcome(format('SELECT simplebank.place_hold(%s, %s, 500); SELECT simplebank.capture_hold(max(id)) FROM simplebank.holds; SELECT simplebank.capture_hold(%s)', :mint, :payee, :h)) AS second_capture;
-- The first reason is the answer.
SELECT simplebank.place_hold(:payer, :payer, 1, 'yesterday', 'stay');
SELECT simplebank.place_hold(:payer, 4711, 1, 'yesterday', 'stay');
SELECT status FROM simplebank.set_account_status(:payer, 'frozen');
SELECT simplebank.place_hold(:payer, 4711, 1000);
SELECT simplebank.place_hold(:payer, :carla, 1000);
SELECT simplebank.capture_hold(:h, 301);
SELECT status FROM simplebank.set_account_status(:payer, 'active');
SELECT simplebank.place_hold(:payer, :payee, 501);
-- A key is used up by one of them, and says so to the others.
SELECT available FROM simplebank.release_hold(:h, 'gave back');
SELECT hold_id AS h FROM simplebank.place_hold(:payer, :payee, 30, '2999-01-01', 'until 2999') \gset
\set VERBOSITY default
SELECT simplebank.release_hold(:h, 'gave back');
SELECT simplebank.capture_hold(:h, key => 'gave back');
SELECT simplebank.place_hold(:payer, :hotel, 30, '2999-01-01', 'until 2999');
\set VERBOSITY sqlstate
SELECT available, to_char(expires_at AT TIME ZONE 'PST8PDT', 'YYYY-MM-DD HH24:MI') AS expires, replayed
FROM (VALUES (NULL::timestamptz), ('2999-01-01'), ('2999-01-02')) e(again), simplebank.place_hold(:payer, :payee, 30, again, 'until 2999');
SELECT from_balance, to_balance, replayed FROM simplebank.capture_hold(:h, key => 'all');
\set VERBOSITY default
-- all that is left and as much by number are two requests
SELECT simplebank.capture_hold(:h, 30, key => 'all');
\set VERBOSITY sqlstate
SELECT from_balance, to_balance, replayed FROM simplebank.capture_hold(:h, key => 'all');

-- Past its time: the same answers before anybody has expired it and afterwards, its key replays.
SELECT hold_id AS h FROM simplebank.place_hold(:payer, :payee, 470, now() + '1 h', 'late') \gset
SELECT simplebank.place_hold(:payer, :payee, 1);
SELECT * FROM pg_temp.state(:payer);
SELECT pg_temp.make_due();
CREATE FUNCTION pg_temp.say(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, detail);
END $$;
CREATE VIEW pg_temp.late AS
	SELECT what, replace(replace(pg_temp.say('SELECT simplebank.' || what), 'Hold ' || h.id, 'Hold N'), h.expires_at::text, 'its time') AS answer
	FROM simplebank.holds h, format('capture_hold(%s)', h.id) one, format('capture_hold(%s, 471)', h.id) two, format('release_hold(%s)', h.id) three,
		LATERAL (VALUES (one), (two), (three)) w(what) WHERE h.amount = 470;
SET datestyle = ISO; SELECT answer FROM pg_temp.late; RESET datestyle;
SELECT * FROM pg_temp.state(:payer);
SELECT simplebank.expire_holds();
SET datestyle = ISO; SELECT answer FROM pg_temp.late; RESET datestyle;
SELECT available, replayed FROM simplebank.place_hold(:payer, :payee, 470, (SELECT expires_at FROM simplebank.holds WHERE id = :h), 'late');
SELECT * FROM pg_temp.state(:payer);
DROP VIEW pg_temp.late;

-- Also the capture of another hold expires what it needs, and a journal on each of its accounts; or all of it is taken back.
SELECT hold_id AS h FROM simplebank.place_hold(:payer, :payee, 100) \gset
SELECT pg_temp.tie(:payer, :payee);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:payer, 0, NULL);
SELECT held, row_held FROM pg_temp.state(:payer);
BEGIN;
SELECT from_balance FROM simplebank.capture_hold(:h, 90);
SELECT * FROM pg_temp.state(:payer);
ROLLBACK;
SELECT held, row_held FROM pg_temp.state(:payer);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:payer, 321, NULL);
SELECT simplebank.capture_hold(:h);
SELECT held, row_held FROM pg_temp.state(:payer);
SELECT from_balance FROM simplebank.capture_hold(:h, 99);
SELECT * FROM pg_temp.state(:payer);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:payer, 0, NULL);
SELECT pg_temp.tie(:payer, :payee), pg_temp.tie(:alice, :hotel);
SELECT replayed FROM simplebank.post_journal(ARRAY[:payer, :hotel, :alice], '{-1, 5, -4}');
SELECT s.* FROM (VALUES (:payer), (:alice)) a(id), pg_temp.state(a.id) s;

-- More of them than one statement takes: a debit goes on until it has enough, closing until none is left.
SELECT simplebank.open_account('busy', 'USD') AS busy \gset
SELECT to_balance FROM simplebank.transfer(:mint, :busy, 2600);
SELECT count(h.hold_id) FROM generate_series(1, 2500) n, simplebank.place_hold(:busy, :hotel, sign(n)::int, clock_timestamp() + '1 h') h;
SELECT pg_temp.make_due();
SELECT * FROM pg_temp.state(:busy);
SELECT from_balance FROM simplebank.transfer(:busy, :hotel, 100);
SELECT held FROM simplebank.accounts WHERE id = :busy;
SELECT from_balance FROM simplebank.transfer(:busy, :hotel, 1);
SELECT held FROM simplebank.accounts WHERE id = :busy;
SELECT from_balance FROM simplebank.transfer(:busy, :hotel, 2000);
SELECT held FROM simplebank.accounts WHERE id = :busy;
SELECT * FROM pg_temp.state(:busy);
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:busy, -3000, NULL);
SELECT from_balance FROM simplebank.transfer(:busy, :hotel, 499);
SELECT count(h.hold_id) FROM generate_series(1, 2500) n, simplebank.place_hold(:busy, :hotel, sign(n)::int, clock_timestamp() + '1 h') h;
SELECT pg_temp.make_due();
SELECT status FROM simplebank.close_account(:busy);
SELECT status, held FROM simplebank.accounts WHERE id = :busy;
SELECT count(*) FROM simplebank.account_events WHERE account_id = :busy AND event = 'hold_expired';
-- in its favour only what is due: it can be closed, and is
SELECT simplebank.open_account('poorhouse', 'USD') AS poorhouse \gset
SELECT hold_id AS h FROM simplebank.place_hold(:payer, :poorhouse, 1, clock_timestamp() + '1 h') \gset
SELECT replace(replace(pg_temp.say(format('SELECT simplebank.close_account(%s)', :poorhouse)), 'Hold ' || :h, 'Hold N'), 'account ' || :poorhouse, 'account A') AS answer;
SELECT pg_temp.make_due();
SELECT status FROM simplebank.close_account(:poorhouse);
SELECT simplebank.expire_holds();
SELECT * FROM pg_temp.state(:payer);

-- What a savepoint takes back of an expiry.
SELECT pg_temp.tie(:payer, :payee);
BEGIN;
SAVEPOINT s;
SELECT simplebank.expire_holds();
SELECT held FROM simplebank.accounts WHERE id = :payer;
ROLLBACK TO s;
SELECT from_balance FROM simplebank.transfer(:payer, :payee, 1);
SELECT held FROM simplebank.accounts WHERE id = :payer;
ROLLBACK TO s;
COMMIT;
SELECT held > 0 AS held FROM simplebank.accounts WHERE id = :payer;
SELECT simplebank.expire_holds();
SELECT * FROM pg_temp.state(:payer);

-- The account's history has each event with what was held and available.
SELECT event, before, after, reason, role = current_user AS mine FROM simplebank.account_events WHERE hold_id = :stay ORDER BY id;
SELECT event, count(*) FROM simplebank.account_events WHERE hold_id IS NOT NULL GROUP BY 1 ORDER BY 1;

-- What is past its time is free in every answer, also in that of placing and releasing, and where more would not fit.
SELECT simplebank.open_account('tidy', 'USD') AS tidy \gset
SELECT to_balance FROM simplebank.transfer(:mint, :tidy, 100);
SELECT hold_id AS h FROM simplebank.place_hold(:tidy, :hotel, 10) \gset
SELECT available FROM simplebank.place_hold(:tidy, :hotel, 50, clock_timestamp() + '1 h');
SELECT pg_temp.make_due();
SELECT available FROM simplebank.place_hold(:tidy, :hotel, 1, key => 'tidy');
SELECT simplebank.available(:tidy);
SELECT available FROM simplebank.place_hold(:tidy, :hotel, 1, key => 'tidy');
SELECT available FROM simplebank.release_hold(:h);
SELECT simplebank.available(:tidy);
SELECT p.available FROM simplebank.place_hold(:deep, :wide, 9223372036854775807, clock_timestamp() + '1 h') p;
SELECT pg_temp.make_due();
SELECT p.available, p.replayed FROM simplebank.place_hold(:deep, :wide, 9223372036854775807) p;
SELECT * FROM pg_temp.state(:deep);

-- Debits of a batch that no number adds up are refused each for itself, and what was due has been noticed.
SELECT item, sqlstate FROM simplebank.transfer_batch(ARRAY[:tidy, :tidy, :tidy], ARRAY[:hotel, :hotel, :hotel], ARRAY[9223372036854775807, 9223372036854775807, 1], atomic => false);

-- The history of what is held has no breaks: each event begins where the one before it ended.
SELECT event, before -> 'held' AS before, last -> 'held' AS last
FROM (SELECT *, lag(after) OVER (PARTITION BY account_id ORDER BY id) AS last FROM simplebank.account_events WHERE hold_id IS NOT NULL) e
WHERE before -> 'held' <> coalesce(last -> 'held', '0');
SELECT * FROM simplebank.verify();
