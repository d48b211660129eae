--
-- settlement: payments between members, their net positions, cover, cut-offs.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
ALTER TABLE simplebank.settlement_groups DISABLE TRIGGER guard;
ALTER TABLE simplebank.settlement_members DISABLE TRIGGER guard;
ALTER TABLE simplebank.settlement_cycles DISABLE TRIGGER guard;
ALTER TABLE simplebank.settlement_positions DISABLE TRIGGER guard;
\set VERBOSITY sqlstate

-- Three banks, a customer each and a second one of the first.
SELECT name FROM simplebank.create_settlement_group('sepa', 'EUR');
SELECT simplebank.open_account('alpha', 'EUR', name => 'reserves') AS alpha, simplebank.open_account('beta', 'EUR', name => 'reserves') AS beta,
	   simplebank.open_account('gamma', 'EUR', name => 'reserves') AS gamma \gset
SELECT simplebank.add_settlement_member('sepa', 'alpha', :alpha) AS alpha_clearing \gset
SELECT simplebank.add_settlement_member('sepa', 'beta', :beta) AS beta_clearing \gset
SELECT simplebank.add_settlement_member('sepa', 'gamma', :gamma) AS gamma_clearing \gset
SELECT simplebank.open_account('ann', 'EUR') AS ann, simplebank.open_account('art', 'EUR') AS art, simplebank.open_account('ben', 'EUR') AS ben,
	   simplebank.open_account('cyd', 'EUR') AS cyd, simplebank.open_account('dan', 'EUR') AS dan, simplebank.open_account('eve', 'USD') AS eve \gset
SELECT (simplebank.assign_member(:ann, 'sepa', 'alpha')).member, (simplebank.assign_member(:art, 'sepa', 'alpha')).member,
	   (simplebank.assign_member(:ben, 'sepa', 'beta')).member, (simplebank.assign_member(:cyd, 'sepa', 'gamma')).member;
SELECT to_balance FROM unnest(ARRAY[:ann, :ben, :cyd], ARRAY[1000, 1000, 1000]) a(id, amount), LATERAL simplebank.deposit(a.id, a.amount);
SELECT to_balance FROM unnest(ARRAY[:alpha, :beta]) a(id), LATERAL simplebank.deposit(a.id, 600);
CREATE VIEW pg_temp.balances AS
	SELECT a.owner, a.name, a.status, a.balance FROM simplebank.accounts a WHERE a.currency = 'EUR' AND a.name IS DISTINCT FROM 'cash' ORDER BY a.id;
CREATE VIEW pg_temp.cycles AS
	SELECT id, group_name, status, gross_count AS count, gross_amount AS gross, net_amount AS net, netting_ratio AS ratio,
		   transfer_id IS NOT NULL AS posted, attempts, error FROM simplebank.settlement_cycles ORDER BY id;

-- Within a member a plain transfer, between members through their clearing accounts.
SELECT from_balance, to_balance, replayed FROM simplebank.clear_payment(:ann, :art, 100, 'within', 'lunch');
SELECT from_balance, to_balance, replayed FROM simplebank.clear_payment(:ann, :ben, 300, 'between', 'rent');
SELECT from_balance, to_balance, replayed FROM simplebank.clear_payment(:ann, :ben, 300, 'between');
SELECT transfer_id FROM simplebank.clear_payment(:ann, :ben, 301, 'between');
SELECT transfer_id FROM simplebank.transfer(:ann, :ben, 300, 'between');
SELECT operation, answer ->> 'to_balance' AS to_balance FROM simplebank.idempotency_check('between');
SELECT operation, from_account_id = :ann AS named, amount, from_amount, to_amount, description FROM simplebank.transfers WHERE operation = 'clear_payment' ORDER BY id;
SELECT line, amount, balance, description FROM simplebank.statement(:ben);
-- by hand: alpha +100 -300 -50, beta +300 -200 +50, gamma +200 -100
SELECT to_balance FROM simplebank.clear_payment(:ben, :cyd, 200);
SELECT to_balance FROM simplebank.clear_payment(:cyd, :ann, 100);
SELECT to_balance FROM simplebank.clear_payment(:art, :ben, 50);
SELECT * FROM pg_temp.balances;
SELECT status, gross_count, gross_amount, net_amount, netting_ratio, error FROM simplebank.settle('sepa');
SELECT member, debits, credits, net FROM simplebank.settlement_positions ORDER BY cycle_id, member;
SELECT * FROM pg_temp.balances;
SELECT operation, description ~ '^settlement of sepa, \d{4}-\d\d-\d\d$' AS described, amount FROM simplebank.transfers ORDER BY id DESC LIMIT 1;
-- nothing to settle: no cycle
SELECT * FROM simplebank.settle('sepa');
SELECT count(*) FROM simplebank.settlement_cycles;
-- all positions 0: settled without a journal
SELECT to_balance FROM simplebank.clear_payment(:ann, :ben, 70);
SELECT to_balance FROM simplebank.clear_payment(:ben, :ann, 70);
SELECT status, gross_count, gross_amount, net_amount, netting_ratio, transfer_id FROM simplebank.settle('sepa');
SELECT * FROM simplebank.verify();

