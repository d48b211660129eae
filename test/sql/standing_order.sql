--
-- standing_order: transfers ordered, paid when they are due, made up for,
-- missed; whose rights count.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP ROLE IF EXISTS regress_order_teller, regress_order_customer;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.standing_orders DISABLE TRIGGER guard;
SELECT simplebank.create_roles();
\set VERBOSITY sqlstate

SELECT simplebank.open_account('ann', 'EUR') AS ann, simplebank.open_account('ben', 'EUR') AS ben,
	   simplebank.open_account('eve', 'USD') AS eve, simplebank.open_account('ann', 'EUR') AS closed \gset
SELECT status FROM simplebank.close_account(:closed);
SELECT from_balance, to_balance FROM simplebank.deposit(:ann, 10000);

-- an order as it is found after so long a time
CREATE FUNCTION pg_temp.backdate(order_id bigint, run_at timestamptz, until timestamptz) RETURNS bigint LANGUAGE sql
	AS 'UPDATE simplebank.standing_orders SET run_at = $2, until = $3, due_at = $2, next_attempt_at = $2 WHERE id = $1 RETURNING id';

-- what is ordered for now is paid by the next run, in order
SELECT simplebank.schedule_transfer(:ann, :ben, 100, description => 'first');
SELECT simplebank.schedule_transfer(:ann, :ben, 200, description => 'second');
SELECT simplebank.schedule_transfer(:ann, :ben, 300, run_at => now() + interval '1 hour');
CALL simplebank.run_job('standing_orders');
SELECT order_id, amount, status, next_due IS NULL AS ended, attempts FROM simplebank.scheduled_transfers ORDER BY order_id;
SELECT order_id, occurrence, status, amount, attempts, posted_at >= due_at AS after_due
FROM simplebank.scheduled_transfer_executions ORDER BY order_id;
SELECT amount, balance, description FROM simplebank.statement(:ben);
SELECT job, class, status, items_done, items_failed FROM simplebank.job_status WHERE job = 'standing_orders';
-- nothing to do leaves no record
CALL simplebank.run_job('standing_orders');
SELECT count(*) FROM simplebank.job_runs WHERE job = 'standing_orders';

-- months are counted from the first date; what was missed is made up for, each once
SELECT simplebank.schedule_transfer(:ann, :ben, 1, every => '1 month', description => 'rent') AS rent \gset
SELECT pg_temp.backdate(:rent, '2024-01-31 10:00+00', '2024-07-31 10:00+00') = :rent AS backdated;
CALL simplebank.run_job('standing_orders');
SELECT occurrence, due_at AT TIME ZONE 'UTC' AS due, status, amount
FROM simplebank.scheduled_transfer_executions WHERE order_id = :rent ORDER BY occurrence;
SELECT status FROM simplebank.scheduled_transfers WHERE order_id = :rent;

-- daylight saving neither doubles nor skips: dates by the calendar, hours by the clock
SET simplebank.time_zone = 'Europe/Berlin';
SELECT simplebank.schedule_transfer(:ann, :ben, 1, every => '1 day') AS spring, simplebank.schedule_transfer(:ann, :ben, 1, every => '1 day') AS autumn,
	   simplebank.schedule_transfer(:ann, :ben, 1, every => '1 hour') AS hourly \gset
SELECT pg_temp.backdate(:spring, '2026-03-28 02:30 Europe/Berlin', '2026-03-30 23:00 Europe/Berlin') = :spring AS spring,
	   pg_temp.backdate(:autumn, '2025-10-25 02:30 Europe/Berlin', '2025-10-27 23:00 Europe/Berlin') = :autumn AS autumn,
	   pg_temp.backdate(:hourly, '2025-10-26 01:30 Europe/Berlin', '2025-10-26 04:00 Europe/Berlin') = :hourly AS hourly;
