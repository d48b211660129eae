/*
 * rules.h
 *	  Whether legs may be posted, and what posting them does to accounts.
 */
#ifndef SB_MODEL_RULES_H
#define SB_MODEL_RULES_H

#include "model/posting.h"

extern int64 sb_rules_sweep(const SbAccount *account, int64 keep);
extern bool sb_rules_decide(SbLeg *legs, int nlegs, bool is_journal, const SbRefusal *objection,
							const SbExpect *expect, SbRefusal *refusal);
extern bool sb_rules_sum_credits(const SbLeg *legs, int nlegs, int64 *amount);
extern TimestampTz sb_rules_apply(SbLeg *legs, int nlegs, TimestampTz now);
extern void sb_rules_undo(SbLeg *legs, int nlegs);
extern bool sb_rules_empty(const SbAccount *account, SbRefusal *refusal);

#endif /* SB_MODEL_RULES_H */
