/*
 * standing.c
 *	  What a role is to the ledger: the one place where that is found out, for
 *	  the door and for the policies of row-level security.
 *
 * It goes by membership in the roles of create_roles(), and in those to which
 * ledgers were given.
 */
#include "postgres.h"

#include "catalog/pg_auth_members.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "lib/qunique.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/encoding.h"
#include "base/version.h"
#include "calls/acting.h"
#include "calls/standing.h"
#include "model/account.h"
#include "store/account.h"
#include "store/ledger.h"
#include "store/plan.h"

/* The first room for ledgers; it grows. */
#define FIRST_ROOM 16

PG_FUNCTION_INFO_V1(simplebank_row_access);
PG_FUNCTION_INFO_V1(simplebank_row_ledgers);
PG_FUNCTION_INFO_V1(simplebank_customer);

/* Those of create_roles(), but for the administrators'. */
static const char *const groups[] = {"simplebank_teller", "simplebank_auditor",
									 "simplebank_customer", "simplebank_gateway"};

static SbStanding known_standing = {InvalidOid};

static uint64 role_changes = 0;
static Oid ledgers_table = InvalidOid;
static Oid grants_table = InvalidOid;

static bool has_privileges(Oid role, const char *group);
static bool is_member(Oid role, const char *group);
static bool is_mere_customer(Oid role);
static bool has_unfit_name(Oid role);
static void find_ledgers(SbStanding *standing);
static bool is_group(Oid role);
static List *roles_of(Oid role);
static void add_ledgers_of(Oid role, SbLedgers *ledgers, int *room, bool *was_given_any);
static void forget_standing(Datum argument, int cache, uint32 hash);
static void forget_ledgers(Datum argument, Oid table);

/*
 * Remembered from call to call, until somebody changes a role or a membership.
 */
const SbStanding *
sb_standing_of(Oid role)
{
	static bool watching = false;
	uint64 changes_before = role_changes;
	SbStanding standing = {.role = role};
	if (!OidIsValid(role))
		elog(ERROR, "nobody has no standing");
	if (known_standing.role == role)
		return &known_standing;
	if (!watching)
	{
		CacheRegisterSyscacheCallback(AUTHOID, forget_standing, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, forget_standing, (Datum) 0);
		CacheRegisterRelcacheCallback(forget_ledgers, (Datum) 0);
	}
	watching = true;

	standing.is_admin = has_privileges(role, "simplebank_admin");
	standing.is_teller = has_privileges(role, "simplebank_teller");
	standing.is_auditor = has_privileges(role, "simplebank_auditor");
	standing.is_customer = is_member(role, "simplebank_customer");
	standing.is_gateway = is_member(role, "simplebank_gateway");
	standing.has_unfit_name = has_unfit_name(role);
	find_ledgers(&standing);

	if (known_standing.ledgers.ids)
		pfree(known_standing.ledgers.ids);
	known_standing = standing;
	if (role_changes != changes_before)
		known_standing.role = InvalidOid; /* look again next time */
	return &known_standing;
}

/* An administrator has the privileges of a teller and an auditor, a superuser all. */
static bool
has_privileges(Oid role, const char *group)
{
	Oid group_oid = get_role_oid(group, true);

	if (superuser_arg(role))
		return true;
	return OidIsValid(group_oid) && has_privs_of_role(role, group_oid);
}

/* What makes a role less counts whether it inherits or not, and a superuser has none of it. */
static bool
is_member(Oid role, const char *group)
{
	Oid group_oid = get_role_oid(group, true);

	return OidIsValid(group_oid) && is_member_of_role_nosuper(role, group_oid);
}

/* All databases have the same roles, whatever their encodings. */
static bool
has_unfit_name(Oid role)
{
	char *name = GetUserNameFromId(role, false);
	bool is_unfit = sb_encoding_fault(name, strlen(name)) != NULL;

	pfree(name);
	return is_unfit;
}

/*
 * Those that were given to it, or to roles whose privileges it has: none,
 * where all of them were revoked.  While there is one only, and none was ever
 * given to anybody, everybody has it.
 *
 * A role of create_roles() has by itself what was given to it and no more.
 * Else each of its members would get the default one, or all, by SET ROLE.
 */
