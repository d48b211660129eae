--
-- submit: without tellers of this database, and what is refused before the
-- queue.  With tellers: t/teller.pl.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
SELECT simplebank.open_account('alice', 'EUR') AS alice, simplebank.open_account('bob', 'EUR') AS bob \gset

\set VERBOSITY sqlstate
CALL simplebank.submit_transfer(:alice, :bob, 1);
-- where it does not stand alone no teller is needed: see t/submit.pl
BEGIN;
CALL simplebank.submit_transfer(:alice, :bob, 1);
ROLLBACK;
SELECT to_balance FROM simplebank.deposit(:alice, 100);
BEGIN;
CALL simplebank.submit_transfer_with_balances(:alice, :bob, 1) \gset
SELECT :from_balance, :to_balance, :'replayed';
COMMIT;
DO $$
DECLARE
	id bigint;
BEGIN
	CALL simplebank.submit_transfer(1, 2, 1, transfer_id => id);
END $$;
SELECT simplebank.balance(:bob);
CALL simplebank.submit_transfer_with_balances(:alice, :bob, 1);
-- in the order of checks
CALL simplebank.submit_transfer(:alice, NULL, 0);
CALL simplebank.submit_transfer(:alice, :bob, 0, key => '');
CALL simplebank.submit_transfer(:alice, :alice, 0);
CALL simplebank.submit_transfer(:alice, :alice, 1);
BEGIN READ ONLY;
CALL simplebank.submit_transfer(:alice, :bob, 1);
ROLLBACK;
SET default_transaction_read_only = on;
CALL simplebank.submit_transfer(:alice, :bob, 1);
RESET default_transaction_read_only;
SELECT count(*) FROM simplebank.transfers;
