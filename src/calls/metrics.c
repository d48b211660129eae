/*
 * metrics.c
 *	  The entry point of metrics(), whose body is in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(metrics, SB_READS);
