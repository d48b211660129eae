/*
 * health.c
 *	  The entry point of health(), whose body is in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(health, SB_READS);
