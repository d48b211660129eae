/* link: src/model/rules.c src/model/account.c src/model/expect.c src/model/hold.c src/model/posting.c src/model/operation.c src/base/amount.c */
/*
 * rules.c
 *	  The decisions of the posting engine, without a server: every status in
 *	  every direction, limits from both sides, the ends of bigint, several
 *	  legs on one account, the order of the checks, what apply assigns.
 */
#include "postgres.h"

#include "base/amount.h"
#include "model/rules.h"
#include "server.h"

static const SbRefusal no_objection = {0};

#define MAX_LEGS 6

/* An account without limits, with some history. */
#define ACCOUNT(number, amount)                                                          \
	(SbAccount)                                                                          \
	{                                                                                    \
		.id = (number), .balance = (amount), .version = 10 * (number),                   \
		.stored_version = 10 * (number), .updated_at = 1000, .status = SB_STATUS_ACTIVE, \
		.currency = "USD"                                                                \
	}

static int tests;
static int failures;

static SbAccount accounts[MAX_LEGS];
static SbLeg legs[MAX_LEGS];
static SbRefusal refusal;

static void
ok(bool passed, const char *name)
{
	tests++;
	failures += !passed;
	printf("%sok %d - %s\n", passed ? "" : "not ", tests, name);
}

static void
is_int64(int64 got, int64 expected, const char *name)
{
	ok(got == expected, name);
	if (got != expected)
		printf("#   got " INT64_FORMAT ", expected " INT64_FORMAT "\n", got, expected);
}

static void
is_text(const char *got, const char *expected, const char *name)
{
	bool same = got && strcmp(got, expected) == 0;

	ok(same, name);
	if (!same)
		printf("#   got \"%s\", expected \"%s\"\n", got ? got : "NULL", expected);
}

/*
 * Two active USD accounts, 1 with 100 and 2 with 0, and a transfer between.
 */
static void
transfer_of(int64 amount)
{
	accounts[0] = ACCOUNT(1, 100);
	accounts[1] = ACCOUNT(2, 0);
	legs[0] = (SbLeg){.account_id = 1, .amount = -amount, .account = &accounts[0]};
	legs[1] = (SbLeg){.account_id = 2, .amount = amount, .account = &accounts[1]};
}

static void
set_min(SbAccount *account, int64 limit)
{
	account->has_min = true;
	account->min_balance = limit;
}

static void
set_max(SbAccount *account, int64 limit)
{
	account->has_max = true;
	account->max_balance = limit;
}

/*
 * Decides, and sees that a decision, taken or not, changes no account.
 */
static SbCode
decide(int nlegs)
{
	SbAccount before[MAX_LEGS];
	bool allowed;

	memcpy(before, accounts, sizeof(before));
	memset(&refusal, 0, sizeof(refusal));
	allowed = sb_rules_decide(legs, nlegs, false, &no_objection, NULL, &refusal);
	for (int i = 0; i < MAX_LEGS; i++)
	{
		if (accounts[i].balance != before[i].balance || accounts[i].version != before[i].version ||
			accounts[i].held != before[i].held || accounts[i].updated_at != before[i].updated_at)
			ok(false, "a decision changes nothing");
	}
	if (allowed != (refusal.code == SB_OK))
		ok(false, "a refusal has a reason, a yes has none");
	return refusal.code;
}

static void
accepts(int nlegs, const char *name)
{
	is_int64(decide(nlegs), SB_OK, name);
}

static void
refuses(int nlegs, SbCode code, int64 account_id, const char *name)
{
	SbCode got = decide(nlegs);

	ok(got == code && refusal.account_id == account_id, name);
	if (got != code || refusal.account_id != account_id)
		printf("#   got code %d for account " INT64_FORMAT ", expected %d for " INT64_FORMAT "\n",
			   got, refusal.account_id, code, account_id);
}

