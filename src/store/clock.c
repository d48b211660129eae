/*
 * clock.c
 *	  Whether the clock can be believed.
 *
 * A posting that a clock ahead of time has dated stays so: no later one of its
 * account may be earlier.  So whatever writes asks here for the time.  What to
 * compare the clock with is decided by judge_clock() in SQL, once for a
 * process, and again each time that the clock has jumped; in between two
 * clocks are read, and nothing else.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/setting.h"
#include "store/clock.h"
#include "store/plan.h"

/* clang-format off */
static SbPlan judge_clock = {
	"judge_clock", "SELECT j.reference, j.trouble FROM simplebank_internal.judge_clock() j",
	SPI_OK_SELECT, .read_only = true, .nargs = 0
};
/* clang-format on */

typedef struct Judgement
{
	TimestampTz reference;
	char *trouble;
} Judgement;

/* When the machine was booted, by the clock that is believed. */
static bool is_known = false;
static TimestampTz reference;

/* The transaction that judged has written: maybe the acceptance that it saw. */
static bool is_provisional = false;

static void judge(void);
static void end_transaction(XactEvent event, void *arg);
static void end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
						  void *arg);
static void keep_judgement(TupleTableSlot *slot, void *state);

/*
 * Now; raises SB902 where the clock is ahead.  The ledger's owner runs.
 */
TimestampTz
sb_clock_time(void)
{
	SbClock clock = sb_clock_read();

	if (unlikely(!is_known) ||
		clock.booted_at - reference > (int64) sb_max_clock_jump * USECS_PER_MINUTE)
		judge();
	return clock.now;
}

/*
 * By the latest snapshot, whatever the transaction's isolation: an
 * administrator may have accepted the clock meanwhile.
 */
static void
judge(void)
{
	static bool has_callbacks = false;
	Judgement judgement = {0};

	if (!has_callbacks)
	{
		RegisterXactCallback(end_transaction, NULL);
		RegisterSubXactCallback(end_savepoint, NULL);
		has_callbacks = true;
	}
	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	if (sb_plan_run(&judge_clock, NULL, NULL, keep_judgement, &judgement) != 1)
		elog(ERROR, "the clock was not judged");
	PopActiveSnapshot();
	if (judgement.trouble)
		sb_raise_as(SB_CLOCK_UNSTEADY, judgement.trouble,
					"Have the clock set right, or an administrator accept it by "
					"simplebank.accept_clock().");
	SPI_finish();
	reference = judgement.reference;
	is_known = true;
	is_provisional = TransactionIdIsValid(GetTopTransactionIdIfAny());
}

/*
 * An acceptance that is taken back has never been, and one that is prepared is
 * not there yet.
 */
static void
end_transaction(XactEvent event, void *arg)
{
	if (is_provisional && (event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE))
		is_known = false;
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE || event == XACT_EVENT_COMMIT)
		is_provisional = false;
}

static void
end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	if (is_provisional && event == SUBXACT_EVENT_ABORT_SUB)
		is_known = false;
}

static void
keep_judgement(TupleTableSlot *slot, void *state)
{
	Judgement *judgement = state;

	judgement->reference = DatumGetTimestampTz(slot->tts_values[0]);
	if (!slot->tts_isnull[1])
		judgement->trouble = TextDatumGetCString(slot->tts_values[1]);
}
