CREATE FUNCTION simplebank.error_codes(
	OUT sqlstate text, OUT name text, OUT category text, OUT class text, OUT retryable boolean,
	OUT http_status int, OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_error_codes'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.error_codes IS
'The catalogue of errors: SQLSTATE, name (also in the error''s constraint-name field), category, class (whose fault it is: caller, business, conflict with what is there, server), whether a program may send the same call again by itself, and an HTTP status for services.';

CREATE FUNCTION simplebank_internal.refuse(sqlstate text, detail text, hint text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'simplebank_refuse'
LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.refuse IS
'Raises one of the errors of error_codes(), for functions of this schema that are not in C. Of 22004 and 22023 detail is the argument''s name, and hint of 22023 what it may be, which becomes the DETAIL. Errors: those, and 22023 for any other.';
