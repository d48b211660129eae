/*
 * request.c
 *	  Rows of simplebank.requests.
 *
 * Who posts requests has the lock of the job requests, and then locks their
 * rows, FOR NO KEY UPDATE and in the order of their tickets, before any key or
 * account.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/fault.h"
#include "store/plan.h"
#include "store/request.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan insert_request = {
	"insert_request",
	"INSERT INTO simplebank.requests"
	" (ticket, role, gateway, ledger_id, from_account_id, to_account_id, amount,"
	"  key, description, metadata, reference, origin)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
	SPI_OK_INSERT, .nargs = 12,
	.types = {INT8OID, TEXTOID, TEXTOID, INT4OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID,
	JSONBOID, TEXTOID, INT8OID}
};
static SbPlan count_requests = {
	"count_requests",
	"SELECT pg_catalog.count(*) FROM (SELECT FROM simplebank.requests"
	" WHERE state" EQ "'waiting' AND role" EQ "$1 LIMIT $2) r",
	SPI_OK_SELECT, .nargs = 2, .types = {TEXTOID, INT8OID}
};
static SbPlan lock_requests = {
	"lock_requests",
	"SELECT ticket, role, gateway, ledger_id, from_account_id, to_account_id, amount,"
	" key, description, metadata, reference FROM simplebank.requests"
	" WHERE state" EQ "'waiting' AND ticket" EQ "ANY ($1) ORDER BY ticket FOR NO KEY UPDATE",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8ARRAYOID}
};
/* the ledger has the texts of what was posted, and nothing of what was not */
static SbPlan end_requests = {
	"end_requests",
	"UPDATE simplebank.requests r SET state = v.state, transfer_id = v.transfer_id,"
	" replayed = v.replayed, sqlstate = v.sqlstate, message = v.message, detail = v.detail,"
	" description = NULL, metadata = NULL, next_attempt_at = NULL,"
	" done_at = pg_catalog.clock_timestamp()"
	" FROM (SELECT " UNNEST("$1") " ticket, " UNNEST("$2") " state, " UNNEST("$3") " transfer_id, "
	UNNEST("$4") " replayed, " UNNEST("$5") " sqlstate, " UNNEST("$6") " message, "
	UNNEST("$7") " detail) v WHERE r.ticket" EQ "v.ticket",
	SPI_OK_UPDATE, .nargs = 7,
	.types = {INT8ARRAYOID, TEXTARRAYOID, INT8ARRAYOID, BOOLARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
	TEXTARRAYOID}
};
static SbPlan note_refused = {
	"note_refused",
	"SELECT simplebank_internal.note_refused_request($1)",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
/* $2: of this role only; $3: in one of these ledgers only */
#define IF_SHOWN \
	" WHERE r.ticket" EQ "$1 AND ($2 IS NULL OR r.role" EQ "$2)" \
	" AND ($3 IS NULL OR r.ledger_id" EQ "ANY ($3))"
static SbPlan read_ticket = {
	"read_ticket",
	"SELECT r.state" EQ "'waiting', r.xmin FROM simplebank.requests r" IF_SHOWN,
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {INT8OID, TEXTOID, INT4ARRAYOID}
};
static SbPlan read_request = {
	"read_request",
	"SELECT r FROM simplebank.requests r" IF_SHOWN,
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {INT8OID, TEXTOID, INT4ARRAYOID}
};
/* clang-format on */

/* Rows, and how many there are so far. */
typedef struct Found
{
	void *rows;
	int count;
} Found;

static void keep_request(TupleTableSlot *slot, void *state);
static void keep_ticket(TupleTableSlot *slot, void *state);
static void add_text(SbRows *rows, const char *value);

/*
 * This database of this server.  A dump takes requests elsewhere, where they
 * wait until somebody says that all of it is there.
 */
int64
sb_store_request_origin(void)
{
	uint64 server = GetSystemIdentifier();

	return (int64) hash_bytes_extended((const unsigned char *) &server, sizeof(server),
									   MyDatabaseId);
}

void
sb_store_insert_request(const SbRequest *request)
{
	Datum values[] = {Int64GetDatum(request->ticket),
					  CStringGetTextDatum(request->role),
					  request->gateway ? CStringGetTextDatum(request->gateway) : 0,
					  Int32GetDatum(request->ledger_id),
					  Int64GetDatum(request->from_account),
					  Int64GetDatum(request->to_account),
					  Int64GetDatum(request->amount),
					  PointerGetDatum(request->key),
					  PointerGetDatum(request->description),
					  PointerGetDatum(request->metadata),
					  PointerGetDatum(request->reference),
					  Int64GetDatum(sb_store_request_origin())};
	bool nulls[lengthof(values)] = {[2] = request->gateway == NULL,
									[7] = request->key == NULL,
									[8] = request->description == NULL,
									[9] = request->metadata == NULL,
									[10] = request->reference == NULL};

	sb_plan_run(&insert_request, values, nulls, NULL, NULL);
	SB_FAULT_POINT(request_enqueued);
}

/*
 * How many of a role wait, counted up to so many.
 */
int64
sb_store_count_requests(const char *role, int64 up_to)
{
	Datum values[] = {CStringGetTextDatum(role), Int64GetDatum(up_to)};
	int64 count;

	sb_plan_run(&count_requests, values, NULL, sb_keep_int64, &count);
	return count;
}

/*
 * Locks those of these requests that wait, in the order of their tickets.
 */
int
sb_store_lock_requests(const int64 *tickets, int count, SbRequest *requests)
{
	Datum value = sb_id_array(tickets, count);
	Found found = {.rows = requests};

	sb_plan_run(&lock_requests, &value, NULL, keep_request, &found);
	return found.count;
}

static void
keep_request(TupleTableSlot *slot, void *state)
{
	Found *found = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	((SbRequest *) found->rows)[found->count++] =
		(SbRequest){.ticket = DatumGetInt64(values[0]),
					.role = TextDatumGetCString(values[1]),
					.gateway = nulls[2] ? NULL : TextDatumGetCString(values[2]),
					.ledger_id = DatumGetInt32(values[3]),
					.from_account = DatumGetInt64(values[4]),
					.to_account = DatumGetInt64(values[5]),
					.amount = DatumGetInt64(values[6]),
					.key = nulls[7] ? NULL : DatumGetTextPCopy(values[7]),
					.description = nulls[8] ? NULL : DatumGetTextPCopy(values[8]),
					.metadata = nulls[9] ? NULL : DatumGetJsonbPCopy(values[9]),
					.reference = nulls[10] ? NULL : DatumGetTextPCopy(values[10])};
}

SbRows *
sb_store_outcomes(int expected)
{
	static const Oid types[] = {INT8OID, TEXTOID, INT8OID, BOOLOID, TEXTOID, TEXTOID, TEXTOID};

	return sb_rows_make(&end_requests, types, lengthof(types), expected);
}

void
sb_store_add_outcome(SbRows *rows, const SbOutcome *outcome)
{
	sb_rows_int64(rows, outcome->ticket, false);
	sb_rows_value(rows, CStringGetTextDatum(outcome->is_posted ? "posted" : "refused"), false);
	sb_rows_int64(rows, outcome->transfer_id, !outcome->is_posted);
	sb_rows_value(rows, BoolGetDatum(outcome->is_replayed), !outcome->is_posted);
	add_text(rows, outcome->sqlstate);
	add_text(rows, outcome->message);
	add_text(rows, outcome->detail);
	sb_rows_end(rows);
}

static void
add_text(SbRows *rows, const char *value)
{
	sb_rows_value(rows, value ? CStringGetTextDatum(value) : (Datum) 0, value == NULL);
}

/*
 * Tells of a request that is recorded as refused.
 */
void
sb_store_note_refused(int64 ticket)
{
	Datum value = Int64GetDatum(ticket);

	sb_plan_run(&note_refused, &value, NULL, NULL, NULL);
}

/*
 * By the active snapshot.  role: only if this one has asked for it; NULL:
 * whoever has; ledgers: only if it is of one of them; false where there is none.
 */
bool
sb_store_read_ticket(int64 ticket, const char *role, const SbLedgers *ledgers, SbTicketState *state)
{
	Datum values[] = {Int64GetDatum(ticket), role ? CStringGetTextDatum(role) : 0,
					  sb_ledger_array(ledgers)};
	bool nulls[] = {false, role == NULL, ledgers == NULL};

	return sb_plan_run(&read_ticket, values, nulls, keep_ticket, state) > 0;
}

static void
keep_ticket(TupleTableSlot *slot, void *state)
{
	*(SbTicketState *) state =
		(SbTicketState){.is_waiting = DatumGetBool(slot->tts_values[0]),
						.is_of_this_transaction = TransactionIdIsCurrentTransactionId(
							DatumGetTransactionId(slot->tts_values[1]))};
}

/*
 * Likewise the row, for the caller to return.
 */
bool
sb_store_read_request(int64 ticket, const char *role, const SbLedgers *ledgers, Datum *row)
{
	Datum values[] = {Int64GetDatum(ticket), role ? CStringGetTextDatum(role) : 0,
					  sb_ledger_array(ledgers)};
	bool nulls[] = {false, role == NULL, ledgers == NULL};

	return sb_plan_run(&read_request, values, nulls, sb_keep_row, row) > 0;
}