-- A clearing account is for clearing alone, also for the bank itself.
SELECT simplebank.transfer(:ann, :alpha_clearing, 1);
SELECT simplebank.deposit(:alpha_clearing, 1);
SELECT simplebank.post_journal(ARRAY[:ann, :beta_clearing], '{-1, 1}');
SELECT simplebank.place_hold(:ann, :alpha_clearing, 1);
SELECT status FROM simplebank.close_account(:alpha_clearing);
SELECT status FROM simplebank.set_account_status(:ben, 'frozen');
SELECT simplebank.clear_payment(:ann, :ben, 1);
SELECT status FROM simplebank.set_account_status(:ben, 'active');
SELECT simplebank.clear_payment(:ann, :ben, 100000);

-- A cleared payment is reversed like any other, and nets in the next cycle; a settlement is not.
SELECT transfer_id AS wrong FROM simplebank.clear_payment(:ben, :cyd, 40) \gset
SELECT from_balance, to_balance FROM simplebank.reverse_transfer(:wrong);
SELECT simplebank.reverse_transfer(:wrong);
SELECT simplebank.reverse_transfer((SELECT transfer_id FROM simplebank.settlement_cycles WHERE id = 1));
SELECT status, gross_count, gross_amount, net_amount FROM simplebank.settle('sepa');

-- Without cover nothing moves, the cycle waits, and the next one behind it.
SELECT to_balance FROM simplebank.clear_payment(:ben, :ann, 900);
SELECT to_balance FROM simplebank.clear_payment(:cyd, :ann, 900);
SELECT count(*) FROM simplebank.settle('sepa');
SELECT * FROM pg_temp.cycles WHERE status = 'waiting';
SELECT next_attempt_at - clock_timestamp() BETWEEN '30 s' AND '90 s' AS soon FROM simplebank.settlement_cycles WHERE status = 'waiting';
SELECT to_balance FROM simplebank.clear_payment(:ann, :cyd, 1000);
SELECT count(*) FROM simplebank.settle('sepa');
SELECT * FROM pg_temp.cycles WHERE status = 'waiting';
SELECT * FROM simplebank.verify();
-- part of it is no cover; what is held is none
SELECT to_balance FROM simplebank.deposit(:beta, 50);
SELECT to_balance FROM simplebank.deposit(:gamma, 900);
SELECT available FROM simplebank.place_hold(:gamma, :alpha, 1);
SELECT error FROM simplebank.settle('sepa');
SELECT available FROM simplebank.release_hold((SELECT max(id) FROM simplebank.holds));
SELECT to_balance FROM simplebank.deposit(:beta, 10000);
-- a settlement account that is blocked is no cover either
SELECT status FROM simplebank.set_account_status(:alpha, 'frozen');
SELECT status, error FROM simplebank.settle('sepa');
SELECT status FROM simplebank.set_account_status(:alpha, 'active');
SELECT status, net_amount, error FROM simplebank.settle('sepa');
SELECT * FROM pg_temp.balances;
SELECT * FROM simplebank.verify();

-- A refund of a cleared payment nets with the others.
SELECT transfer_id AS paid FROM simplebank.clear_payment(:ann, :ben, 40) \gset
SELECT from_balance, to_balance FROM simplebank.refund_transfer(:paid, 15);
SELECT a.owner, a.name, e.amount FROM simplebank.entries e JOIN simplebank.accounts a ON a.id = e.account_id
WHERE e.transfer_id = (SELECT id FROM simplebank.transfers WHERE reverses = :paid) ORDER BY e.leg;
SELECT simplebank.refund_transfer(:paid, 26);
SELECT simplebank.reverse_transfer(:paid);
SELECT replayed FROM simplebank.refund_transfer(:paid, 25);
SELECT simplebank.refund_transfer(:paid, 1);
SELECT status, net_amount FROM simplebank.settle('sepa');
SELECT * FROM pg_temp.balances;
SELECT * FROM simplebank.verify();

