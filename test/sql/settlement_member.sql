--
-- settlement_member: members of a settlement group join, settle by another
-- account, leave and come back; their accounts are theirs meanwhile.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
CREATE EXTENSION simplebank;
RESET client_min_messages;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('alpha', 'EUR') AS alpha \gset
SELECT simplebank.open_account('alpha', 'EUR') AS alpha_new \gset
SELECT simplebank.open_account('beta', 'EUR') AS beta \gset
SELECT simplebank.open_account('gamma', 'EUR') AS gamma \gset
SELECT simplebank.open_account('ann', 'EUR') AS ann \gset
SELECT simplebank.open_account('ben', 'EUR') AS ben \gset
SELECT simplebank.open_account('usd', 'USD') AS usd \gset
SELECT to_balance FROM simplebank.deposit(:ann, 1000);
SELECT to_balance FROM simplebank.deposit(:ben, 1000);
SELECT to_balance FROM simplebank.deposit(:beta, 1000);
SELECT name FROM simplebank.create_settlement_group('sepa', 'EUR', '18:00');
SELECT simplebank.add_settlement_member('sepa', 'alpha', :alpha) AS alpha_clearing \gset
SELECT simplebank.add_settlement_member('sepa', 'beta', :beta) AS beta_clearing \gset
SELECT member FROM simplebank.assign_member(:ann, 'sepa', 'alpha');
SELECT member FROM simplebank.assign_member(:ben, 'sepa', 'beta');
CREATE TEMP VIEW members AS
	SELECT m.member, a.owner AS settles, c.name AS clears, c.status, m.left_at IS NULL AS is_member
	FROM simplebank.settlement_members m JOIN simplebank.accounts a ON a.id = m.settlement_account_id
		JOIN simplebank.accounts c ON c.id = m.clearing_account_id ORDER BY m.member;
SELECT * FROM members;

-- What a member settles by is not closed, and its clearing account is the ledger's own.
SELECT status FROM simplebank.close_account(:alpha);
SELECT status FROM simplebank.set_account_status(:alpha_clearing, 'active');
SELECT min_balance, max_balance FROM simplebank.set_account_limits(:alpha_clearing, 0, 0);
SELECT stripes FROM simplebank.set_stripes(:alpha_clearing, 2);
SELECT status FROM simplebank.close_account(:alpha_clearing);
\set VERBOSITY default
SELECT status FROM simplebank.close_account(:alpha);
SELECT simplebank.system_account('clearing sepa/gamma', 'EUR');
\set VERBOSITY sqlstate
SELECT simplebank.system_account('clearing', 'EUR') > 0 AS opened; -- is no name of one
SELECT simplebank.system_account('clearing sepa/alpha', 'EUR') = :alpha_clearing AS found;
SELECT * FROM members;

-- Another account: what is settled from now on goes there, also what waits; the first one is free.
SELECT to_balance FROM simplebank.clear_payment(:ann, :ben, 300);
SELECT status, error FROM simplebank.settle('sepa');
SELECT to_balance FROM simplebank.deposit(:alpha_new, 500);
SELECT member, settlement_account_id = :alpha_new AS other, left_at FROM simplebank.set_settlement_account('sepa', 'alpha', :alpha_new);
SELECT status, error FROM simplebank.settle('sepa');
SELECT simplebank.balance(:alpha), simplebank.balance(:alpha_new), simplebank.balance(:alpha_clearing);
SELECT status FROM simplebank.close_account(:alpha);
SELECT status FROM simplebank.close_account(:alpha_new);
SELECT simplebank.set_settlement_account('none', 'alpha', :gamma);
SELECT simplebank.set_settlement_account('sepa', 'none', :gamma);
SELECT simplebank.set_settlement_account('sepa', NULL, :gamma);
SELECT simplebank.set_settlement_account(NULL, 'alpha', :gamma);
SELECT simplebank.set_settlement_account('sepa', 'alpha', NULL);
SELECT simplebank.set_settlement_account('sepa', 'alpha', 0);
SELECT simplebank.set_settlement_account('sepa', 'alpha', :alpha);
SELECT simplebank.set_settlement_account('sepa', 'alpha', :usd);
SELECT simplebank.set_settlement_account('sepa', 'alpha', :beta_clearing);
SELECT simplebank.set_settlement_account('sepa', 'alpha', :beta);
SELECT member FROM simplebank.set_settlement_account('sepa', 'alpha', :alpha_new); -- its own again

-- Nobody leaves with money owed: not outside of a cycle, not in one that waits, not even where it adds up to nothing.
SELECT transfer_id AS paid FROM simplebank.clear_payment(:ann, :ben, 250) \gset
SELECT simplebank.remove_settlement_member('sepa', 'alpha');
SELECT count(*) FROM simplebank.settle('sepa');
SELECT status, error FROM simplebank.settlement_cycles ORDER BY id DESC LIMIT 1;
SELECT simplebank.remove_settlement_member('sepa', 'alpha');
SELECT to_balance FROM simplebank.clear_payment(:ben, :ann, 250);
\set VERBOSITY default
SELECT simplebank.remove_settlement_member('sepa', 'alpha');
\set VERBOSITY sqlstate
SELECT to_balance FROM simplebank.deposit(:alpha_new, 50);
SELECT status, error FROM simplebank.settle('sepa');
SELECT simplebank.balance(:alpha_clearing);
-- settled and gone in one transaction; and back with the rest of it
BEGIN;
SELECT member, left_at IS NULL AS is_member FROM simplebank.remove_settlement_member('sepa', 'alpha');
ROLLBACK;
SELECT member, left_at IS NULL AS is_member FROM simplebank.remove_settlement_member('sepa', 'alpha');
SELECT * FROM members;
SELECT * FROM simplebank.verify();
SELECT event, reason, after FROM simplebank.account_events WHERE account_id = :alpha_clearing ORDER BY id DESC LIMIT 1;

