/*
 * Business time: which days the bank works.
 *
 * A business date is a date in simplebank.time_zone.  Saturdays and Sundays
 * are no business days, all others are; the table has the exceptions.
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