CALL simplebank.run_job('standing_orders');
SELECT order_id - :spring AS n, occurrence, due_at AT TIME ZONE 'Europe/Berlin' AS local, due_at AT TIME ZONE 'UTC' AS utc, status
FROM simplebank.scheduled_transfer_executions WHERE order_id >= :spring ORDER BY order_id, occurrence;
RESET simplebank.time_zone;

-- a sweep takes what is above keep and not held, or nothing
SELECT simplebank.balance(:ann), hold_id FROM simplebank.place_hold(:ann, :ben, 1000);
SELECT simplebank.schedule_transfer(:ann, :ben, keep => 5000) AS sweep \gset
CALL simplebank.run_job('standing_orders');
SELECT simplebank.balance(:ann), simplebank.available(:ann);
SELECT simplebank.schedule_transfer(:ann, :ben, keep => 5000);
CALL simplebank.run_job('standing_orders');
SELECT status, amount, transfer_id IS NULL AS no_transfer, sqlstate FROM simplebank.scheduled_transfer_executions WHERE order_id >= :sweep ORDER BY order_id;
-- never below the account's own limit
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:ben, 100, NULL);
SELECT simplebank.schedule_transfer(:ben, :ann, keep => 0);
CALL simplebank.run_job('standing_orders');
SELECT simplebank.balance(:ben);

-- short of funds: tried again, later each time, until the next occurrence or three days, then missed
SELECT simplebank.schedule_transfer(:ben, :ann, 50) AS short,
	   simplebank.schedule_transfer(:ben, :ann, 50, now() - interval '25 hours', '1 day') AS daily,
	   simplebank.schedule_transfer(:ben, :ann, 50, now() - interval '73 hours') AS late \gset
CALL simplebank.run_job('standing_orders');
SELECT w.* FROM simplebank.scheduled_transfers o, LATERAL (SELECT o.status, o.attempts, o.sqlstate, o.last_error,
	   o.next_try - clock_timestamp() BETWEEN '30 s' AND '90 s' AS in_a_minute) w
WHERE o.order_id >= :short ORDER BY o.order_id;
SELECT order_id - :short AS n, occurrence, status, attempts, sqlstate, error FROM simplebank.scheduled_transfer_executions
WHERE order_id >= :short ORDER BY order_id, occurrence;
-- its time comes, and the money is there
UPDATE simplebank.standing_orders SET next_attempt_at = now() WHERE status = 'active' AND attempts > 0;
CALL simplebank.run_job('standing_orders');
SELECT attempts, next_try - clock_timestamp() BETWEEN '60 s' AND '180 s' AS in_two_minutes FROM simplebank.scheduled_transfers WHERE order_id = :short;
UPDATE simplebank.standing_orders SET next_attempt_at = now() WHERE status = 'active' AND attempts > 0;
SELECT to_balance FROM simplebank.deposit(:ben, 100);
CALL simplebank.run_job('standing_orders');
SELECT order_id - :short AS n, occurrence, status, attempts, sqlstate FROM simplebank.scheduled_transfer_executions
WHERE order_id >= :short ORDER BY order_id, occurrence;
SELECT status, attempts, sqlstate, last_error FROM simplebank.scheduled_transfers WHERE order_id = :short;

-- of many that were missed the last ones are made good, and one row stands for those before them
SET simplebank.max_catch_up = 3;
SELECT simplebank.schedule_transfer(:ann, :ben, 1, now() - interval '24 hours', '1 minute', now()) AS many,
	   simplebank.schedule_transfer(:ann, :ben, 1, now() - interval '2 minutes', '1 minute', now()) AS few \gset
CALL simplebank.run_job('standing_orders');
SELECT order_id - :many AS n, occurrence, occurrences, status, amount, attempts, sqlstate, error, executed_at >= due_at AS after_due
FROM simplebank.scheduled_transfer_executions WHERE order_id >= :many ORDER BY order_id, occurrence;
SELECT order_id - :many AS n, status, attempts FROM simplebank.scheduled_transfers WHERE order_id >= :many ORDER BY order_id;
SELECT * FROM simplebank.verify();

