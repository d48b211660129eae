/*
 * fault.c
 *	  What happens at the points of fault.h.  Empty but for the test of them.
 *
 * The setting simplebank.fault, a superuser's, is "point:action" or, for the
 * nth time that the process passes there, "point:action:n".  It is done once;
 * to have it again, set it again.  Each is a line in the server's log, and so
 * is, where the setting is "trace", each point that is passed.
 */
#include "postgres.h"

#ifdef SIMPLEBANK_FAULTS

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "base/fault.h"

#define NAP 100 /* milliseconds */

#define SB_FAULT_NAME(point) #point,
#define SB_FAULT_WORD(point) #point " "

typedef struct Action
{
	const char *name;
	void (*act)(void);
	bool raises;
} Action;

typedef struct Fault
{
	bool traces;
	const Action *action; /* NULL: none, or done */
	SbFaultPoint point;
	int passes; /* until it is done */
} Fault;

static void raise_error(void);
static void run_out_of_memory(void);
static void leave(void);
static void crash(void);
static void fall_asleep(void);
static bool check_fault(char **value, void **extra, GucSource source);
static void assign_fault(const char *value, void *extra);
static bool parse(const char *value, Fault *parsed);
static bool parse_parts(const char *value, Fault *parsed);
static void pass_commit(XactEvent event, void *arg);

static const char *const points[] = {SB_FAULT_POINTS(SB_FAULT_NAME)};
static const Action actions[] = {{"error", raise_error, true},
								 {"memory", run_out_of_memory, true},
								 {"exit", leave, true},
								 {"crash", crash, false},
								 {"sleep", fall_asleep, false}};

static char *setting;
static char *all_points;
static Fault fault;

void
sb_define_faults(void)
{
	DefineCustomStringVariable("simplebank.fault", "What is to fail, and how.", NULL, &setting, "",
							   PGC_SUSET, 0, check_fault, assign_fault, NULL);
	DefineCustomStringVariable("simplebank.fault_points", "Where something can fail.", NULL,
							   &all_points, SB_FAULT_POINTS(SB_FAULT_WORD), PGC_INTERNAL, 0, NULL,
							   NULL, NULL);
	RegisterXactCallback(pass_commit, NULL);
}

void
sb_fault(SbFaultPoint point)
{
	const Action *action = fault.action;

	if (fault.traces)
		ereport(LOG, (errmsg("fault point %s", points[point]), errhidestmt(true)));
	if (action == NULL || point != fault.point || --fault.passes > 0)
		return;
	fault.action = NULL;
	ereport(LOG, (errmsg("fault %s:%s", points[point], action->name), errhidestmt(true)));
	action->act();
}

static void
raise_error(void)
{
	ereport(ERROR, (errcode(ERRCODE_SYSTEM_ERROR), errmsg("the test wants an error here")));
}

/* As the server does it. */
static void
run_out_of_memory(void)
{
	(void) MemoryContextAllocHuge(CurrentMemoryContext, MaxAllocHugeSize / 2);
}

static void
leave(void)
{
	ereport(FATAL, (errcode(ERRCODE_ADMIN_SHUTDOWN), errmsg("the test wants an end here")));
}

static void
crash(void)
{
	(void) kill(MyProcPid, SIGKILL);
	for (;;)
		pg_usleep(NAP * 1000);
}

/* Ends with a cancel, the process or the next reload of the settings. */
static void
fall_asleep(void)
{
	while (!QueryCancelPending && !ProcDiePending && !ConfigReloadPending)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, NAP,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
	CHECK_FOR_INTERRUPTS();
}

static bool
check_fault(char **value, void **extra, GucSource source)
{
	Fault parsed;

	if (!parse(*value, &parsed))
		return false;
	if (parsed.action && parsed.action->raises && parsed.point == SB_FAULT_committed)
	{
		GUC_check_errdetail("What raises after the commit takes the server down.");
		return false;
	}
	return true;
}

/* A worker learns late of a setting: the test waits for the line. */
static void
assign_fault(const char *value, void *extra)
{
	(void) parse(value, &fault);
	if (MyBackendType == B_BG_WORKER)
		ereport(LOG, (errmsg("simplebank.fault is \"%s\"", value)));
}

static bool
parse(const char *value, Fault *parsed)
{
	*parsed = (Fault){.passes = 1, .traces = strcmp(value, "trace") == 0};
	return parsed->traces || value[0] == '\0' || parse_parts(value, parsed);
}

static bool
parse_parts(const char *value, Fault *parsed)
{
	char point[NAMEDATALEN];
	char action[NAMEDATALEN];

	StaticAssertStmt(NAMEDATALEN == 64, "the widths below are for names of 63 bytes");
	if (sscanf(value, "%63[^:]:%63[^:]:%d", point, action, &parsed->passes) < 2)
		return false;
	for (int i = 0; i < (int) lengthof(actions); i++)
	{
		if (strcmp(actions[i].name, action) == 0)
			parsed->action = &actions[i];
	}
	for (int i = 0; i < SB_FAULT_COUNT; i++)
	{
		if (strcmp(points[i], point) == 0)
		{
			parsed->point = i;
			return parsed->action != NULL;
		}
	}
	return false;
}

static void
pass_commit(XactEvent event, void *arg)
{
	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return;
	if (event == XACT_EVENT_PRE_COMMIT)
		SB_FAULT_POINT(before_commit);
	if (event == XACT_EVENT_COMMIT)
		SB_FAULT_POINT(committed);
}

#endif /* SIMPLEBANK_FAULTS */
