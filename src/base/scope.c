/*
 * scope.c
 *	  What runs as the ledger's owner, and for whom.
 *
 * A call's state is a frame in an array here.  Frames go with their call, or,
 * where that raises, with the transaction or sub-transaction in which it was
 * entered, which restores the user too.  A parallel worker of a call has its
 * user, but no frame: there the caller is not known, only whether it has its
 * own accounts only.
 *
 * Between sb_enter(), which is in the door, and sb_leave() there is an SPI
 * connection: its memory context owns what is allocated, and goes with it.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"

#include "base/durability.h"
#include "base/installed.h"
#include "base/scope.h"

/*
 * The switch of ri_triggers.c, and marks of our own beside the bits that the
 * server knows, which it saves and restores with them, and gives to parallel
 * workers: that we are inside, and that it is for a restricted caller.
 */
#define SCOPE_MARK 0x1000000
#define RESTRICTED_MARK 0x2000000
#define SCOPE_FLAGS (SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS | SCOPE_MARK)

/* Our functions call each other a few levels deep; it takes foreign code in between to come near this. */
#define MAX_FRAMES 32

typedef struct Frame
{
	Oid caller; /* invalid: a parallel worker is not told */
	Oid user;	/* to be restored */
	int security_context;
	int nest_level; /* of the transaction when it was entered */
} Frame;

static Frame frames[MAX_FRAMES];
static int depth = 0;

static bool is_inside(int *security_context);
static void watch_transactions(void);
static void end_transaction(XactEvent event, void *arg);
static void end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
						  void *arg);
static void require_left(int nest_level);

/*
 * A teller works for callers that were judged when they queued.
 */
void
sb_enter_as_teller(SbScope *scope)
{
	*scope = (SbScope){.function = InvalidOid, .caller = GetUserId(), .restricted = false};
	sb_check_version();
	sb_make_durable();
	sb_scope_open(scope);
	SPI_connect();
}

void
sb_leave(const SbScope *scope)
{
	sb_scope_close(scope);
	SPI_finish();
}

/*
 * Becomes the ledger's owner, for the caller that was judged.
 */
void
sb_scope_open(const SbScope *scope)
{
	Frame frame = {.caller = scope->caller, .nest_level = GetCurrentTransactionNestLevel()};
	int security_context;

	watch_transactions();
	if (depth == MAX_FRAMES)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("functions of the ledger are nested too deeply")));
	GetUserIdAndSecContext(&frame.user, &frame.security_context);
	security_context = (frame.security_context & ~RESTRICTED_MARK) | SCOPE_FLAGS;
	if (scope->restricted)
		security_context |= RESTRICTED_MARK;
	SetUserIdAndSecContext(sb_ledger_owner(), security_context);
	frames[depth++] = frame;
}

/*
 * Is the user again who opened it.
 */
void
sb_scope_close(const SbScope *scope)
{
	const Frame *frame;

	if (depth == 0)
		elog(ERROR, "the ledger has been left already");
	frame = &frames[--depth];
	Assert(frame->caller == scope->caller);
	Assert(frame->nest_level == GetCurrentTransactionNestLevel());
	SetUserIdAndSecContext(frame->user, frame->security_context);
}

/*
 * Do we run between sb_enter() and sb_leave()?
 */
bool
sb_in_scope(void)
{
	int security_context;

	return is_inside(&security_context);
}

/*
 * The role that the caller acts as.
 */
char *
sb_caller_role(void)
{
	return GetUserNameFromId(sb_caller(), false);
}

Oid
sb_caller(void)
{
	Oid caller = depth > 0 ? frames[depth - 1].caller : GetUserId();

	if (!OidIsValid(caller) || (depth == 0 && sb_in_scope()))
		elog(ERROR, "a parallel worker does not know the caller");
	return caller;
}

/* The mark alone is not enough: with it a function of another owner may run. */
static bool
is_inside(int *security_context)
{
	Oid user;

	GetUserIdAndSecContext(&user, security_context);
	return (*security_context & SCOPE_MARK) != 0 && user == sb_ledger_owner();
}

/*
 * A call within another one has that one's caller.
 */
void
sb_scope_inherit(SbScope *scope)
{
	int security_context;

	if (!is_inside(&security_context) || (depth == 0 && !IsParallelWorker()))
		elog(ERROR, "the ledger has no caller");
	scope->caller = depth > 0 ? frames[depth - 1].caller : InvalidOid;
	scope->restricted = (security_context & RESTRICTED_MARK) != 0;
}

static void
watch_transactions(void)
{
	static bool watching = false;

	if (watching)
		return;
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_savepoint, NULL);
	watching = true;
}

static void
end_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PARALLEL_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		require_left(1);
	else
		depth = 0;
}

/*
 * What was entered in a sub-transaction that is rolled back is left with it;
 * what was entered around it goes on.
 */
static void
end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int nest_level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_PRE_COMMIT_SUB)
		require_left(nest_level);
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (depth > 0 && frames[depth - 1].nest_level >= nest_level)
			depth--;
	}
}

/* Nothing commits within a call, for the rest of it would run as the owner. */
static void
require_left(int nest_level)
{
	if (depth > 0 && frames[depth - 1].nest_level >= nest_level)
		elog(ERROR, "a transaction ends within a function of the ledger");
}