static void
test_spare(void)
{
	is_int64(sb_spare(0, 0, 0), 0, "spare of nothing");
	is_int64(sb_spare(100, 30, 0), 70, "spare: what is held is not free");
	is_int64(sb_spare(100, 0, -50), 150, "spare: an overdraft adds");
	is_int64(sb_spare(100, 0, 50), 50, "spare: a minimum takes");
	is_int64(sb_spare(-50, 0, -50), 0, "spare at the limit");
	is_int64(sb_spare(-51, 0, -50), -1, "spare below the limit");
	is_int64(sb_spare(10, 11, 0), -1, "spare where more is held than there is");
	is_int64(sb_spare(PG_INT64_MAX, 0, 0), PG_INT64_MAX, "spare of the largest balance");
	is_int64(sb_spare(PG_INT64_MAX, PG_INT64_MAX, 0), 0, "spare with all of it held");
	is_int64(sb_spare(PG_INT64_MAX, 0, -1), PG_INT64_MAX, "spare is cut at the upper end");
	is_int64(sb_spare(PG_INT64_MAX, 0, PG_INT64_MIN), PG_INT64_MAX,
			 "spare is cut far above the upper end");
	is_int64(sb_spare(0, 0, PG_INT64_MIN), PG_INT64_MAX,
			 "spare of 0 above the lowest limit is cut");
	is_int64(sb_spare(-1, 0, PG_INT64_MIN), PG_INT64_MAX,
			 "spare of -1 above the lowest limit fits");
	is_int64(sb_spare(PG_INT64_MIN, 0, PG_INT64_MIN), 0,
			 "spare of the lowest balance at the lowest limit");
	is_int64(sb_spare(PG_INT64_MIN, 0, 0), PG_INT64_MIN, "spare of the lowest balance");
	is_int64(sb_spare(PG_INT64_MIN, 0, 1), PG_INT64_MIN, "spare is cut at the lower end");
	is_int64(sb_spare(PG_INT64_MIN, 1, PG_INT64_MIN), PG_INT64_MIN,
			 "spare is cut where balance - held does not fit");
	is_int64(sb_spare(PG_INT64_MIN, PG_INT64_MAX, PG_INT64_MIN), PG_INT64_MIN,
			 "spare is cut far below the lower end");
	is_int64(sb_spare(PG_INT64_MIN, 0, PG_INT64_MAX), PG_INT64_MIN, "spare between the ends");
}

static void
test_arithmetic(void)
{
	int64 result;

	ok(sb_add(PG_INT64_MAX - 1, 1, &result) && result == PG_INT64_MAX,
	   "a sum may be the largest number");
	ok(!sb_add(PG_INT64_MAX, 1, &result), "and no larger");
	ok(sb_add(PG_INT64_MIN + 1, -1, &result) && result == PG_INT64_MIN,
	   "a sum may be the smallest number");
	ok(!sb_add(PG_INT64_MIN, -1, &result), "and no smaller");
	ok(sb_subtract(-1, PG_INT64_MAX, &result) && result == PG_INT64_MIN,
	   "a difference may be the smallest number");
	ok(!sb_subtract(-2, PG_INT64_MAX, &result), "and no smaller");
	ok(!sb_subtract(0, PG_INT64_MIN, &result), "the smallest number cannot be negated");
	ok(sb_subtract(-1, PG_INT64_MIN, &result) && result == PG_INT64_MAX,
	   "a difference may be the largest number");
}

static void
test_names(void)
{
	static const struct
	{
		SbStatus status;
		const char *name;
	} names[] = {{SB_STATUS_ACTIVE, "active"},
				 {SB_STATUS_DEBIT_BLOCKED, "debit_blocked"},
				 {SB_STATUS_CREDIT_BLOCKED, "credit_blocked"},
				 {SB_STATUS_FROZEN, "frozen"},
				 {SB_STATUS_CLOSED, "closed"}};
	SbStatus status;

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		is_text(sb_status_name(names[i].status), names[i].name, "a status has its name");
		ok(sb_status_parse(names[i].name, &status) && status == names[i].status,
		   "and is found by it");
	}
	ok(!sb_status_parse("", &status), "no status without a name");
	ok(!sb_status_parse("Active", &status), "names have one spelling");
	ok(!sb_status_parse("active ", &status), "and no spaces");
}

/* A request that is checked by itself; what it is refused for is in refusal. */
static bool
is_amount(int64 amount)
{
	SbPosting posting = {0};
	bool allowed = sb_check_amount(&posting, amount);

	refusal = posting.refusal;
	return allowed && posting.state == SB_OPEN;
}

static bool
are_two(int64 from_account, int64 to_account)
{
	SbPosting posting = {0};
	bool allowed = sb_check_accounts(&posting, from_account, to_account);

	refusal = posting.refusal;
	return allowed && posting.state == SB_OPEN;
}

static bool
is_leg(int64 amount)
{
	SbLeg leg = {.account_id = 1, .amount = amount};
	SbPosting posting = {.nlegs = 1, .legs = &leg};
	bool allowed = sb_check_legs(&posting);

	refusal = posting.refusal;
	return allowed && posting.state == SB_OPEN;
}

