/*
 * interest.c
 *	  The entry points of interest, whose bodies are in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(set_interest, SB_WRITES);
SB_BODY_IN_SQL(interest_preview, SB_READS | SB_FOR_CUSTOMERS);
SB_BODY_IN_SQL(post_interest, SB_WRITES);
