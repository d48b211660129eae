/* link: src/model/expect.c */
/*
 * expect.c
 *	  What is expected of an account: each rule, both sides of each limit.
 */
#include "postgres.h"

#include "model/expect.h"
#include "server.h"

static int tests;
static int failures;

static SbAccount account = {.id = 7, .version = 3, .balance = 50, .held = 20};
static SbRefusal refusal;

static void
ok(bool passed, const char *name)
{
	tests++;
	failures += !passed;
	printf("%sok %d - %s\n", passed ? "" : "not ", tests, name);
}

static void
is_met(SbExpected expected, const char *name)
{
	refusal = (SbRefusal){.code = SB_OUT_OF_RANGE};
	ok(sb_expected_is_met(&expected, &account, false, &refusal) && refusal.code == SB_OK, name);
}

static void
fails(SbExpected expected, const char *what, int64 have, int64 need, const char *name)
{
	refusal = (SbRefusal){0};
	ok(!sb_expected_is_met(&expected, &account, false, &refusal) &&
		   refusal.code == SB_PRECONDITION_FAILED && refusal.account_id == 7 &&
		   refusal.have == have && refusal.need == need &&
		   (what ? refusal.what && strcmp(refusal.what, what) == 0 : refusal.what == NULL),
	   name);
}

static void
test_version(void)
{
	is_met((SbExpected){.has_version = true, .version = 3}, "the version that there is");
	fails((SbExpected){.has_version = true, .version = 2}, NULL, 3, 2, "one before");
	fails((SbExpected){.has_version = true, .version = 4}, NULL, 3, 4, "one after");
	account.version = 0;
	is_met((SbExpected){.has_version = true}, "an account without entries has version 0");
	account.version = PG_INT64_MAX;
	is_met((SbExpected){.has_version = true, .version = PG_INT64_MAX}, "the last version");
	fails((SbExpected){.has_version = true, .version = PG_INT64_MAX - 1}, NULL, PG_INT64_MAX,
		  PG_INT64_MAX - 1, "is not the one before");
	account.version = 3;
}

static void
test_balance(void)
{
	is_met((SbExpected){.has_least = true, .least = 50}, "at least what there is");
	fails((SbExpected){.has_least = true, .least = 51}, "at least", 50, 51, "one more");
	is_met((SbExpected){.has_most = true, .most = 50}, "at most what there is");
	fails((SbExpected){.has_most = true, .most = 49}, "at most", 50, 49, "one less");
	account.balance = -1;
	fails((SbExpected){.has_least = true}, "at least", -1, 0, "a bound of 0 is one");
	is_met((SbExpected){.has_least = true, .least = PG_INT64_MIN}, "the lowest bound");
	account.balance = PG_INT64_MIN;
	is_met((SbExpected){.has_least = true, .least = PG_INT64_MIN}, "at the lowest balance");
	fails((SbExpected){.has_least = true, .least = PG_INT64_MAX}, "at least", PG_INT64_MIN,
		  PG_INT64_MAX, "as far off as can be");
	account.balance = PG_INT64_MAX;
	fails((SbExpected){.has_most = true, .most = PG_INT64_MIN}, "at most", PG_INT64_MAX,
		  PG_INT64_MIN, "the other way");
	account.balance = 50;
}

static void
test_together(void)
{
	SbExpected all = {.has_version = true,
					  .version = 4,
					  .has_least = true,
					  .least = 60,
					  .has_most = true,
					  .most = 40};

	fails(all, NULL, 3, 4, "the version comes first");
	all.version = 3;
	fails(all, "at least", 50, 60, "then the lower bound");
	all.least = 50;
	fails(all, "at most", 50, 40, "then the upper one");
	all.most = 50;
	is_met(all, "all of it holds");
	is_met((SbExpected){.version = 9, .least = 90, .most = -1}, "nothing is expected");
	ok(!sb_expects(&(SbExpected){.version = 9, .least = 90, .most = -1}), "and it says so");
}

static void
test_parts(void)
{
	SbExpected expected = {.has_version = true, .version = 3};

	ok(!sb_expected_is_met(&expected, &account, true, &refusal) &&
		   refusal.code == SB_INVALID_ARGUMENT && strcmp(refusal.what, "expect") == 0,
	   "nothing can be expected of a part of an account, even if it were so");
	expected.has_version = false;
	ok(sb_expected_is_met(&expected, &account, true, &refusal), "and nothing is");
}

int
main(void)
{
	test_version();
	test_balance();
	test_together();
	test_parts();
	printf("1..%d\n", tests);
	return failures > 0;
}