-- Random payments: net is credits minus debits of each member, and sums to zero.
SELECT setseed(0.4);
SELECT simplebank.deposit(id, 1000000) IS NOT NULL AS paid FROM unnest(ARRAY[:ann, :ben, :cyd, :art, :alpha, :beta, :gamma]) id;
CREATE TEMP TABLE paid AS
	SELECT n, p.*, 1 + floor(random() * 1000)::bigint AS amount
	FROM generate_series(1, 300) n, LATERAL (
		SELECT f.id AS payer, f.member AS from_member, t.id AS payee, t.member AS to_member
		FROM (VALUES (:ann, 'alpha'), (:art, 'alpha'), (:ben, 'beta'), (:cyd, 'gamma')) f(id, member),
			 (VALUES (:ann, 'alpha'), (:art, 'alpha'), (:ben, 'beta'), (:cyd, 'gamma')) t(id, member)
		WHERE f.id <> t.id AND n > 0 ORDER BY random() LIMIT 1) p;
SELECT count(simplebank.clear_payment(payer, payee, amount)) FROM paid;
SELECT id AS cycle, status, gross_count = (SELECT count(*) FROM paid WHERE from_member <> to_member) AS count,
	   gross_amount = (SELECT sum(amount) FROM paid WHERE from_member <> to_member) AS gross
FROM simplebank.settle('sepa') \gset
\echo :status :count :gross
SELECT sum(p.net) AS sum, bool_and(p.net = p.credits - p.debits) AS net, bool_and(p.debits = x.debits) AS debits, bool_and(p.credits = x.credits) AS credits
FROM simplebank.settlement_positions p JOIN (
	SELECT m AS member, sum(amount) FILTER (WHERE from_member = m) AS debits, sum(amount) FILTER (WHERE to_member = m) AS credits
	FROM paid, unnest('{alpha, beta, gamma}'::text[]) m WHERE from_member <> to_member GROUP BY m) x USING (member)
WHERE p.cycle_id = :cycle;
SELECT owner, balance FROM simplebank.accounts WHERE status = 'frozen' AND balance <> 0;

-- By business dates: only what was paid before the cut-off.
-- the day shall not end in the midst of this
SELECT pg_sleep(CASE WHEN rest < 60 THEN rest + 0.1 ELSE 0 END) FROM (SELECT 86400 - extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time)) t(rest);
SELECT simplebank.due_date('00:00') AS today \gset
SELECT is_business_day FROM simplebank.set_business_day(:'today', true);
SELECT simplebank.settle('sepa', date :'today' + 1);
SELECT simplebank.settle('sepa', 'infinity');
SELECT to_balance IS NOT NULL AS paid FROM simplebank.clear_payment(:ann, :ben, 11);
SELECT * FROM simplebank.settle('sepa', date :'today' - 1);
UPDATE simplebank.settlement_groups SET cutoff = (clock_timestamp() AT TIME ZONE 'UTC')::time;
SELECT to_balance IS NOT NULL AS paid FROM simplebank.clear_payment(:ann, :ben, 12);
SELECT business_date = :'today' AS today, status, gross_count, gross_amount FROM simplebank.settle('sepa', :'today');
SELECT * FROM simplebank.settle('sepa', :'today');

