/*
 * day.c
 *	  Closed days: what may no longer be posted into.
 *
 * A posting is effective when it is posted, or when its effective_at says.
 * A day is closed when it is over, so that what is posted now cannot be in it;
 * but a posting with an effective_at can, and one whose transaction has begun
 * before midnight may not have committed yet.
 *
 * Who closes days first waits for the transactions that have locked accounts
 * so far: they have read their time already.  Those that come later read a
 * later one.  Then it locks the table of closed days against postings with
 * an effective_at, which hold a weaker lock on it from before they look
 * until they commit.  So each of them has either committed before the closing
 * balances are read, or looks after the day has been closed.
 *
 * Until when days are closed each process remembers.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"

#include "calls/door.h"
#include "store/day.h"
#include "base/fault.h"
#include "store/plan.h"
#include "store/account.h"

static bool is_known = false;
static TimestampTz closed_until = DT_NOBEGIN;
static uint64 changes = 0;
static Oid days_table = InvalidOid;

static void learn(void);
static void forget(Datum argument, Oid table);
static void require_read_committed(void);

PG_FUNCTION_INFO_V1(simplebank_wait_for_postings);
PG_FUNCTION_INFO_V1(simplebank_lock_days);

/*
 * To be called before an effective_at is judged, and before accounts are
 * locked: who waits here keeps nobody waiting.
 */
void
sb_days_lock(void)
{
	LockRelationOid(sb_store_relation("closed_days"), RowShareLock);
	SB_FAULT_POINT(days_locked);
}

/*
 * The end of the last closed day; infinitely long ago where there is none.
 */
TimestampTz
sb_days_closed_until(void)
{
	if (unlikely(!is_known))
		learn();
	return closed_until;
}

/*
 * By the latest snapshot, whatever the transaction's isolation.
 */
static void
learn(void)
{
	static bool watching = false;
	uint64 changes_before = changes;
	int64 until = DT_NOBEGIN;

	if (!watching)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	watching = true;
	days_table = sb_store_relation("closed_days");
	PushActiveSnapshot(GetLatestSnapshot());
	sb_plan_run(PLAN_READ_CLOSED_UNTIL, NULL, NULL, sb_keep_int64, &until);
	PopActiveSnapshot();
	closed_until = until;
	is_known = changes == changes_before; /* else look again next time */
}

static void
forget(Datum argument, Oid table)
{
	if (table != InvalidOid && table != days_table)
		return;
	is_known = false;
	changes++;
}

/*
 * Ends when each transaction has ended that has posted something before, or
 * is about to.
 */
Datum
simplebank_wait_for_postings(PG_FUNCTION_ARGS)
{
	SbScope scope;
	LOCKTAG tag;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	require_read_committed();
	SET_LOCKTAG_RELATION(tag, MyDatabaseId, sb_store_relation("accounts"));
	/* postings have RowShareLock on it */
	WaitForLockers(tag, ExclusiveLock, false);
	SB_FAULT_POINT(postings_awaited);
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
	Oid table;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	require_read_committed();
	table = sb_store_relation("closed_days");
	LockRelationOid(table, ExclusiveLock);
	CacheInvalidateRelcacheByRelid(table);
	SB_FAULT_POINT(closing_locked);
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
