/*
 * error.c
 *	  Refusals as values, and the table that gives them their SQLSTATE.
 *
 * The engine answers with an SbRefusal; only the SQL boundary calls
 * sb_raise().
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/error.h"
#include "base/counter.h"

#define SB_STATE(a, b, c) MAKE_SQLSTATE('S', 'B', a, b, c)

/* clang-format off */
static const SbError error_table[SB_CODES] = {
	[SB_OK] = {ERRCODE_SUCCESSFUL_COMPLETION, "successful_completion", "success", "caller", false, 200,
	"success", "the request was accepted"},
	[SB_INSUFFICIENT_FUNDS] = {SB_STATE('0', '0', '1'), "insufficient_funds", "funds", "business", false, 402,
	"insufficient funds", "the debit would take the balance, less what is held, below min_balance"},
	[SB_BALANCE_LIMIT_EXCEEDED] = {SB_STATE('0', '0', '2'), "balance_limit_exceeded", "funds", "business", false, 409,
	"balance limit exceeded", "the credit would take the balance above max_balance"},
	[SB_ACCOUNT_NOT_FOUND] = {SB_STATE('0', '0', '3'), "account_not_found", "account", "caller", false, 404,
	"account not found", "there is no such account for this caller"},
	[SB_ACCOUNT_NOT_ACTIVE] = {SB_STATE('0', '0', '4'), "account_not_active", "account", "business", false, 409,
	"account not active", "the account's status forbids the debit, the credit or the change"},
	[SB_CURRENCY_MISMATCH] = {SB_STATE('0', '0', '5'), "currency_mismatch", "request", "caller", false, 422,
	"currency mismatch", "the accounts have different currencies"},
	[SB_SAME_ACCOUNT] = {SB_STATE('0', '0', '6'), "same_account", "request", "caller", false, 422,
	"debit and credit account are the same", "a transfer needs two different accounts"},
	[SB_INVALID_AMOUNT] = {SB_STATE('0', '0', '7'), "invalid_amount", "request", "caller", false, 422,
	"invalid amount", "the amount is not positive, or the currency cannot hold it"},
	[SB_UNBALANCED_JOURNAL] = {SB_STATE('0', '0', '8'), "unbalanced_journal", "request", "caller", false, 422,
	"unbalanced journal", "the legs do not sum to zero in each currency"},
	[SB_UNKNOWN_CURRENCY] = {SB_STATE('0', '0', '9'), "unknown_currency", "request", "caller", false, 422,
	"unknown currency", "there is no such currency code in currencies"},
	[SB_ACCOUNT_NOT_EMPTY] = {SB_STATE('0', '1', '0'), "account_not_empty", "account", "business", false, 409,
	"account not empty", "an account is closed with balance 0, no open hold and no interest left"},
	[SB_LEDGER_MISMATCH] = {SB_STATE('0', '1', '1'), "ledger_mismatch", "request", "caller", false, 422,
	"accounts of several ledgers", "a transfer stays within one ledger"},
	[SB_PRECONDITION_FAILED] = {SB_STATE('0', '1', '2'), "precondition_failed", "request", "conflict", false, 412,
	"precondition failed", "an account is not as the request expects it"},
	[SB_LEDGER_NOT_FOUND] = {SB_STATE('0', '1', '3'), "ledger_not_found", "request", "caller", false, 404,
	"ledger not found", "there is no ledger of that name for this caller"},
	[SB_IN_TRANSACTION_BLOCK] = {SB_STATE('0', '1', '4'), "in_transaction_block", "caller", "caller", false, 409,
	"one of the bank's own accounts in a transaction block", "customers reach the bank's own accounts outside of transaction blocks only"},
	[SB_HOLD_NOT_FOUND] = {SB_STATE('1', '0', '1'), "hold_not_found", "hold", "caller", false, 404,
	"hold not found", "there is no such hold for this caller"},
	[SB_HOLD_NOT_OPEN] = {SB_STATE('1', '0', '2'), "hold_not_open", "hold", "conflict", false, 409,
	"hold not open", "the hold was captured in full or released before"},
	[SB_HOLD_EXPIRED] = {SB_STATE('1', '0', '3'), "hold_expired", "hold", "business", false, 409,
	"hold expired", "the hold is past its time, and its money free"},
	[SB_HOLD_AMOUNT_EXCEEDED] = {SB_STATE('1', '0', '4'), "hold_amount_exceeded", "hold", "business", false, 422,
	"hold amount exceeded", "a capture takes no more than what is left of the hold"},
	[SB_TRANSFER_NOT_FOUND] = {SB_STATE('2', '0', '1'), "transfer_not_found", "transfer", "caller", false, 404,
	"transfer not found", "there is no such transfer for this caller"},
	[SB_ALREADY_REVERSED] = {SB_STATE('2', '0', '2'), "already_reversed", "transfer", "conflict", false, 409,
	"transfer already reversed", "a transfer is reversed once only"},
	[SB_DAY_CLOSED] = {SB_STATE('2', '0', '3'), "day_closed", "transfer", "business", false, 409,
	"day closed", "the effective_at lies in a closed day"},
	[SB_NOT_REVERSIBLE] = {SB_STATE('2', '0', '4'), "not_reversible", "transfer", "business", false, 409,
	"transfer not reversible", "a reversal, a refund or a settlement is not taken back, a journal not in part"},
	[SB_ENTRY_NOT_SEALED] = {SB_STATE('2', '0', '5'), "entry_not_sealed", "ledger", "caller", false, 404,
	"entry not sealed", "no seal has an entry of this account and version"},
	[SB_REFUND_EXCEEDED] = {SB_STATE('2', '0', '6'), "refund_exceeded", "transfer", "business", false, 409,
	"refund exceeded", "refunds and reversal of a transfer take back no more than its amount"},
	[SB_IDEMPOTENCY_CONFLICT] = {SB_STATE('3', '0', '1'), "idempotency_conflict", "idempotency", "conflict", false, 409,
	"idempotency key was used for another request", "the same key came before with another operation or other arguments"},
	[SB_REFERENCE_EXISTS] = {SB_STATE('3', '0', '2'), "reference_exists", "request", "conflict", false, 409,
	"reference exists", "another transfer, or hold, of the ledger has this reference"},
	[SB_CODE_EXISTS] = {SB_STATE('3', '0', '3'), "code_exists", "account", "conflict", false, 409,
	"code exists", "another account of the ledger has this code"},
	[SB_LINKED_ITEM_FAILED] = {SB_STATE('4', '0', '1'), "linked_item_failed", "request", "business", false, 424,
	"linked item failed", "another item of the batch with the same link was refused"},
	[SB_QUEUE_FULL] = {SB_STATE('5', '0', '1'), "queue_full", "server", "server", true, 503,
	"queue full", "too many requests wait already; retry later"},
	[SB_TELLERS_UNAVAILABLE] = {SB_STATE('5', '0', '2'), "tellers_unavailable", "server", "server", true, 503,
	"tellers unavailable", "no teller is there to take the request; transfer() does without"},
	[SB_REQUEST_NOT_FOUND] = {SB_STATE('5', '0', '3'), "request_not_found", "request", "caller", false, 404,
	"request not found", "there is no request of that ticket for this caller"},
	[SB_REQUEST_UNCOMMITTED] = {SB_STATE('5', '0', '4'), "request_uncommitted", "caller", "caller", false, 409,
	"request not committed", "a request is posted once the transaction that enqueued it has committed"},
	[SB_JOB_NOT_FOUND] = {SB_STATE('6', '0', '1'), "job_not_found", "job", "caller", false, 404,
	"job not found", "there is no such job in jobs"},
	[SB_SCHEDULER_MISSING] = {SB_STATE('6', '0', '2'), "scheduler_missing", "server", "server", false, 503,
	"scheduler missing", "pg_cron is not there to run the jobs"},
	[SB_SETTLEMENT_SHORTFALL] = {SB_STATE('6', '0', '3'), "settlement_shortfall", "settlement", "business", true, 409,
	"settlement shortfall", "members have no cover for what they owe; their cycle waits"},
	[SB_ORDER_NOT_FOUND] = {SB_STATE('6', '0', '4'), "order_not_found", "order", "caller", false, 404,
	"order not found", "there is no such scheduled transfer for this caller, or it has ended"},
	[SB_SETTLEMENT_GROUP_NOT_FOUND] = {SB_STATE('6', '0', '5'), "settlement_group_not_found", "settlement", "caller", false, 404,
	"settlement group not found", "there is no such group in settlement_groups"},
	[SB_NOT_A_MEMBER] = {SB_STATE('6', '0', '6'), "not_a_member", "settlement", "caller", false, 422,
	"not a member", "the account, or the name, is of no member of the settlement group"},
	[SB_STATEMENT_NOT_FOUND] = {SB_STATE('6', '0', '7'), "statement_not_found", "statement", "caller", false, 404,
	"statement not found", "there is no statement of that account and period for this caller"},
	[SB_TOO_MANY_MISSED] = {SB_STATE('6', '0', '8'), "too_many_missed", "order", "business", false, 409,
	"too many occurrences were missed", "an order makes good at most simplebank.max_catch_up occurrences"},
	[SB_CONSUMER_NOT_FOUND] = {SB_STATE('7', '0', '1'), "consumer_not_found", "consumer", "caller", false, 404,
	"consumer not found", "there is no such consumer of events for this caller"},
	[SB_POSITION_NOT_READ] = {SB_STATE('7', '0', '2'), "position_not_read", "consumer", "caller", false, 409,
	"position not read", "a consumer acknowledges what it was given, and no more"},
	[SB_INTEGRITY_VIOLATION] = {SB_STATE('9', '0', '1'), "integrity_violation", "ledger", "server", false, 500,
	"integrity violation", "the ledger contradicts itself; nothing was done, see verify()"},
	[SB_CLOCK_UNSTEADY] = {SB_STATE('9', '0', '2'), "clock_unsteady", "server", "server", true, 503,
	"clock ahead", "nothing is dated by a clock that is ahead of time; see accept_clock()"},
	[SB_NULL_VALUE] = {ERRCODE_NULL_VALUE_NOT_ALLOWED, "null_value_not_allowed", "request", "caller", false, 422,
	"%s must not be null", "an argument that needs a value is NULL"},
	[SB_OUT_OF_RANGE] = {ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, "numeric_value_out_of_range", "request", "caller", false, 422,
	"bigint out of range", "an amount or a balance would not fit into bigint"},
	[SB_INVALID_ARGUMENT] = {ERRCODE_INVALID_PARAMETER_VALUE, "invalid_parameter_value", "request", "caller", false, 422,
	"invalid value for %s", "an argument has a value that it cannot have"},
	[SB_NO_PRIVILEGE] = {ERRCODE_INSUFFICIENT_PRIVILEGE, "insufficient_privilege", "caller", "caller", false, 403,
	"permission denied for function %s", "the caller may not do this"},
	[SB_SEARCH_TOO_LONG] = {ERRCODE_PROGRAM_LIMIT_EXCEEDED, "program_limit_exceeded", "request", "caller", false, 422,
	"search too long", "a search would read more rows than simplebank.max_search_rows"},
	[SB_READ_ONLY] = {ERRCODE_READ_ONLY_SQL_TRANSACTION, "read_only_sql_transaction", "server", "server", true, 503,
	"cannot execute %s() in a read-only transaction", "the server is a standby or the transaction is read-only; retry on the primary"},
};
/* clang-format on */

