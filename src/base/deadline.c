/*
 * deadline.c
 *	  A time by which a transaction must have ended.
 *
 * What a customer has locked that everybody needs it may keep for a moment
 * only: not over a pause between two statements, and not by a statement that
 * goes on and on.  The first is told before anything is locked.  The second
 * cannot be told, so a timer of this process ends the session, as
 * pg_terminate_backend() does; it is none of the time-outs that a caller can
 * set.  Who has written anything at all has more time, but not for ever: the
 * end of the day waits for it.
 *
 * From the commit on it does not tick: who is ended while it waits for a
 * standby does not know what has come of it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "base/deadline.h"

static TimeoutId deadline = MAX_TIMEOUTS; /* until it is registered */
static const char *setting;				  /* whose time it is */
static volatile sig_atomic_t has_passed = false;

static void pass(void);
static void end_transaction(XactEvent event, void *arg);

/*
 * Can the client let time pass before the transaction ends?  The first
 * statement of a pipeline does not know that it is one.
 */
bool
sb_in_block(void)
{
	return IsTransactionBlock() || (MyXactFlags & XACT_FLAGS_PIPELINING) != 0;
}

/*
 * For the transaction in progress, by a setting of this name.  Of several the
 * earliest stands.
 */
void
sb_set_deadline(const char *name, int milliseconds)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);

	if (deadline == MAX_TIMEOUTS)
	{
		RegisterXactCallback(end_transaction, NULL);
		deadline = RegisterTimeout(USER_TIMEOUT, pass);
	}
	if (get_timeout_active(deadline) && get_timeout_finish_time(deadline) <= end)
		return;
	setting = name;
	enable_timeout_after(deadline, milliseconds);
}

static void
pass(void)
{
	has_passed = true;
	InterruptPending = true;
	ProcDiePending = true;
	SetLatch(MyLatch);
}

static void
end_transaction(XactEvent event, void *arg)
{
	bool was_set = get_timeout_active(deadline);

	disable_timeout(deadline, false);
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		CHECK_FOR_INTERRUPTS();
	if (event == XACT_EVENT_PRE_PREPARE && was_set)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot prepare a transaction in which a customer has written"),
				 errdetail("It would keep its locks for as long as the customer likes.")));
	if (event == XACT_EVENT_ABORT && has_passed)
	{
		has_passed = false;
		/* it has been told that it ends, and not why */
		for (int i = 0; i < 2; i++)
			ereport(
				i == 0 ? LOG : WARNING_CLIENT_ONLY,
				(errmsg("ended the session of a customer whose locks were kept for longer than %s",
						setting)));
	}
}