-- who has ordered very much is not served before everybody else
SELECT simplebank.open_account('cyd', 'EUR') AS cyd \gset
SELECT to_balance FROM simplebank.deposit(:cyd, 1);
SELECT count(simplebank.schedule_transfer(:ann, :ben, 1, now() - interval '1 hour', '1 minute', now())) FROM generate_series(1, 300);
SELECT simplebank.schedule_transfer(:cyd, :ben, 1) AS single \gset
CALL simplebank.run_job('standing_orders');
SELECT count(*) AS executions, count(DISTINCT x.order_id) AS orders, sum(x.occurrences) AS occurrences, count(*) FILTER (WHERE x.status = 'paid') AS paid,
	   count(*) FILTER (WHERE x.transfer_id < s.transfer_id) AS before_the_other
FROM simplebank.order_executions x, simplebank.order_executions s
WHERE x.order_id > :few AND x.order_id < :single AND s.order_id = :single;
-- those of one account in their order, each first one before the second of another
SELECT bool_and(first) AS in_order FROM (
	SELECT x.order_id > lag(x.order_id, 1, 0) OVER (ORDER BY x.transfer_id) AS first
	FROM simplebank.order_executions x
	WHERE x.order_id > :few AND x.order_id < :single AND x.occurrence = 59) o;
RESET simplebank.max_catch_up;
SELECT * FROM simplebank.verify();

-- keys
SELECT simplebank.schedule_transfer(:ann, :ben, 7, key => 'k') AS keyed \gset
SELECT simplebank.schedule_transfer(:ann, :ben, 7, key => 'k', description => 'again') = :keyed AS replayed;
SELECT simplebank.schedule_transfer(:ann, :ben, 8, key => 'k');
SELECT simplebank.schedule_transfer(:ann, :ben, 7, every => '1 day', key => 'k');
SELECT simplebank.schedule_transfer(:ann, :ben, keep => 7, key => 'k');
SELECT transfer_id FROM simplebank.transfer(:ann, :ben, 7, key => 'k');
SELECT operation, account_id, transfer_id, hold_id, answer = jsonb_build_object('order_id', :keyed) AS answer FROM simplebank.idempotency_check('k');

-- cancelling, also while it waits for another try
SELECT status FROM simplebank.cancel_scheduled_transfer(:keyed);
SELECT status FROM simplebank.cancel_scheduled_transfer(:keyed);
SELECT status FROM simplebank.cancel_scheduled_transfer(:sweep);
SELECT status FROM simplebank.cancel_scheduled_transfer(0);
SELECT status FROM simplebank.cancel_scheduled_transfer(NULL);
CALL simplebank.run_job('standing_orders');
SELECT status, next_due FROM simplebank.scheduled_transfers WHERE order_id = :keyed;
SELECT count(*) FROM simplebank.order_executions WHERE order_id = :keyed;

-- an account that the same statement opens
SELECT simplebank.schedule_transfer(:ann, simplebank.open_account('new', 'EUR'), 1, 'tomorrow') IS NOT NULL AS ordered;
SELECT (simplebank.cancel_scheduled_transfer(max(id))).status FROM simplebank.standing_orders;

