/*
 * openapi.c
 *	  The entry point of openapi, whose body is in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(openapi, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
