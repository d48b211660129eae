/*
 * For monitoring, in the conventions of Prometheus.
 */
CREATE FUNCTION simplebank_internal.metrics(
	OUT name text, OUT labels jsonb, OUT value float8, OUT type text, OUT help text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off /* compiling takes ten times as long as running */
AS $$
BEGIN
	/* where the library was not loaded at the server's start there are no statistics, not zeros */
	IF current_setting('simplebank.tellers', true) IS NOT NULL THEN
		RETURN QUERY SELECT * FROM simplebank_internal.statistics_metrics();
	END IF;
	RETURN QUERY SELECT * FROM simplebank_internal.ledger_metrics();
END $$;
COMMENT ON FUNCTION simplebank_internal.metrics IS 'Body of simplebank.metrics.';

CREATE FUNCTION simplebank.metrics(
	OUT name text, OUT labels jsonb, OUT value float8, OUT type text, OUT help text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_metrics'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.metrics IS
'What a monitoring system scrapes, in Prometheus'' conventions: names, labels, units and types (https://prometheus.io/docs/practices/naming/). Statistics are there where the server has loaded the library at its start. Errors: 42501.';

CREATE FUNCTION simplebank_internal.statistics_metrics(
	OUT name text, OUT labels jsonb, OUT value float8, OUT type text, OUT help text)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH s AS MATERIALIZED (
		SELECT * FROM simplebank.stats
	), timed AS (
		SELECT t.name, t.help, t.latency, t.sum, b.n, b.count,
			   sum(b.count) OVER (PARTITION BY t.name ORDER BY b.n) AS up_to
		FROM s,
			LATERAL (VALUES
				('simplebank_transfer_seconds', 'Time of calls of transfer(), without the commit.', s.transfer_latency, s.transfer_time),
				('simplebank_submit_seconds', 'Time of calls of submit_transfer(), with the commit.', s.submit_latency, s.submit_time))
				t(name, help, latency, sum),
			LATERAL unnest(t.latency) WITH ORDINALITY b(count, n)
	)
	SELECT m.name, m.labels, m.value::float8, m.type, m.help
	FROM s,
		LATERAL (VALUES
			('simplebank_transfers_total', '{}'::jsonb, s.transfers::numeric, 'counter', 'Transfers of any operation but journals.'),
			('simplebank_journals_total', '{}', s.journals, 'counter', 'Journals.'),
			('simplebank_holds_total', '{"step": "placed"}', s.holds_placed, 'counter', 'Holds by what was done to them.'),
			('simplebank_holds_total', '{"step": "captured"}', s.holds_captured, 'counter', 'Holds by what was done to them.'),
			('simplebank_holds_total', '{"step": "released"}', s.holds_released, 'counter', 'Holds by what was done to them.'),
			('simplebank_holds_total', '{"step": "expired"}', s.holds_expired, 'counter', 'Holds by what was done to them.'),
			('simplebank_replays_total', '{}', s.replays, 'counter', 'Requests that an idempotency key answered.'),
			('simplebank_batches_total', '{}', s.batches, 'counter', 'Calls of transfer_batch().'),
			('simplebank_batch_items_total', '{}', s.batch_items, 'counter', 'Items of batches.'),
			('simplebank_commits_total', '{}', s.commits, 'counter', 'Transactions that moved money or changed holds.'),
			('simplebank_rolled_back_total', '{}', s.rolled_back, 'counter', 'Accepted requests that a rollback has taken back.'),
			('simplebank_lock_seconds_total', '{}', s.lock_time / 1e6, 'counter', 'Time of locking accounts, waiting included.'),
			('simplebank_teller_transactions_total', '{}', s.teller_transactions, 'counter', 'Transactions of tellers.'),
			('simplebank_teller_items_total', '{}', s.teller_items, 'counter', 'Requests that tellers have answered.'),
			('simplebank_handed_back_total', '{}', s.handed_back, 'counter', 'Submitted transfers that callers had to make by themselves.'),
			('simplebank_submitted_in_transaction_total', '{}', s.in_transaction, 'counter', 'Submitted transfers that did not stand alone.'),
			('simplebank_tellers', '{}', s.tellers, 'gauge', 'Tellers that are running for this database.'),
			('simplebank_tellers_configured', '{}', simplebank_internal.configured_tellers(), 'gauge', 'Tellers that should be running for this database.'),
			('simplebank_queue_depth', '{}', s.queue_depth, 'gauge', 'Requests in the tellers'' queue.'),
			('simplebank_queue_size', '{}', current_setting('simplebank.queue_size')::int, 'gauge', 'Requests that the tellers'' queue holds.'))
			m(name, labels, value, type, help)
	UNION ALL
	SELECT 'simplebank_refusals_total', jsonb_build_object('sqlstate', r.key), r.value::float8, 'counter', 'Refusals by SQLSTATE.'
	FROM s, jsonb_each_text(s.refusals) r
	UNION ALL
	SELECT t.name || '_bucket',
		   jsonb_build_object('le', CASE WHEN t.n = cardinality(t.latency) THEN '+Inf' ELSE (2 ^ (t.n - 1) / 1e6)::text END),
		   t.up_to::float8, 'histogram', t.help
	FROM timed t
	UNION ALL
	SELECT t.name || p.part, '{}', p.value, 'histogram', t.help
	FROM timed t, LATERAL (VALUES ('_sum', t.sum / 1e6::float8), ('_count', t.up_to::float8)) p(part, value)
	WHERE t.n = cardinality(t.latency);
END;
COMMENT ON FUNCTION simplebank_internal.statistics_metrics IS 'Part of metrics(): the statistics. Errors: 55000.';

CREATE FUNCTION simplebank_internal.ledger_metrics(
	OUT name text, OUT labels jsonb, OUT value float8, OUT type text, OUT help text)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT m.name, jsonb_build_object('job_name', j.job), coalesce(m.value, 0)::float8, 'gauge', m.help
	FROM simplebank.job_status j,
		LATERAL (VALUES
			('simplebank_job_enabled', j.enabled::int::numeric, 'Is the job switched on?'),
			('simplebank_job_days_behind', coalesce(j.days_behind, 0), 'Business dates that are due and not done.'),
			('simplebank_job_failed', (j.status IN ('failed', 'gave_up'))::int, 'Has the latest attempt failed?'),
			('simplebank_job_last_success_timestamp_seconds', extract(epoch FROM j.last_success), 'When an attempt has last succeeded; 0: never.'))
			m(name, value, help)
	UNION ALL
	SELECT m.name, jsonb_build_object('consumer', c.name), m.value, 'gauge', m.help
	FROM simplebank.consumers c,
		LATERAL (VALUES
			('simplebank_consumer_lag_positions', c.lag_positions::float8, 'Positions of the log that a consumer of events has not acknowledged.'),
			('simplebank_consumer_lag_seconds', c.lag_seconds, 'For how long the first of them is there.'))
			m(name, value, help)
	UNION ALL
	/* what never was is 0, so that an alert can miss it */
	SELECT m.name, '{}', coalesce(m.value, 0)::float8, 'gauge', m.help
	FROM (VALUES
		('simplebank_order_delay_seconds',
		 (SELECT greatest(extract(epoch FROM clock_timestamp() - min(o.next_attempt_at)), 0)
		  FROM simplebank.standing_orders o WHERE o.status = 'active'), 'For how long the oldest scheduled transfer is due.'),
		('simplebank_requests_waiting',
		 (SELECT count(*) FROM simplebank.requests r WHERE r.state = 'waiting'), 'Transfers of enqueue_transfer() that wait.'),
		('simplebank_request_delay_seconds',
		 (SELECT greatest(extract(epoch FROM clock_timestamp() - min(r.asked_at)), 0)
		  FROM simplebank.requests r WHERE r.state = 'waiting'), 'For how long the oldest of them waits.'),
		('simplebank_hold_delay_seconds',
		 (SELECT greatest(extract(epoch FROM clock_timestamp() - min(h.expires_at)), 0)
		  FROM simplebank.holds h WHERE h.status = 'open'), 'For how long the oldest hold past its time waits for the job expire_holds.'),
		('simplebank_settlement_waiting',
		 (SELECT count(*) FROM simplebank.settlement_cycles c WHERE c.status = 'waiting'), 'Settlement cycles that wait for cover.'),
		('simplebank_settlement_groups_failed',
		 (SELECT count(*) FROM simplebank.settlement_groups g WHERE g.error IS NOT NULL), 'Settlement groups whose last settlement has failed.'),
		('simplebank_verification_findings',
		 (SELECT v.findings FROM simplebank.verifications v ORDER BY v.id DESC LIMIT 1), 'What the last run of verify() has found.'),
		('simplebank_verification_timestamp_seconds',
		 (SELECT extract(epoch FROM v.finished_at) FROM simplebank.verifications v ORDER BY v.id DESC LIMIT 1), 'When verify() has last run as a job; 0: never.'),
		('simplebank_last_tick_timestamp_seconds',
		 (SELECT extract(epoch FROM max(j.ticked_at)) FROM simplebank.jobs j WHERE j.ticked_at <= clock_timestamp() + interval '1 minute'), 'When a job was last started; 0: never.'),
		('simplebank_clock_ahead_seconds',
		 (SELECT CASE WHEN y.trouble IS NULL OR pg_is_in_recovery() THEN 0 ELSE extract(epoch FROM y.jump) END
		  FROM simplebank_internal.judge_clock() y), 'How far the clock is ahead of time, where nothing is posted therefore; else 0.'),
		('simplebank_jobs_in_future',
		 (SELECT count(*) FROM simplebank.jobs j
		  WHERE j.ticked_at > clock_timestamp() + interval '1 minute' OR j.watermark > simplebank_internal.day_of(clock_timestamp())),
		 'Jobs that have been started, or have done a business date, in the future.'),
		('simplebank_seal_timestamp_seconds',
		 (SELECT extract(epoch FROM s.sealed_at) FROM simplebank.seals s ORDER BY s.id DESC LIMIT 1), 'When the ledger was last sealed; 0: never.'),
		('simplebank_unsealed_transfers',
		 (SELECT max(t.id) FROM simplebank.transfers t) - coalesce((SELECT s.last_transfer_id FROM simplebank.seals s ORDER BY s.id DESC LIMIT 1), 0),
		 'Transfers since the last seal, by their ids.'),
		('simplebank_synchronous_standbys_missing',
		 (SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE greatest(y.wanted - y.connected, 0) END
		  FROM simplebank_internal.synchronous_standbys() y), 'Synchronous standbys that commits wait for and that are not connected.'),
		('simplebank_in_recovery', pg_is_in_recovery()::int, 'Is the server a standby?'),
		('simplebank_replication_lag_seconds',
		 CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
			  THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) ELSE 0 END, 'How far a standby is behind.'))
		m(name, value, help);
END;
COMMENT ON FUNCTION simplebank_internal.ledger_metrics IS 'Part of metrics(): jobs, consumers, settlement, verification, replication.';
