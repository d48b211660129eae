/*
 * sql.h
 *	  Operators and phrases for the texts of plans.
 *
 * Operators are qualified: a plan is parsed again under the caller's
 * search_path.
 */
#ifndef SB_STORE_SQL_H
#define SB_STORE_SQL_H

#define EQ " OPERATOR(pg_catalog.=) "
#define NE " OPERATOR(pg_catalog.<>) "
#define GT " OPERATOR(pg_catalog.>) "
#define GE " OPERATOR(pg_catalog.>=) "
#define LT " OPERATOR(pg_catalog.<) "
#define LE " OPERATOR(pg_catalog.<=) "
#define PLUS " OPERATOR(pg_catalog.+) "
#define MINUS " OPERATOR(pg_catalog.-) "

/* In a select list: rows side by side, each array read once, kept nowhere; a NULL array gives NULLs. */
#define UNNEST(array) "pg_catalog.unnest(" array ")"

/* The account that a row is of; SB_MAX_STRIPES is in it, as stripe.c asserts. */
#define ACCOUNT_OF(row) \
	"CASE WHEN " row LT "0 THEN (" MINUS row ") OPERATOR(pg_catalog./) 256 ELSE " row " END"

/* Is this row but a part of an account?  Then its balance is not the account's. */
#define IS_PART(row)                                                                               \
	"(coalesce(" row LT "0, false) OR EXISTS (SELECT FROM simplebank.accounts s WHERE s.id" EQ row \
	" AND s.stripes IS NOT NULL))"

#endif /* SB_STORE_SQL_H */