pg_noreturn static void raise_entry(const SbError *entry, const char *message, const char *detail,
									const char *hint, const char *argument);
static const char *argument_of(const SbRefusal *refusal);
static char *detail_of_request(const SbRefusal *refusal);
static char *detail_of_record(const SbRefusal *refusal);

const SbError *
sb_error(SbCode code)
{
	return &error_table[code];
}

void
sb_raise(const SbRefusal *refusal)
{
	sb_raise_item(refusal, 0);
}

/*
 * Raises, and names the item of a batch that was refused; 0 for none.
 */
void
sb_raise_item(const SbRefusal *refusal, int item)
{
	const SbError *entry = &error_table[refusal->code];
	char *message = sb_refusal_message(refusal);
	char *detail = sb_refusal_detail(refusal);
	const char *hint = sb_refusal_hint(refusal);

	Assert(refusal->code != SB_OK);
	sb_count_refusal(refusal->code);
	if (item > 0)
		detail = psprintf("Item %d.%s%s", item, detail ? " " : "", detail ? detail : "");
	raise_entry(entry, message, detail, hint, argument_of(refusal));
}

/*
 * Raises with a detail and a hint of the caller's making.
 */
void
sb_raise_as(SbCode code, const char *detail, const char *hint)
{
	const SbError *entry = &error_table[code];

	sb_count_refusal(code);
	raise_entry(entry, entry->message, detail, hint, NULL);
}

