/*
 * log.c
 *	  The log, for who reads it.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "fmgr.h"

#include "calls/door.h"
#include "teller/log.h"

PG_FUNCTION_INFO_V1(simplebank_catch_up_log);

/*
 * Returns when all that had been committed before has its position.
 */
Datum
simplebank_catch_up_log(PG_FUNCTION_ARGS)
{
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART | SB_ON_SUBSCRIBERS);
	sb_log_catch_up();
	sb_leave(&scope);
	PG_RETURN_VOID();
}
