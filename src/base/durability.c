/*
 * durability.c
 *	  Commits that a caller cannot make less durable.
 *
 * An answer about money must survive a crash, and a failover to a
 * synchronous standby.  ForceSyncCommit() flushes the commit here whatever
 * synchronous_commit says, but whether a standby is waited for is read from
 * the setting when the transaction commits.  So right before that a lower
 * setting is raised to simplebank.durability.
 *
 * An answer that repeats an earlier one has nothing to commit, but is as much
 * of a promise.  If the first commit was not waited for, since its session was
 * ended, the standby may still be without it: so this transaction waits for
 * all that is written by then.  Those who wait stand in a queue in which no two
 * may have the same position of the WAL, so each writes a record of its own, a
 * message that nobody reads, and waits for that.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "replication/message.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "storage/proc.h"
#include "utils/guc.h"

#include "base/version.h"
#include "base/durability.h"
#include "base/setting.h"

/* The last transaction that wrote to the ledger. */
static LocalTransactionId durable = InvalidLocalTransactionId;

/* The last transaction that read what an earlier one had answered. */
static LocalTransactionId repeating = InvalidLocalTransactionId;

static void before_commit(XactEvent event, void *arg);
static bool standby_is_asked(void);
static void wait_for_standby(void);
static void raise_commit_level(void);
static bool waits_by_itself(void);

/*
 * Makes the commit of the current transaction durable.
 */
void
sb_make_durable(void)
{
	if (sb_durability == SYNCHRONOUS_COMMIT_OFF)
		return;
	ForceSyncCommit();
	durable = my_local_transaction_id();
}

/*
 * Makes durable what the current transaction repeats of an earlier one.
 */
void
sb_make_repeated_durable(void)
{
	if (sb_durability != SYNCHRONOUS_COMMIT_OFF && !RecoveryInProgress())
		repeating = my_local_transaction_id();
}

/*
 * Leaves that to whoever gives the answer.
 */
void
sb_leave_repeated(void)
{
	repeating = InvalidLocalTransactionId;
}

/*
 * For how many standbys a commit waits, and how many of those that may be
 * waited for are there now.  On fewer each commit waits for good.
 */
void
sb_synchronous_standbys(int *wanted, int *connected)
{
	SyncRepStandbyData *standbys;

	*wanted = SyncRepConfig && max_wal_senders > 0 ? SyncRepConfig->num_sync : 0;
	*connected = *wanted > 0 ? SyncRepGetCandidateStandbys(&standbys) : 0;
}

void
sb_register_durability(void)
{
	RegisterXactCallback(before_commit, NULL);
}

static void
before_commit(XactEvent event, void *arg)
{
	bool repeats;

	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE)
		return;
	repeats = repeating == my_local_transaction_id();
	if (repeats || durable == my_local_transaction_id())
		raise_commit_level();
	if (repeats && event == XACT_EVENT_PRE_COMMIT && !waits_by_itself() && standby_is_asked())
		wait_for_standby();
}

static bool
standby_is_asked(void)
{
	return SyncRepRequested() && SyncRepStandbyNames != NULL && SyncRepStandbyNames[0] != '\0';
}

/*
 * With a record written, who has a transaction id waits by itself for the
 * record of its commit.
 */
static void
wait_for_standby(void)
{
	XLogRecPtr position = log_logical_message("simplebank");

	if (waits_by_itself())
		return;
	XLogFlush(position);
	HOLD_INTERRUPTS();
	SyncRepWaitForLSN(position, true);
	RESUME_INTERRUPTS();
}

static void
raise_commit_level(void)
{
	if (synchronous_commit < sb_durability)
		(void) set_config_option("synchronous_commit",
								 sb_durability == SYNCHRONOUS_COMMIT_ON ? "on" : "remote_apply",
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/* As RecordTransactionCommit() will see it. */
static bool
waits_by_itself(void)
{
	return TransactionIdIsValid(GetTopTransactionIdIfAny()) && XactLastRecEnd != 0;
}
