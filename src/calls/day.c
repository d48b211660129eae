/*
 * day.c
 *	  The end of a day: entry points whose bodies are in SQL, and parts that are
 *	  not.
 */
#include "postgres.h"

#include "access/xact.h"

#include "calls/door.h"
#include "store/day.h"

static void require_read_committed(void);

PG_FUNCTION_INFO_V1(simplebank_wait_for_postings);
PG_FUNCTION_INFO_V1(simplebank_lock_days);

SB_BODY_IN_SQL(close_day, SB_WRITES);
SB_BODY_IN_SQL(reopen_day, SB_WRITES);

/*
 * Ends when each transaction has ended that has posted something before, or
 * is about to.
 */
Datum
simplebank_wait_for_postings(PG_FUNCTION_ARGS)
{
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	require_read_committed();
	sb_days_await_postings();
	sb_leave(&scope);
	PG_RETURN_VOID();
}

/*
 * Keeps out postings with an effective_at until the transaction ends, and
 * has all processes look again after it.
 */
Datum
simplebank_lock_days(PG_FUNCTION_ARGS)
{
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	require_read_committed();
	sb_days_lock_for_closing();
	sb_leave(&scope);
	PG_RETURN_VOID();
}

/* Who has waited must see what the others have done. */
static void
require_read_committed(void)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("days are ended by transactions of isolation level READ COMMITTED only")));
}
