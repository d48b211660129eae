CREATE FUNCTION simplebank.statement(
	account_id bigint,
	from_time timestamptz DEFAULT '-infinity', to_time timestamptz DEFAULT 'infinity',
	after_version bigint DEFAULT NULL, max_rows int DEFAULT NULL,
	OUT line text, OUT version bigint, OUT posted_at timestamptz, OUT effective_at timestamptz,
	OUT transfer_id bigint, OUT counterparty bigint, OUT amount bigint, OUT balance bigint,
	OUT description text, OUT reverses bigint, OUT reversed_by bigint,
	OUT hold_id bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_statement'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.statement IS
'Statement of an account, posted from from_time (inclusive) to to_time (exclusive): a line ''opening'' with the balance before, a line per entry (transfer, deposit, withdraw, journal, exchange, capture, reversal, refund) with counterparty (NULL where there are several), running balance and, if there is one, the transfer that it takes back (reverses) or that has reversed it, or the hold that it captures, a line ''closing''. Amounts in minor units. To page: max_rows entries a call, and after_version = the version of the last line seen; the opening line stands on the first page, the closing line on the last. Each page reads a bounded number of rows. Errors: SB003, 22004, 22023.';
