/*
 * Business time: which days the bank works.
 *
 * A business date is a date in simplebank.time_zone.  Saturdays and Sundays
 * are no business days, all others are; the table has the exceptions.
 *
 * A day begins where the one before has ended.  Where it ends is written down
 * when the one before does; so a change of the zone moves the ends of the days
 * to come, and neither that of the day that is on nor any that is past.
 */
CREATE TABLE simplebank.business_calendar (
	day date PRIMARY KEY CHECK (isfinite(day)),
	is_business_day boolean NOT NULL,
	description text
);
COMMENT ON TABLE simplebank.business_calendar IS
'Days that are otherwise than their weekday says: holidays, and weekend days on which the bank works. Written by set_business_day().';

CREATE FUNCTION simplebank_internal.business_day(day date)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce((SELECT c.is_business_day FROM simplebank.business_calendar c WHERE c.day = business_day.day),
					extract(isodow FROM business_day.day) < 6);
END;
COMMENT ON FUNCTION simplebank_internal.business_day IS 'Body of simplebank.business_day.';

CREATE FUNCTION simplebank.business_day(day date)
RETURNS boolean
AS 'MODULE_PATHNAME', 'simplebank_business_day'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.business_day IS
'Does the bank work on this day? Not on Saturdays, Sundays and holidays, unless business_calendar says otherwise; NULL for NULL.';

CREATE FUNCTION simplebank_internal.next_business_day(day date)
RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT day + n FROM generate_series(1, 366) n WHERE simplebank_internal.business_day(day + n) LIMIT 1;
END;
COMMENT ON FUNCTION simplebank_internal.next_business_day IS 'Body of simplebank.next_business_day.';

CREATE FUNCTION simplebank.next_business_day(day date)
RETURNS date
AS 'MODULE_PATHNAME', 'simplebank_next_business_day'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.next_business_day IS
'The first business day after this day; NULL for NULL, or where there is none within a year.';

CREATE FUNCTION simplebank_internal.set_business_day(day date, is_business_day boolean, description text)
RETURNS simplebank.business_calendar
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	set_day simplebank.business_calendar;
BEGIN
	INSERT INTO simplebank.business_calendar AS c (day, is_business_day, description)
	VALUES (day, is_business_day, description)
	ON CONFLICT ON CONSTRAINT business_calendar_pkey DO UPDATE
	SET is_business_day = excluded.is_business_day, description = excluded.description
	RETURNING c.* INTO set_day;
	PERFORM simplebank.audit('set_business_day', jsonb_build_object(
		'day', day, 'is_business_day', is_business_day, 'description', description));
	RETURN set_day;
END $$;
COMMENT ON FUNCTION simplebank_internal.set_business_day IS 'Body of simplebank.set_business_day.';

CREATE FUNCTION simplebank.set_business_day(day date, is_business_day boolean, description text DEFAULT NULL)
RETURNS simplebank.business_calendar
AS 'MODULE_PATHNAME', 'simplebank_set_business_day'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.set_business_day IS
'Makes a day a business day or a holiday, whatever its weekday; it does not move dates that jobs have done already. Answers its row of business_calendar. Errors: 22023 a description longer than simplebank.max_text, 23502 day or is_business_day is NULL, 23514 an infinite day.';

CREATE FUNCTION simplebank_internal.setting(name text)
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_setting'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.setting IS
'A setting of simplebank without its prefix, also in a session that has not loaded the library yet, as current_setting() could not. Errors: 22004, 42704.';

CREATE TABLE simplebank.day_ends (
	day date PRIMARY KEY CHECK (isfinite(day)),
	ends_at timestamptz NOT NULL,
	time_zone text NOT NULL
);
COMMENT ON TABLE simplebank.day_ends IS 'Where business days have ended, and where the one that is on will: for interest, closing, statements and summaries alike. Written by the jobs that end a day.';
COMMENT ON COLUMN simplebank.day_ends.ends_at IS 'midnight in time_zone, but not before the end of the day before';
COMMENT ON COLUMN simplebank.day_ends.time_zone IS 'simplebank.time_zone when the day before ended';

CREATE FUNCTION simplebank_internal.day_end(day date)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT coalesce(
		(SELECT e.ends_at FROM simplebank.day_ends e WHERE e.day = day_end.day),
		greatest(
			(SELECT least((day_end.day + 1)::timestamp AT TIME ZONE coalesce(l.time_zone, simplebank_internal.setting('time_zone')), l.ends_at)
			 /* a day before those that were written down is of their zone */
			 FROM (VALUES (1)) one LEFT JOIN (SELECT e.* FROM simplebank.day_ends e WHERE e.day > day_end.day ORDER BY e.day LIMIT 1) l ON true),
			(SELECT e.ends_at FROM simplebank.day_ends e WHERE e.day < day_end.day ORDER BY e.day DESC LIMIT 1)));
END;
COMMENT ON FUNCTION simplebank_internal.day_end IS 'Part of close_day() and others: the midnight that ends a day, in simplebank.time_zone, or as it was written down.';

/* Writes down where a day that is over has ended, and where the next one will. */
CREATE FUNCTION simplebank_internal.end_day(day date)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	FOR n IN 0..1 LOOP
		INSERT INTO simplebank.day_ends (day, ends_at, time_zone)
		SELECT end_day.day + n, simplebank_internal.day_end(end_day.day + n), simplebank_internal.setting('time_zone')
		WHERE isfinite(end_day.day)
		ON CONFLICT ON CONSTRAINT day_ends_pkey DO NOTHING;
	END LOOP;
END $$;
COMMENT ON FUNCTION simplebank_internal.end_day IS 'Part of the jobs that end a day.';

CREATE FUNCTION simplebank_internal.day_moment(day date, time_of_day time)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE WHEN time_of_day = '24:00' THEN simplebank_internal.day_end(day)
				ELSE least(greatest((day + time_of_day) AT TIME ZONE simplebank_internal.setting('time_zone'), simplebank_internal.day_end(day - 1)),
						   simplebank_internal.day_end(day)) END;
END;
COMMENT ON FUNCTION simplebank_internal.day_moment IS 'Part of due_date() and others: when it is this time of a day, which is within it, whatever its zone skips.';

CREATE FUNCTION simplebank_internal.day_of(at timestamptz)
RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT min(d.day)
	FROM (SELECT (at AT TIME ZONE simplebank_internal.setting('time_zone'))::date + n AS day FROM generate_series(-2, 2) n) d
	WHERE simplebank_internal.day_end(d.day) > at;
END;
COMMENT ON FUNCTION simplebank_internal.day_of IS 'Part of the job interest and others: the business date of a moment.';
