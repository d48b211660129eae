/*
 * Searches: each reads a bounded number of rows, and is paged by a cursor.
 *
 * They are answered as the ledger's owner, and judge the caller's rights in C:
 * a customer gets what the policies of row-level security give it.
 */
CREATE FUNCTION simplebank.find_transfers(
	account_id bigint DEFAULT NULL, reference text DEFAULT NULL, operation text DEFAULT NULL, metadata jsonb DEFAULT NULL,
	description text DEFAULT NULL, from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	min_amount bigint DEFAULT NULL, max_amount bigint DEFAULT NULL, after text DEFAULT NULL, max_rows int DEFAULT 100,
	role text DEFAULT NULL, hold_id bigint DEFAULT NULL, reverses bigint DEFAULT NULL,
	from_effective timestamptz DEFAULT NULL, to_effective timestamptz DEFAULT NULL, newest_first boolean DEFAULT true,
	OUT id bigint, OUT from_account_id bigint, OUT to_account_id bigint, OUT amount bigint,
	OUT posted_at timestamptz, OUT effective_at timestamptz, OUT created_at timestamptz, OUT operation text,
	OUT reverses bigint, OUT from_amount bigint, OUT to_amount bigint, OUT hold_id bigint, OUT reference text,
	OUT role text, OUT gateway text, OUT description text, OUT metadata jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_transfers'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_transfers IS
'Transfers that are all of what is asked, which is nothing where NULL: that have an entry of account_id; that have this reference; of this operation, or role; whose metadata contain metadata (@>); whose description begins with description, letter by letter; posted from from_time (inclusive) to to_time (exclusive), effective from from_effective to to_effective; of min_amount to max_amount (inclusive, minor units); that capture hold_id; that take back transfer reverses. newest_first: or oldest first, by id; those of an account, and all of a customer''s, by the time of posting. max_rows: 1 to 1000 a call. To page: the same again, with after = the cursor of the last row; what was there at the first call comes once, whatever is posted meanwhile. The rows are those of table transfers, with a stripe''s account instead of it. A customer gets the transfers of its own accounts. A call reads simplebank.max_search_rows rows at most. Errors: 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows would have to be read, HINT says what to ask for.';

CREATE FUNCTION simplebank.find_accounts(
	owner text DEFAULT NULL, code text DEFAULT NULL, name text DEFAULT NULL, currency text DEFAULT NULL, kind text DEFAULT NULL, status text DEFAULT NULL,
	metadata jsonb DEFAULT NULL, from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	after text DEFAULT NULL, max_rows int DEFAULT 100, newest_first boolean DEFAULT true,
	OUT id bigint, OUT owner text, OUT code text, OUT name text, OUT currency text, OUT kind text, OUT status text, OUT is_system boolean,
	OUT balance bigint, OUT held bigint, OUT min_balance bigint, OUT max_balance bigint, OUT stripes int,
	OUT created_at timestamptz, OUT metadata jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_accounts'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_accounts IS
'Accounts that are all of what is asked, which is nothing where NULL: of this owner, code, currency, kind or status; whose name begins with name; whose metadata contain metadata (@>); opened from from_time (inclusive) to to_time (exclusive). By id, the newest or the oldest first; paged as find_transfers. balance: with its stripes, minor units. A customer gets its own accounts. Errors: 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows than simplebank.max_search_rows would have to be read.';

CREATE FUNCTION simplebank.find_holds(
	account_id bigint DEFAULT NULL, reference text DEFAULT NULL, status text DEFAULT NULL, metadata jsonb DEFAULT NULL, description text DEFAULT NULL,
	from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	from_expiry timestamptz DEFAULT NULL, to_expiry timestamptz DEFAULT NULL,
	min_amount bigint DEFAULT NULL, max_amount bigint DEFAULT NULL,
	after text DEFAULT NULL, max_rows int DEFAULT 100, newest_first boolean DEFAULT true,
	OUT id bigint, OUT from_account_id bigint, OUT to_account_id bigint, OUT amount bigint, OUT captured bigint,
	OUT status text, OUT expires_at timestamptz, OUT created_at timestamptz, OUT closed_at timestamptz,
	OUT reference text, OUT description text, OUT metadata jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_holds'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_holds IS
'Holds that are all of what is asked, which is nothing where NULL: of account_id''s money, or in its favour; of this reference; of this status, where one past its time is expired, whatever table holds still says; whose metadata contain metadata (@>); whose description begins with description; placed from from_time (inclusive) to to_time (exclusive), expiring from from_expiry to to_expiry; of min_amount to max_amount (inclusive, minor units). By id, the newest or the oldest first; paged as find_transfers. A customer gets those of its own accounts. Errors: 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows than simplebank.max_search_rows would have to be read.';

CREATE FUNCTION simplebank.find_events(
	account_id bigint DEFAULT NULL, event text DEFAULT NULL, hold_id bigint DEFAULT NULL, role text DEFAULT NULL,
	from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL,
	after text DEFAULT NULL, max_rows int DEFAULT 100, newest_first boolean DEFAULT true,
	OUT id bigint, OUT account_id bigint, OUT event text, OUT version bigint, OUT hold_id bigint, OUT created_at timestamptz,
	OUT role text, OUT gateway text, OUT reason text, OUT before jsonb, OUT after jsonb, OUT cursor text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_find_events'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.find_events IS
'Rows of account_events that are all of what is asked, which is nothing where NULL: of account_id, or hold_id; of this event or role; from from_time (inclusive) to to_time (exclusive). By id, the newest or the oldest first; paged as find_transfers. A customer gets those of its own accounts, with role and reason where it was itself. Errors: 22004, 22023 a bad argument, or a cursor of another search; 54000 more rows than simplebank.max_search_rows would have to be read.';
