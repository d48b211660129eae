/*
 * What accounts are called, and whose they are.
 *
 * A code stands in its account's row.  What makes it unique and finds it is a
 * table beside: each posting would pay for an index on the accounts.
 */
CREATE TABLE simplebank.account_codes (
	account_id bigint NOT NULL,
	ledger_id int NOT NULL DEFAULT 1,
	code text COLLATE "C" NOT NULL,
	PRIMARY KEY (ledger_id, code)
);
COMMENT ON TABLE simplebank.account_codes IS
'The account of each code: a row per account that has one, unique within a ledger.';

CREATE FUNCTION simplebank.account_id(code text, ledger text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_account_id'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.account_id IS
'The id of the account that has this code, the application''s own name of it, in a ledger (by name; default the role''s only one, or the default one). Errors: 22004, 22023, SB013 no such ledger, SB003 no account of the caller''s has it.';
