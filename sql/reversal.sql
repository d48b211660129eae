CREATE FUNCTION simplebank.reverse_transfer(
	transfer_id bigint, key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL,
	OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint,
	OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_reverse_transfer'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.reverse_transfer IS
'Takes a transfer of any kind back, once: posts the opposite of its entries as a new transfer, which column reverses links to it. It needs funds like any debit. reference: its own, not that of the transfer. effective_at: business time, default the time of posting; for no interest to remain of it, that of the transfer. from_balance and to_balance are of the new transfer; NULL for a journal. Errors in the order of checks: 22004, 22023, 25006, SB201 no such transfer, SB204 it is itself a reversal, a refund or a settlement, SB301, SB302, SB203, SB202 reversed already, SB206 a part was refunded already, then as transfer.';

CREATE FUNCTION simplebank.refund_transfer(
	transfer_id bigint, amount bigint,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL,
	OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint,
	OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_refund_transfer'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.refund_transfer IS
'Takes a part of a transfer back: debits who was credited and credits who was debited by amount (minor units, > 0), as a new transfer (operation refund), which column reverses links to it. There may be many, which together take back no more than the amount of the transfer. Of a transfer between two accounts, cleared ones included; not of other journals, nor of an exchange. Arguments and answer as reverse_transfer. Errors in the order of checks: 22004, 22023, 25006, SB007 amount, SB201 no such transfer, SB204 it is itself a reversal, a refund, a settlement, a journal or an exchange, SB301, SB302, SB203, SB206 refunds and reversal would take back more than its amount, then as transfer.';
