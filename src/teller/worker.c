/*
 * worker.c
 *	  Tellers: background workers that post for many callers at once.
 *
 * A teller takes what waits in the queue, posts it in one transaction of its
 * own, commits, and answers.  A refusal is an answer like any other.  What it
 * cannot do, it hands back to its callers, each of which then does its own
 * transfer by itself: after an error all of what was in the transaction, so
 * that who has caused it gets it, and nobody else does.
 *
 * A lock that somebody else holds must not stop the others.  So a teller
 * waits for locks only shortly, and then takes what is free; whoever needs
 * what is not, waits for it by himself.  Keys, which cannot be skipped, are
 * left out of the second try.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/durability.h"
#include "base/fault.h"
#include "base/setting.h"
#include "base/wake.h"
#include "engine/post.h"
#include "teller/enqueued.h"
#include "teller/queue.h"
#include "base/counter.h"
#include "store/account.h"
#include "store/owner.h"
#include "store/stripe.h"
#include "teller/launcher.h"

/* For how long a teller waits for a lock; in milliseconds. */
#define LONGEST_LOCK_WAIT "10"

/* What a teller works on. */
typedef struct Batch
{
	int *places;
	int count;
	TransactionId transaction; /* in which it was posted */
} Batch;

/* How a try to post a batch has ended. */
typedef enum Outcome
{
	POSTED,
	LOCKED_OUT, /* something is locked */
	FAILED
} Outcome;

static int number; /* of this teller */
static Batch batch;

PGDLLEXPORT void simplebank_teller_main(Datum argument);

static void handle_cancel(SIGNAL_ARGS);
static void serve(void);
static Outcome try_batch(bool only_free);
static void post_batch(bool only_free);
static void set_locked_aside(SbPosting *postings);
static bool is_locked(int64 row_id, const SbAccount *accounts, int naccounts);
static void set_claims_aside(void);
static void finish(bool is_safe);
static void hand_back_all(void);
static void close_teller(int code, Datum argument);
static bool was_committed(void);

