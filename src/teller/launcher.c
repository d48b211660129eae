/*
 * launcher.c
 *	  Starts the ledger's background workers, and what they have in common.
 *
 * The launcher is in no database, so that a worker whose database is gone
 * stays away.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "base/setting.h"
#include "base/wake.h"
#include "teller/launcher.h"
#include "teller/queue.h"

/* How often it looks whether a worker is missing; in milliseconds. */
#define LAUNCHER_NAP 1000

PGDLLEXPORT void simplebank_launcher_main(Datum argument);

static void start_missing(BackgroundWorkerHandle **handles);
static bool has_database(void);
static bool start_worker(int number, BackgroundWorkerHandle **handle);

/*
 * At the server's start.
 */
void
sb_launcher_register(void)
{
	BackgroundWorker worker =
		sb_worker_describe("simplebank launcher", "simplebank_launcher_main", 1);

	if (!IsBinaryUpgrade)
		RegisterBackgroundWorker(&worker);
}

/*
 * The first thing that a process of ours does.
 */
void
sb_worker_start(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

/*
 * What the server is told of a process of ours.
 */
BackgroundWorker
sb_worker_describe(const char *type, const char *function, int restart_time)
{
	BackgroundWorker worker = {.bgw_flags =
								   BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
							   .bgw_start_time = BgWorkerStart_RecoveryFinished,
							   .bgw_restart_time = restart_time};

	strlcpy(worker.bgw_name, type, BGW_MAXLEN);
	strlcpy(worker.bgw_type, type, BGW_MAXLEN);
	strlcpy(worker.bgw_library_name, "simplebank", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, function, BGW_MAXLEN);
	return worker;
}

void
simplebank_launcher_main(Datum argument)
{
	BackgroundWorkerHandle *handles[SB_MAX_TELLERS + 1] = {NULL};

	pqsignal(SIGINT, SIG_IGN);
	sb_worker_start();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	for (;;)
	{
		start_missing(handles);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LAUNCHER_NAP,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		sb_worker_handle_signals();
	}
}

/*
 * To be called whenever a process of ours has nothing in hand.
 */
void
sb_worker_handle_signals(void)
{
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

static void
start_missing(BackgroundWorkerHandle **handles)
{
	static bool had_database = true;
	pid_t pid;

	for (int i = 0; i <= sb_tellers; i++)
	{
		/* it may be that of a launcher before this one */
		if ((i == 0 ? sb_wake_has_process(SB_WAKE_LOG) : sb_queue_has_owner(i - 1)) ||
			(handles[i] && GetBackgroundWorkerPid(handles[i], &pid) != BGWH_STOPPED))
			continue;
		if (!has_database())
		{
			if (had_database)
				ereport(LOG,
						(errmsg("simplebank has no workers: database \"%s\" does not exist",
								sb_database)));
			had_database = false;
			return;
		}
		had_database = true;
		if (!start_worker(i, &handles[i]))
			return;
	}
}

/*
 * By a scan of the whole table: after a crash its indexes are unknown to a
 * process without a database until one with a database has looked them up.
 */
static bool
has_database(void)
{
	Relation databases;
	SysScanDesc scan;
	ScanKeyData key;
	bool exists;

	StartTransactionCommand();
	ScanKeyInit(&key, Anum_pg_database_datname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(sb_database));
	databases = table_open(DatabaseRelationId, AccessShareLock);
	scan = systable_beginscan(databases, InvalidOid, false, NULL, 1, &key);
	exists = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(databases, AccessShareLock);
	CommitTransactionCommand();
	return exists;
}

/* The log worker is number 0, tellers come after. */
static bool
start_worker(int number, BackgroundWorkerHandle **handle)
{
	static bool complained = false;
	BackgroundWorker worker = number == 0
		? sb_worker_describe("simplebank log worker", "simplebank_log_main", BGW_NEVER_RESTART)
		: sb_worker_describe("simplebank teller", "simplebank_teller_main", BGW_NEVER_RESTART);
	MemoryContext context = MemoryContextSwitchTo(TopMemoryContext);
	bool started;

	if (number > 0)
	{
		snprintf(worker.bgw_name, BGW_MAXLEN, "simplebank teller %d", number);
		worker.bgw_main_arg = Int32GetDatum(number - 1);
	}
	if (*handle)
		pfree(*handle);
	*handle = NULL;
	started = RegisterDynamicBackgroundWorker(&worker, handle);
	MemoryContextSwitchTo(context);
	if (!started && !complained)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("%s cannot be started", worker.bgw_name),
				 errhint("You might need to increase max_worker_processes.")));
	complained = !started;
	return started;
}

/*
 * What the server's settings say of sessions is not for our processes.
 */
void
sb_worker_be_steady(void)
{
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
}
