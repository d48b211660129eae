/*
 * Consumers: who follows the log, and how far each has got.
 */
CREATE TABLE simplebank.consumers (
	name text COLLATE "C" PRIMARY KEY,
	role text COLLATE "C" NOT NULL,
	kinds text[] COLLATE "C",
	acknowledged bigint NOT NULL,
	read_up_to bigint NOT NULL,
	reader_pid int,
	reader_started timestamptz,
	read_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE simplebank.consumers IS 'Who follows the log. Written by create_consumer() and its like.';
COMMENT ON COLUMN simplebank.consumers.role IS 'whose consumer it is, and as whom it reads';
COMMENT ON COLUMN simplebank.consumers.kinds IS 'the kinds of events that it gets; NULL: all';
COMMENT ON COLUMN simplebank.consumers.acknowledged IS 'the position up to which all is done';
COMMENT ON COLUMN simplebank.consumers.read_up_to IS 'the position up to which events were given';
COMMENT ON COLUMN simplebank.consumers.reader_pid IS 'the session that has been given what is not acknowledged, with reader_started; NULL: none';
