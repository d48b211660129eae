/*
 * enqueued.c
 *	  A teller's part in posting what enqueue_transfer() has enqueued: when it
 *	  looks for it, and the transaction around it.
 *
 * A commit wakes it (base/wake.h).  Besides it looks by itself: of a prepared
 * transaction nobody says that it has committed, and what could not be posted
 * is to be tried again.  What is posted, and in which order, is the matter of
 * simplebank_internal.serve_requests(), which it calls as anybody would.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "pgstat.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/wake.h"
#include "teller/enqueued.h"

/* After how many milliseconds it looks again: where nothing waits, */
#define IDLE_NAP 1000
/* where something is left, longer each time, */
#define FIRST_NAP 10
#define LONGEST_NAP 1000
/* and where it has failed. */
#define FIRST_FAILURE_NAP 1000
#define LONGEST_FAILURE_NAP 10000

bool sb_enqueued_is_serving = false;

typedef enum Outcome
{
	POSTED, /* a portion: there may be more */
	LEFT,	/* for later */
	NOTHING,
	FAILED
} Outcome;

static Outcome try_portion(void);
static Outcome post_portion(void);
static bool is_installed(void);
static Outcome call(void);

/*
 * Posts a portion, if it is time to look for one.  Returns in how many
 * milliseconds to call it again, if nothing happens before.
 */
long
sb_enqueued_serve(void)
{
	static TimestampTz next_look = DT_NOBEGIN;
	static Outcome outcome = NOTHING;
	static long nap = FIRST_NAP;
	TimestampTz now = GetCurrentTimestamp();
	long until_then = next_look == DT_NOBEGIN ? 0 : (long) ((next_look - now + 999) / 1000);
	Outcome before = outcome;

	/* a clock that was set back does not stop it */
	if (until_then > 0 && until_then <= LONGEST_FAILURE_NAP &&
		(outcome == FAILED || !sb_wake_take_news(SB_WAKE_REQUESTS)))
		return until_then;
	outcome = try_portion();
	if (outcome == POSTED)
		nap = 0;
	else if (outcome == NOTHING)
		nap = IDLE_NAP;
	else if (outcome == LEFT)
		nap = before == LEFT ? Min(2 * nap, LONGEST_NAP) : FIRST_NAP;
	else
		nap = before == FAILED ? Min(2 * nap, LONGEST_FAILURE_NAP) : FIRST_FAILURE_NAP;
	next_look = GetCurrentTimestamp() + nap * INT64CONST(1000);
	return nap;
}

/*
 * What fails is in the server's log; all of it still waits.
 */
static Outcome
try_portion(void)
{
	MemoryContext context = CurrentMemoryContext;
	volatile Outcome outcome = FAILED;

	pgstat_report_activity(STATE_RUNNING, "simplebank: posting what was enqueued");
	PG_TRY();
	{
		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		outcome = post_portion();
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		outcome = FAILED;
		EmitErrorReport();
		MemoryContextSwitchTo(context);
		AbortCurrentTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return outcome;
}

static Outcome
post_portion(void)
{
	Outcome outcome = NOTHING;

	PushActiveSnapshot(GetTransactionSnapshot());
	if (is_installed())
	{
		SPI_connect();
		outcome = call();
		SPI_finish();
	}
	PopActiveSnapshot();
	return outcome;
}

/* An older version of the SQL objects has no requests. */
static bool
is_installed(void)
{
	List *name = list_make2(makeString("simplebank_internal"), makeString("serve_requests"));

	return OidIsValid(get_extension_oid("simplebank", true)) &&
		OidIsValid(LookupFuncName(name, 0, NULL, true));
}

static Outcome
call(void)
{
	Datum is_posted;
	bool isnull;

	sb_enqueued_is_serving = true;
	if (SPI_execute("SELECT simplebank_internal.serve_requests()", false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "what was enqueued could not be posted");
	is_posted = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (isnull)
		return NOTHING;
	return DatumGetBool(is_posted) ? POSTED : LEFT;
}