static void
test_request(void)
{
	ok(is_amount(1), "1 is an amount");
	ok(is_amount(PG_INT64_MAX), "so is the largest number");
	ok(!is_amount(0) && refusal.code == SB_INVALID_AMOUNT && refusal.have == 0, "0 is none");
	ok(!is_amount(-1) && refusal.code == SB_INVALID_AMOUNT && refusal.have == -1, "-1 is none");
	ok(!is_amount(PG_INT64_MIN) && refusal.have == PG_INT64_MIN, "the smallest number is none");
	ok(are_two(1, 2), "two accounts are two");
	ok(!are_two(7, 7) && refusal.code == SB_SAME_ACCOUNT && refusal.account_id == 7,
	   "one account is not");
}

/*
 * Each status of the debited, then of the credited account.
 */
static void
test_status(void)
{
	static const struct
	{
		SbStatus status;
		bool debit;
		bool credit;
	} allowed[] = {{SB_STATUS_ACTIVE, true, true},
				   {SB_STATUS_DEBIT_BLOCKED, false, true},
				   {SB_STATUS_CREDIT_BLOCKED, true, false},
				   {SB_STATUS_FROZEN, false, false},
				   {SB_STATUS_CLOSED, false, false}};

	for (int i = 0; i < (int) lengthof(allowed); i++)
	{
		char name[100];

		transfer_of(1);
		accounts[0].status = allowed[i].status;
		snprintf(name, sizeof(name), "%s account: debit", sb_status_name(allowed[i].status));
		if (allowed[i].debit)
			accepts(2, name);
		else
		{
			refuses(2, SB_ACCOUNT_NOT_ACTIVE, 1, name);
			is_text(refusal.what, sb_status_name(allowed[i].status), "the refusal says the status");
		}

		transfer_of(1);
		accounts[1].status = allowed[i].status;
		snprintf(name, sizeof(name), "%s account: credit", sb_status_name(allowed[i].status));
		if (allowed[i].credit)
			accepts(2, name);
		else
			refuses(2, SB_ACCOUNT_NOT_ACTIVE, 2, name);
	}
}

static void
test_limits(void)
{
	transfer_of(101);
	accepts(2, "no lower limit: below 0");

	transfer_of(100);
	set_min(&accounts[0], 0);
	accepts(2, "all that is there");
	transfer_of(101);
	set_min(&accounts[0], 0);
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "one more than is there");
	is_int64(refusal.have, 100, "the refusal says what there is");
	is_int64(refusal.need, 101, "and what was needed");

	transfer_of(150);
	set_min(&accounts[0], -50);
	accepts(2, "down to a negative limit");
	transfer_of(151);
	set_min(&accounts[0], -50);
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "one below it");

	transfer_of(60);
	set_min(&accounts[0], 40);
	accepts(2, "down to a positive limit");
	transfer_of(61);
	set_min(&accounts[0], 40);
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "one below that");

	transfer_of(70);
	set_min(&accounts[0], 0);
	accounts[0].held = 30;
	accepts(2, "all but what is held");
	transfer_of(71);
	set_min(&accounts[0], 0);
	accounts[0].held = 30;
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "one of what is held");
	is_int64(refusal.have, 70, "what is held is not there");
	transfer_of(71);
	accounts[0].held = 100;
	accepts(2, "without a lower limit holds do not bind");

	transfer_of(1);
	set_min(&accounts[0], 200);
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "below its limit already: no debit");
	is_int64(refusal.have, -100, "and it shows by how much");
	transfer_of(1);
	set_min(&accounts[1], 200);
	accepts(2, "below its limit already: a credit, even if too small");

	transfer_of(50);
	set_max(&accounts[1], 50);
	accepts(2, "up to the upper limit");
	transfer_of(51);
	set_max(&accounts[1], 50);
	refuses(2, SB_BALANCE_LIMIT_EXCEEDED, 2, "one above it");
	is_int64(refusal.have, 0, "the refusal says the balance");
	is_int64(refusal.need, 50, "and the limit");
	transfer_of(1);
	set_max(&accounts[0], 50);
	accepts(2, "above its upper limit already: a debit");
	transfer_of(1);
	accounts[1].held = 1000;
	set_max(&accounts[1], 1);
	accepts(2, "what is held does not hinder a credit");
	transfer_of(1);
	set_max(&accounts[1], -1);
	refuses(2, SB_BALANCE_LIMIT_EXCEEDED, 2, "a negative upper limit");
}

