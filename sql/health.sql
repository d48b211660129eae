/*
 * Health: one row for load balancers and for people, cheap enough to be asked
 * for every second.
 */
CREATE FUNCTION simplebank_internal.synchronous_standbys(OUT wanted int, OUT connected int)
AS 'MODULE_PATHNAME', 'simplebank_synchronous_standbys'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.synchronous_standbys IS
'Part of health() and metrics(): for how many standbys a commit waits, by synchronous_standby_names, and how many of those that it names are connected; with fewer each commit waits. Errors: 42501.';

CREATE FUNCTION simplebank_internal.health(
	OUT ok boolean, OUT problems text[], OUT role text, OUT lag_seconds double precision,
	OUT scheduler_alive boolean, OUT last_tick timestamptz, OUT jobs_behind int, OUT jobs_failed int, OUT tellers int,
	OUT last_verification timestamptz, OUT findings bigint, OUT last_seal timestamptz, OUT archive_age_seconds double precision,
	OUT requests_waiting bigint, OUT oldest_request_seconds double precision)
LANGUAGE plpgsql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	now CONSTANT timestamptz = clock_timestamp();
	is_standby CONSTANT boolean = pg_is_in_recovery();
	configured CONSTANT int = simplebank_internal.configured_tellers();
	seal_patience CONSTANT interval = 3 * simplebank_internal.setting('seal_interval')::interval;
	last simplebank.seals;
	archiver record;
	unguarded text;
	indexes text;
	mighty text;
	lost text;
	synchronous record;
	clock_trouble CONSTANT text = (simplebank_internal.judge_clock()).trouble;
	future_ticks text; /* jobs that have been started then */
	future_dates text; /* dated jobs that have done business dates to come */
	waiting text; /* dated jobs that have missed too many */
	scheduled boolean;
	scheduled_at timestamptz;
	consumers text; /* that are behind */
