/*
 * The same accounts for the extension, opened and funded through its functions.
 */
CREATE EXTENSION simplebank;
SELECT simplebank.create_roles() \g /dev/null
GRANT simplebank_teller TO teller;

SELECT FROM generate_series(1, :accounts) n, simplebank.open_account('owner' || n, 'EUR') \g /dev/null
SELECT FROM generate_series(1, :accounts) n, simplebank.deposit(n, :funds) \g /dev/null
