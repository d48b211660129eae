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
\set VERBOSITY default
BEGIN;
CALL simplebank.submit_transfer(:alice, :bob, 1);
ROLLBACK;
DO $$
DECLARE
	id bigint;
BEGIN
	CREATE TEMP TABLE written ();
	CALL simplebank.submit_transfer(1, 2, 1, NULL, NULL, NULL, id);
END $$;
\set VERBOSITY sqlstate
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
