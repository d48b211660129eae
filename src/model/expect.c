/*
 * expect.c
 *	  What a request expects of its accounts.
 */
#include "postgres.h"

#include "model/expect.h"

/*
 * is_part: the row is but a part of its account.  Which row that is nobody
 * can choose, so nothing can be expected of it; and to lock all of them would
 * be what stripes are there to avoid.
 */
bool
sb_expected_is_met(const SbExpected *expected, const SbAccount *account, bool is_part,
				   SbRefusal *refusal)
{
	*refusal = (SbRefusal){.code = SB_OK};
	if (!sb_expects(expected))
		return true;
	*refusal = (SbRefusal){.code = SB_PRECONDITION_FAILED, .account_id = account->id};
	if (is_part)
		*refusal = (SbRefusal){.code = SB_INVALID_ARGUMENT,
							   .what = "expect",
							   .other = "Nothing can be expected of an account with stripes.",
							   .hint = "Its postings spread over several rows, each with its own "
									   "version and its part of the balance."};
	else if (expected->has_version && account->version != expected->version)
	{
		refusal->have = account->version;
		refusal->need = expected->version;
	}
	else if (expected->has_least && account->balance < expected->least)
	{
		refusal->what = "at least";
		refusal->have = account->balance;
		refusal->need = expected->least;
	}
	else if (expected->has_most && account->balance > expected->most)
	{
		refusal->what = "at most";
		refusal->have = account->balance;
		refusal->need = expected->most;
	}
	else
		refusal->code = SB_OK;
	return refusal->code == SB_OK;
}
