/*
 * report.c
 *	  The entry points of reports, whose bodies are in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(day_summary, SB_READS);
