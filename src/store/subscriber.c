/*
 * subscriber.c
 *	  Does the ledger follow another one, by logical replication?
 *
 * Rows that were written here would collide with those that come, and stop the
 * subscription for good.  Each process remembers it until some subscription of
 * the database changes.
 */
#include "postgres.h"

#include "catalog/pg_subscription_rel.h"
#include "utils/catcache.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "store/account.h"
#include "store/subscriber.h"

static bool is_known = false;
static bool follows = false;
static uint64 changes = 0;

static void learn(void);
static void forget(Datum argument, int cache, uint32 hash);

bool
sb_follows_publisher(void)
{
	if (unlikely(!is_known))
		learn();
	return follows;
}

/*
 * Raises on a subscriber.
 */
void
sb_require_no_publisher(Oid function)
{
	if (sb_follows_publisher())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot execute %s() on a subscriber", get_func_name(function)),
				 errdetail("The ledger's tables follow those of a publisher."),
				 errhint("Call it there.")));
}

static void
learn(void)
{
	static bool watching = false;
	uint64 changes_before = changes;
	CatCList *subscriptions;

	if (!watching)
		CacheRegisterSyscacheCallback(SUBSCRIPTIONRELMAP, forget, (Datum) 0);
	watching = true;
	subscriptions =
		SearchSysCacheList1(SUBSCRIPTIONRELMAP, ObjectIdGetDatum(sb_store_relation("transfers")));
	follows = subscriptions->n_members > 0;
	ReleaseSysCacheList(subscriptions);
	is_known = changes == changes_before; /* else look again next time */
}

static void
forget(Datum argument, int cache, uint32 hash)
{
	is_known = false;
	changes++;
}
