CREATE FUNCTION simplebank.reverse_transfer(
	transfer_id bigint, key text DEFAULT NULL, description text DEFAULT NULL,
	OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint,
	OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_reverse_transfer'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.reverse_transfer IS
'Takes a transfer of any kind back, once: posts the opposite of its entries as a new transfer, which column reverses links to it. It needs funds like any debit. from_balance and to_balance are of the new transfer; NULL for a journal. Errors in the order of checks: 22004, 22023, 25006, SB201 no such transfer, SB204 it is itself a reversal, SB301, SB202 reversed already, then as transfer.';
