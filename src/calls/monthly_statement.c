/*
 * monthly_statement.c
 *	  The entry point of monthly statements, whose body is in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(render_statement, SB_READS | SB_FOR_CUSTOMERS);
