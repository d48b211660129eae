/*
 * calendar.c
 *	  The entry points of the calendar, whose bodies are in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(business_day, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
SB_BODY_IN_SQL(next_business_day, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
SB_BODY_IN_SQL(set_business_day, SB_WRITES);
