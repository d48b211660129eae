/*
 * log.c
 *	  The log worker, and who waits for it.
 *
 * A position must have been committed before anybody gets it: one that was
 * given by a transaction which is then rolled back would be given again, to
 * something else.  So a process of its own gives them.  The launcher keeps one
 * for the database simplebank.database, which is woken by commits as long as
 * the log has readers; anywhere else who needs it starts one, which ends when
 * it has done that.
 *
 * A pass is a transaction.  An error ends the process: the launcher starts
 * another one, and who waits is told.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/durability.h"
#include "base/error.h"
#include "base/setting.h"
#include "base/wake.h"
#include "store/lock.h"
#include "store/log.h"
#include "store/owner.h"
#include "teller/log.h"
#include "teller/launcher.h"

/* Between two passes that somebody reads; what is committed meanwhile makes one segment.  In milliseconds. */
#define SHORTEST_PAUSE 20

/* After so long it is looked without having been woken: nobody says that a prepared transaction is committed. */
#define LONGEST_PAUSE 1000

/* Without a reader it is looked as often whether there is one, who may have come with a restored dump. */
#define LONGEST_NAP 10000

/* Who waits for us may have locked what we need.  In milliseconds. */
#define LONGEST_LOCK_WAIT "2000"

PGDLLEXPORT void simplebank_log_main(Datum argument);
PGDLLEXPORT void simplebank_log_once_main(Datum argument);

static bool pass(bool is_asked);
static void be_ready(void);
static void wait_for_locks(const char *time);
static void take_turn(void);
static bool run_once(void);

/*
 * In the ledger's database, for as long as the server runs.
 */
void
simplebank_log_main(Datum argument)
{
	sb_worker_start();
	BackgroundWorkerInitializeConnection(sb_database, NULL, 0);
	be_ready();
	if (!sb_wake_attach(SB_WAKE_LOG))
		proc_exit(0);
	for (;;)
	{
		uint64 asked;
		bool is_asked;
		bool is_read;

		ResetLatch(MyLatch);
		sb_worker_handle_signals();
		is_asked = sb_wake_is_asked(SB_WAKE_LOG, &asked);
		is_read = pass(is_asked);
		sb_wake_answer(SB_WAKE_LOG, asked);
		sb_wake_want(SB_WAKE_LOG, is_read);
		pgstat_report_activity(STATE_IDLE, NULL);
		(void) pgstat_report_stat(false);
		if (is_read && !sb_wake_is_asked(SB_WAKE_LOG, &asked))
			(void) WaitLatch(NULL, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, SHORTEST_PAUSE,
							 PG_WAIT_EXTENSION);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 is_read ? LONGEST_PAUSE : LONGEST_NAP, PG_WAIT_EXTENSION);
	}
}

/*
 * In any database, for somebody who waits for it, and is gone if there is no
 * segment any more.
 */
void
simplebank_log_once_main(Datum argument)
{
	dsm_handle handle;
	dsm_segment *segment;

	sb_worker_start();
	memcpy(&handle, MyBgworkerEntry->bgw_extra, sizeof(handle));
	segment = dsm_attach(handle);
	if (segment == NULL)
		proc_exit(0);
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(argument), InvalidOid, 0);
	be_ready();
	(void) pass(true);
	*(bool *) dsm_segment_address(segment) = true;
	proc_exit(0);
}

static void
be_ready(void)
{
	sb_worker_be_steady();
	wait_for_locks(LONGEST_LOCK_WAIT);
}

static void
wait_for_locks(const char *time)
{
	SetConfigOption("lock_timeout", time, PGC_SUSET, PGC_S_OVERRIDE);
}

/*
 * One worker at a time; the one before may have a lot to do.
 */
static void
take_turn(void)
{
	wait_for_locks("0");
	sb_lock_job("log", true);
	wait_for_locks(LONGEST_LOCK_WAIT);
}

/*
 * Gives positions, if somebody asks for it or reads them; answers whether
 * somebody reads.
 */
static bool
pass(bool is_asked)
{
	bool is_read = false;

	SetCurrentStatementStartTimestamp();
	pgstat_report_activity(STATE_RUNNING, "simplebank: giving positions in the log");
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	/* of another version it waits for the update, or the restart; nobody can ask it */
	if (OidIsValid(get_extension_oid("simplebank", true)) && sb_version_fits())
	{
		SbSelf self;

		sb_make_durable();
		sb_become_owner(&self, false);
		SPI_connect();
		is_read = sb_log_is_read();
		if (is_asked || is_read)
		{
			SbLogEnds ends;

			take_turn();
			sb_log_read_sources(&ends);
			if (ends.has_gaps || !sb_log_has(&ends))
				sb_log_extend();
		}
		SPI_finish();
		sb_become_self(&self);
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
	return is_read;
}

/*
 * Returns when all that had been committed before has its position.  Raises
 * where no process can give it.  SPI is open.
 */
void
sb_log_catch_up(void)
{
	SbLogEnds ends;

	sb_log_read_sources(&ends);
	if (!ends.has_gaps && sb_log_has(&ends))
		return;
	if (!sb_wake_ask(SB_WAKE_LOG) && !run_once())
		sb_raise_as(SB_TELLERS_UNAVAILABLE, "The log worker has failed; the server's log says why.",
					NULL);
}

/* False where it has failed. */
static bool
run_once(void)
{
	BackgroundWorker worker =
		sb_worker_describe("simplebank log worker", "simplebank_log_once_main", BGW_NEVER_RESTART);
	BackgroundWorkerHandle *process;
	dsm_segment *segment = dsm_create(sizeof(bool), 0);
	dsm_handle handle = dsm_segment_handle(segment);
	bool *is_done = dsm_segment_address(segment);
	bool has_succeeded;

	*is_done = false;
	worker.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId);
	worker.bgw_notify_pid = MyProcPid;
	memcpy(worker.bgw_extra, &handle, sizeof(handle));
	if (!RegisterDynamicBackgroundWorker(&worker, &process))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("simplebank cannot start a log worker"),
				 errhint("You might need to increase max_worker_processes.")));
	if (WaitForBackgroundWorkerShutdown(process) == BGWH_POSTMASTER_DIED)
		proc_exit(1);
	has_succeeded = *is_done;
	dsm_detach(segment);
	pfree(process);
	return has_succeeded;
}
