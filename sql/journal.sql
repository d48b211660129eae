CREATE FUNCTION simplebank.post_journal(
	account_ids bigint[], amounts bigint[],
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL,
	OUT transfer_id bigint, OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_post_journal'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.post_journal IS
'Posts 2 to 10,000 legs as one transfer: element i of each array is leg i; amounts in minor units, negative for debits; they sum to zero in each currency. An account may appear more than once: its limits are judged on the net effect. Entries are in the order of the legs. Errors in the order of checks: 22004 a value is missing, 22023 arrays of different lengths or dimensions, bad number of legs, key, reference or time, 25006, SB007 an amount is 0 (22003: the smallest bigint), SB301, SB302, SB203, SB003, SB004, SB008 a currency does not sum to zero, SB001, SB002, 22003.';
