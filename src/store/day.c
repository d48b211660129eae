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
 * Days are closed ledger by ledger.  Each process remembers until when any is
 * closed, which is enough to know that a day is open, and until when that one
 * is of which it was asked last.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/fault.h"
#include "store/account.h"
#include "store/day.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan read_last_end = {
	"read_last_end",
	"SELECT ends_at FROM simplebank.closed_days ORDER BY ends_at DESC LIMIT 1",
	SPI_OK_SELECT, .read_only = true, .nargs = 0
};
static SbPlan read_closed_until = {
	"read_closed_until",
	"SELECT ends_at FROM simplebank.closed_days WHERE ledger_id" EQ "$1 ORDER BY ends_at DESC LIMIT 1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT4OID}
};
/* The last closed day of its ledger that was over at $2, and what the account had then. */
static SbPlan read_closed_balance = {
	"read_closed_balance",
	"SELECT d.ends_at, coalesce(b.balance, 0), coalesce(b.value_balance, 0)"
	" FROM (SELECT day, ends_at FROM simplebank.closed_days"
	"  WHERE ledger_id" EQ "(SELECT ledger_id FROM simplebank.accounts WHERE id" EQ "$1)"
	"  AND ends_at" LE "$2 AND closed_at IS NOT NULL ORDER BY ends_at DESC, day DESC LIMIT 1) d"
	" LEFT JOIN LATERAL (SELECT balance, value_balance FROM simplebank.day_balances b"
	"  WHERE b.account_id" EQ "$1 AND b.day" LE "d.day ORDER BY b.day DESC LIMIT 1) b ON true",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, TIMESTAMPTZOID}
};
/*
 * The balance effective by $3, from $4: the one effective when the closed
 * day ended at $2, and what was posted since.
 */
static SbPlan sum_displaced_since = {
	"sum_displaced_since",
	"SELECT coalesce(pg_catalog.sum(x.amount), 0)" PLUS "$4 FROM"
	" (SELECT amount::pg_catalog.numeric FROM simplebank.entries"
	"  WHERE account_id" EQ "$1 AND effective_at" GE "$2 AND effective_at" LE "$3"
	"  UNION ALL"
	"  SELECT " MINUS "amount::pg_catalog.numeric FROM simplebank.entries"
	"  WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
	"  AND posted_at" GE "$2 AND posted_at" LE "$3) x",
	SPI_OK_SELECT, .read_only = true, .nargs = 4, .types = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, NUMERICOID}
};
/* clang-format on */

/* Valid: nothing has been closed or reopened since then. */
static bool is_known = false;
static TimestampTz last_end = DT_NOBEGIN;
static int32 known_ledger = 0; /* 0: none */
static TimestampTz known_until = DT_NOBEGIN;
static uint64 changes = 0;
static Oid days_table = InvalidOid;

static TimestampTz look(SbPlan *plan, Datum *values);
static void forget(Datum argument, Oid table);
static void keep_closed_balance(TupleTableSlot *slot, void *state);

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
 * To be called before ids are taken: from here on who ends a day waits for
 * this transaction, though it may not have locked an account yet.  So what
 * has not been committed by then has higher ids than what had been before.
 */
void
sb_days_announce_posting(void)
{
	LockRelationOid(sb_store_relation("accounts"), RowShareLock);
}

/*
 * The end of the last closed day of any ledger, infinitely long ago where there
 * is none: then it has been so late already.
 */
TimestampTz
sb_days_last_end(void)
{
	uint64 changes_before;

	if (likely(is_known))
		return last_end;
	changes_before = changes;
	last_end = look(&read_last_end, NULL);
	is_known = changes == changes_before; /* else look again next time */
	return last_end;
}

/*
 * The end of the last closed day of a ledger.
 */
TimestampTz
sb_days_closed_until(int32 ledger_id)
{
	uint64 changes_before;
	Datum value = Int32GetDatum(ledger_id);

	if (known_ledger == ledger_id)
		return known_until;
	changes_before = changes;
	known_until = look(&read_closed_until, &value);
	known_ledger = changes == changes_before ? ledger_id : 0;
	return known_until;
}

/*
 * By the latest snapshot, whatever the transaction's isolation.
 */
static TimestampTz
look(SbPlan *plan, Datum *values)
{
	static bool watching = false;
	int64 until = DT_NOBEGIN;

	if (!watching)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	watching = true;
	days_table = sb_store_relation("closed_days");
	PushActiveSnapshot(GetLatestSnapshot());
	sb_plan_run(plan, values, NULL, sb_keep_int64, &until);
	PopActiveSnapshot();
	return until;
}

static void
forget(Datum argument, Oid table)
{
	if (table != InvalidOid && table != days_table)
		return;
	is_known = false;
	known_ledger = 0;
	changes++;
}

/*
 * Waits until each transaction has ended that has posted something before, or
 * is about to.
 */
void
sb_days_await_postings(void)
{
	LOCKTAG tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, sb_store_relation("accounts"));
	/* postings have RowShareLock on it */
	WaitForLockers(tag, ExclusiveLock, false);
	SB_FAULT_POINT(postings_awaited);
}

/*
 * Keeps out postings with an effective_at until the transaction ends, and
 * has all processes look again after it.
 */
void
sb_days_lock_for_closing(void)
{
	Oid table = sb_store_relation("closed_days");

	LockRelationOid(table, ExclusiveLock);
	CacheInvalidateRelcacheByRelid(table);
	SB_FAULT_POINT(closing_locked);
}

/*
 * What an account had, by both bases, at the end of the last day that is
 * closed and was over at this moment; false where there is none.
 */
bool
sb_store_read_closed_balance(int64 account_id, TimestampTz at, SbClosedBalance *closed)
{
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(at)};

	return sb_plan_run(&read_closed_balance, values, NULL, keep_closed_balance, closed) > 0;
}

/*
 * The balance by effective time, from the one by posted time and from both at
 * the end of a closed day.  Only entries with an effective_at of their own
 * count that have one of their times since then.
 */
Numeric
sb_add_since(int64 account_id, const SbClosedBalance *closed, TimestampTz at, int64 balance)
{
	Numeric value = numeric_add_opt_error(
		closed->value_balance,
		numeric_sub_opt_error(int64_to_numeric(balance), int64_to_numeric(closed->balance), NULL),
		NULL);
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(closed->ends_at),
					  TimestampTzGetDatum(at), NumericGetDatum(value)};

	sb_plan_run(&sum_displaced_since, values, NULL, sb_keep_numeric, &value);
	return value;
}

static void
keep_closed_balance(TupleTableSlot *slot, void *state)
{
	const Datum *values = slot->tts_values;

	*(SbClosedBalance *) state = (SbClosedBalance){.ends_at = DatumGetTimestampTz(values[0]),
												   .balance = DatumGetInt64(values[1]),
												   .value_balance = DatumGetNumericCopy(values[2])};
}