static void
find_ledgers(SbStanding *standing)
{
	SbLedgers found = {0};
	int room = FIRST_ROOM;
	List *roles;
	ListCell *cell;
	bool was_given_any = false;

	ledgers_table = sb_store_relation("ledgers");
	grants_table = sb_store_relation("ledger_roles");
	standing->has_all_ledgers = standing->is_admin || !sb_ledgers_are_told_apart();
	if (standing->has_all_ledgers)
		return;
	found.ids = palloc(sizeof(int32) * room);
	roles = roles_of(standing->role);
	foreach(cell, roles)
		add_ledgers_of(lfirst_oid(cell), &found, &room, &was_given_any);
	if (is_group(standing->role))
		was_given_any = true;
	standing->has_all_ledgers = !was_given_any && standing->is_auditor;
	if (!was_given_any)
		found.ids[found.count++] = SB_DEFAULT_LEDGER;
	qsort(found.ids, found.count, sizeof(int32), sb_compare_ledgers);
	standing->ledgers.count = qunique(found.ids, found.count, sizeof(int32), sb_compare_ledgers);
	standing->ledgers.ids =
		MemoryContextAlloc(TopMemoryContext, sizeof(int32) * standing->ledgers.count);
	memcpy(standing->ledgers.ids, found.ids, sizeof(int32) * standing->ledgers.count);
	pfree(found.ids);
	list_free(roles);
}

/* Is it one of create_roles()? */
static bool
is_group(Oid role)
{
	for (int i = 0; i < (int) lengthof(groups); i++)
	{
		if (get_role_oid(groups[i], true) == role)
			return true;
	}
	return false;
}

/* The role, and those whose privileges it has. */
static List *
roles_of(Oid role)
{
	List *members = list_make1_oid(role);
	List *roles = NIL;
	ListCell *cell;

	/* it grows while we go through it */
	foreach(cell, members)
	{
		Oid member = lfirst_oid(cell);
		CatCList *memberships = SearchSysCacheList1(AUTHMEMMEMROLE, ObjectIdGetDatum(member));

		if (has_privs_of_role(role, member))
			roles = lappend_oid(roles, member);
		for (int i = 0; i < memberships->n_members; i++)
		{
			HeapTuple tuple = &memberships->members[i]->tuple;

			members =
				list_append_unique_oid(members, ((Form_pg_auth_members) GETSTRUCT(tuple))->roleid);
		}
		ReleaseSysCacheList(memberships);
	}
	list_free(members);
	return roles;
}

static void
add_ledgers_of(Oid role, SbLedgers *ledgers, int *room, bool *was_given_any)
{
	char *name = GetUserNameFromId(role, false);
	int count;

	for (;;)
	{
		count = sb_store_ledgers_of(name, &ledgers->ids[ledgers->count], *room - ledgers->count,
									was_given_any);
		/* room for the default one is kept */
		if (ledgers->count + count < *room)
			break;
		*room = 2 * (ledgers->count + count);
		ledgers->ids = repalloc(ledgers->ids, sizeof(int32) * *room);
	}
	ledgers->count += count;
	pfree(name);
}

static void
forget_ledgers(Datum argument, Oid table)
{
	if (table == InvalidOid || table == ledgers_table || table == grants_table)
		forget_standing(argument, 0, 0);
}

/*
 * The ledgers that a role has, for as long as the caller's memory; NULL: all
 * that there are.
 */
SbLedgers *
sb_ledgers_of(const SbStanding *standing)
{
	SbLedgers *ledgers;

	if (standing->has_all_ledgers)
		return NULL;
	ledgers = palloc(sizeof(SbLedgers));
	ledgers->count = standing->ledgers.count;
	ledgers->ids = palloc(sizeof(int32) * ledgers->count);
	memcpy(ledgers->ids, standing->ledgers.ids, sizeof(int32) * ledgers->count);
	return ledgers;
}

static void
forget_standing(Datum argument, int cache, uint32 hash)
{
	known_standing.role = InvalidOid;
	role_changes++;
}

/*
 * Customers have their own accounts only, and gateways those of the customer
 * that they act for, unless they are something else besides.  A role that is
 * none of these has what it was granted.
 */
