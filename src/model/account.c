/*
 * account.c
 *	  What an account is.
 */
#include "postgres.h"

#include "model/account.h"
#include "model/name.h"

static const char *const status_names[] = {
	[SB_STATUS_ACTIVE] = "active",
	[SB_STATUS_DEBIT_BLOCKED] = "debit_blocked",
	[SB_STATUS_CREDIT_BLOCKED] = "credit_blocked",
	[SB_STATUS_FROZEN] = "frozen",
	[SB_STATUS_CLOSED] = "closed",
};

const char *
sb_status_name(SbStatus status)
{
	return status_names[status];
}

bool
sb_status_parse(const char *name, SbStatus *status)
{
	int found;

	if (!sb_find_name(status_names, lengthof(status_names), name, &found))
		return false;
	*status = (SbStatus) found;
	return true;
}

/* Orders ids, and whatever begins with its id. */
int
sb_compare_ids(const void *a, const void *b)
{
	int64 left = *(const int64 *) a;
	int64 right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

/*
 * The time by an account's own clock, which never goes back, so that no hold
 * comes back to life.  account may be NULL.
 */
TimestampTz
sb_account_time(const SbAccount *account, TimestampTz now)
{
	return account ? Max(now, account->updated_at) : now;
}
