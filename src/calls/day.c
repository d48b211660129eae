/*
 * day.c
 *	  The entry points of the end of a day, whose bodies are in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(close_day, SB_WRITES);
SB_BODY_IN_SQL(reopen_day, SB_WRITES);
