/*
 * decide.h
 *	  The decision over one request.
 */
#ifndef SB_MODEL_DECIDE_H
#define SB_MODEL_DECIDE_H

#include "model/posting.h"

/* What a decision depends on that is of no account. */
typedef struct SbMoment
{
	TimestampTz now; /* read after the accounts were locked */
} SbMoment;

extern void sb_decide(SbPosting *posting, const SbMoment *moment);
extern void sb_take_back(SbPosting *posting);
extern SbHeld sb_held_of(const SbAccount *account);
extern bool sb_may_need_holds(const SbAccount *account, int64 debits);

#endif /* SB_MODEL_DECIDE_H */