void
simplebank_teller_main(Datum argument)
{
	bool serves_requests;

	number = DatumGetInt32(argument);
	pqsignal(SIGINT, handle_cancel);
	sb_worker_start();
	BackgroundWorkerInitializeConnection(sb_database, NULL, 0);
	sb_worker_be_steady();
	SetConfigOption("lock_timeout", LONGEST_LOCK_WAIT, PGC_SUSET, PGC_S_OVERRIDE);

	batch.places = MemoryContextAlloc(TopMemoryContext, sizeof(int) * sb_queue_size);
	before_shmem_exit(close_teller, (Datum) 0);
	/* two launchers, one after the other, can have started one each */
	if (!sb_queue_open(number))
		proc_exit(0);
	/* one of the tellers posts what was enqueued, besides */
	serves_requests = sb_wake_attach(SB_WAKE_REQUESTS);
	for (;;)
	{
		long nap = -1; /* until something happens */
		int taken;

		sb_worker_handle_signals();
		taken = sb_queue_take(number, batch.places, Min(sb_max_teller_batch, sb_queue_size));
		batch.count = taken;
		if (taken > 0)
			serve();
		if (serves_requests)
			nap = sb_enqueued_serve();
		if (taken > 0 || nap == 0)
			continue;
		pgstat_report_activity(STATE_IDLE, NULL);
		(void) pgstat_report_stat(false);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (nap > 0 ? WL_TIMEOUT : 0),
						 nap, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/*
 * A lock timeout comes as a cancel.  Another cancel is ignored: it would end a
 * wait for a standby, and so make the transfers of others less safe.
 */
static void
handle_cancel(SIGNAL_ARGS)
{
	int saved_errno = errno;

	if (get_timeout_indicator(LOCK_TIMEOUT, false))
		InterruptPending = QueryCancelPending = true;
	SetLatch(MyLatch);
	errno = saved_errno;
}

static void
serve(void)
{
	Outcome outcome;

	pgstat_report_activity(STATE_RUNNING, "simplebank: posting for callers");
	SB_FAULT_POINT(batch_taken);
	outcome = try_batch(false);
	if (outcome == LOCKED_OUT)
	{
		set_claims_aside();
		outcome = try_batch(true);
	}
	if (outcome == POSTED && batch.count > 0)
	{
		sb_count_now(SB_COUNT_TELLER_TRANSACTIONS, 1);
		sb_count_now(SB_COUNT_TELLER_ITEMS, batch.count);
	}
	SB_FAULT_POINT(batch_committed);
	/* whoever ends a teller ends its wait for a standby */
	if (outcome == POSTED)
		finish(!ProcDiePending);
	else
		hand_back_all();
	SB_FAULT_POINT(batch_answered);
}

/*
 * An error is reported to the server's log only, unless a retry takes care of it.
 */
static Outcome
try_batch(bool only_free)
{
	MemoryContext context = CurrentMemoryContext;
	volatile Outcome outcome = POSTED;

	if (batch.count == 0)
		return POSTED;
	batch.transaction = InvalidTransactionId;
	PG_TRY();
	{
		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		post_batch(only_free);
		batch.transaction = GetTopTransactionIdIfAny();
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		outcome = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE ? LOCKED_OUT : FAILED;
		HOLD_INTERRUPTS();
		if (outcome == FAILED)
			EmitErrorReport();
		MemoryContextSwitchTo(context);
		AbortCurrentTransaction();
		FlushErrorState();
		/* what fails once it is committed does not undo it */
		if (was_committed())
			outcome = POSTED;
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return outcome;
}

static void
post_batch(bool only_free)
{
	SbSelf self;
	SbPosting *postings;
	SbLeg *legs;

	PushActiveSnapshot(GetTransactionSnapshot());
	/* callers were judged when they queued */
	sb_check_version();
	sb_make_durable();
	sb_wake_at_commit(SB_WAKE_LOG);
	sb_become_owner(&self, false);
	SPI_connect();
	postings = palloc0(sizeof(SbPosting) * batch.count);
	legs = palloc0(sizeof(SbLeg) * 2 * batch.count);
	for (int i = 0; i < batch.count; i++)
	{
		postings[i].legs = &legs[2 * i];
		sb_queue_read(batch.places[i], &postings[i]);
	}
	if (only_free)
		set_locked_aside(postings);
	(void) sb_post(postings, batch.count, false);
	sb_leave_repeated();
	for (int i = 0; i < batch.count; i++)
	{
		/* the first answer of a key that was used is for the caller to read */
		if (postings[i].state == SB_REPLAYED)
			sb_queue_hand_back(batch.places[i]);
		else
			sb_queue_write_answer(batch.places[i], &postings[i]);
	}
	SB_FAULT_POINT(batch_posted);
	sb_become_self(&self);
	SPI_finish();
	PopActiveSnapshot();
}

/*
 * Locks the accounts that are free, and hands back at once what needs others.
 */
static void
set_locked_aside(SbPosting *postings)
{
	int64 *ids = palloc(sizeof(int64) * 2 * batch.count);
	SbAccount *accounts = palloc(sizeof(SbAccount) * 2 * batch.count);
	int *aside = palloc(sizeof(int) * batch.count);
	int nids = 0;
	int naside = 0;
	int kept = 0;
	int nlocked;

	for (int i = 0; i < batch.count; i++)
	{
		for (int j = 0; j < 2; j++)
			ids[nids++] = sb_stripe_row(postings[i].legs[j].account_id);
	}
	qsort(ids, nids, sizeof(int64), sb_compare_ids);
	nids = qunique(ids, nids, sizeof(int64), sb_compare_ids);
	nlocked = sb_store_lock_free_accounts(ids, nids, accounts);

	for (int i = 0; i < batch.count; i++)
	{
		if (is_locked(sb_stripe_row(postings[i].legs[0].account_id), accounts, nlocked) ||
			is_locked(sb_stripe_row(postings[i].legs[1].account_id), accounts, nlocked))
		{
			sb_queue_hand_back(batch.places[i]);
			aside[naside++] = batch.places[i];
			continue;
		}
		postings[kept] = postings[i];
		batch.places[kept++] = batch.places[i];
	}
	batch.count = kept;
	sb_queue_finish(aside, naside);
}

/* Has somebody else locked it?  It is there, and not among those that we have. */
static bool
is_locked(int64 row_id, const SbAccount *accounts, int naccounts)
{
	SbAccount account;

	return bsearch(&row_id, accounts, naccounts, sizeof(SbAccount), sb_compare_ids) == NULL &&
		sb_store_read_row(row_id, &account);
}

static void
set_claims_aside(void)
{
	int kept = 0;

	for (int i = 0; i < batch.count; i++)
	{
		if (!sb_queue_claims(batch.places[i]))
		{
			batch.places[kept++] = batch.places[i];
			continue;
		}
		sb_queue_hand_back(batch.places[i]);
		sb_queue_finish(&batch.places[i], 1);
	}
	batch.count = kept;
}

/* is_safe: what was posted is durable. */
static void
finish(bool is_safe)
{
	for (int i = 0; i < batch.count && !is_safe; i++)
		sb_queue_leave_open(batch.places[i]);
	sb_queue_finish(batch.places, batch.count);
	batch.count = 0;
	batch.transaction = InvalidTransactionId;
}

static void
hand_back_all(void)
{
	for (int i = 0; i < batch.count; i++)
		sb_queue_hand_back(batch.places[i]);
	finish(true);
}

/*
 * On the way out, while it can still be asked what has become of the batch.
 */
static void
close_teller(int code, Datum argument)
{
	AbortOutOfAnyTransaction();
	if (was_committed())
		finish(false);
	else
		hand_back_all();
	sb_queue_close(number);
}

static bool
was_committed(void)
{
	return TransactionIdIsValid(batch.transaction) && TransactionIdDidCommit(batch.transaction);
}