static void
test_ends(void)
{
	transfer_of(PG_INT64_MAX);
	accounts[0].balance = PG_INT64_MAX;
	set_min(&accounts[0], 0);
	set_max(&accounts[1], PG_INT64_MAX);
	accepts(2, "the largest amount, from the largest balance");
	transfer_of(PG_INT64_MAX);
	accounts[0].balance = PG_INT64_MAX - 1;
	set_min(&accounts[0], 0);
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "the largest amount, from one less");

	transfer_of(PG_INT64_MAX);
	accounts[0].balance = -1;
	accepts(2, "down to the smallest balance");
	transfer_of(PG_INT64_MAX);
	accounts[0].balance = -2;
	refuses(2, SB_OUT_OF_RANGE, 1, "one below the smallest balance");
	transfer_of(PG_INT64_MAX);
	accounts[0].balance = -1;
	set_min(&accounts[0], PG_INT64_MIN);
	accepts(2, "the smallest balance as limit");

	transfer_of(1);
	accounts[1].balance = PG_INT64_MAX - 1;
	accepts(2, "up to the largest balance");
	transfer_of(1);
	accounts[1].balance = PG_INT64_MAX;
	refuses(2, SB_OUT_OF_RANGE, 2, "one above the largest balance");
	transfer_of(1);
	accounts[1].balance = PG_INT64_MAX;
	set_max(&accounts[1], PG_INT64_MAX);
	refuses(2, SB_BALANCE_LIMIT_EXCEEDED, 2, "the same where it is a limit");

	transfer_of(1);
	accounts[0].balance = PG_INT64_MAX;
	set_min(&accounts[0], PG_INT64_MIN);
	accepts(2, "more spare than bigint can say");
	transfer_of(1);
	accounts[0].balance = PG_INT64_MIN;
	set_min(&accounts[0], PG_INT64_MAX);
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "less spare than bigint can say");
	transfer_of(1);
	accounts[0].balance = PG_INT64_MIN + 5;
	accounts[0].held = 10;
	set_min(&accounts[0], PG_INT64_MIN);
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "more held than bigint can subtract");
}

/*
 * Several legs on one account: 1 pays, 2 receives, 3 both.
 */
static void
test_net(void)
{
	SbAccount *through = &accounts[2];

	transfer_of(50);
	*through = ACCOUNT(3, 0);
	set_min(through, 0);
	set_max(through, 0);
	legs[2] = (SbLeg){.account_id = 3, .amount = -50, .account = through};
	legs[3] = (SbLeg){.account_id = 3, .amount = 50, .account = through};
	accepts(4, "limits are judged on the net effect: out and in again");
	legs[3].amount = 49;
	refuses(4, SB_INSUFFICIENT_FUNDS, 3, "one less comes in than goes out");
	is_int64(refusal.need, 1, "only the difference was needed");
	legs[3].amount = 51;
	refuses(4, SB_BALANCE_LIMIT_EXCEEDED, 3, "one more comes in than goes out");

	transfer_of(50);
	set_min(&accounts[0], 0);
	legs[2] = (SbLeg){.account_id = 1, .amount = -50, .account = &accounts[0]};
	accepts(3, "two debits of one account: all that is there");
	legs[2].amount = -51;
	refuses(3, SB_INSUFFICIENT_FUNDS, 1, "together one too much");
	is_int64(refusal.need, 101, "the sum was needed");

	transfer_of(50);
	accounts[0].status = SB_STATUS_DEBIT_BLOCKED;
	legs[2] = (SbLeg){.account_id = 1, .amount = 100, .account = &accounts[0]};
	refuses(3, SB_ACCOUNT_NOT_ACTIVE, 1, "a status forbids a debit although more comes in");

	/* the sum of the legs does not fit */
	transfer_of(1);
	legs[1].amount = PG_INT64_MAX;
	legs[2] = (SbLeg){.account_id = 2, .amount = 1, .account = &accounts[1]};
	refuses(3, SB_OUT_OF_RANGE, 2, "the sum of the credits does not fit");
	legs[0].amount = PG_INT64_MIN;
	legs[1].amount = 1;
	legs[2] = (SbLeg){.account_id = 1, .amount = -1, .account = &accounts[0]};
	refuses(3, SB_OUT_OF_RANGE, 1, "the sum of the debits does not fit");

	/* every prefix of the legs is an entry's running balance */
	transfer_of(1);
	accounts[1].balance = PG_INT64_MAX - 5;
	legs[1].amount = 6;
	legs[2] = (SbLeg){.account_id = 2, .amount = -6, .account = &accounts[1]};
	refuses(3, SB_OUT_OF_RANGE, 2, "a running balance does not fit, be it only between two legs");
	legs[1].amount = -6;
	legs[2].amount = 6;
	accepts(3, "in the other order it does");

	transfer_of(1);
	legs[0].amount = PG_INT64_MIN;
	legs[1] = (SbLeg){.account_id = 1, .amount = PG_INT64_MAX, .account = &accounts[0]};
	accounts[0].balance = 0;
	set_min(&accounts[0], -1);
	refuses(2, SB_OUT_OF_RANGE, 1, "the smallest number is no amount, though taken back but for 1");

	transfer_of(1);
	legs[0].amount = PG_INT64_MIN;
	accounts[0].balance = PG_INT64_MAX;
	set_min(&accounts[0], -1);
	refuses(1, SB_OUT_OF_RANGE, 1, "nor alone, though there is enough");
	legs[0].amount++;
	accepts(1, "one less is an amount");
}

