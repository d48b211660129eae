/* link: src/model/decide.c src/model/rules.c src/model/account.c src/model/expect.c src/model/hold.c src/model/posting.c src/model/operation.c src/base/amount.c */
/*
 * decide.c
 *	  The decision over one request, without a server: the order of its checks
 *	  (each reason with all that come after it), what it leaves of accounts
 *	  and holds, what is taken back.
 */
#include "postgres.h"

#include "model/decide.h"
#include "server.h"

#define NOW 5000

static int tests;
static int failures;

static SbAccount accounts[4];
static SbLeg legs[4];
static SbHoldChange change;
static SbPosting posting;
static SbExpect expect;
static SbMoment moment = {.now = NOW};

static void
ok(bool passed, const char *name)
{
	tests++;
	failures += !passed;
	printf("%sok %d - %s\n", passed ? "" : "not ", tests, name);
}

/* Two accounts, 1 with 100 and 2 with 0, and what is asked of them. */
static void
ask(SbOperation operation, int64 amount)
{
	for (int i = 0; i < 4; i++)
		accounts[i] = (SbAccount){.id = i + 1,
								  .version = 10,
								  .stored_version = 10,
								  .updated_at = 1000,
								  .has_min = true,
								  .currency = "USD"};
	accounts[0].balance = 100;
	change = (SbHoldChange){0};
	posting = (SbPosting){
		.operation = operation, .nlegs = 2, .legs = legs, .role = "me", .closed_until = 100};
	for (int i = 0; i < 4; i++)
		legs[i] = (SbLeg){.account_id = i + 1, .row_id = i + 1, .account = &accounts[i]};
	legs[0].amount = -amount;
	legs[1].amount = amount;
}

static void
decide_is(SbCode code, const char *name)
{
	posting.state = SB_OPEN;
	posting.refusal = (SbRefusal){0};
	sb_decide(&posting, &moment);
	ok(posting.refusal.code == code && posting.state == (code == SB_OK ? SB_ACCEPTED : SB_REFUSED),
	   name);
	if (posting.refusal.code != code)
		printf("#   got code %d, expected %d\n", posting.refusal.code, code);
}

/*
 * Everything is wrong, and then one thing after the other is put right.
 */
