/*
 * hold.h
 *	  A hold: money of one account that is kept for another.
 */
#ifndef SB_MODEL_HOLD_H
#define SB_MODEL_HOLD_H

#include "base/error.h"
#include "model/account.h"

typedef enum SbHoldStatus
{
	SB_HOLD_STATUS_OPEN,
	SB_HOLD_STATUS_CAPTURED,
	SB_HOLD_STATUS_RELEASED,
	SB_HOLD_STATUS_EXPIRED
} SbHoldStatus;

typedef struct SbHold
{
	int64 id;
	int64 from_account;
	int64 to_account;
	int64 amount;
	int64 captured; /* of the amount, so far */
	bool has_expiry;
	TimestampTz expires_at;
	SbHoldStatus status;
	int32 ledger_id;
	text *description; /* or NULL */
} SbHold;

extern const char *sb_hold_status_name(SbHoldStatus status);
extern bool sb_hold_status_parse(const char *name, SbHoldStatus *status);
extern int64 sb_hold_left(const SbHold *hold);
extern bool sb_hold_expiry(const SbHold *hold, TimestampTz now, SbRefusal *refusal);
extern bool sb_hold_place(SbAccount *account, const SbHold *hold, SbRefusal *refusal);
extern bool sb_hold_is_open(const SbHold *hold, TimestampTz now, SbRefusal *refusal);
extern bool sb_hold_capture(SbHold *hold, int64 amount, bool final, SbRefusal *refusal);

#endif /* SB_MODEL_HOLD_H */