-- bad input
SELECT simplebank.schedule_transfer(NULL, :ben, 1);
SELECT simplebank.schedule_transfer(:ann, NULL, 1);
SELECT simplebank.schedule_transfer(:ann, :ben);
SELECT simplebank.schedule_transfer(:ann, :ben, 1, keep => 1);
SELECT simplebank.schedule_transfer(:ann, :ben, keep => -1);
SELECT simplebank.schedule_transfer(:ann, :ben, 0);
SELECT simplebank.schedule_transfer(:ann, :ben, -1);
SELECT simplebank.schedule_transfer(:ann, :ann, 1);
SELECT simplebank.schedule_transfer(:ann, 0, 1);
SELECT simplebank.schedule_transfer(:ann, :eve, 1);
SELECT simplebank.schedule_transfer(:ann, :closed, 1);
SELECT simplebank.schedule_transfer(:closed, :ann, 1);
SELECT simplebank.schedule_transfer(:ann, :ben, 1, run_at => NULL);
SELECT simplebank.schedule_transfer(:ann, :ben, 1, run_at => 'infinity');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, run_at => '-infinity');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, until => now() - interval '1 s', every => '1 day');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, every => '0');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, every => '-1 day');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, every => '1 month -1 day');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, every => '59.999 s');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, every => '101 years');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, key => '');
SELECT simplebank.schedule_transfer(:ann, :ben, 1, now() - 366 * interval '24 hours' - interval '1 minute', '1 day');
SELECT status FROM simplebank.cancel_scheduled_transfer(simplebank.schedule_transfer(:ann, :ben, 1, now() - 366 * interval '24 hours' + interval '1 minute', '1 day'));
\set VERBOSITY default
SELECT simplebank.schedule_transfer(:ann, :ben, 1, '1000-01-01', '1 minute');
\set VERBOSITY sqlstate
SELECT simplebank_internal.run_standing_orders(0);
SELECT simplebank_internal.run_standing_orders(8193);
SELECT simplebank_internal.run_standing_orders(NULL);
BEGIN READ ONLY;
SELECT simplebank.schedule_transfer(:ann, :ben, 1);
ROLLBACK;
-- the queue of an account is bounded
SET simplebank.max_open_orders = 2;
SELECT simplebank.schedule_transfer(:ben, :ann, 1, 'tomorrow') IS NOT NULL AS ordered;
SELECT simplebank.schedule_transfer(:ben, :ann, 1, 'tomorrow') IS NOT NULL AS ordered;
\set VERBOSITY default
SELECT simplebank.schedule_transfer(:ben, :ann, 1, 'tomorrow');
\set VERBOSITY sqlstate
SELECT simplebank.schedule_transfer(:ann, :ben, 1, 'tomorrow') IS NOT NULL AS ordered;
RESET simplebank.max_open_orders;

-- paid with the rights that the ordering role has then
CREATE ROLE regress_order_teller;
CREATE ROLE regress_order_customer;
GRANT simplebank_teller TO regress_order_teller;
GRANT simplebank_customer TO regress_order_customer;
SELECT simplebank.open_account('regress_order_customer', 'EUR') AS own \gset
SELECT to_balance FROM simplebank.deposit(:own, 1000);
SET ROLE regress_order_teller;
SELECT simplebank.schedule_transfer(:ann, :ben, 11) AS by_teller \gset
SELECT simplebank.schedule_transfer(:own, :ben, 13, now() + interval '1 day') AS loan \gset
SET ROLE regress_order_customer;
SELECT simplebank.schedule_transfer(:own, :ben, 12) AS by_customer \gset
SELECT simplebank.schedule_transfer(:ann, :own, 12);
SELECT simplebank.schedule_transfer(:own, :closed, 12);
-- it sees the orders of its accounts, and cancels its own
SELECT order_id - :loan AS n, role, amount FROM simplebank.scheduled_transfers ORDER BY order_id;
SELECT status FROM simplebank.cancel_scheduled_transfer(:loan);
SELECT status FROM simplebank.cancel_scheduled_transfer(:by_teller);
SELECT simplebank_internal.run_standing_orders();
RESET ROLE;
REVOKE simplebank_teller FROM regress_order_teller;
CALL simplebank.run_job('standing_orders');
SELECT order_id - :by_teller AS n, status, sqlstate, last_error FROM simplebank.scheduled_transfers WHERE order_id IN (:by_teller, :by_customer) ORDER BY order_id;
-- an account that is no longer the customer's is not debited, nor for a role that is gone
SELECT simplebank.schedule_transfer(:ann, :ben, 14) AS stray \gset
UPDATE simplebank.standing_orders SET role = 'regress_order_customer' WHERE id = :stray;
UPDATE simplebank.standing_orders SET role = 'regress_order_nobody', next_attempt_at = now() WHERE id = :by_teller;
CALL simplebank.run_job('standing_orders');
SELECT order_id - :by_teller AS n, status, sqlstate, last_error FROM simplebank.scheduled_transfers WHERE order_id IN (:by_teller, :stray) ORDER BY order_id;
SET ROLE regress_order_customer;
SELECT x.order_id - :by_customer AS n, x.status, x.amount FROM simplebank.scheduled_transfer_executions x;
SELECT status FROM simplebank.cancel_scheduled_transfer(:by_customer);
RESET ROLE;
UPDATE simplebank.standing_orders SET status = 'cancelled' WHERE status = 'active';