bool
sb_is_restricted(const SbStanding *standing, bool writes)
{
	return (standing->is_customer || standing->is_gateway) && !standing->is_teller &&
		(writes || !standing->is_auditor);
}

/*
 * Is a role a customer at most: could nothing be done in its name but what a
 * customer may?
 */
static bool
is_mere_customer(Oid role)
{
	static const char *const more[] = {"simplebank_admin", "simplebank_teller",
									   "simplebank_auditor", "simplebank_gateway"};

	if (superuser_arg(role))
		return false;
	for (int i = 0; i < (int) lengthof(more); i++)
	{
		if (is_member(role, more[i]))
			return false;
	}
	return is_member(role, "simplebank_customer") ||
		pg_namespace_aclcheck(get_namespace_oid("simplebank", false), role, ACL_USAGE) !=
		ACLCHECK_OK;
}

/*
 * Why nobody acts for a customer of this name; NULL where somebody may.  What
 * is done in its name is not to be taken for what a role with more rights does,
 * nor its keys for that one's.
 */
const char *
sb_unfit_customer(const char *name)
{
	/* a longer name is no role's */
	Oid role = strlen(name) < NAMEDATALEN ? get_role_oid(name, true) : InvalidOid;

	if (strcmp(name, SB_BANK) == 0)
		return "It is the owner of the bank's own accounts.";
	if (OidIsValid(role) && !is_mere_customer(role))
		return "There is a role of this name, and it is more than a customer.";
	return NULL;
}

/*
 * Might this role call transfer() now, by itself or by a gateway, would it have
 * its own accounts only, and which ledgers?  For what it has ordered before.
 */
bool
sb_may_transfer(const char *role, const char *gateway, bool *restricted, SbLedgers **ledgers)
{
	static const char transfer[] =
		"simplebank.transfer(pg_catalog.int8,pg_catalog.int8,pg_catalog.int8,pg_catalog.text,"
		"pg_catalog.text,pg_catalog.jsonb,pg_catalog.timestamptz,pg_catalog.text,pg_catalog.jsonb)";
	Oid function = DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(transfer)));
	Oid role_oid = get_role_oid(gateway ? gateway : role, true);

	if (!OidIsValid(role_oid) || pg_proc_aclcheck(function, role_oid, ACL_EXECUTE) != ACLCHECK_OK)
		return false;
	*ledgers = sb_ledgers_of(sb_standing_of(role_oid));
	*restricted = gateway != NULL || sb_is_restricted(sb_standing_of(role_oid), true);
	return gateway == NULL ||
		(sb_standing_of(role_oid)->is_gateway && sb_unfit_customer(role) == NULL);
}

/*
 * Which rows the current user reads, for the policies of row-level security.
 */
Datum
simplebank_row_access(PG_FUNCTION_ARGS)
{
	const SbStanding *standing = sb_standing_of(GetUserId());
	const char *access = "accounts";

	if (sb_customer_of(GetUserId()) || sb_is_restricted(standing, false))
		access = "own";
	else if (standing->is_admin || standing->is_auditor)
		access = "all";
	PG_RETURN_TEXT_P(cstring_to_text(access));
}

/*
 * The ledgers whose rows the current user reads, for the policies; NULL: all.
 */
Datum
simplebank_row_ledgers(PG_FUNCTION_ARGS)
{
	const SbStanding *standing = sb_standing_of(GetUserId());

	if (standing->has_all_ledgers)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(sb_ledger_array(&standing->ledgers));
}

/*
 * Whose rows those are; NULL: a gateway that acts for nobody, which has none.
 */
Datum
simplebank_customer(PG_FUNCTION_ARGS)
{
	const char *customer = sb_customer_of(GetUserId());
	const SbStanding *standing = sb_standing_of(GetUserId());

	if (customer)
		PG_RETURN_TEXT_P(cstring_to_text(customer));
	if (standing->is_gateway && sb_is_restricted(standing, false))
	{
		sb_require_no_worker();
		PG_RETURN_NULL();
	}
	PG_RETURN_TEXT_P(cstring_to_text(GetUserNameFromId(GetUserId(), false)));
}