-- It is no member: not for its customers, not for settling, nor does a payment of before move its clearing account.
SELECT simplebank.remove_settlement_member('sepa', 'alpha');
SELECT simplebank.remove_settlement_member('sepa', NULL);
SELECT simplebank.remove_settlement_member('none', 'beta');
SELECT simplebank.set_settlement_account('sepa', 'alpha', :gamma);
SELECT simplebank.clear_payment(:ann, :ben, 1);
SELECT member FROM simplebank.assign_member(:ann, 'sepa', 'alpha');
SELECT simplebank.reverse_transfer(:paid);
SELECT status FROM simplebank.set_account_status(:alpha_clearing, 'active');
SELECT count(*) FROM simplebank.settle('sepa');
-- its settlement account is free, for another member too
SELECT simplebank.add_settlement_member('sepa', 'gamma', :alpha_new) > 0 AS added;
SELECT status FROM simplebank.close_account(:alpha_new);
SELECT member FROM simplebank.remove_settlement_member('sepa', 'gamma');
SELECT from_balance FROM simplebank.withdraw(:alpha_new, 250);
SELECT status FROM simplebank.close_account(:alpha_new);
-- It comes back, to the same clearing account and the same customers.
SELECT simplebank.add_settlement_member('sepa', 'alpha', :alpha_new);
SELECT simplebank.add_settlement_member('sepa', 'alpha', :beta);
SELECT simplebank.add_settlement_member('sepa', 'alpha', :gamma) = :alpha_clearing AS same;
SELECT simplebank.add_settlement_member('sepa', 'alpha', :gamma);
SELECT * FROM members;
SELECT to_balance FROM simplebank.deposit(:gamma, 100);
SELECT to_balance FROM simplebank.clear_payment(:ann, :ben, 7);
SELECT status, gross_count, net_amount, error FROM simplebank.settle('sepa');
SELECT simplebank.balance(:gamma);
SELECT to_balance FROM simplebank.reverse_transfer(:paid);
SELECT status, net_amount, error FROM simplebank.settle('sepa');
SELECT * FROM simplebank.verify();

-- A name that somebody has used before is not adopted with its money, its history or its stripes; an untouched account is.
-- only a superuser can make one now
SELECT simplebank.system_account('old', 'EUR') AS old \gset
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER guard;
UPDATE simplebank.accounts SET name = 'clearing sepa/delta' WHERE id = :old;
SELECT simplebank.open_account('delta', 'EUR') AS delta \gset
SAVEPOINT t;
SELECT from_balance FROM simplebank.transfer(:old, :ben, 5);
SELECT simplebank.add_settlement_member('sepa', 'delta', :delta);
ROLLBACK TO t;
SELECT from_balance FROM simplebank.transfer(:old, :ben, 5);
SELECT from_balance FROM simplebank.transfer(:ben, :old, 5);
SELECT simplebank.add_settlement_member('sepa', 'delta', :delta);
ROLLBACK TO t;
SELECT stripes FROM simplebank.set_stripes(:old, 4);
SELECT simplebank.add_settlement_member('sepa', 'delta', :delta);
ROLLBACK TO t;
SELECT simplebank.add_settlement_member('sepa', 'delta', :delta) = :old AS adopted;
ROLLBACK;

-- Another cut-off; the job is due at the latest of all groups.
SELECT name FROM simplebank.create_settlement_group('late', 'EUR', '19:00');
SELECT name, cutoff FROM simplebank.set_settlement_cutoff('sepa', '21:30');
SELECT due_time FROM simplebank.jobs WHERE name = 'settlement';
SELECT name, cutoff FROM simplebank.set_settlement_cutoff('sepa', '07:00');
SELECT due_time FROM simplebank.jobs WHERE name = 'settlement';
SELECT simplebank.set_settlement_cutoff('none', '07:00');
SELECT simplebank.set_settlement_cutoff(NULL, '07:00');
SELECT simplebank.set_settlement_cutoff('sepa', NULL);
SELECT action, details - '{settlement_account,clearing_account}'::text[] #- '{before,created_at}' #- '{after,created_at}' AS details
FROM simplebank.audit_events WHERE action IN ('set_settlement_cutoff', 'remove_settlement_member') ORDER BY id;
SELECT (details #>> '{before,settlement_account_id}')::bigint = :alpha AS before, (details #>> '{after,settlement_account_id}')::bigint = :alpha_new AS after
FROM simplebank.audit_events WHERE action = 'set_settlement_account' ORDER BY id LIMIT 1;

-- verify() sees a clearing account that is thawed, and a settlement account that is closed.
BEGIN;
ALTER TABLE simplebank.accounts DISABLE TRIGGER guard;
UPDATE simplebank.accounts SET status = 'active' WHERE id = :alpha_clearing;
UPDATE simplebank.accounts SET status = 'closed' WHERE id = :gamma;
SELECT invariant, account_id = :alpha_clearing AS clearing, account_id = :gamma AS settlement, detail FROM simplebank.verify()
WHERE invariant IN ('clearing_status', 'settlement_account') ORDER BY 1;
ROLLBACK;
