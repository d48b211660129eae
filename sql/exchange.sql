CREATE FUNCTION simplebank.exchange(
	from_account bigint, to_account bigint, from_amount bigint, to_amount bigint,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL,
	OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint,
	OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_exchange'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.exchange IS
'Debits from_account by from_amount and credits to_account, of another currency, by to_amount, each in minor units of its currency and against the bank''s fx account there, opened at first use: one transfer of four entries. The rate is kept as both amounts. Errors as transfer, but SB003 comes right after SB007 and SB006, and 22023 where both accounts have one currency in one ledger (of two ledgers they are SB011).';
