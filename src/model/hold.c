/*
 * hold.c
 *	  What a hold is, and what may be done to it.
 */
#include "postgres.h"

#include "base/amount.h"
#include "model/hold.h"
#include "model/name.h"

static const char *const status_names[] = {
	[SB_HOLD_STATUS_OPEN] = "open",
	[SB_HOLD_STATUS_CAPTURED] = "captured",
	[SB_HOLD_STATUS_RELEASED] = "released",
	[SB_HOLD_STATUS_EXPIRED] = "expired",
};

const char *
sb_hold_status_name(SbHoldStatus status)
{
	return status_names[status];
}

bool
sb_hold_status_parse(const char *name, SbHoldStatus *status)
{
	int found;

	if (!sb_find_name(status_names, lengthof(status_names), name, &found))
		return false;
	*status = (SbHoldStatus) found;
	return true;
}

/*
 * What a hold keeps.
 */
int64
sb_hold_left(const SbHold *hold)
{
	return hold->status == SB_HOLD_STATUS_OPEN ? hold->amount - hold->captured : 0;
}

/*
 * A hold is placed for some time to come.
 */
bool
sb_hold_expiry(const SbHold *hold, TimestampTz now, SbRefusal *refusal)
{
	if (!hold->has_expiry || hold->expires_at > now)
		return true;
	*refusal = (SbRefusal){
		.code = SB_INVALID_ARGUMENT, .what = "expires_at", .other = "It is in the future."};
	return false;
}

/*
 * After sb_rules_decide() has said that its amount may be debited: keeps it.
 */
bool
sb_hold_place(SbAccount *account, const SbHold *hold, SbRefusal *refusal)
{
	int64 held;

	if (!sb_add(account->held, hold->amount, &held))
	{
		*refusal = (SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = account->id};
		return false;
	}
	account->held = held;
	return true;
}

/*
 * May the hold still be captured or released?  One past its time answers
 * alike whether anybody has expired it yet or not.
 */
bool
sb_hold_is_open(const SbHold *hold, TimestampTz now, SbRefusal *refusal)
{
	bool is_open = hold->status == SB_HOLD_STATUS_OPEN;

	if (is_open && (!hold->has_expiry || hold->expires_at > now))
		return true;
	if (is_open || hold->status == SB_HOLD_STATUS_EXPIRED)
		*refusal =
			(SbRefusal){.code = SB_HOLD_EXPIRED, .account_id = hold->id, .have = hold->expires_at};
	else
		*refusal = (SbRefusal){
			.code = SB_HOLD_NOT_OPEN, .account_id = hold->id, .what = status_names[hold->status]};
	return false;
}

/*
 * Captures from an open hold; what is left is released where final.
 */
bool
sb_hold_capture(SbHold *hold, int64 amount, bool final, SbRefusal *refusal)
{
	int64 left = sb_hold_left(hold);

	if (amount > left)
	{
		*refusal = (SbRefusal){
			.code = SB_HOLD_AMOUNT_EXCEEDED, .account_id = hold->id, .have = left, .need = amount};
		return false;
	}
	Assert(amount > 0 && left <= hold->amount - hold->captured);
	hold->captured += amount; /* at most the hold's amount */
	if (final || amount == left)
		hold->status = SB_HOLD_STATUS_CAPTURED;
	return true;
}