static void
test_order(void)
{
	ask(SB_REVERSAL, PG_INT64_MAX);
	posting.has_effective_at = true;
	posting.effective_at = 99;
	posting.reverses = 7;
	posting.reversed_amount = 20;
	posting.refunded = 1;
	posting.is_reversed = true;
	posting.objection = (SbRefusal){.code = SB_NOT_A_MEMBER};
	expect =
		(SbExpect){.of = {[0] = {.has_version = true, .version = 9}, [1] = {.has_most = true}}};
	posting.expect = &expect;
	legs[1].account = NULL;
	accounts[0].status = SB_STATUS_FROZEN;
	accounts[1].status = SB_STATUS_CREDIT_BLOCKED;
	accounts[1].has_max = true;
	accounts[1].balance = 1;
	strcpy(accounts[1].currency, "EUR");
	decide_is(SB_DAY_CLOSED, "a closed day comes first");
	posting.effective_at = 100;
	decide_is(SB_ALREADY_REVERSED, "then what it takes back");
	posting.is_reversed = false;
	decide_is(SB_REFUND_EXCEEDED, "all of it, of which a part was refunded");
	ok(posting.refusal.have == 19 && posting.refusal.need == 20, "which says what is left");
	posting.refunded = 0;
	decide_is(SB_ACCOUNT_NOT_FOUND, "then accounts");
	legs[1].account = &accounts[1];
	decide_is(SB_NOT_A_MEMBER, "then the objection");
	posting.objection.code = SB_OK;
	decide_is(SB_ACCOUNT_NOT_ACTIVE, "then the status of the debited account");
	ok(posting.refusal.account_id == 1, "which is named");
	accounts[0].status = SB_STATUS_ACTIVE;
	decide_is(SB_ACCOUNT_NOT_ACTIVE, "and that of the credited one");
	ok(posting.refusal.account_id == 2, "which is named");
	accounts[1].status = SB_STATUS_ACTIVE;
	decide_is(SB_UNBALANCED_JOURNAL, "then currencies");
	posting.operation = SB_TRANSFER;
	decide_is(SB_CURRENCY_MISMATCH, "which a transfer has one of");
	strcpy(accounts[1].currency, "USD");
	decide_is(SB_PRECONDITION_FAILED, "then what is expected of the debited account");
	ok(posting.refusal.account_id == 1 && posting.refusal.have == 10 && posting.refusal.need == 9 &&
		   posting.refusal.what == NULL,
	   "which says the version");
	expect.of[0].version = 10;
	decide_is(SB_PRECONDITION_FAILED, "and of the credited one");
	ok(posting.refusal.account_id == 2 && posting.refusal.have == 1 && posting.refusal.need == 0 &&
		   strcmp(posting.refusal.what, "at most") == 0,
	   "which says the balance");
	legs[1].row_id = -513;
	decide_is(SB_INVALID_ARGUMENT, "but of a stripe nothing is expected");
	legs[1].row_id = 2;
	accounts[1].stripes = 1;
	decide_is(SB_INVALID_ARGUMENT, "nor of what is left of an account with stripes");
	accounts[1].stripes = 0;
	posting.hides_debit = true;
	expect.of[0].version = 11;
	decide_is(SB_PRECONDITION_FAILED, "what is hidden");
	sb_hide_details(&posting);
	ok(posting.refusal.hidden, "is not told");
	posting.hides_debit = false;
	expect.of[0].version = 10;
	expect.of[1].most = 1;
	decide_is(SB_INSUFFICIENT_FUNDS, "then funds");
	accounts[0].has_min = false;
	decide_is(SB_BALANCE_LIMIT_EXCEEDED, "then the limit of the credited account");
	accounts[1].has_max = false;
	decide_is(SB_OUT_OF_RANGE, "then the range");
	accounts[1].balance = 0;
	decide_is(SB_OK, "and then it is accepted");
	ok(accounts[0].balance == 100 - PG_INT64_MAX && accounts[1].balance == PG_INT64_MAX,
	   "and moves the amount");
	ok(accounts[0].version == 11 && legs[0].version == 11 && legs[1].version == 11,
	   "and each version grows by one");
	ok(posting.posted_at == NOW && posting.has_balances && posting.amount == PG_INT64_MAX,
	   "and says when and how much");
	sb_take_back(&posting);
	ok(accounts[0].balance == 100 && accounts[1].balance == 0 && accounts[0].version == 10 &&
		   accounts[1].version == 10 && accounts[0].updated_at == 1000,
	   "what is taken back leaves nothing");
}

static void
hold_of(SbOperation operation, int64 amount)
{
	ask(operation, amount);
	posting.change = &change;
	change.hold = (SbHold){.id = 7, .from_account = 1, .to_account = 2, .amount = 60};
}

static void
test_placing(void)
{
	hold_of(SB_PLACE_HOLD, 101);
	change.hold.amount = 101;
	change.hold.has_expiry = true;
	change.hold.expires_at = NOW;
	decide_is(SB_INVALID_ARGUMENT, "a hold is placed for some time");
	change.hold.expires_at = NOW + 1;
	decide_is(SB_INSUFFICIENT_FUNDS, "of what there is");
	ok(accounts[0].held == 0, "else nothing is held");
	change.hold.amount = 100;
	legs[0].amount = -100;
	legs[1].amount = 100;
	decide_is(SB_OK, "all of it at most");
	ok(accounts[0].held == 100 && accounts[0].balance == 100 && accounts[0].version == 10,
	   "it is held, and no entry is made");
	ok(change.before.held == 0 && change.before.available == 100 && change.after.held == 100 &&
		   change.after.available == 0,
	   "before and after are told");
	decide_is(SB_INSUFFICIENT_FUNDS, "what is held cannot be held again");
}