/*
 * A journal may have any legs, as long as they sum to zero per currency.
 */
static void
test_journal(void)
{
	int64 credits;

	transfer_of(10);
	ok(!is_leg(0) && refusal.code == SB_INVALID_AMOUNT, "0 is no leg");
	ok(!is_leg(PG_INT64_MIN) && refusal.code == SB_OUT_OF_RANGE, "nor is the smallest number");
	ok(is_leg(PG_INT64_MIN + 1), "one more is");

	accounts[0].balance = 10;
	ok(sb_rules_decide(legs, 2, true, &no_objection, NULL, &refusal), "a journal of two legs");
	ok(sb_rules_sum_credits(legs, 2, &credits) && credits == 10, "and what it credits");
	legs[1].amount = 11;
	ok(!sb_rules_decide(legs, 2, true, &no_objection, NULL, &refusal) &&
		   refusal.code == SB_UNBALANCED_JOURNAL && refusal.have == 1,
	   "too much by 1");
	legs[1].amount = 9;
	ok(!sb_rules_decide(legs, 2, true, &no_objection, NULL, &refusal) &&
		   refusal.code == SB_UNBALANCED_JOURNAL && refusal.have == -1,
	   "too little by 1");
	legs[1].amount = 10;
	strcpy(accounts[1].currency, "XTS");
	ok(!sb_rules_decide(legs, 2, true, &no_objection, NULL, &refusal) &&
		   refusal.code == SB_UNBALANCED_JOURNAL,
	   "each currency by itself");
	ok(!sb_rules_sum_credits(legs, 2, &credits), "of two currencies there is no sum");
	legs[0].amount = PG_INT64_MAX;
	legs[1] = (SbLeg){.account_id = 1, .amount = PG_INT64_MAX, .account = &accounts[0]};
	ok(!sb_rules_decide(legs, 2, true, &no_objection, NULL, &refusal) &&
		   refusal.code == SB_UNBALANCED_JOURNAL && refusal.have == PG_INT64_MAX,
	   "a difference that does not fit is cut");
}

/*
 * Each check goes over all legs before the next one.  To start with, all is
 * wrong; then one thing after the other is put right.
 */
static void
test_order(void)
{
	transfer_of(PG_INT64_MAX);
	accounts[0].status = SB_STATUS_FROZEN;
	accounts[1].status = SB_STATUS_CLOSED;
	strcpy(accounts[1].currency, "EUR");
	set_min(&accounts[0], 0);
	set_max(&accounts[1], 0);
	accounts[1].balance = 1;

	legs[0].account = NULL;
	legs[1].account = NULL;
	refuses(2, SB_ACCOUNT_NOT_FOUND, 1, "not found: the debit first");
	legs[0].account = &accounts[0];
	refuses(2, SB_ACCOUNT_NOT_FOUND, 2, "not found before not active");
	legs[1].account = &accounts[1];
	refuses(2, SB_ACCOUNT_NOT_ACTIVE, 1, "not active: the debit first");
	accounts[0].status = SB_STATUS_ACTIVE;
	refuses(2, SB_ACCOUNT_NOT_ACTIVE, 2, "not active before currencies");
	accounts[1].status = SB_STATUS_ACTIVE;
	refuses(2, SB_CURRENCY_MISMATCH, 1, "currencies before funds");
	is_text(refusal.what, "USD", "one currency");
	is_text(refusal.other, "EUR", "and the other one");
	strcpy(accounts[1].currency, "USD");
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "funds before the upper limit");
	accounts[0].has_min = false;
	refuses(2, SB_BALANCE_LIMIT_EXCEEDED, 2, "the upper limit before the range");
	accounts[1].has_max = false;
	refuses(2, SB_OUT_OF_RANGE, 2, "the range comes last");
	accounts[1].balance = 0;
	accepts(2, "and then there is no reason left");

	/* the credited account is listed first */
	transfer_of(101);
	set_min(&accounts[0], 0);
	set_max(&accounts[1], 0);
	legs[2] = legs[0];
	legs[0] = legs[1];
	legs[1] = legs[2];
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "funds come before upper limits in any order of legs");

	/* codes that only begin alike */
	transfer_of(1);
	strcpy(accounts[0].currency, "POINTS123456");
	strcpy(accounts[1].currency, "POINTS123457");
	refuses(2, SB_CURRENCY_MISMATCH, 1, "currencies are compared to their last letter");
	strcpy(accounts[1].currency, "POINTS123456");
	accepts(2, "and the longest code fits");
}

