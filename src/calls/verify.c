/*
 * verify.c
 *	  The entry point of the proof, whose body is in SQL.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(verify, SB_READS | SB_ALL_LEDGERS);
