/*
 * What transfer() and its like would answer now: read only.
 */
CREATE FUNCTION simplebank.preview_transfer(
	from_account bigint, to_account bigint, amount bigint,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL, expect jsonb DEFAULT NULL,
	OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT from_available bigint,
	OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_preview_transfer'
LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.preview_transfer IS
'What transfer would answer to the same arguments now; nothing is written, locked, waited for or used up, so that it works in a read-only transaction and on a standby. sqlstate, name, message, detail, hint: what would be raised; NULL where the transfer would be made. from_balance, to_balance: as it would answer them; from_available: what a debit of from_account could take afterwards (minor units; NULL: no lower limit, or not the caller''s to see). replayed: the key was used for the same request; then transfer_id, balances and posted_at are those of the first one, else transfer_id and posted_at are NULL. It answers from what the statement sees: by the time of the transfer it may be different; expect holds it to what was seen. Errors, raised as by transfer: 22004, 22023 of an argument, 42501, SB902.';

CREATE FUNCTION simplebank.preview_deposit(
	account bigint, amount bigint,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL, expect jsonb DEFAULT NULL,
	OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT from_available bigint,
	OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_preview_deposit'
LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.preview_deposit IS
'What deposit would answer now, minor units; a cash account that is not there yet is not opened. Answer and errors as preview_transfer: 22004, 22023, 42501, SB902.';

CREATE FUNCTION simplebank.preview_withdraw(
	account bigint, amount bigint,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL, expect jsonb DEFAULT NULL,
	OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT transfer_id bigint, OUT from_balance bigint, OUT to_balance bigint, OUT from_available bigint,
	OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_preview_withdraw'
LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.preview_withdraw IS
'What withdraw would answer now, minor units; a cash account that is not there yet is not opened. Answer and errors as preview_transfer: 22004, 22023, 42501, SB902.';

CREATE FUNCTION simplebank.preview_hold(
	from_account bigint, to_account bigint, amount bigint, expires_at timestamptz DEFAULT NULL,
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL, reference text DEFAULT NULL, expect jsonb DEFAULT NULL,
	OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT hold_id bigint, OUT available bigint, OUT expires_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_preview_hold'
LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.preview_hold IS
'What place_hold would answer now, amount in minor units. sqlstate to hint: as preview_transfer; hold_id: NULL but of a replay; available: what a debit of from_account could take afterwards. Errors, raised: 22004, 22023 of an argument, 42501, SB902.';

CREATE FUNCTION simplebank.preview_journal(
	account_ids bigint[], amounts bigint[],
	key text DEFAULT NULL, description text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	effective_at timestamptz DEFAULT NULL, reference text DEFAULT NULL,
	OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT transfer_id bigint, OUT posted_at timestamptz, OUT replayed boolean)
AS 'MODULE_PATHNAME', 'simplebank_preview_journal'
LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.preview_journal IS
'What post_journal would answer now, amounts in minor units. sqlstate to hint, transfer_id, posted_at: as preview_transfer. Errors, raised: 22004, 22023 of an argument, 42501, SB902.';

CREATE FUNCTION simplebank.preview_batch(
	from_accounts bigint[], to_accounts bigint[], amounts bigint[],
	keys text[] DEFAULT NULL, descriptions text[] DEFAULT NULL, metadatas jsonb[] DEFAULT NULL, links int[] DEFAULT NULL,
	atomic boolean DEFAULT true, "references" text[] DEFAULT NULL,
	OUT item int, OUT transfer_id bigint, OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT replayed boolean, OUT from_balance bigint, OUT to_balance bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_preview_batch'
LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.preview_batch IS
'What transfer_batch would answer now, a row per item, in order: later items see the effect of earlier ones, amounts in minor units. atomic: where transfer_batch would raise, the item that it would name has its reason, and all others fall with it (SB401), but for replays of what was there before. transfer_id: NULL but of such a replay. from_balance, to_balance: of an item that would be posted, after it. Errors, raised as by transfer_batch: 22004, 22023 of the call, 42501, SB902.';
