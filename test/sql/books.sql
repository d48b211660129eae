--
-- books: what each ledger has of its own: trial balance, days, settlement,
-- interest, summaries, proofs.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate
SELECT name FROM simplebank.create_ledger('north');
SELECT name FROM simplebank.create_ledger('south');
SELECT name FROM simplebank.create_ledger('empty');
SELECT simplebank.open_account('ann', 'EUR') AS ann, simplebank.open_account('ben', 'EUR') AS ben,
	simplebank.open_account('nora', 'EUR', ledger => 'north') AS nora, simplebank.open_account('nils', 'EUR', ledger => 'north') AS nils,
	simplebank.open_account('sam', 'EUR', ledger => 'south') AS sam, simplebank.open_account('sue', 'JPY', ledger => 'south') AS sue \gset
SELECT to_balance FROM simplebank.deposit(:ann, 1000);
SELECT to_balance FROM simplebank.deposit(:nora, 500);
SELECT to_balance FROM simplebank.transfer(:nora, :nils, 40);
SELECT to_balance FROM simplebank.deposit(:sam, 7);
SELECT to_balance FROM simplebank.deposit(:sue, 9);

-- The trial balance is of one ledger.
SELECT * FROM simplebank.trial_balance();
SELECT * FROM simplebank.trial_balance(ledger => 'default');
SELECT * FROM simplebank.trial_balance(ledger => 'north');
SELECT * FROM simplebank.trial_balance('infinity', 'south');
SELECT * FROM simplebank.trial_balance('-infinity', 'south');
SELECT * FROM simplebank.trial_balance(ledger => 'empty');
SELECT * FROM simplebank.trial_balance(ledger => 'west');
SELECT stripes FROM simplebank.set_stripes(simplebank.system_account('cash', 'EUR', 'north'), 3);
SELECT to_balance FROM simplebank.deposit(:nils, 60);
SELECT * FROM simplebank.trial_balance(ledger => 'north');