-- The job: each group's dates in order; a cycle that waits is tried again at later ticks.
SELECT name FROM simplebank.create_settlement_group('target', 'EUR');
SELECT simplebank.add_settlement_member('target', 'delta', :dan) IS NOT NULL AS added;
UPDATE simplebank.settlement_groups SET last_date = date :'today' - 1, cutoff = (clock_timestamp() AT TIME ZONE 'UTC')::time;
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alpha, simplebank.balance(:alpha), NULL);
UPDATE simplebank.jobs SET watermark = date :'today' - 1, due_time = '00:00' WHERE name = 'settlement';
CALL simplebank.run_job('settlement');
SELECT business_date - :'today' AS day, status, items_done, items_failed, regexp_replace(error, '\d+', 'N') AS error FROM simplebank.job_runs WHERE job = 'settlement' ORDER BY id;
SELECT name, last_date - :'today' AS day, error FROM simplebank.settlement_groups ORDER BY name;
SELECT gross_amount, error FROM simplebank.settlement_cycles WHERE status = 'waiting';
CALL simplebank.run_job('settlement'); -- too early
SELECT attempts FROM simplebank.settlement_cycles WHERE status = 'waiting';
UPDATE simplebank.settlement_cycles SET next_attempt_at = now() WHERE status = 'waiting';
CALL simplebank.run_job('settlement'); -- still no cover
SELECT attempts FROM simplebank.settlement_cycles WHERE status = 'waiting';
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alpha, 0, NULL);
UPDATE simplebank.settlement_cycles SET next_attempt_at = now() WHERE status = 'waiting';
CALL simplebank.run_job('settlement');
SELECT business_date - :'today' AS day, attempt, status, items_done, items_failed, error IS NOT NULL AS error FROM simplebank.job_runs WHERE job = 'settlement' ORDER BY id;
SELECT count(*) FROM simplebank.settlement_cycles WHERE status = 'waiting';
SELECT days_behind, status FROM simplebank.job_status WHERE job = 'settlement';

-- Missed dates are made good one by one, on business days only; a group that fails does not stop the other.
UPDATE simplebank.settlement_groups SET last_date = date :'today' - 9;
UPDATE simplebank.jobs SET watermark = date :'today' - 9 WHERE name = 'settlement';
SELECT (simplebank.set_business_day(date :'today' - n, n <> 3)).is_business_day FROM generate_series(1, 8) n WHERE n <> 5;
SELECT is_business_day FROM simplebank.set_business_day(date :'today' - 5, false, 'holiday');
SELECT days_behind FROM simplebank.job_status WHERE job = 'settlement';
CREATE FUNCTION pg_temp.burst() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a pipe has burst'; END $$;
CREATE TRIGGER burst BEFORE INSERT ON simplebank.settlement_cycles FOR EACH ROW WHEN (NEW.group_name = 'sepa') EXECUTE FUNCTION pg_temp.burst();
SELECT to_balance IS NOT NULL AS paid FROM simplebank.clear_payment(:ann, :ben, 13);
UPDATE simplebank.settlement_groups SET cutoff = '00:00', last_date = date :'today' - 1 WHERE name = 'sepa';
UPDATE simplebank.settlement_groups SET cutoff = (clock_timestamp() AT TIME ZONE 'UTC')::time WHERE name = 'sepa';
SELECT max(id) AS runs FROM simplebank.job_runs \gset
CALL simplebank.run_job('settlement', date :'today' - 1);
SELECT business_date - :'today' AS day, status, items_done, items_failed FROM simplebank.job_runs WHERE job = 'settlement' AND id > :runs ORDER BY id;
CALL simplebank.run_job('settlement');
SELECT business_date - :'today' AS day, attempt, status, items_failed, error FROM simplebank.job_runs WHERE job = 'settlement' AND id > :runs + 6 ORDER BY id;
SELECT name, last_date - :'today' AS day, attempts, error FROM simplebank.settlement_groups ORDER BY name;
DROP TRIGGER burst ON simplebank.settlement_cycles;
UPDATE simplebank.settlement_groups SET next_attempt_at = now() WHERE name = 'sepa';
SELECT status FROM simplebank.retry_job('settlement', :'today');
CALL simplebank.run_job('settlement');
SELECT business_date - :'today' AS day, attempt, status, items_done, items_failed, error FROM simplebank.job_runs WHERE job = 'settlement' ORDER BY id DESC LIMIT 1;
SELECT name, last_date - :'today' AS day, attempts, error FROM simplebank.settlement_groups ORDER BY name;
SELECT * FROM simplebank.verify();

