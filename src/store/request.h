/*
 * request.h
 *	  Rows of simplebank.requests.
 */
#ifndef SB_STORE_REQUEST_H
#define SB_STORE_REQUEST_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/error.h"
#include "store/rows.h"

/* A transfer that was asked for; what is not there is NULL. */
typedef struct SbRequest
{
	int64 ticket;
	char *role;
	char *gateway; /* that acted for this customer */
	int32 ledger_id;
	int64 from_account;
	int64 to_account;
	int64 amount;
	text *key;
	text *description;
	Jsonb *metadata;
	text *reference;
} SbRequest;

/* What is looked at to choose requests. */
typedef struct SbWaiting
{
	int64 ticket;
	int64 from_account;
	int64 to_account;
	TimestampTz next_attempt_at; /* DT_NOBEGIN: at once */
	bool is_own;				 /* was enqueued in this database, and not restored into it */
} SbWaiting;

/* How a request has ended. */
typedef struct SbOutcome
{
	int64 ticket;
	bool is_posted;
	int64 transfer_id;
	bool is_replayed;
	const char *sqlstate;
	const char *message;
	const char *detail; /* or NULL */
} SbOutcome;

/* What who waits for a ticket looks at. */
typedef struct SbTicketState
{
	bool is_waiting;
	bool is_of_this_transaction;
} SbTicketState;

extern int64 sb_store_request_origin(void);
extern void sb_store_insert_request(const SbRequest *request);
extern int64 sb_store_count_requests(const char *role, int64 up_to);
extern int sb_store_lock_requests(const int64 *tickets, int count, SbRequest *requests);
extern SbRows *sb_store_outcomes(int expected);
extern void sb_store_add_outcome(SbRows *rows, const SbOutcome *outcome);
extern void sb_store_note_refused(int64 ticket);
extern bool sb_store_read_ticket(int64 ticket, const char *role, const SbLedgers *ledgers,
								 SbTicketState *state);
extern bool sb_store_read_request(int64 ticket, const char *role, const SbLedgers *ledgers,
								  Datum *row);

#endif /* SB_STORE_REQUEST_H */