static void
test_apply(void)
{
	transfer_of(30);
	is_int64(sb_rules_apply(legs, 2, 2000), 2000, "posted now");
	is_int64(accounts[0].balance, 70, "the debit is taken");
	is_int64(accounts[1].balance, 30, "the credit is given");
	is_int64(accounts[0].version, 11, "the version goes up by one");
	is_int64(accounts[1].version, 21, "in both accounts");
	is_int64(accounts[0].updated_at, 2000, "the account was updated at the posting");
	is_int64(accounts[1].updated_at, 2000, "the other one too");
	is_int64(legs[0].version, 11, "the entry has the account's version");
	is_int64(legs[1].version, 21, "in both entries");
	is_int64(legs[0].balance, 70, "the entry has the running balance");
	is_int64(legs[1].balance, 30, "in both entries");

	transfer_of(1);
	is_int64(sb_rules_apply(legs, 2, 1001), 1001,
			 "posted in the microsecond after the last call's");
	is_int64(sb_rules_apply(legs, 2, 1001), 1001, "another posting of this call has its time");
	sb_rules_undo(legs, 2);
	transfer_of(1);
	is_int64(sb_rules_apply(legs, 2, 1000), 1001, "no call has the time of one before");
	sb_rules_undo(legs, 2);
	is_int64(sb_rules_apply(legs, 2, 1000), 1001, "also when it was decided anew");
	transfer_of(1);
	accounts[1].updated_at = 5000;
	is_int64(sb_rules_apply(legs, 2, 2000), 5001,
			 "the clock has gone back: posted behind the latest of both accounts");
	is_int64(accounts[0].updated_at, 5001, "which is the time of the other account too");
	transfer_of(1);
	accounts[0].updated_at = 7000;
	is_int64(sb_rules_apply(legs, 2, 2000), 7001, "likewise where it is the debited account's");
	accounts[2] = ACCOUNT(3, 100);
	legs[0].account = &accounts[2];
	is_int64(sb_rules_apply(legs, 2, 2000), 7001,
			 "and an account that this call has posted to takes a third one with it");

	/* 1 pays 10, then 20; 2 gets both */
	transfer_of(10);
	legs[2] = (SbLeg){.account_id = 1, .amount = -20, .account = &accounts[0]};
	legs[3] = (SbLeg){.account_id = 2, .amount = 20, .account = &accounts[1]};
	(void) sb_rules_apply(legs, 4, 2000);
	is_int64(legs[0].version, 11, "several legs on one account: the first version");
	is_int64(legs[2].version, 12, "the second version");
	is_int64(legs[0].balance, 90, "the first running balance");
	is_int64(legs[2].balance, 70, "the second running balance");
	is_int64(accounts[0].version, 12, "the account has the last version");
	is_int64(accounts[0].balance, 70, "and the last balance");
	is_int64(legs[3].balance, 30, "the other account's last running balance");
	is_int64(accounts[1].version, 22, "and its version");

	/* two postings of one call see each other */
	transfer_of(100);
	set_min(&accounts[0], 0);
	accepts(2, "the first posting of a call");
	(void) sb_rules_apply(legs, 2, 2000);
	legs[0].amount = -1;
	legs[1].amount = 1;
	refuses(2, SB_INSUFFICIENT_FUNDS, 1, "the second one finds what the first has left");

	transfer_of(PG_INT64_MAX);
	accounts[0].balance = -1;
	(void) sb_rules_apply(legs, 2, 2000);
	is_int64(accounts[0].balance, PG_INT64_MIN, "apply at the lower end");
	is_int64(accounts[1].balance, PG_INT64_MAX, "apply at the upper end");
}