/*
 * The caller may not call a function; hint: what it is to do first, or NULL.
 */
void
sb_raise_no_privilege(const char *function, const char *detail, const char *hint)
{
	SbRefusal refusal = {.code = SB_NO_PRIVILEGE, .what = function};

	sb_count_refusal(refusal.code);
	raise_entry(&error_table[refusal.code], sb_refusal_message(&refusal), detail, hint, NULL);
}

/*
 * The name, and the argument where one is at fault, are fields of their own, so
 * that a program reads them without parsing: of the constraint and the column.
 */
static void
raise_entry(const SbError *entry, const char *message, const char *detail, const char *hint,
			const char *argument)
{
	ereport(ERROR,
			(errcode(entry->sqlstate), errmsg_internal("%s", message),
			 detail ? errdetail_internal("%s", detail) : 0, hint ? errhint("%s", hint) : 0,
			 err_generic_string(PG_DIAG_CONSTRAINT_NAME, entry->name),
			 argument ? err_generic_string(PG_DIAG_COLUMN_NAME, argument) : 0));
}

/* NULL where no single one is known to be at fault. */
static const char *
argument_of(const SbRefusal *refusal)
{
	switch (refusal->code)
	{
		case SB_NULL_VALUE:
		case SB_INVALID_ARGUMENT:
			return refusal->what;
		case SB_IDEMPOTENCY_CONFLICT:
			return refusal->hidden ? NULL : refusal->what;
		default:
			return NULL;
	}
}

