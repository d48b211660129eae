\set ECHO none
/*
 * Parts of the ledger's functions are entered by those alone.  For a test of
 * a part this runs a query as they do: past the door, as the owner; it answers
 * each row as text.  The entry point is one of the library's: whichever
 * function it is called for, it looks for the body of that name.
 */
CREATE FUNCTION simplebank_internal.inside(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT r::text FROM (%s) r', query);
END $$;
CREATE FUNCTION simplebank.inside(query text) RETURNS SETOF text AS '$libdir/simplebank', 'simplebank_settle' LANGUAGE c;
/* to go with it */
ALTER EXTENSION simplebank ADD FUNCTION simplebank_internal.inside(text);
ALTER EXTENSION simplebank ADD FUNCTION simplebank.inside(text);
\set ECHO all
