/*
 * Searches: each reads a bounded number of rows, and is paged by a cursor.
 *
 * They are answered as the ledger's owner, and judge the caller's rights in C:
 * a customer gets what the policies of row-level security give it.
 */
CREATE FUNCTION simplebank.find_transfers(
	account_id bigint DEFAULT NULL, operation text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	description text DEFAULT NULL, from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	min_amount bigint DEFAULT NULL, max_amount bigint DEFAULT NULL, after text DEFAULT NULL, max_rows int DEFAULT 100,
	role text DEFAULT NULL, hold_id bigint DEFAULT NULL, reverses bigint DEFAULT NULL,
	from_effective timestamptz DEFAULT NULL, to_effective timestamptz DEFAULT NULL, newest_first boolean DEFAULT true,
	OUT id bigint, OUT from_account_id bigint, OUT to_account_id bigint, OUT amount bigint,
	OUT posted_at timestamptz, OUT effective_at timestamptz, OUT created_at timestamptz, OUT operation text,
	OUT reverses bigint, OUT from_amount bigint, OUT to_amount bigint, OUT hold_id bigint, OUT role text,
	OUT description text, OUT metadata jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_transfers'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_transfers IS
'Transfers that are all of what is asked, which is nothing where NULL: that have an entry of account_id; of this operation, or role; whose metadata contain metadata (@>); whose description begins with description, letter by letter; posted from from_time (inclusive) to to_time (exclusive), effective from from_effective to to_effective; of min_amount to max_amount (inclusive, minor units); that capture hold_id; that take back transfer reverses. newest_first: or oldest first, by id; those of an account, and all of a customer''s, by the time of posting. max_rows: 1 to 1000 a call. To page: the same again, with after = the cursor of the last row; what was there at the first call comes once, whatever is posted meanwhile. The rows are those of table transfers, with a stripe''s account instead of it. A customer gets the transfers of its own accounts. A call reads simplebank.max_search_rows rows at most. Errors: 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows would have to be read, HINT says what to ask for.';
