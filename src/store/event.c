/*
 * event.c
 *	  Rows of simplebank.account_events and simplebank.audit_events.
 *
 * Both are only added to, in the transaction of what they tell of.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/fault.h"
#include "store/event.h"
#include "store/plan.h"
#include "store/subscriber.h"

/* clang-format off */
static SbPlan insert_event = {
	"insert_event",
	"INSERT INTO simplebank.account_events"
	" (account_id, event, version, hold_id, role, reason, before, after, gateway)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	SPI_OK_INSERT, .nargs = 9,
	.types = {INT8OID, TEXTOID, INT8OID, INT8OID, TEXTOID, TEXTOID, JSONBOID, JSONBOID, TEXTOID}
};
static SbPlan insert_audit = {
	"insert_audit",
	"INSERT INTO simplebank.audit_events (action, details, reason, by_hand) VALUES ($1, $2, $3, $4)",
	SPI_OK_INSERT, .nargs = 4, .types = {TEXTOID, JSONBOID, TEXTOID, BOOLOID}
};
/* clang-format on */

/*
 * Records what happened to an account besides postings.
 */
void
sb_store_event(const SbEvent *event)
{
	Datum values[] = {Int64GetDatum(event->account_id),
					  CStringGetTextDatum(event->name),
					  Int64GetDatum(event->version),
					  Int64GetDatum(event->hold_id),
					  CStringGetTextDatum(event->role),
					  PointerGetDatum(event->reason),
					  PointerGetDatum(event->before),
					  PointerGetDatum(event->after),
					  event->gateway ? CStringGetTextDatum(event->gateway) : 0};
	bool nulls[] = {[3] = event->hold_id == 0,
					[5] = event->reason == NULL,
					[6] = event->before == NULL,
					[7] = event->after == NULL,
					[8] = event->gateway == NULL};

	sb_plan_run(&insert_event, values, nulls, NULL, NULL);
	SB_FAULT_POINT(event_written);
}

/*
 * Records an administrative act; who acts, the columns' defaults say.
 * details and reason may be NULL.
 */
void
sb_store_audit(const char *action, Jsonb *details, text *reason, bool by_hand)
{
	Datum values[] = {CStringGetTextDatum(action), PointerGetDatum(details),
					  PointerGetDatum(reason), BoolGetDatum(by_hand)};
	bool nulls[] = {false, details == NULL, reason == NULL, false};

	if (sb_follows_publisher())
	{
		ereport(
			LOG,
			(errmsg(
				"simplebank: %s() was called on a subscriber, whose audit_events are the publisher's",
				action)));
		return;
	}
	sb_plan_run(&insert_audit, values, nulls, NULL, NULL);
	SB_FAULT_POINT(audit_written);
}