BEGIN
	role := CASE WHEN is_standby THEN 'standby' ELSE 'primary' END;
	IF is_standby THEN
		lag_seconds := CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
							ELSE extract(epoch FROM now - pg_last_xact_replay_timestamp()) END;
	END IF;
	SELECT max(j.ticked_at) FILTER (WHERE j.ticked_at <= now + interval '1 minute'),
		   count(*) FILTER (WHERE j.enabled AND CASE WHEN j.business_days_only THEN simplebank_internal.next_business_day(j.watermark)
													 ELSE j.watermark + 1 END <= simplebank_internal.due_date(j.due_time, now - interval '1 hour')),
		   count(*) FILTER (WHERE j.enabled AND l.status IN ('failed', 'gave_up'))
	INTO last_tick, jobs_behind, jobs_failed
	FROM simplebank.jobs j
		LEFT JOIN LATERAL (SELECT r.status FROM simplebank.job_runs r WHERE r.job = j.name ORDER BY r.id DESC LIMIT 1) l ON true;
	scheduler_alive := coalesce(last_tick > now - interval '3 minutes', false);
	SELECT string_agg(j.name, ', ' ORDER BY j.name) FILTER (WHERE j.ticked_at > now + interval '1 minute'),
		   string_agg(j.name, ', ' ORDER BY j.name) FILTER (WHERE j.watermark > d.today),
		   string_agg(j.name, ', ' ORDER BY j.name) FILTER (WHERE j.enabled AND simplebank_internal.missed_too_many(j.watermark, d.due))
	INTO future_ticks, future_dates, waiting
	FROM simplebank.jobs j, LATERAL (SELECT simplebank_internal.due_date(j.due_time, now), simplebank_internal.day_of(now)) d(due, today);
	IF NOT scheduler_alive THEN
		SELECT a.action = 'schedule_jobs', a.created_at INTO scheduled, scheduled_at FROM simplebank.audit_events a
		WHERE a.action IN ('schedule_jobs', 'unschedule_jobs') AND NOT a.by_hand ORDER BY a.created_at DESC LIMIT 1;
	END IF;
	IF configured IS NOT NULL THEN
		tellers := (SELECT q.tellers FROM simplebank_internal.queue_state() q);
	END IF;
	SELECT count(*), extract(epoch FROM now - min(r.asked_at)) INTO requests_waiting, oldest_request_seconds
	FROM simplebank.requests r WHERE r.state = 'waiting';
	SELECT v.finished_at, v.findings INTO last_verification, findings FROM simplebank.verifications v ORDER BY v.id DESC LIMIT 1;
	SELECT s.* INTO last FROM simplebank.seals s ORDER BY s.id DESC LIMIT 1;
	last_seal := last.sealed_at;
	SELECT s.* INTO synchronous FROM simplebank_internal.synchronous_standbys() s;
	SELECT a.last_archived_time, a.last_failed_time INTO archiver FROM pg_stat_archiver a;
	IF current_setting('archive_mode') <> 'off' THEN
		archive_age_seconds := extract(epoch FROM now - archiver.last_archived_time);
	END IF;

	/* one that is off, or fires in no replication role */
	SELECT string_agg(c.relname, ', ' ORDER BY c.relname) INTO unguarded
	FROM pg_class c
	WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind = 'r'
	  AND NOT EXISTS (SELECT FROM pg_trigger t
					  WHERE t.tgrelid = c.oid AND t.tgfoid = 'simplebank_internal.guard'::regproc AND t.tgenabled = 'A');

	/* who changes the ledger past its functions, or makes administrators */
	SELECT string_agg(DISTINCT m.member, ', ' ORDER BY m.member) INTO mighty
	FROM simplebank.role_members m JOIN pg_roles r ON r.rolname = m.member
	WHERE (m.role = 'simplebank_owner' OR m.role = 'simplebank_admin' AND m.may_grant) AND NOT r.rolsuper;

	/* who was renamed has lost them, and who is made under such a name gets them */
	SELECT string_agg(format('%s (ledger %s)', g.role, g.ledger_id), ', ' ORDER BY g.role, g.ledger_id) INTO lost
	FROM simplebank.ledger_roles g
	WHERE g.revoked_at IS NULL AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = g.role);

	SELECT string_agg(s.name, ', ' ORDER BY s.name) INTO indexes FROM simplebank.search_index_status s WHERE s.is_wanted AND NOT s.is_there;

	SELECT string_agg(c.name, ', ' ORDER BY c.name) INTO consumers FROM simplebank.consumers c WHERE c.lag_seconds > 900;

	problems := ARRAY(
		SELECT p.problem
		FROM (VALUES
			(indexes IS NOT NULL, format('search indexes are missing: %s', indexes)),
			(unguarded IS NOT NULL, format('tables are not guarded: %s', unguarded)),
			(mighty IS NOT NULL, format('roles that are more than administrators: %s', mighty)),
			(lost IS NOT NULL, format('ledgers are given to roles that do not exist: %s', lost)),
			(findings > 0, format('the ledger is not sound: %s findings', findings)),
			(NOT is_standby AND clock_trouble IS NOT NULL, 'nothing is posted and no job runs: ' || clock_trouble),
			(NOT is_standby AND future_ticks IS NOT NULL, 'jobs have been started in the future: ' || future_ticks),
			(NOT is_standby AND future_dates IS NOT NULL, 'jobs have done business dates of the future: ' || future_dates),
			(NOT is_standby AND waiting IS NOT NULL, 'jobs have missed more business dates than they make good by themselves: ' || waiting),
			(is_standby AND lag_seconds > 60, 'the standby is behind'),
			(NOT is_standby AND synchronous.connected < synchronous.wanted,
			 format('commits wait for a synchronous standby: %s of %s are connected', synchronous.connected, synchronous.wanted)),
			(NOT is_standby AND NOT scheduler_alive,
			 CASE WHEN NOT coalesce(scheduled, last_tick IS NOT NULL) THEN 'no jobs are scheduled'
				  WHEN scheduled_at > coalesce(last_tick, '-infinity') THEN 'jobs are scheduled, but pg_cron has started none'
				  ELSE 'no job has been started for three minutes' END),
			(NOT is_standby AND jobs_behind > 0, format('jobs are behind: %s', jobs_behind)),
			(NOT is_standby AND jobs_failed > 0, format('jobs fail: %s', jobs_failed)),
			(NOT is_standby AND tellers < configured, 'tellers are missing'),
			(NOT is_standby AND consumers IS NOT NULL, format('consumers of events are behind: %s', consumers)),
			(NOT is_standby AND oldest_request_seconds > CASE WHEN tellers > 0 THEN 60 ELSE 180 END,
			 format('enqueued transfers are not posted: %s wait', requests_waiting)),
			(NOT is_standby AND coalesce(last_verification, (SELECT t.posted_at FROM simplebank.transfers t ORDER BY t.id LIMIT 1))
								< now - interval '2 days', 'the ledger has not been proved for two days'),
			(NOT is_standby AND coalesce(last_seal, '-infinity') < now - seal_patience
			 AND EXISTS (SELECT FROM simplebank.transfers t
						 WHERE t.id > coalesce(last.last_transfer_id, 0) AND t.posted_at < now - seal_patience), 'new transfers are not sealed'),
			(NOT is_standby AND archiver.last_failed_time > coalesce(archiver.last_archived_time, '-infinity'), 'WAL is not archived'))
			p(found, problem)
		WHERE p.found);
	ok := problems = '{}';
END $$;
COMMENT ON FUNCTION simplebank_internal.health IS 'Body of simplebank.health.';

CREATE FUNCTION simplebank.health(
	OUT ok boolean, OUT problems text[], OUT role text, OUT lag_seconds double precision,
	OUT scheduler_alive boolean, OUT last_tick timestamptz, OUT jobs_behind int, OUT jobs_failed int, OUT tellers int,
	OUT last_verification timestamptz, OUT findings bigint, OUT last_seal timestamptz, OUT archive_age_seconds double precision,
	OUT requests_waiting bigint, OUT oldest_request_seconds double precision)
AS 'MODULE_PATHNAME', 'simplebank_health'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.health IS
'How the bank is, in one row. problems: what is to be looked at, in words; ok: there is nothing. role: primary or standby; lag_seconds: how far a standby is behind, NULL on a primary; last_tick: when a job was last started, scheduler_alive: within three minutes; jobs_behind: with a business date that has been due for more than an hour; jobs_failed: whose last attempt has failed; tellers: NULL where the server has not loaded the library at its start; last_verification, findings: of the job verify_ledger; requests_waiting, oldest_request_seconds: transfers of enqueue_transfer() that wait, and for how long the oldest does, NULL where none does: a problem after a minute, or three where there is no teller; a consumer of events that is behind for a quarter of an hour is a problem; a table whose guard is off is a problem, and a role that owns the ledger or makes administrators without being a superuser, and one that was given a ledger and does not exist, dropped or renamed; archive_age_seconds: since the last WAL file was archived, NULL where none is. On a standby jobs, tellers, requests and archive are no problem. For customers it is not. Errors: 42501.';
