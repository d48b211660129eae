/*
 * request.c
 *	  enqueue_transfer: a transfer that a teller posts once the caller has
 *	  committed.  request_job.c posts them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/setting.h"
#include "base/wake.h"
#include "calls/ledger.h"
#include "calls/standing.h"
#include "calls/transfer.h"
#include "engine/ledgers.h"
#include "store/account.h"
#include "store/backlog.h"

/* For how long somebody may wait for a ticket. */
#define LONGEST_WAIT USECS_PER_HOUR

/* How long who waits sleeps between two looks: in the first second, and later; in milliseconds. */
#define LONGEST_NAP 10
#define LATER_NAP 100

/* Whose requests a caller sees. */
typedef struct View
{
	const char *role; /* NULL: of all roles */
	const SbLedgers *ledgers;
} View;

static void check_room(const char *role);
static View view_of(const SbScope *scope);
static int64 arg_timeout(FunctionCallInfo fcinfo, int number);
static bool waits(int64 ticket, const View *view);
static void nap(TimestampTz began, TimestampTz ends);
static Datum read_row(int64 ticket, const View *view);
pg_noreturn static void raise_not_found(int64 ticket);

PG_FUNCTION_INFO_V1(simplebank_enqueue_transfer);
PG_FUNCTION_INFO_V1(simplebank_transfer_of);
PG_FUNCTION_INFO_V1(simplebank_wait_for);

Datum
simplebank_enqueue_transfer(PG_FUNCTION_ARGS)
{
	int64 from_account = sb_arg_int64(fcinfo, 0, "from_account");
	int64 to_account = sb_arg_int64(fcinfo, 1, "to_account");
	int64 amount = sb_arg_int64(fcinfo, 2, "amount");
	SbExtras extras = {.key = sb_arg_key(fcinfo, 3),
					   .description = sb_arg_optional_text(fcinfo, 4, "description"),
					   .metadata = sb_arg_optional_jsonb(fcinfo, 5, "metadata"),
					   .reference = sb_arg_reference(fcinfo, 6)};
	SbLeg legs[2];
	SbPosting posting = {.operation = SB_TRANSFER, .legs = legs};
	SbRequest request;
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_FOR_CUSTOMERS);
	sb_prepare_two(&posting, &scope, &extras, from_account, to_account, amount, NULL, 0);
	sb_raise_refusal(&posting);
	sb_ledgers_resolve(&posting, 1);
	check_room(posting.role);
	request = (SbRequest){.ticket = sb_store_next_id("requests_ticket_seq"),
						  .role = sb_caller_role(),
						  .gateway = sb_caller_gateway(),
						  .ledger_id = posting.ledger_id,
						  .from_account = from_account,
						  .to_account = to_account,
						  .amount = amount,
						  .key = extras.key,
						  .description = extras.description,
						  .metadata = extras.metadata,
						  .reference = extras.reference};
	sb_store_insert_request(&request);
	sb_wake_at_commit(SB_WAKE_REQUESTS);
	sb_leave(&scope);
	PG_RETURN_INT64(request.ticket);
}

/*
 * One role has its share at most, as of the tellers' queue, so that who floods
 * it is alone in being refused.
 */
static void
check_room(const char *role)
{
	int64 share = Max((int64) sb_max_requests * sb_queue_share / 100, 1);
	int64 waiting = sb_backlog_count(sb_max_requests);

	if (waiting >= sb_max_requests)
		sb_raise(&(SbRefusal){.code = SB_QUEUE_FULL,
							  .what = psprintf(INT64_FORMAT " requests wait.", waiting)});
	if (waiting < share)
		return;
	waiting = sb_store_count_requests(role, share);
	if (waiting >= share)
		sb_raise(&(SbRefusal){
			.code = SB_QUEUE_FULL,
			.what = psprintf(INT64_FORMAT " requests of role %s wait.", waiting, role)});
}

Datum
simplebank_transfer_of(PG_FUNCTION_ARGS)
{
	int64 ticket = sb_arg_int64(fcinfo, 0, "ticket");
	SbScope scope;
	View view;
	Datum row;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	view = view_of(&scope);
	row = read_row(ticket, &view);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

/*
 * Each look has a snapshot of its own, whatever the transaction's isolation.
 */
Datum
simplebank_wait_for(PG_FUNCTION_ARGS)
{
	int64 ticket = sb_arg_int64(fcinfo, 0, "ticket");
	TimestampTz began = GetCurrentTimestamp();
	TimestampTz ends = began + arg_timeout(fcinfo, 1);
	SbScope scope;
	View view;
	Datum row;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	view = view_of(&scope);
	while (waits(ticket, &view) && GetCurrentTimestamp() < ends)
		nap(began, ends);
	row = read_row(ticket, &view);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

/*
 * Administrators and auditors see what all have asked for, everybody else his
 * own: a request has a key.
 */
static View
view_of(const SbScope *scope)
{
	const SbStanding *standing = sb_standing_of(scope->caller);
	bool sees_all = !scope->restricted && (standing->is_admin || standing->is_auditor);

	return (View){.role = sees_all ? NULL : sb_caller_role(), .ledgers = sb_caller_ledgers(scope)};
}

/* In microseconds. */
static int64
arg_timeout(FunctionCallInfo fcinfo, int number)
{
	Interval *timeout;

	if (PG_ARGISNULL(number))
		sb_raise_null("timeout");
	timeout = PG_GETARG_INTERVAL_P(number);
	if (timeout->month != 0 || timeout->day != 0 || timeout->time < 0 ||
		timeout->time > LONGEST_WAIT)
		sb_raise_invalid("timeout", "It is 0 to 1 hour.");
	return timeout->time;
}

static bool
waits(int64 ticket, const View *view)
{
	SbTicketState state;
	bool is_found;

	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	is_found = sb_store_read_ticket(ticket, view->role, view->ledgers, &state);
	PopActiveSnapshot();
	if (!is_found)
		raise_not_found(ticket);
	if (state.is_waiting && state.is_of_this_transaction)
		sb_raise(&(SbRefusal){.code = SB_REQUEST_UNCOMMITTED, .account_id = ticket});
	return state.is_waiting;
}

/*
 * A request is done within milliseconds; of one that is not, more naps do not
 * tell sooner.
 */
static void
nap(TimestampTz began, TimestampTz ends)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 waited = (now - began) / 1000;
	int64 longest = waited < 1000 ? LONGEST_NAP : LATER_NAP;
	int64 milliseconds = Min(Max(waited / 2, 1), longest);

	milliseconds = Min(milliseconds, Max((ends - now + 999) / 1000, 1));
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, (long) milliseconds,
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static Datum
read_row(int64 ticket, const View *view)
{
	Datum row;
	bool is_found;

	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	is_found = sb_store_read_request(ticket, view->role, view->ledgers, &row);
	PopActiveSnapshot();
	if (!is_found)
		raise_not_found(ticket);
	return row;
}

static void
raise_not_found(int64 ticket)
{
	sb_raise(&(SbRefusal){.code = SB_REQUEST_NOT_FOUND, .account_id = ticket});
}
