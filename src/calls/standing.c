/*
 * standing.c
 *	  What a role is to the ledger: the one place where that is found out, for
 *	  the door and for the policies of row-level security.
 *
 * It goes by membership in the roles of create_roles().
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "base/encoding.h"
#include "calls/standing.h"

PG_FUNCTION_INFO_V1(simplebank_row_access);

static SbStanding known_standing = {InvalidOid};

static uint64 role_changes = 0;

static bool has_privileges(Oid role, const char *group);
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
	Oid customers;

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
	customers = get_role_oid("simplebank_customer", true);
	standing.is_customer = OidIsValid(customers) && is_member_of_role_nosuper(role, customers);

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
 * Customers have their own accounts only, unless they are something else
 * besides.  A role that is none of these has what it was granted.
 */
bool
sb_is_restricted(const SbStanding *standing, bool writes)
{
	return standing->is_customer && !standing->is_teller && (writes || !standing->is_auditor);
}

/*
 * Which rows the current user reads, for the policies of row-level security.
 */
Datum
simplebank_row_access(PG_FUNCTION_ARGS)
{
	const SbStanding *standing = sb_standing_of(GetUserId());
	const char *access = "accounts";

	if (standing->is_admin || standing->is_auditor)
		access = "all";
	else if (sb_is_restricted(standing, false))
		access = "own";
	PG_RETURN_TEXT_P(cstring_to_text(access));
}
