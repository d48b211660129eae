/*
 * What the ledger counts, where the server has loaded the library at its
 * start: since the last reset, in this database.
 */
CREATE FUNCTION simplebank_internal.read_stats(
	OUT transfers bigint, OUT journals bigint,
	OUT holds_placed bigint, OUT holds_captured bigint, OUT holds_released bigint, OUT holds_expired bigint,
	OUT replays bigint, OUT batches bigint, OUT batch_items bigint, OUT commits bigint, OUT rolled_back bigint,
	OUT lock_time bigint, OUT teller_transactions bigint, OUT teller_items bigint, OUT handed_back bigint, OUT in_transaction bigint,
	OUT transfer_latency bigint[], OUT transfer_time bigint, OUT submit_latency bigint[], OUT submit_time bigint,
	OUT queue_highest int, OUT since timestamptz)
AS 'MODULE_PATHNAME', 'simplebank_read_stats'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.read_stats IS 'Part of view stats. Errors: 42501, 55000 the library was not loaded at the server''s start.';

CREATE FUNCTION simplebank_internal.read_refusals(OUT sqlstate text, OUT count bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_read_refusals'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.read_refusals IS 'Part of view stats: how many refusals there were of each kind. Errors: 42501, 55000.';

CREATE FUNCTION simplebank_internal.queue_state(OUT tellers int, OUT queue_depth int)
AS 'MODULE_PATHNAME', 'simplebank_queue_state'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.queue_state IS 'Part of view stats: the tellers'' queue. Errors: 42501, 55000.';

/* Where the library was not loaded at the server's start there are no such settings. */
CREATE FUNCTION simplebank_internal.configured_tellers()
RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE WHEN current_setting('simplebank.database', true) = current_database() THEN current_setting('simplebank.tellers')::int
				WHEN current_setting('simplebank.tellers', true) IS NOT NULL THEN 0 END;
END;
COMMENT ON FUNCTION simplebank_internal.configured_tellers IS
'Part of health() and metrics(): how many tellers there should be for this database; NULL where the server has not loaded the library at its start.';

CREATE FUNCTION simplebank.hot_accounts(n int DEFAULT 10, OUT account_id bigint, OUT entries bigint, OUT wait bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_hot_accounts'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.hot_accounts IS
'The accounts for which callers have waited most lately (microseconds), then those with most entries. Estimates: entries are sampled, both are halved every minute. n: 1 to 256. Errors: 22004, 22023, 55000 the library was not loaded at the server''s start.';

CREATE FUNCTION simplebank.stats_reset()
RETURNS void
AS 'MODULE_PATHNAME', 'simplebank_stats_reset'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.stats_reset IS
'From now on view stats and hot_accounts() of this database count from 0. Errors: 55000.';

CREATE VIEW simplebank.stats AS
SELECT s.transfers, s.journals, s.holds_placed, s.holds_captured, s.holds_released, s.holds_expired, s.replays,
	   (SELECT coalesce(jsonb_object_agg(r.sqlstate, r.count), '{}') FROM simplebank_internal.read_refusals() r) AS refusals,
	   s.batches, s.batch_items, s.commits, s.rolled_back, s.lock_time,
	   s.transfer_latency, s.transfer_time, s.submit_latency, s.submit_time,
	   s.teller_transactions, s.teller_items, s.handed_back, s.in_transaction, q.tellers, q.queue_depth, s.queue_highest, s.since
FROM simplebank_internal.read_stats() s, simplebank_internal.queue_state() q;
COMMENT ON VIEW simplebank.stats IS
'What the ledger of this database has done since the last stats_reset(), or the server''s start, or, where more than 32 databases with ledgers take turns, since it was last in use. What was committed counts; refusals and times count at once. Times are in microseconds. An error (55000) where the library was not loaded at the server''s start, or more than 32 databases with ledgers are in use.';
COMMENT ON COLUMN simplebank.stats.transfers IS 'transfers of any operation but journals';
COMMENT ON COLUMN simplebank.stats.replays IS 'requests that a key answered';
COMMENT ON COLUMN simplebank.stats.refusals IS 'by SQLSTATE';
COMMENT ON COLUMN simplebank.stats.commits IS 'transactions that did any of this';
COMMENT ON COLUMN simplebank.stats.rolled_back IS 'accepted requests that a rollback, also one to a savepoint, has taken back';
COMMENT ON COLUMN simplebank.stats.lock_time IS 'of locking accounts, waiting included';
COMMENT ON COLUMN simplebank.stats.transfer_latency IS 'calls of transfer(), and of submit_transfer() in a transaction, without the commit, by time: element n has those of less than 2^(n-1) microseconds, from half of that; the last one all that took longer';
COMMENT ON COLUMN simplebank.stats.transfer_time IS 'the sum of it';
COMMENT ON COLUMN simplebank.stats.submit_latency IS 'likewise of submit_transfer() where it stands alone, with the commit';
COMMENT ON COLUMN simplebank.stats.handed_back IS 'submitted transfers that callers had to make by themselves';
COMMENT ON COLUMN simplebank.stats.tellers IS 'that work for this database';
COMMENT ON COLUMN simplebank.stats.in_transaction IS 'submitted transfers that did not stand alone, and were posted in the caller''s own transaction';
