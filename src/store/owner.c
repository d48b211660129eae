/*
 * owner.c
 *	  The ledger's owner, as whom its SQL runs, and the version of its SQL
 *	  objects.
 *
 * The switch is that of ri_triggers.c, with marks of our own beside the bits
 * of the security context that the server knows.  It saves and restores them
 * with those, also where an error ends a transaction or a savepoint, and
 * gives them to parallel workers.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "store/owner.h"

/* We are inside; it is for a restricted caller; what may be erased is. */
#define SCOPE_MARK 0x1000000
#define RESTRICTED_MARK 0x2000000
#define ERASING_MARK 0x4000000
#define SCOPE_FLAGS (SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS | SCOPE_MARK)

/* What is known of the SQL objects, until one of them changes. */
static Oid known_owner = InvalidOid;
static bool version_fits = false;

static Oid ledger_owner(void);
static void watch_objects(void);
static void forget_objects(Datum argument, int cache, uint32 hash);
static char *installed_version(void);

/*
 * The owner of the accounts is the owner of the ledger.  It is looked up by
 * name, so once only, until a row of pg_class changes.
 */
static Oid
ledger_owner(void)
{
	Oid schema;
	HeapTuple tuple = NULL;

	if (OidIsValid(known_owner))
		return known_owner;
	watch_objects();
	schema = get_namespace_oid("simplebank", true);
	if (OidIsValid(schema))
		tuple = SearchSysCache2(RELNAMENSP, CStringGetDatum("accounts"), ObjectIdGetDatum(schema));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension simplebank is not installed in this database")));
	known_owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return known_owner;
}

/*
 * Nothing tells of changes of pg_extension itself; but an update that matters
 * changes a relation or a function.
 */
static void
watch_objects(void)
{
	static bool watching = false;

	if (!watching)
	{
		CacheRegisterSyscacheCallback(RELOID, forget_objects, (Datum) 0);
		CacheRegisterSyscacheCallback(PROCOID, forget_objects, (Datum) 0);
	}
	watching = true;
}

static void
forget_objects(Datum argument, int cache, uint32 hash)
{
	known_owner = InvalidOid;
	version_fits = false;
}

/*
 * A library that is newer or older than the SQL objects must say so instead
 * of running on what it does not know; also in a session that was there
 * before they were updated.
 */
void
sb_check_version(void)
{
	if (!sb_version_fits())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension simplebank has version %s, its library %s", installed_version(),
						SIMPLEBANK_VERSION),
				 errhint("Install the library of the newer version, run ALTER EXTENSION simplebank "
						 "UPDATE, and reconnect; restart a server that has preloaded the older "
						 "one.")));
}

bool
sb_version_fits(void)
{
	if (version_fits)
		return true;
	watch_objects();
	version_fits = true; /* unless an invalidation comes while we look */
	if (strcmp(installed_version(), SIMPLEBANK_VERSION) == 0)
		return true;
	version_fits = false;
	return false;
}

/*
 * As it is now, whatever snapshot the caller is on.
 */
static char *
installed_version(void)
{
	Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	char *version = NULL;
	Datum value;
	bool isnull;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("simplebank"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		value = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(extensions),
							 &isnull);
		version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	if (version == NULL)
		elog(ERROR, "extension simplebank has no version");
	return version;
}

/*
 * From here to sb_become_self() the owner runs.
 */
void
sb_become_owner(SbSelf *self, bool restricted)
{
	int security_context;

	GetUserIdAndSecContext(&self->user, &self->security_context);
	security_context = (self->security_context & ~(RESTRICTED_MARK | ERASING_MARK)) | SCOPE_FLAGS;
	if (restricted)
		security_context |= RESTRICTED_MARK;
	SetUserIdAndSecContext(ledger_owner(), security_context);
}

/*
 * Within it, until the owner has called another function of ours, or become
 * the caller again: texts are erased.
 */
void
sb_begin_erasing(void)
{
	Oid user;
	int security_context;

	Assert(sb_in_scope());
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(user, security_context | ERASING_MARK);
}

void
sb_become_self(const SbSelf *self)
{
	SetUserIdAndSecContext(self->user, self->security_context);
}

/*
 * Does the owner run on our behalf?  The mark alone is not enough: with it a
 * function of another owner may run.
 */
bool
sb_in_scope(void)
{
	Oid user;
	int security_context;

	GetUserIdAndSecContext(&user, &security_context);
	return (security_context & SCOPE_MARK) != 0 && user == ledger_owner();
}

/* Does the owner erase texts on our behalf? */
bool
sb_is_erasing(void)
{
	Oid user;
	int security_context;

	GetUserIdAndSecContext(&user, &security_context);
	return (security_context & ERASING_MARK) != 0 && sb_in_scope();
}

/* To be asked within it: for a restricted caller? */
bool
sb_in_restricted_scope(void)
{
	Oid user;
	int security_context;

	GetUserIdAndSecContext(&user, &security_context);
	return (security_context & RESTRICTED_MARK) != 0;
}
