--
-- ledger: several sets of books in one database, and who has which.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

-- One is there from the start.
SELECT id, name FROM simplebank.ledgers;
SELECT simplebank.open_account('alice', 'EUR') AS alice \gset
SELECT ledger_id FROM simplebank.accounts WHERE id = :alice;

-- Making others: both sides of each limit.
SELECT id, name FROM simplebank.create_ledger('north');
SELECT id, name FROM simplebank.create_ledger('south');
SELECT length(name) FROM simplebank.create_ledger(repeat('n', 255));
SELECT simplebank.create_ledger(repeat('n', 256));
SELECT simplebank.create_ledger('');
SELECT simplebank.create_ledger(NULL);
SELECT simplebank.create_ledger('north');
SELECT simplebank.create_ledger('default');

-- Who is given one.
CREATE ROLE regress_north;
SELECT ledger_id, role FROM simplebank.grant_ledger('regress_north', 'north');
SELECT ledger_id, role FROM simplebank.grant_ledger('regress_north', 'north');
SELECT simplebank.grant_ledger('regress_nobody', 'north');
SELECT simplebank.grant_ledger('regress_north', 'west');
SELECT simplebank.grant_ledger(NULL, 'north');
SELECT simplebank.grant_ledger('regress_north', NULL);
SELECT ledger_id, role FROM simplebank.revoke_ledger('regress_north', 'north');
SELECT simplebank.revoke_ledger('regress_north', 'north');
SELECT simplebank.revoke_ledger('regress_north', 'west');
SELECT simplebank.revoke_ledger(NULL, 'north');
SELECT simplebank.revoke_ledger('regress_north', NULL);
SELECT ledger_id, role FROM simplebank.grant_ledger('regress_north', 'north');

-- Accounts in them, the bank's own too: one of a name and currency in each.
SELECT simplebank.open_account('nora', 'EUR', ledger => 'north') AS nora, simplebank.open_account('sam', 'EUR', ledger => 'south') AS sam \gset
SELECT simplebank.open_account('nora', 'EUR', ledger => 'west');
SELECT simplebank.system_account('cash', 'EUR') AS cash, simplebank.system_account('cash', 'EUR', 'north') AS north_cash,
	simplebank.system_account('cash', 'EUR', ledger => 'south') AS south_cash \gset
SELECT simplebank.system_account('cash', 'EUR', 'north') = :north_cash AS same, simplebank.system_account('cash', 'EUR', 'default') = :cash AS same_default;
SELECT simplebank.system_account('cash', 'EUR', 'west');
SELECT owner, name, ledger_id FROM simplebank.accounts ORDER BY id;
SELECT to_balance FROM simplebank.deposit(:nora, 500);
SELECT simplebank.balance(:cash) AS cash, simplebank.balance(:north_cash) AS north, simplebank.balance(:south_cash) AS south;
SELECT stripes FROM simplebank.set_stripes(:south_cash, 2);
SELECT DISTINCT ledger_id FROM simplebank.accounts WHERE simplebank.account_of(id) = :south_cash;
SELECT action, details, role = current_user AS mine FROM simplebank.audit_events WHERE action ~ 'ledger' AND length(details ->> 'name') IS DISTINCT FROM 255 ORDER BY id;
SELECT * FROM simplebank.verify();
DROP ROLE regress_north;
