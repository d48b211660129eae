/*
 * standing.c
 *	  What a role is to the ledger: the one place where that is found out, for
 *	  the door and for the policies of row-level security.
 *
 * It goes by membership in the roles of create_roles().
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "base/encoding.h"
#include "base/version.h"
#include "calls/acting.h"
#include "calls/standing.h"

PG_FUNCTION_INFO_V1(simplebank_row_access);
PG_FUNCTION_INFO_V1(simplebank_customer);

/* The owner of the bank's own accounts. */
#define BANK "simplebank"

static SbStanding known_standing = {InvalidOid};

static uint64 role_changes = 0;

static bool has_privileges(Oid role, const char *group);
static bool is_member(Oid role, const char *group);
static bool is_mere_customer(Oid role);
static bool has_unfit_name(Oid role);
static void forget_standing(Datum argument, int cache, uint32 hash);

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
	}
	watching = true;

	standing.is_admin = has_privileges(role, "simplebank_admin");
	standing.is_teller = has_privileges(role, "simplebank_teller");
	standing.is_auditor = has_privileges(role, "simplebank_auditor");
	standing.is_customer = is_member(role, "simplebank_customer");
	standing.is_gateway = is_member(role, "simplebank_gateway");
	standing.has_unfit_name = has_unfit_name(role);

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

	if (strcmp(name, BANK) == 0)
		return "It is the owner of the bank's own accounts.";
	if (OidIsValid(role) && !is_mere_customer(role))
		return "There is a role of this name, and it is more than a customer.";
	return NULL;
}

/*
 * Might this role call transfer() now, by itself or by a gateway, and would it
 * have its own accounts only?  For what it has ordered before.
 */
bool
sb_may_transfer(const char *role, const char *gateway, bool *restricted)
{
	static const char transfer[] =
		"simplebank.transfer(pg_catalog.int8,pg_catalog.int8,pg_catalog.int8,pg_catalog.text,"
		"pg_catalog.text,pg_catalog.jsonb,pg_catalog.timestamptz,pg_catalog.text,pg_catalog.jsonb)";
	Oid function = DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(transfer)));
	Oid role_oid = get_role_oid(gateway ? gateway : role, true);

	if (!OidIsValid(role_oid) || pg_proc_aclcheck(function, role_oid, ACL_EXECUTE) != ACLCHECK_OK)
		return false;
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

	if (sb_customer_of(GetUserId()))
		access = "own";
	else if (standing->is_admin || standing->is_auditor)
		access = "all";
	else if (sb_is_restricted(standing, false))
		access = "own";
	PG_RETURN_TEXT_P(cstring_to_text(access));
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
