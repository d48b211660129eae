/*
 * Consumers: who follows the log, and how far each has got.
 */
CREATE TABLE simplebank.log_consumers (
	name text COLLATE "C" PRIMARY KEY,
	role text COLLATE "C" NOT NULL,
	kinds text[] COLLATE "C",
	acknowledged bigint NOT NULL,
	read_up_to bigint NOT NULL,
	reader_pid int,
	reader_started timestamptz,
	read_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
) WITH (fillfactor = 50);
COMMENT ON TABLE simplebank.log_consumers IS 'Who follows the log. Written by create_consumer() and its like; see the view consumers.';
COMMENT ON COLUMN simplebank.log_consumers.role IS 'whose consumer it is, and as whom it reads';
COMMENT ON COLUMN simplebank.log_consumers.kinds IS 'the kinds of events that it gets; NULL: all that its role may see';
COMMENT ON COLUMN simplebank.log_consumers.acknowledged IS 'the position up to which all is done';
COMMENT ON COLUMN simplebank.log_consumers.read_up_to IS 'the position up to which events were given';
COMMENT ON COLUMN simplebank.log_consumers.reader_pid IS 'the session that has been given what is not acknowledged, with reader_started, its start; NULL: none';
COMMENT ON COLUMN simplebank.log_consumers.read_at IS 'when events were last given';

/* the owner is who runs metrics() and health() */
CREATE VIEW simplebank.consumers WITH (security_barrier = true) AS
	SELECT c.name, c.role, c.kinds, c.acknowledged, c.read_up_to, e.last_position - c.acknowledged AS lag_positions,
		   CASE WHEN e.last_position > c.acknowledged THEN
			   greatest(extract(epoch FROM clock_timestamp() - (
				   SELECT s.made_at FROM simplebank.log_segments s WHERE s.first_position <= c.acknowledged + 1
				   ORDER BY s.first_position DESC LIMIT 1)), 0) ELSE 0 END::float8 AS lag_seconds,
		   CASE WHEN c.read_up_to > c.acknowledged THEN c.reader_pid END AS reader, c.read_at, c.created_at
	FROM simplebank.log_consumers c LEFT JOIN pg_catalog.pg_roles r ON r.rolname = c.role,
		(SELECT coalesce((SELECT s.last_position FROM simplebank.log_segments s ORDER BY s.first_position DESC LIMIT 1), 0)) e(last_position)
	WHERE (SELECT simplebank_internal.row_access()) = 'all' AND (SELECT simplebank_internal.row_ledgers()) IS NULL
	   OR pg_has_role(r.oid, 'USAGE') OR current_user = 'simplebank_owner';
COMMENT ON VIEW simplebank.consumers IS
'Who follows the log, and how far behind each is: to administrators and auditors all, to others those of their role.';
COMMENT ON COLUMN simplebank.consumers.lag_positions IS 'how many positions of the log are behind what it has acknowledged';
COMMENT ON COLUMN simplebank.consumers.lag_seconds IS 'for how long the first of these is there; 0: there is none';
COMMENT ON COLUMN simplebank.consumers.reader IS 'the process that has been given what is not acknowledged; NULL: none has';

CREATE FUNCTION simplebank.create_consumer(
	name text, kinds text[] DEFAULT NULL, from_position bigint DEFAULT NULL, role text DEFAULT NULL)
RETURNS simplebank.log_consumers
AS 'MODULE_PATHNAME', 'simplebank_create_consumer'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.create_consumer IS
'Makes a consumer of events, which read_events() gives to it. name: 1 to 255 bytes. kinds: of README''s table, or the first word of several (hold, account, day); NULL: all that its role may see, those of later versions too. from_position: the events behind this position of the log, 0 for all from the beginning; NULL: those from now on. role: whose it is, the caller''s own by default; only administrators give it to another. It shows what its role may see, in its role''s ledgers: to administrators and auditors all, to tellers all but how the bank is run (days, settlement cycles, findings). Customers and gateways have none. Answers its row. Errors: 22004, 22023 the name is taken or too long, an unknown kind, a position beyond the log''s end, or no such role; 42501 a role that has none, or a kind that is not for it; 25006.';

CREATE FUNCTION simplebank.read_events(
	consumer text, max_rows int DEFAULT 1000,
	OUT "position" bigint, OUT kind text, OUT id bigint, OUT occurred_at timestamptz, OUT effective_at timestamptz,
	OUT operation text, OUT reference text, OUT account_id bigint, OUT role text, OUT gateway text,
	OUT description text, OUT metadata jsonb, OUT ledger text, OUT event jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_read_events'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.read_events IS
'The next events of a consumer: those behind what it has acknowledged, in the order of their positions, and the same again until they are acknowledged by ack_events(). max_rows: 1 to 10000; fewer where there are no more, or they have 16 MB. id: of the transfer, of account_events or of notices; event: the whole of it, amounts as strings. Where the log has nothing more, it catches up first, which takes some milliseconds. No rows: nothing had been committed that was not acknowledged; or another session has been given what is not acknowledged, and still lives; or the next 100,000 positions were not for this consumer. A session that reads while another one does waits for the end of its transaction. Errors: 22004, 22023 max_rows, SB701 no such consumer for the caller, 42501 its role has lost its rights, SB502 or 53400 the log cannot be written on, 25006.';

CREATE FUNCTION simplebank.ack_events(consumer text, up_to bigint)
RETURNS simplebank.log_consumers
AS 'MODULE_PATHNAME', 'simplebank_ack_events'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.ack_events IS
'Says that a consumer has done with its events up to a position, which read_events() has given; any session of its role may say so. Once more the same is no error. Answers the consumer''s row. Errors: 22004, SB701 no such consumer for the caller, SB702 beyond what was read, 22023 below what was acknowledged before, 25006.';

CREATE FUNCTION simplebank.seek_consumer(consumer text, "position" bigint)
RETURNS simplebank.log_consumers
AS 'MODULE_PATHNAME', 'simplebank_seek_consumer'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.seek_consumer IS
'Has a consumer go on behind a position, back or forth, 0 for the beginning of the log; whoever was reading it reads no more. Answers the consumer''s row. Errors: 22004, SB701 no such consumer for the caller, 22023 below 0 or beyond the log''s end, 25006.';

CREATE FUNCTION simplebank.drop_consumer(consumer text)
RETURNS void
AS 'MODULE_PATHNAME', 'simplebank_drop_consumer'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.drop_consumer IS
'Drops a consumer; the log stays. Errors: 22004, SB701 no such consumer for the caller, 25006.';