-- Bad input.
SELECT name FROM simplebank.create_settlement_group('sepa', 'EUR');
SELECT name FROM simplebank.create_settlement_group(NULL, 'EUR');
SELECT name FROM simplebank.create_settlement_group('', 'EUR');
SELECT name FROM simplebank.create_settlement_group(repeat('x', 101), 'EUR');
SELECT name FROM simplebank.create_settlement_group('x', 'XXQ');
SELECT name FROM simplebank.create_settlement_group('x', NULL);
SELECT name FROM simplebank.create_settlement_group('x', 'EUR', NULL);
SELECT simplebank.add_settlement_member('none', 'x', :dan);
SELECT simplebank.add_settlement_member(NULL, 'x', :dan);
SELECT simplebank.add_settlement_member('sepa', 'alpha', :dan);
SELECT simplebank.add_settlement_member('sepa', 'other', :alpha);
SELECT simplebank.add_settlement_member('sepa', NULL, :dan);
SELECT simplebank.add_settlement_member('sepa', '', :dan);
SELECT simplebank.add_settlement_member('sepa', 'x', 0);
SELECT simplebank.add_settlement_member('sepa', 'x', NULL);
SELECT simplebank.add_settlement_member('sepa', 'x', :eve);
SELECT simplebank.add_settlement_member('sepa', 'x', :alpha_clearing);
SELECT member FROM simplebank.assign_member(:dan, 'none', 'alpha');
SELECT member FROM simplebank.assign_member(:dan, 'sepa', 'none');
SELECT member FROM simplebank.assign_member(:dan, 'sepa', NULL);
SELECT member FROM simplebank.assign_member(:eve, 'sepa', 'alpha');
SELECT member FROM simplebank.assign_member(0, 'sepa', 'alpha');
SELECT member FROM simplebank.assign_member(NULL, 'sepa', 'alpha');
SELECT member FROM simplebank.assign_member(:alpha_clearing, 'sepa', 'alpha');
SELECT member FROM simplebank.assign_member(simplebank.system_account('cash', 'EUR'), 'sepa', 'alpha');
SELECT simplebank.clear_payment(:ann, :dan, 1);
SELECT simplebank.clear_payment(:dan, :ann, 1);
SELECT simplebank.clear_payment(:ann, 0, 1);
SELECT simplebank.clear_payment(0, :ann, 1);
SELECT simplebank.clear_payment(:ann, :ann, 1);
SELECT simplebank.clear_payment(:ann, :ben, 0);
SELECT simplebank.clear_payment(NULL, :ben, 1);
SELECT simplebank.clear_payment(:ann, :ben, 1, '');
SELECT member FROM simplebank.assign_member(:dan, 'target', 'delta');
SELECT simplebank.clear_payment(:ann, :dan, 1);
SELECT simplebank.settle('none');
SELECT simplebank.settle(NULL);
BEGIN READ ONLY;
SELECT simplebank.settle('sepa');
SELECT simplebank.clear_payment(:ann, :ben, 1);
ROLLBACK;
SELECT simplebank.add_settlement_member('sepa', 'x', :dan) IS NOT NULL AS added; -- in another group too
\set VERBOSITY default
SELECT simplebank.clear_payment(:ann, :dan, 1);
SELECT simplebank.settle('none');
\set VERBOSITY sqlstate
-- the answer to a key stays, whoever's customer the account is now
SELECT transfer_id AS first FROM simplebank.clear_payment(:ann, :ben, 5, 'moved') \gset
SELECT member FROM simplebank.assign_member(:ben, 'target', 'delta');
SELECT transfer_id = :first AS same, replayed FROM simplebank.clear_payment(:ann, :ben, 5, 'moved');
SELECT simplebank.clear_payment(:ann, :ben, 5);

-- Positions that do not sum to zero are refused, and verify() sees what was damaged.
BEGIN;
SET LOCAL session_replication_role = replica;
ALTER TABLE simplebank.entries DISABLE TRIGGER guard;
UPDATE simplebank.entries SET amount = amount + 1 WHERE account_id = :alpha_clearing AND version = (SELECT max(version) FROM simplebank.entries WHERE account_id = :alpha_clearing);
SELECT simplebank.settle('sepa');
ROLLBACK;
SELECT count(*) FROM simplebank.settle('sepa');
SELECT * FROM simplebank.verify();
BEGIN;
UPDATE simplebank.settlement_positions SET debits = debits + 1 WHERE cycle_id = 1 AND member = 'alpha';
SELECT invariant, detail FROM simplebank.verify() ORDER BY 2;
ROLLBACK;
BEGIN;
UPDATE simplebank.settlement_cycles SET status = 'waiting', settled_at = NULL, transfer_id = NULL WHERE id = 1;
SELECT invariant, account_id = :alpha_clearing AS alpha, detail FROM simplebank.verify() ORDER BY 3;
ROLLBACK;
BEGIN;
UPDATE simplebank.settlement_members SET settled_version = settled_version - 1 WHERE member = 'alpha';
SELECT invariant, detail FROM simplebank.verify() ORDER BY 2;
ROLLBACK;
