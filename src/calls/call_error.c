/*
 * call_error.c
 *	  What call() answers instead of an error.
 *
 * The catalogue's errors are described by its rows; the server's own by their
 * class, as far as a program may do something about them.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/elog.h"

#include "base/error.h"
#include "calls/call_error.h"
#include "calls/call_value.h"

/* A row of this table is for the SQLSTATEs that begin so; the first one counts. */
typedef struct ServerError
{
	const char *prefix;
	SbError error;
} ServerError;

/* clang-format off */
static const ServerError server_errors[] = {
	{"40001", {.name = "serialization_failure", .fault = "conflict", .retryable = true, .http_status = 409}},
	{"40P01", {.name = "deadlock_detected", .fault = "conflict", .retryable = true, .http_status = 409}},
	{"55P03", {.name = "lock_not_available", .fault = "conflict", .retryable = true, .http_status = 409}},
	{"42883", {.name = "undefined_function", .fault = "caller", .http_status = 404}},
	{"22", {.name = "data_exception", .fault = "caller", .http_status = 422}},
	{"42", {.name = "syntax_error_or_access_rule_violation", .fault = "caller", .http_status = 422}},
	{"0A", {.name = "feature_not_supported", .fault = "caller", .http_status = 422}},
	{"25", {.name = "invalid_transaction_state", .fault = "caller", .http_status = 409}},
	{"2D", {.name = "invalid_transaction_termination", .fault = "caller", .http_status = 409}},
	{"28", {.name = "invalid_authorization_specification", .fault = "caller", .http_status = 403}},
	{"23", {.name = "integrity_constraint_violation", .fault = "conflict", .http_status = 409}},
	{"40", {.name = "transaction_rollback", .fault = "conflict", .http_status = 409}},
	{"55", {.name = "object_not_in_prerequisite_state", .fault = "conflict", .http_status = 409}},
	{"54", {.name = "program_limit_exceeded", .fault = "caller", .http_status = 422}},
	{"08", {.name = "connection_exception", .fault = "server", .retryable = true, .http_status = 503}},
	{"53", {.name = "insufficient_resources", .fault = "server", .retryable = true, .http_status = 503}},
	{"57", {.name = "operator_intervention", .fault = "server", .retryable = true, .http_status = 503}},
	{"", {.name = "internal_error", .fault = "server", .http_status = 500}},
};
/* clang-format on */

/* What of a call these are about, where it has an argument of that name. */
typedef struct Culprit
{
	SbCode code;
	const char *argument;
} Culprit;

static const Culprit culprits[] = {
	{SB_INVALID_AMOUNT, "amount"},
	{SB_HOLD_AMOUNT_EXCEEDED, "amount"},
	{SB_REFUND_EXCEEDED, "amount"},
	{SB_UNBALANCED_JOURNAL, "amounts"},
	{SB_UNKNOWN_CURRENCY, "currency"},
	{SB_LEDGER_NOT_FOUND, "ledger"},
	{SB_PRECONDITION_FAILED, "expect"},
	{SB_REFERENCE_EXISTS, "reference"},
	{SB_CODE_EXISTS, "code"},
	{SB_DAY_CLOSED, "effective_at"},
	{SB_HOLD_NOT_FOUND, "hold_id"},
	{SB_HOLD_NOT_OPEN, "hold_id"},
	{SB_HOLD_EXPIRED, "hold_id"},
	{SB_TRANSFER_NOT_FOUND, "transfer_id"},
	{SB_ALREADY_REVERSED, "transfer_id"},
	{SB_NOT_REVERSIBLE, "transfer_id"},
	{SB_ORDER_NOT_FOUND, "order_id"},
	{SB_SETTLEMENT_GROUP_NOT_FOUND, "group_name"},
	{SB_JOB_NOT_FOUND, "name"},
	{SB_STATEMENT_NOT_FOUND, "period_start"},
};

static const SbError *find_error(int sqlstate);

/*
 * Who cancels, ends or has no memory wants the transaction to end, and what an
 * assertion has found is not to be passed over.
 *
 * Serialization failures and deadlocks may be caught.  A savepoint that is
 * rolled back has given up what it had locked, so that the others of a deadlock
 * go on; and whatever the server has decided against the transaction as a whole
 * it says again at its commit.
 */
bool
sb_must_not_be_caught(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_QUERY_CANCELED:
		case ERRCODE_ADMIN_SHUTDOWN:
		case ERRCODE_CRASH_SHUTDOWN:
		case ERRCODE_OUT_OF_MEMORY:
		case ERRCODE_ASSERT_FAILURE:
			return true;
		default:
			return false;
	}
}

/*
 * The argument that a refusal is about by what it is; NULL: several, or none.
 */
const char *
sb_argument_at_fault(int sqlstate)
{
	for (size_t i = 0; i < lengthof(culprits); i++)
	{
		if (sb_error(culprits[i].code)->sqlstate == sqlstate)
			return culprits[i].argument;
	}
	return NULL;
}

/*
 * argument: the one at fault, as far as call() itself knows; NULL: none.  What
 * is the server's fault is for its log, too, since no error comes there.
 */
Jsonb *
sb_error_envelope(const ErrorData *error, const char *operation, const char *argument,
				  int *http_status)
{
	const SbError *entry = find_error(error->sqlerrcode);
	JsonbParseState *state = NULL;
	JsonbValue status = {.type = jbvNumeric};

	if (strcmp(entry->fault, "server") == 0)
		ereport(LOG_SERVER_ONLY,
				(errcode(error->sqlerrcode),
				 errmsg("call of %s failed: %s", operation, error->message),
				 error->detail ? errdetail_internal("%s", error->detail) : 0));
	if (entry->description && error->column_name)
		argument = error->column_name;
	*http_status = entry->http_status;
	status.val.numeric = int64_to_numeric(entry->http_status);

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	sb_push_bool(&state, "ok", false);
	sb_push_name(&state, "error");
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	sb_push_text(&state, "code", pstrdup(unpack_sql_state(error->sqlerrcode)));
	sb_push_text(&state, "name", entry->name);
	sb_push_text(&state, "class", entry->fault);
	sb_push_name(&state, "status");
	(void) pushJsonbValue(&state, WJB_VALUE, &status);
	sb_push_text(&state, "message", error->message);
	sb_push_text(&state, "detail", error->detail);
	sb_push_text(&state, "hint", error->hint);
	sb_push_bool(&state, "retryable", entry->retryable);
	sb_push_text(&state, "argument", argument);
	(void) pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static const SbError *
find_error(int sqlstate)
{
	const SbError *entry = sb_error_of_state(sqlstate);
	const char *code = unpack_sql_state(sqlstate);
	const ServerError *row = server_errors;

	if (entry)
		return entry;
	while (strncmp(code, row->prefix, strlen(row->prefix)) != 0)
		row++;
	return &row->error;
}
