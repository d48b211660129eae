/*
 * wake.c
 *	  Waking a background process when a transaction has committed.
 *
 * A process that works off what others commit attaches itself, for its
 * database.  Who commits sets its latch, and writes nothing.  That is a hint:
 * of a prepared transaction nobody says that it is committed, so the process
 * looks by itself now and then.
 *
 * Who cannot go on before it has looked asks: each question has a number, and
 * the process answers with the last number that it had read before it looked.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/shmem.h"
#include "utils/wait_event.h"

#include "base/wake.h"

/* After so many milliseconds without an answer it is seen to that there still is a process. */
#define PATIENCE 100

/* Of a process; a latch outlives it, for it belongs to a place of the server's. */
typedef struct Place
{
	pg_atomic_uint32 pid;	   /* 0: there is none */
	pg_atomic_uint32 database; /* that it serves, as soon as it does */
	Latch *latch;
	pg_atomic_uint32 is_wanted; /* commits wake it */
	pg_atomic_uint32 has_news;	/* one has */
	pg_atomic_uint64 asked;		/* the last number that was given */
	pg_atomic_uint64 answered;	/* all up to this */
	ConditionVariable has_answered;
} Place;

static Place *places = NULL;
static bool is_wanted[SB_WAKES]; /* when this transaction commits */

static Place *place_of_database(SbWake wake);
static void end_transaction(XactEvent event, void *arg);
static void detach(int code, Datum wake);

Size
sb_wakes_memory(void)
{
	return mul_size(sizeof(Place), SB_WAKES);
}

void
sb_wakes_set_up(void)
{
	bool found;

	places = ShmemInitStruct("simplebank wakes", sb_wakes_memory(), &found);
	if (found)
		return;
	memset(places, 0, sb_wakes_memory());
	for (int i = 0; i < SB_WAKES; i++)
	{
		pg_atomic_init_u32(&places[i].pid, 0);
		pg_atomic_init_u32(&places[i].database, InvalidOid);
		pg_atomic_init_u32(&places[i].is_wanted, 0);
		pg_atomic_init_u32(&places[i].has_news, 0);
		pg_atomic_init_u64(&places[i].asked, 0);
		pg_atomic_init_u64(&places[i].answered, 0);
		ConditionVariableInit(&places[i].has_answered);
	}
}

/*
 * The process is woken if this transaction commits.
 */
void
sb_wake_at_commit(SbWake wake)
{
	static bool is_registered = false;

	if (places == NULL)
		return;
	if (unlikely(!is_registered))
		RegisterXactCallback(end_transaction, NULL);
	is_registered = true;
	is_wanted[wake] = true;
}

static void
end_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PARALLEL_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		return;
	for (int i = 0; i < SB_WAKES; i++)
	{
		Place *place;

		if (!is_wanted[i])
			continue;
		is_wanted[i] = false;
		if (event == XACT_EVENT_COMMIT && (place = place_of_database(i)) != NULL &&
			pg_atomic_read_u32(&place->is_wanted) != 0)
		{
			(void) pg_atomic_exchange_u32(&place->has_news, 1);
			SetLatch(place->latch);
		}
	}
}

/* NULL: no process serves this database. */
static Place *
place_of_database(SbWake wake)
{
	if (places == NULL || pg_atomic_read_u32(&places[wake].database) != MyDatabaseId)
		return NULL;
	pg_read_barrier();
	return &places[wake];
}

/*
 * This process is the one that is woken, in its database, until it ends; false
 * where there is another one.
 */
bool
sb_wake_attach(SbWake wake)
{
	Place *place = &places[wake];
	uint32 nobody = 0;

	if (!pg_atomic_compare_exchange_u32(&place->pid, &nobody, MyProcPid))
		return false;
	before_shmem_exit(detach, Int32GetDatum(wake));
	place->latch = MyLatch;
	pg_atomic_write_u32(&place->is_wanted, 1);
	pg_write_barrier();
	pg_atomic_write_u32(&place->database, MyDatabaseId);
	return true;
}

static void
detach(int code, Datum wake)
{
	Place *place = &places[DatumGetInt32(wake)];

	pg_atomic_write_u32(&place->database, InvalidOid);
	pg_write_barrier();
	pg_atomic_write_u32(&place->pid, 0);
	ConditionVariableBroadcast(&place->has_answered);
}

/*
 * Has something been committed since the last call?  For a process that is
 * woken for other reasons besides.
 */
bool
sb_wake_take_news(SbWake wake)
{
	return pg_atomic_exchange_u32(&places[wake].has_news, 0) != 0;
}

/*
 * Is it to be woken by commits, or by questions only?
 */
void
sb_wake_want(SbWake wake, bool is_wanted)
{
	Place *place = place_of_database(wake);

	if (place)
		pg_atomic_write_u32(&place->is_wanted, is_wanted);
}

/*
 * Has somebody asked since the last answer?  asked is to be answered with.
 */
bool
sb_wake_is_asked(SbWake wake, uint64 *asked)
{
	*asked = pg_atomic_read_u64(&places[wake].asked);
	pg_memory_barrier();
	return *asked != pg_atomic_read_u64(&places[wake].answered);
}

void
sb_wake_answer(SbWake wake, uint64 asked)
{
	pg_atomic_write_u64(&places[wake].answered, asked);
	ConditionVariableBroadcast(&places[wake].has_answered);
}

/*
 * Is there a process for some database, or one that begins to be?
 */
bool
sb_wake_has_process(SbWake wake)
{
	return pg_atomic_read_u32(&places[wake].pid) != 0;
}

/*
 * Waits until the process has looked, after this call, at what there is to do;
 * false where there is none for this database.
 */
bool
sb_wake_ask(SbWake wake)
{
	Place *place = place_of_database(wake);
	uint64 number;

	if (place == NULL)
		return false;
	number = pg_atomic_add_fetch_u64(&place->asked, 1);
	SetLatch(place->latch);
	ConditionVariablePrepareToSleep(&place->has_answered);
	while (pg_atomic_read_u64(&place->answered) < number && place_of_database(wake) != NULL)
		(void) ConditionVariableTimedSleep(&place->has_answered, PATIENCE, PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
	return pg_atomic_read_u64(&place->answered) >= number;
}
