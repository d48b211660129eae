/*
 * Logical replication: which tables a publication takes, and what they look
 * like to a database that does not have the extension.
 *
 * Not all tables: the rows that the install script writes are on both sides,
 * and what belongs to a server stays with it.
 */
CREATE VIEW simplebank.published_tables AS
	SELECT c.relname::text AS name,
		   CASE c.relname WHEN 'currencies' THEN '(NOT is_builtin)' WHEN 'ledgers' THEN '(id <> 1)' END AS condition,
		   format('CREATE TABLE simplebank.%I (%s, PRIMARY KEY (%s))', c.relname,
			   (SELECT string_agg(format('%I %s', a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), a.atttypmod))
								  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY a.attnum)
				FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
				WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
			   (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n)
				FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, n), pg_attribute a
				WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum)) AS definition
	FROM pg_class c
	WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind = 'r'
	  AND c.relname NOT IN ('jobs', 'erased_pages', 'search_indexes', 'log_consumers');
COMMENT ON VIEW simplebank.published_tables IS
'The tables that a publication of the ledger takes, the rows of each (NULL: all), and a statement that makes the table in a database without the extension.';