/*
 * NULL where it is none of the catalogue's.
 */
const SbError *
sb_error_of_state(int sqlstate)
{
	for (int i = SB_OK + 1; i < SB_CODES; i++)
	{
		if (error_table[i].sqlstate == sqlstate)
			return &error_table[i];
	}
	return NULL;
}

const char *
sb_sqlstate(SbCode code)
{
	return unpack_sql_state(error_table[code].sqlstate);
}

/*
 * One line for a refusal that the client gets as a row; no balances.
 */
void
sb_log_refusal(const SbRefusal *refusal, int item)
{
	ereport(LOG,
			(errmsg("refused item %d: %s %s", item, sb_sqlstate(refusal->code),
					error_table[refusal->code].name),
			 errhidestmt(true), errhidecontext(true)));
}

void
sb_raise_null(const char *argument)
{
	sb_raise(&(SbRefusal){.code = SB_NULL_VALUE, .what = argument});
}

/*
 * rule is a sentence that says what the argument may be.
 */
void
sb_raise_invalid(const char *argument, const char *rule)
{
	sb_raise(&(SbRefusal){.code = SB_INVALID_ARGUMENT, .what = argument, .other = rule});
}

void
sb_raise_account_not_found(int64 account_id)
{
	sb_raise(&(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = account_id});
}

char *
sb_refusal_message(const SbRefusal *refusal)
{
	/* the only %s in the table is what, which those codes always have */
	return psprintf(error_table[refusal->code].message, refusal->what);
}

/*
 * NULL where there is none, or it is not the caller's to see.
 */
char *
sb_refusal_detail(const SbRefusal *refusal)
{
	return refusal->hidden ? NULL : detail_of_request(refusal);
}

