--
-- request: transfers that are enqueued; here, where no teller is, the job
-- posts them.  test/t/request.pl has the tellers.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
DROP ROLE IF EXISTS regress_request_teller, regress_request_customer, regress_request_auditor;
RESET client_min_messages;
CREATE EXTENSION simplebank;
-- changed by hand below
ALTER TABLE simplebank.requests DISABLE TRIGGER guard;
SELECT simplebank.create_roles();
CREATE ROLE regress_request_teller;
CREATE ROLE regress_request_customer;
CREATE ROLE regress_request_auditor;
GRANT simplebank_teller TO regress_request_teller;
GRANT simplebank_customer TO regress_request_customer;
GRANT simplebank_auditor TO regress_request_auditor;
\set VERBOSITY sqlstate

SELECT simplebank.open_account('regress_request_customer', 'EUR') AS ann, simplebank.open_account('ben', 'EUR') AS ben,
	   simplebank.open_account('eve', 'USD') AS eve \gset
SELECT from_balance, to_balance FROM simplebank.deposit(:ann, 1000);

-- a ticket at once; nothing is moved yet
SELECT simplebank.enqueue_transfer(:ann, :ben, 100, 'key 1', 'first', '{"n": 1}', 'reference 1') AS first \gset
SELECT ticket = :first AS same, state, role = current_user AS mine, gateway, ledger_id, from_account_id = :ann AS from_ann, to_account_id = :ben AS to_ben, amount,
	   key, reference, description, metadata, attempts, num_nulls(done_at, transfer_id, replayed, sqlstate, message, detail, next_attempt_at) AS nulls
FROM simplebank.transfer_of(:first);
SELECT simplebank.balance(:ben);
SELECT requests_waiting, oldest_request_seconds > 0 AS old FROM simplebank.health();

-- in the order of the tickets: what has no cover, then what brings it, then what uses it
SELECT simplebank.enqueue_transfer(:ann, :ben, 901) AS too_much \gset
SELECT simplebank.enqueue_transfer(:ann, :ben, 900) AS rest \gset
SELECT simplebank.enqueue_transfer(:ben, :ann, 1000) AS back \gset
SELECT simplebank.enqueue_transfer(:ann, :ben, 1000) AS again \gset
SELECT simplebank.enqueue_transfer(:ann, :ben, 100, 'key 1') AS replay \gset
SELECT simplebank.enqueue_transfer(:ann, :ben, 101, 'key 1') AS conflict \gset
SELECT simplebank.enqueue_transfer(:ann, :eve, 1) AS currency \gset
SELECT simplebank.enqueue_transfer(:ann, 999999, 1) AS nobody \gset
SELECT simplebank.enqueue_transfer(:ben, :ann, 1, reference => 'reference 1') AS reference \gset
CALL simplebank.run_job('requests');
SELECT ticket - :first AS n, state, amount, replayed, sqlstate, message, regexp_replace(detail, '\m(' || :ann || ')\M', 'ann') AS detail, description, metadata, done_at > asked_at AS done
FROM simplebank.requests ORDER BY ticket;
SELECT amount, balance, description FROM simplebank.statement(:ben);
SELECT t.reference, t.metadata, t.operation FROM simplebank.transfer_of(:first) r JOIN simplebank.transfers t ON t.id = r.transfer_id;
SELECT o.transfer_id = r.transfer_id AS same FROM simplebank.transfer_of(:first) r, simplebank.transfer_of(:replay) o;
SELECT kind, object_id - :first AS n, account_id = :ann AS ann, details ->> 'sqlstate' AS sqlstate, details ->> 'role' = current_user AS mine FROM simplebank.notices WHERE kind = 'request_refused' ORDER BY id;
-- the key is that of transfer, too
SELECT r.replayed FROM simplebank.transfer(:ann, :ben, 100, 'key 1') r;
SELECT job, class, status, items_done, items_failed FROM simplebank.job_status WHERE job = 'requests';
-- nothing to do leaves no record
CALL simplebank.run_job('requests');
SELECT count(*) FROM simplebank.job_runs WHERE job = 'requests';

-- who has ended is not waited for; who has not, for so long
SELECT state FROM simplebank.wait_for(:first, '1 hour');
SELECT simplebank.enqueue_transfer(:ben, :ann, 1) AS waiting \gset
SELECT state FROM simplebank.wait_for(:waiting, '20 ms');
SELECT state FROM simplebank.wait_for(:waiting, '0');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT simplebank.enqueue_transfer(:ben, :ann, 1) AS own \gset
SELECT simplebank.wait_for(:own, '1 s');
ROLLBACK;
SELECT simplebank.wait_for(simplebank.enqueue_transfer(:ben, :ann, 1), '1 s');

