/*
 * Transfers that tellers post: many callers' in one transaction.
 */
CREATE PROCEDURE simplebank.submit_transfer(
	from_account bigint, to_account bigint, amount bigint,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL, reference text DEFAULT NULL, expect jsonb DEFAULT NULL,
	INOUT transfer_id bigint DEFAULT NULL)
AS 'MODULE_PATHNAME', 'simplebank_submit_transfer'
LANGUAGE c;
COMMENT ON PROCEDURE simplebank.submit_transfer IS
'A transfer that a teller posts, together with those of other callers; it answers once that is committed. For hot accounts and many clients. A teller is asked where the call is the whole of its transaction; in a transaction block, a pipeline or a function, or after a write, and with expect, it is posted in the caller''s own transaction, as transfer does, and no teller is needed. Cancelled while a teller works on it, the error says that the outcome is unknown: a retry with the same key tells. Arguments and errors as transfer, and keys are the same; besides, where it stands alone: before SB301 SB502 no teller is there, SB501 the queue has no place for this role within simplebank.queue_timeout.';

CREATE PROCEDURE simplebank.submit_transfer_with_balances(
	from_account bigint, to_account bigint, amount bigint,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL, reference text DEFAULT NULL, expect jsonb DEFAULT NULL,
	INOUT transfer_id bigint DEFAULT NULL, INOUT from_balance bigint DEFAULT NULL, INOUT to_balance bigint DEFAULT NULL,
	INOUT posted_at timestamptz DEFAULT NULL, INOUT replayed boolean DEFAULT NULL)
AS 'MODULE_PATHNAME', 'simplebank_submit_transfer_with_balances'
LANGUAGE c;
COMMENT ON PROCEDURE simplebank.submit_transfer_with_balances IS
'As submit_transfer, with the answer of transfer. Errors: those of submit_transfer.';