static char *
detail_of_request(const SbRefusal *refusal)
{
	switch (refusal->code)
	{
		case SB_INSUFFICIENT_FUNDS:
			return psprintf("Account " INT64_FORMAT " has " INT64_FORMAT " available, " INT64_FORMAT
							" needed.",
							refusal->account_id, refusal->have, refusal->need);
		case SB_BALANCE_LIMIT_EXCEEDED:
			return psprintf("Account " INT64_FORMAT " has balance " INT64_FORMAT
							", a credit may take it to " INT64_FORMAT ".",
							refusal->account_id, refusal->have, refusal->need);
		case SB_ACCOUNT_NOT_FOUND:
			return psprintf("There is no account " INT64_FORMAT ".", refusal->account_id);
		case SB_ACCOUNT_NOT_ACTIVE:
			return psprintf("Account " INT64_FORMAT " is %s.", refusal->account_id, refusal->what);
		case SB_CURRENCY_MISMATCH:
			return psprintf("Account " INT64_FORMAT " has %s, the other one %s.",
							refusal->account_id, refusal->what, refusal->other);
		case SB_SAME_ACCOUNT:
			return psprintf("Both are account " INT64_FORMAT ".", refusal->account_id);
		case SB_INVALID_AMOUNT:
			if (refusal->what)
				return pstrdup(refusal->what);
			return psprintf("The amount is " INT64_FORMAT ".", refusal->have);
		case SB_UNBALANCED_JOURNAL:
			return psprintf("In %s the legs sum to " INT64_FORMAT ".", refusal->what,
							refusal->have);
		case SB_DAY_CLOSED:
			return psprintf("All before %s is closed.", timestamptz_to_str(refusal->have));
		case SB_UNKNOWN_CURRENCY:
			return psprintf("There is no currency \"%s\".", refusal->what);
		case SB_LEDGER_MISMATCH:
			return psprintf("Account " INT64_FORMAT " is in another ledger.", refusal->account_id);
		case SB_LEDGER_NOT_FOUND:
			if (refusal->what)
				return psprintf("There is no ledger \"%s\".", refusal->what);
			return pstrdup("The role has several ledgers, or not the default one.");
		case SB_ACCOUNT_NOT_EMPTY:
			if (refusal->what)
				return pstrdup(refusal->what);
			return psprintf("Account " INT64_FORMAT " has balance " INT64_FORMAT
							" and holds of " INT64_FORMAT ".",
							refusal->account_id, refusal->have, refusal->need);
		case SB_PRECONDITION_FAILED:
			if (refusal->what)
				return psprintf("Account " INT64_FORMAT " has balance " INT64_FORMAT
								", %s " INT64_FORMAT " expected.",
								refusal->account_id, refusal->have, refusal->what, refusal->need);
			return psprintf("Account " INT64_FORMAT " has version " INT64_FORMAT ", " INT64_FORMAT
							" expected.",
							refusal->account_id, refusal->have, refusal->need);
		case SB_IN_TRANSACTION_BLOCK:
			return pstrdup("Everybody else would wait for it until the transaction ends.");
		case SB_IDEMPOTENCY_CONFLICT:
			return psprintf("The argument that differs is \"%s\".", refusal->what);
		case SB_OUT_OF_RANGE:
			return psprintf("The balance of account " INT64_FORMAT
							", or what is held of it, would not fit.",
							refusal->account_id);
		case SB_QUEUE_FULL:
			if (refusal->what)
				return pstrdup(refusal->what);
			return psprintf("Account " INT64_FORMAT " has " INT64_FORMAT
							" scheduled transfers open.",
							refusal->account_id, refusal->have);
		case SB_ORDER_NOT_FOUND:
			return psprintf("There is no open order " INT64_FORMAT ".", refusal->account_id);
		case SB_TELLERS_UNAVAILABLE:
			return pstrdup(refusal->what);
		case SB_NOT_A_MEMBER:
			return pstrdup("The two accounts are not of members of one settlement group.");
		case SB_INVALID_ARGUMENT:
		case SB_NO_PRIVILEGE:
			return pstrdup(refusal->other);
		default:
			return detail_of_record(refusal);
	}
}