static void
test_capture(void)
{
	hold_of(SB_CAPTURE_HOLD, 61);
	accounts[0].held = 60;
	accounts[0].status = SB_STATUS_FROZEN;
	change.hold.status = SB_HOLD_STATUS_RELEASED;
	decide_is(SB_HOLD_NOT_OPEN, "a capture needs an open hold");
	change.hold.status = SB_HOLD_STATUS_OPEN;
	change.hold.has_expiry = true;
	change.hold.expires_at = NOW;
	decide_is(SB_HOLD_EXPIRED, "that is not past its time");
	change.hold.expires_at = NOW + 1;
	decide_is(SB_HOLD_AMOUNT_EXCEEDED, "takes no more than is left");
	legs[1].amount = 20;
	decide_is(SB_ACCOUNT_NOT_ACTIVE, "and is a debit like any");
	ok(accounts[0].held == 60, "a refused one frees nothing");

	hold_of(SB_CAPTURE_HOLD, 20);
	accounts[0].held = 60;
	decide_is(SB_OK, "a part is captured");
	ok(accounts[0].balance == 80 && accounts[0].held == 40 &&
		   change.hold.status == SB_HOLD_STATUS_OPEN && change.hold.captured == 20,
	   "the rest stays held");
	posting.amount_rule = SB_AMOUNT_LEFT;
	decide_is(SB_OK, "what is left is captured");
	ok(accounts[0].balance == 40 && accounts[0].held == 0 && legs[1].amount == 40 &&
		   change.hold.status == SB_HOLD_STATUS_CAPTURED,
	   "and nothing stays held");
}

static void
test_release(void)
{
	hold_of(SB_RELEASE_HOLD, 0);
	posting.nlegs = 1;
	accounts[0].held = 60;
	accounts[0].status = SB_STATUS_FROZEN;
	decide_is(SB_OK, "a release is possible whatever the status");
	ok(accounts[0].held == 0 && accounts[0].version == 10 &&
		   change.hold.status == SB_HOLD_STATUS_RELEASED,
	   "it frees, and makes no entry");
	decide_is(SB_HOLD_NOT_OPEN, "once");
}

static void
test_sweep(void)
{
	ask(SB_STANDING_ORDER, 0);
	posting.amount_rule = SB_AMOUNT_ABOVE;
	posting.keep = 100;
	decide_is(SB_INVALID_AMOUNT, "nothing is above what is kept");
	posting.keep = 30;
	accounts[0].held = 10;
	decide_is(SB_OK, "what is above is swept");
	ok(accounts[0].balance == 40 && accounts[1].balance == 60, "but what is held");
	legs[0].account = NULL;
	decide_is(SB_ACCOUNT_NOT_FOUND, "of an account that is there");
}

static void
test_answers(void)
{
	ask(SB_EXCHANGE, 10);
	posting.nlegs = 4;
	posting.has_ends = true;
	legs[1].amount = 10;
	legs[2].amount = -5;
	legs[3].amount = 5;
	accounts[2].has_min = false;
	strcpy(accounts[2].currency, "EUR");
	strcpy(accounts[3].currency, "EUR");
	decide_is(SB_OK, "an exchange");
	ok(posting.has_balances && posting.from_balance == 90 && posting.to_balance == 5,
	   "answers its first and last leg");
	ok(!posting.has_amount, "two currencies have no sum");
	posting.operation = SB_JOURNAL;
	posting.has_ends = false;
	decide_is(SB_OK, "a journal of the same legs");
	ok(!posting.has_balances, "answers none");
	ask(SB_TRANSFER, 10);
	accounts[1].stripes = 4;
	decide_is(SB_OK, "a credit of an account with stripes");
	ok(posting.hides_credit && !posting.hides_debit, "does not tell its balance");
}

static void
test_holds_in_the_way(void)
{
	ask(SB_TRANSFER, 10);
	ok(!sb_may_need_holds(&accounts[0], PG_INT64_MAX),
	   "where nothing is held, no hold is in the way");
	accounts[0].held = 60;
	ok(!sb_may_need_holds(&accounts[0], 40), "nor where the rest is enough");
	ok(sb_may_need_holds(&accounts[0], 41), "but for one more");
	accounts[0].has_min = false;
	ok(!sb_may_need_holds(&accounts[0], 41), "not without a limit");
}

int
main(void)
{
	test_order();
	test_placing();
	test_capture();
	test_release();
	test_sweep();
	test_answers();
	test_holds_in_the_way();
	printf("1..%d\n", tests);
	return failures > 0;
}
