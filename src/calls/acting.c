/*
 * acting.c
 *	  For which customer a role acts in the transaction in progress.
 *
 * What act_for() has said is kept here and nowhere else: no setting says it, so
 * that none can forge it.  It holds for the role that has said it, and until
 * the end of the transaction; what was said in a savepoint that is rolled back
 * was not said.
 *
 * So it is a list of what was said, the last first, with the nest level of the
 * transaction at which it was; of one role at one level there is one entry.  The
 * list is in the memory of the transaction, and goes with it.
 *
 * A parallel worker has no such list.  So a transaction that has said anything
 * asks for no workers any more: a parallel plan is run by its leader alone.
 * Where somebody sets that back, a worker of a gateway raises.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "calls/acting.h"

typedef struct Acting
{
	struct Acting *before;
	Oid role;
	char *customer; /* NULL: for nobody any more */
	int nest_level;
} Acting;

static Acting *last = NULL;

static Acting *find(Oid role);
static void watch_transactions(void);
static void end_transaction(XactEvent event, void *arg);
static void end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
						  void *arg);
static void keep(int nest_level);

/*
 * The customer for whom a role acts; NULL: for none.  It stays what it is until
 * the role says another one.
 */
const char *
sb_customer_of(Oid role)
{
	Acting *acting = last ? find(role) : NULL;

	return acting ? acting->customer : NULL;
}

static Acting *
find(Oid role)
{
	Acting *acting = last;

	while (acting && acting->role != role)
		acting = acting->before;
	return acting;
}

/*
 * NULL: for nobody any more.
 */
void
sb_act_for(Oid role, const char *customer)
{
	int nest_level = GetCurrentTransactionNestLevel();
	MemoryContext context = MemoryContextSwitchTo(TopTransactionContext);
	char *copy = customer ? pstrdup(customer) : NULL;
	Acting *acting = find(role);

	watch_transactions();
	if (acting == NULL || acting->nest_level < nest_level)
	{
		acting = palloc0(sizeof(Acting));
		acting->before = last;
		acting->role = role;
		acting->nest_level = nest_level;
		last = acting;
	}
	else if (acting->customer)
		pfree(acting->customer);
	acting->customer = copy;
	MemoryContextSwitchTo(context);
	(void) set_config_option("max_parallel_workers", "0", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Asked for a gateway of which nothing is known.
 */
void
sb_require_no_worker(void)
{
	if (IsParallelWorker())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("a parallel worker does not know for whom a gateway acts"),
				 errhint("Leave max_parallel_workers as simplebank.act_for() has set it.")));
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

/* Deferred triggers and the like run before, for whom the statements ran. */
static void
end_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PARALLEL_PRE_COMMIT &&
		event != XACT_EVENT_PRE_PREPARE)
		last = NULL;
}

static void
end_savepoint(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int nest_level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (last && last->nest_level >= nest_level)
			last = last->before;
	}
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		keep(nest_level);
}

/*
 * What was said at a level that ends well was said at the one around it, and
 * takes the place of what its role had said there.
 */
static void
keep(int nest_level)
{
	for (Acting *acting = last; acting && acting->nest_level >= nest_level; acting = acting->before)
	{
		acting->nest_level = nest_level - 1;
		for (Acting **link = &acting->before; *link && (*link)->nest_level >= nest_level - 1;)
		{
			if ((*link)->role == acting->role)
				*link = (*link)->before;
			else
				link = &(*link)->before;
		}
	}
}
