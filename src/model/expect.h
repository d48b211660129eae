/*
 * expect.h
 *	  What a request expects of its accounts: preconditions, judged with them
 *	  locked.
 */
#ifndef SB_MODEL_EXPECT_H
#define SB_MODEL_EXPECT_H

#include "base/error.h"
#include "model/account.h"

/* Of one account; all of it holds, or the request is refused. */
typedef struct SbExpected
{
	bool has_version;
	bool has_least;
	bool has_most;
	int64 version;
	int64 least; /* of the balance */
	int64 most;
} SbExpected;

/* Of a request of two accounts. */
typedef struct SbExpect
{
	SbExpected of[2]; /* the debited one's, the credited one's */
} SbExpect;

extern bool sb_expected_is_met(const SbExpected *expected, const SbAccount *account, bool is_part,
							   SbRefusal *refusal);

/* Is anything expected of the account? */
static inline bool
sb_expects(const SbExpected *expected)
{
	return expected->has_version || expected->has_least || expected->has_most;
}

#endif /* SB_MODEL_EXPECT_H */
