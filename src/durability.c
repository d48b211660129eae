/*
 * durability.c
 *	  Commits that a caller cannot make less durable.
 *
 * An answer about money must survive a crash, and a failover to a
 * synchronous standby.  ForceSyncCommit() flushes the commit here whatever
 * synchronous_commit says, but whether a standby is waited for is read from
 * the setting when the transaction commits.  So right before that a lower
 * setting is raised to simplebank.durability.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/proc.h"
#include "utils/guc.h"

#include "compat.h"
#include "durability.h"
#include "guc.h"

/* The last transaction that wrote to the ledger. */
static LocalTransactionId durable = InvalidLocalTransactionId;

static void raise_commit_level(XactEvent event, void *arg);

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

void
sb_register_durability(void)
{
	RegisterXactCallback(raise_commit_level, NULL);
}

static void
raise_commit_level(XactEvent event, void *arg)
{
	if ((event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE) &&
		durable == my_local_transaction_id() && synchronous_commit < sb_durability)
		(void) set_config_option("synchronous_commit",
								 sb_durability == SYNCHRONOUS_COMMIT_ON ? "on" : "remote_apply",
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}
