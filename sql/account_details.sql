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
LANGUAGE c STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION simplebank.account_id IS
'The id of the account that has this code, the application''s own name of it. ledger: by name, default the role''s only one, or the default one. Errors: 22004, 22023, SB013 unknown ledger, SB003 no account of the caller''s has it, 25000 in a parallel worker, by a function that is wrongly marked PARALLEL SAFE.';

CREATE FUNCTION simplebank.set_account_details(
	account_id bigint, name text DEFAULT NULL, metadata jsonb DEFAULT NULL, code text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS simplebank.accounts
AS 'MODULE_PATHNAME', 'simplebank_set_account_details'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.set_account_details IS
'Changes what an account is called: NULL keeps what is there; an empty name or code, or metadata null (in JSON), takes it away. name, code: 1 to 255 bytes; a code is unique within the ledger, and one that is given up is free. Recorded in account_events, with what was there before. Answers the account as it is now. Errors: SB003, SB004 if closed, SB303 another account has the code, 22004, 22023 a value that is too long, the name of one of the bank''s own accounts, or a clearing account.';

CREATE FUNCTION simplebank.set_account_owner(account_id bigint, owner text, reason text DEFAULT NULL)
RETURNS simplebank.accounts
AS 'MODULE_PATHNAME', 'simplebank_set_account_owner'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.set_account_owner IS
'Gives an account another owner, 1 to 255 bytes and not simplebank, with all that it has: balance, history, holds, statements, interest, its member of a settlement group. From its commit on the former owner''s role neither sees nor debits it, not even by a call that waited for the account meanwhile; the scheduled transfers that this role has given end, those of the bank''s staff stay; its idempotency keys stay its own. Recorded in account_events and audit_events. Answers the account as it is now. Errors: SB003, SB004 if closed, 22004, 22023 an owner that is too long or the bank itself, or one of the bank''s own accounts.';