/* Of refusals that are about a hold, a transfer or a name; the others have none. */
static char *
detail_of_record(const SbRefusal *refusal)
{
	switch (refusal->code)
	{
		case SB_HOLD_NOT_FOUND:
			return psprintf("There is no hold " INT64_FORMAT ".", refusal->account_id);
		case SB_HOLD_NOT_OPEN:
			return psprintf("Hold " INT64_FORMAT " is %s.", refusal->account_id, refusal->what);
		case SB_HOLD_EXPIRED:
			return psprintf("Hold " INT64_FORMAT " expired at %s.", refusal->account_id,
							timestamptz_to_str(refusal->have));
		case SB_HOLD_AMOUNT_EXCEEDED:
			return psprintf("Hold " INT64_FORMAT " has " INT64_FORMAT " left, " INT64_FORMAT
							" needed.",
							refusal->account_id, refusal->have, refusal->need);
		case SB_REFERENCE_EXISTS:
			if (refusal->account_id == 0)
				return pstrdup("Another item of the call has it.");
			return psprintf("%s " INT64_FORMAT " has it.", refusal->what, refusal->account_id);
		case SB_CODE_EXISTS:
			return psprintf("Account " INT64_FORMAT " has it.", refusal->account_id);
		case SB_CONSUMER_NOT_FOUND:
			return psprintf("There is no consumer \"%s\".", refusal->what);
		case SB_POSITION_NOT_READ:
			return psprintf("It was given events up to position " INT64_FORMAT
							", and not up to " INT64_FORMAT ".",
							refusal->have, refusal->need);
		case SB_REQUEST_NOT_FOUND:
			return psprintf("There is no request " INT64_FORMAT ".", refusal->account_id);
		case SB_REQUEST_UNCOMMITTED:
			return psprintf("Request " INT64_FORMAT " was enqueued by this transaction.",
							refusal->account_id);
		case SB_TRANSFER_NOT_FOUND:
			return psprintf("There is no transfer " INT64_FORMAT ".", refusal->account_id);
		case SB_ALREADY_REVERSED:
			return psprintf("Transfer " INT64_FORMAT " was reversed by transfer " INT64_FORMAT ".",
							refusal->account_id, refusal->have);
		case SB_NOT_REVERSIBLE:
			if (refusal->what)
				return psprintf("Transfer " INT64_FORMAT " has operation %s.", refusal->account_id,
								refusal->what);
			return psprintf("Transfer " INT64_FORMAT " is a %s of transfer " INT64_FORMAT ".",
							refusal->account_id, refusal->other, refusal->have);
		case SB_REFUND_EXCEEDED:
			return psprintf("Transfer " INT64_FORMAT " has " INT64_FORMAT
							" left to take back, " INT64_FORMAT " needed.",
							refusal->account_id, refusal->have, refusal->need);
		default:
			return NULL;
	}
}

/*
 * NULL where there is none, or it is not the caller's to see.
 */
const char *
sb_refusal_hint(const SbRefusal *refusal)
{
	if (refusal->hidden)
		return NULL;
	switch (refusal->code)
	{
		case SB_INSUFFICIENT_FUNDS:
			return "Credit the account first, or transfer less.";
		case SB_INVALID_AMOUNT:
			return refusal->what ? NULL
								 : "Amounts are positive integers of minor units, such as cents.";
		case SB_DAY_CLOSED:
			return "Give a later effective_at, or have an administrator reopen_day() it.";
		case SB_NOT_REVERSIBLE:
			return refusal->what ? refusal->other : "Post the transfer anew.";
		case SB_REFUND_EXCEEDED:
			return refusal->have > 0 ? "simplebank.refund_transfer() takes back what is left."
									 : NULL;
		case SB_NOT_A_MEMBER:
			return "See simplebank.assign_member().";
		case SB_IN_TRANSACTION_BLOCK:
			return "Make this call by itself, outside of a transaction block or pipeline.";
		case SB_REQUEST_UNCOMMITTED:
			return "Commit first, and wait for the ticket then.";
		case SB_NULL_VALUE:
		case SB_TELLERS_UNAVAILABLE:
			return refusal->other;
		case SB_UNKNOWN_CURRENCY:
			return "See table simplebank.currencies, or add one with simplebank.add_currency().";
		case SB_IDEMPOTENCY_CONFLICT:
			return "Use a new key for a new request; simplebank.idempotency_check() shows what this key has done.";
		case SB_LEDGER_NOT_FOUND:
			return refusal->what ? NULL : "Name one of the role's ledgers.";
		case SB_REFERENCE_EXISTS:
			return "A reference names one thing for ever; a retry is known by its key.";
		case SB_ACCOUNT_NOT_EMPTY:
			return "Transfer the balance away and release the holds first.";
		case SB_PRECONDITION_FAILED:
			return "Read the account again, and decide anew.";
		default:
			return refusal->hint;
	}
}