static void
test_sweep(void)
{
	accounts[0] = ACCOUNT(1, 100);
	is_int64(sb_rules_sweep(&accounts[0], 30), 70, "sweep: what is above keep");
	is_int64(sb_rules_sweep(&accounts[0], 100), 0, "sweep of nothing");
	is_int64(sb_rules_sweep(&accounts[0], 101), 0, "sweep of less than nothing");
	accounts[0].held = 50;
	is_int64(sb_rules_sweep(&accounts[0], 30), 20, "sweep: not what is held");
	set_min(&accounts[0], 40);
	is_int64(sb_rules_sweep(&accounts[0], 30), 10, "sweep: not below the limit");
	set_min(&accounts[0], -1000);
	is_int64(sb_rules_sweep(&accounts[0], 0), 50, "sweep: no overdraft");
}

static void
test_clearing(void)
{
	transfer_of(1);
	accounts[1].status = SB_STATUS_FROZEN;
	accounts[1].is_system = true;
	refuses(2, SB_ACCOUNT_NOT_ACTIVE, 2, "a clearing account is frozen");
	legs[1].is_clearing = true;
	accepts(2, "but for clearing");
	accounts[1].is_system = false;
	refuses(2, SB_ACCOUNT_NOT_ACTIVE, 2, "a customer's account is frozen for clearing too");
	accounts[1].is_system = true;
	accounts[1].status = SB_STATUS_CLOSED;
	refuses(2, SB_ACCOUNT_NOT_ACTIVE, 2, "closed is closed");
}

static void
test_ledger(void)
{
	const SbRefusal objection = {.code = SB_NOT_A_MEMBER};

	transfer_of(100);
	accounts[0].ledger_id = accounts[1].ledger_id = 7;
	accepts(2, "both in one ledger");
	accounts[1].ledger_id = 8;
	accounts[0].status = SB_STATUS_FROZEN;
	refuses(2, SB_LEDGER_MISMATCH, 2, "each in another ledger, before status");
	ok(!sb_rules_decide(legs, 2, false, &objection, NULL, &refusal) &&
		   refusal.code == SB_LEDGER_MISMATCH,
	   "and before an objection");
	legs[0].account = NULL;
	refuses(2, SB_ACCOUNT_NOT_FOUND, 1, "but not before both are there");
}

static void
test_objection(void)
{
	const SbRefusal objection = {.code = SB_NOT_A_MEMBER};

	transfer_of(1000);
	ok(!sb_rules_decide(legs, 2, false, &objection, NULL, &refusal) &&
		   refusal.code == SB_NOT_A_MEMBER,
	   "an objection comes before funds");
	accounts[0].status = SB_STATUS_FROZEN;
	ok(!sb_rules_decide(legs, 2, false, &objection, NULL, &refusal) &&
		   refusal.code == SB_NOT_A_MEMBER,
	   "and before status");
	legs[1].account = NULL;
	ok(!sb_rules_decide(legs, 2, false, &objection, NULL, &refusal) &&
		   refusal.code == SB_ACCOUNT_NOT_FOUND && refusal.account_id == 2,
	   "but after an account that is not there");
}

static void
test_empty(void)
{
	accounts[0] = ACCOUNT(1, 0);
	ok(sb_rules_empty(&accounts[0], &refusal), "nothing there, nothing held: empty");
	accounts[0].balance = 1;
	ok(!sb_rules_empty(&accounts[0], &refusal) && refusal.code == SB_ACCOUNT_NOT_EMPTY &&
		   refusal.have == 1 && refusal.account_id == 1,
	   "a balance of 1 is not empty");
	accounts[0].balance = -1;
	ok(!sb_rules_empty(&accounts[0], &refusal) && refusal.have == -1, "nor is a debt");
	accounts[0].balance = 0;
	accounts[0].held = 1;
	ok(!sb_rules_empty(&accounts[0], &refusal) && refusal.need == 1, "nor is a hold");
}