-- bad input
SELECT simplebank.enqueue_transfer(NULL, :ben, 1);
SELECT simplebank.enqueue_transfer(:ann, NULL, 1);
SELECT simplebank.enqueue_transfer(:ann, :ben, NULL);
SELECT simplebank.enqueue_transfer(:ann, :ben, 0);
SELECT simplebank.enqueue_transfer(:ann, :ann, 1);
SELECT simplebank.enqueue_transfer(:ann, :ben, 1, '');
SELECT simplebank.enqueue_transfer(:ann, :ben, 1, description => repeat('x', 1025));
SELECT simplebank.transfer_of(NULL);
SELECT simplebank.transfer_of(999999);
SELECT simplebank.wait_for(NULL, '1 s');
SELECT simplebank.wait_for(:first, NULL);
SELECT simplebank.wait_for(:first, '-1 s');
SELECT simplebank.wait_for(:first, '01:00:00.000001');
SELECT simplebank.wait_for(:first, '1 day');
SELECT simplebank.wait_for(999999, '1 s');
SET default_transaction_read_only = on;
SELECT simplebank.enqueue_transfer(:ann, :ben, 1);
SELECT state FROM simplebank.transfer_of(:first);
RESET default_transaction_read_only;
\set VERBOSITY default
SELECT simplebank.transfer_of(999999);
SELECT simplebank.wait_for(:first, '2 hours');
\set VERBOSITY sqlstate

-- one too many, of one role and of all
CALL simplebank.run_job('requests');
SET simplebank.max_requests = 4;
\set VERBOSITY default
SET ROLE regress_request_teller;
SELECT count(simplebank.enqueue_transfer(:ben, :ann, 1)) FROM generate_series(1, 2);
SELECT simplebank.enqueue_transfer(:ben, :ann, 1);
RESET ROLE;
SELECT count(simplebank.enqueue_transfer(:ben, :ann, 1)) FROM generate_series(1, 2);
SET ROLE regress_request_customer;
SELECT simplebank.enqueue_transfer(:ann, :ben, 1);
RESET ROLE;
\set VERBOSITY sqlstate
RESET simplebank.max_requests;
CALL simplebank.run_job('requests');
SELECT count(*) FROM simplebank.requests WHERE state <> 'posted' AND ticket > :waiting;

-- everybody sees its own, administrators and auditors all; customers pay from their own accounts
SELECT simplebank.deposit(:ann, 10) \g /dev/null
SET ROLE regress_request_customer;
SELECT simplebank.enqueue_transfer(:ann, :ben, 3, 'hers') AS hers \gset
SELECT simplebank.enqueue_transfer(:ann, :ben, 100) AS hers_refused \gset
SELECT simplebank.enqueue_transfer(:ben, :ann, 3);
SELECT simplebank.transfer_of(:first);
SELECT count(*) FROM simplebank.requests WHERE role <> current_user;
SELECT state, key FROM simplebank.transfer_of(:hers);
SET ROLE regress_request_teller;
SELECT simplebank.transfer_of(:hers);
SELECT simplebank.wait_for(:hers, '1 s');
SET ROLE regress_request_auditor;
SELECT state FROM simplebank.transfer_of(:hers);
SELECT simplebank.enqueue_transfer(:ann, :ben, 3);
RESET ROLE;
CALL simplebank.run_job('requests');
SET ROLE regress_request_customer;
SELECT state, sqlstate, detail ~ 'available, 100 needed' AS own_detail FROM simplebank.requests WHERE ticket IN (:hers, :hers_refused) ORDER BY ticket;
RESET ROLE;

-- what the role may not do any more when its turn comes; a balance of others is not told
SET ROLE regress_request_customer;
SELECT simplebank.enqueue_transfer(:ann, :ben, 1) AS lost \gset
RESET ROLE;
SET ROLE regress_request_teller;
SELECT simplebank.enqueue_transfer(:ben, :ann, 1) AS revoked \gset
RESET ROLE;
SELECT simplebank.set_account_owner(:ann, 'somebody') \g /dev/null
REVOKE simplebank_teller FROM regress_request_teller;
CALL simplebank.run_job('requests');
SELECT state, sqlstate, message, detail IS NOT NULL AS detail FROM simplebank.requests WHERE ticket IN (:lost, :revoked) ORDER BY ticket;
SELECT simplebank.set_account_owner(:ann, 'regress_request_customer') \g /dev/null

-- a disabled job
SELECT simplebank.enqueue_transfer(:ben, :ann, 1) AS stopped \gset
SELECT enabled FROM simplebank.set_job('requests', enabled => false);
CALL simplebank.run_job('requests');
SELECT state FROM simplebank.transfer_of(:stopped);
SELECT enabled FROM simplebank.set_job('requests', enabled => true);
CALL simplebank.run_job('requests');
SELECT state FROM simplebank.transfer_of(:stopped);

-- what ended long ago is removed, what waits is not
SELECT simplebank.enqueue_transfer(:ben, :ann, 1) AS kept \gset
UPDATE simplebank.requests SET done_at = now() - interval '31 days' WHERE ticket < :hers AND state <> 'waiting';
SELECT simplebank_internal.purge_requests(3);
SELECT simplebank_internal.purge_requests(1000) > 3 AS purged;
SELECT count(*) FILTER (WHERE ticket < :hers) AS old, bool_or(ticket = :kept) AS kept FROM simplebank.requests;

-- proofs
SELECT * FROM simplebank.verify();
UPDATE simplebank.requests SET amount = amount + 1 WHERE ticket = :hers;
UPDATE simplebank.requests SET transfer_id = (SELECT transfer_id FROM simplebank.requests WHERE ticket = :hers) WHERE ticket = :stopped;
SELECT invariant, replace(replace(detail, :'hers', 'hers'), :'stopped', 'stopped') AS detail FROM simplebank.verify() ORDER BY 2;

DROP EXTENSION simplebank CASCADE;
DROP ROLE regress_request_teller, regress_request_customer, regress_request_auditor;