-- one that raises does not stop the others
CREATE FUNCTION pg_temp.burst() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a pipe has burst'; END $$;
CREATE TRIGGER burst BEFORE INSERT ON simplebank.transfers FOR EACH ROW WHEN (NEW.amount = 666) EXECUTE FUNCTION pg_temp.burst();
SELECT simplebank.schedule_transfer(:ann, :ben, 21) AS good,
	   simplebank.schedule_transfer(:ann, :ben, 666) AS bad,
	   simplebank.schedule_transfer(:ann, :ben, 22) AS better \gset
CALL simplebank.run_job('standing_orders');
SELECT order_id - :good AS n, status, attempts, sqlstate, last_error FROM simplebank.scheduled_transfers WHERE order_id >= :good ORDER BY order_id;
SELECT status, items_done, items_failed, last_error LIKE 'order %: P0001: a pipe has burst' AS names_it FROM simplebank.job_status WHERE job = 'standing_orders';
DROP TRIGGER burst ON simplebank.transfers;
UPDATE simplebank.standing_orders SET next_attempt_at = now() WHERE id = :bad;
CALL simplebank.run_job('standing_orders');
SELECT status, attempts FROM simplebank.scheduled_transfer_executions WHERE order_id = :bad;

-- an account that was closed since
SELECT simplebank.open_account('ann', 'EUR') AS gone \gset
SELECT simplebank.schedule_transfer(:gone, :ann, 1) AS orphan \gset
SELECT status FROM simplebank.close_account(:gone);
CALL simplebank.run_job('standing_orders');
SELECT status, sqlstate, last_error FROM simplebank.scheduled_transfers WHERE order_id = :orphan;

-- a payment is a transfer like any other: it can be reversed
SELECT amount, operation FROM simplebank.transfers WHERE id = (SELECT transfer_id FROM simplebank.order_executions WHERE order_id = :good);
SELECT replayed FROM simplebank.reverse_transfer((SELECT transfer_id FROM simplebank.order_executions WHERE order_id = :good));

-- history is not rewritten, and verify() sees where it was
DELETE FROM simplebank.order_executions;
SELECT * FROM simplebank.verify();
BEGIN;
SET LOCAL session_replication_role = replica;
ALTER TABLE simplebank.order_executions DISABLE TRIGGER guard;
DELETE FROM simplebank.order_executions WHERE order_id = :good;
SELECT invariant, regexp_replace(detail, '\d+', 'N', 'g') AS detail FROM simplebank.verify() ORDER BY 2;
ROLLBACK;
BEGIN;
ALTER TABLE simplebank.order_executions DISABLE TRIGGER guard;
UPDATE simplebank.order_executions SET status = 'missed', transfer_id = NULL WHERE order_id = :good;
SELECT invariant, regexp_replace(detail, '\d+', 'N', 'g') AS detail FROM simplebank.verify() ORDER BY 2;
ROLLBACK;

DROP ROLE regress_order_teller, regress_order_customer;