static void
test_holds(void)
{
	SbHold hold = {.id = 7, .amount = 100, .has_expiry = true, .expires_at = 2000};

	/* time: at its end a hold is over */
	ok(sb_hold_expiry(&hold, 1999, &refusal), "a hold may end in a microsecond");
	ok(!sb_hold_expiry(&hold, 2000, &refusal) && refusal.code == SB_INVALID_ARGUMENT,
	   "a hold cannot end now");
	ok(sb_hold_is_open(&hold, 1999, &refusal), "open until its time");
	ok(!sb_hold_is_open(&hold, 2000, &refusal) && refusal.code == SB_HOLD_EXPIRED &&
		   refusal.account_id == 7,
	   "over at its time");
	hold.status = SB_HOLD_STATUS_EXPIRED;
	ok(!sb_hold_is_open(&hold, 1000, &refusal) && refusal.code == SB_HOLD_EXPIRED,
	   "what has expired stays so, wherever the clock goes");
	is_int64(sb_hold_left(&hold), 0, "and keeps nothing");
	hold.status = SB_HOLD_STATUS_RELEASED;
	ok(!sb_hold_is_open(&hold, 3000, &refusal) && refusal.code == SB_HOLD_NOT_OPEN,
	   "what was released is not open, rather than expired");
	is_text(refusal.what, "released", "and says so");
	hold.status = SB_HOLD_STATUS_OPEN;
	hold.has_expiry = false;
	ok(sb_hold_expiry(&hold, PG_INT64_MAX, &refusal) &&
		   sb_hold_is_open(&hold, PG_INT64_MAX, &refusal),
	   "without a time it never ends");

	/* captures */
	ok(!sb_hold_capture(&hold, 101, true, &refusal) && refusal.code == SB_HOLD_AMOUNT_EXCEEDED &&
		   refusal.have == 100 && refusal.need == 101,
	   "more than there is");
	is_int64(hold.captured, 0, "takes nothing");
	ok(sb_hold_capture(&hold, 60, false, &refusal) && hold.status == SB_HOLD_STATUS_OPEN,
	   "a part leaves it open");
	is_int64(sb_hold_left(&hold), 40, "with the rest");
	ok(!sb_hold_capture(&hold, 41, false, &refusal) && refusal.have == 40, "more than is left");
	ok(sb_hold_capture(&hold, 40, false, &refusal) && hold.status == SB_HOLD_STATUS_CAPTURED,
	   "all that is left closes it");
	hold = (SbHold){.amount = PG_INT64_MAX};
	ok(sb_hold_capture(&hold, 1, true, &refusal) && hold.status == SB_HOLD_STATUS_CAPTURED &&
		   hold.captured == 1,
	   "so does a part that is final");
	is_int64(sb_hold_left(&hold), 0, "which frees the rest");
	hold = (SbHold){.amount = PG_INT64_MAX};
	is_int64(sb_hold_left(&hold), PG_INT64_MAX, "the largest hold");
	ok(sb_hold_capture(&hold, PG_INT64_MAX - 1, false, &refusal), "all of it but one");
	is_int64(sb_hold_left(&hold), 1, "leaves one");
	ok(!sb_hold_capture(&hold, PG_INT64_MAX, true, &refusal) && refusal.have == 1 &&
		   refusal.need == PG_INT64_MAX,
	   "the largest amount is too much then, and does not overflow");
	is_int64(hold.captured, PG_INT64_MAX - 1, "what is captured has not changed");
	ok(sb_hold_capture(&hold, 1, false, &refusal) && hold.captured == PG_INT64_MAX &&
		   hold.status == SB_HOLD_STATUS_CAPTURED,
	   "captured up to the end of bigint");

	/* the ends of time */
	hold = (SbHold){.amount = 1, .has_expiry = true, .expires_at = PG_INT64_MIN};
	ok(!sb_hold_expiry(&hold, 0, &refusal), "-infinity is not in the future");
	ok(!sb_hold_is_open(&hold, PG_INT64_MIN, &refusal) && refusal.have == PG_INT64_MIN,
	   "nor is such a hold open, and the refusal says since when");
	hold.status = SB_HOLD_STATUS_CAPTURED;
	ok(!sb_hold_is_open(&hold, 0, &refusal) && refusal.code == SB_HOLD_NOT_OPEN,
	   "captured in full comes before past its time");
	is_text(refusal.what, "captured", "and says so");

	/* placing */
	hold.amount = PG_INT64_MAX;
	accounts[0] = ACCOUNT(1, 0);
	accounts[0].held = 1;
	ok(!sb_hold_place(&accounts[0], &hold, &refusal) && refusal.code == SB_OUT_OF_RANGE,
	   "no more is held than fits");
	is_int64(accounts[0].held, 1, "else nothing changes");
	hold.amount = PG_INT64_MAX - 1;
	ok(sb_hold_place(&accounts[0], &hold, &refusal), "up to the end of bigint");
	is_int64(accounts[0].held, PG_INT64_MAX, "it is held");
}

int
main(void)
{
	test_spare();
	test_arithmetic();
	test_names();
	test_request();
	test_status();
	test_limits();
	test_ends();
	test_net();
	test_journal();
	test_order();
	test_apply();
	test_sweep();
	test_clearing();
	test_ledger();
	test_objection();
	test_empty();
	test_holds();
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
