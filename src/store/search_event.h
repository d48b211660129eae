/*
 * search_event.h
 *	  The paths to events of accounts, and what is judged of them.
 */
#ifndef SB_STORE_SEARCH_EVENT_H
#define SB_STORE_SEARCH_EVENT_H

#include "store/search.h"

/* Columns of a path's rows, of which those before SB_EVENT_COLUMNS are the answer's. */
enum
{
	SB_EVENT_ID,
	SB_EVENT_ACCOUNT_ID,
	SB_EVENT_NAME,
	SB_EVENT_VERSION,
	SB_EVENT_HOLD_ID,
	SB_EVENT_CREATED_AT,
	SB_EVENT_ROLE,
	SB_EVENT_GATEWAY,
	SB_EVENT_REASON,
	SB_EVENT_BEFORE,
	SB_EVENT_AFTER,
	SB_EVENT_COLUMNS
};

/* What is asked of an event; what is not there does not matter. */
typedef struct SbEventFilter
{
	TimestampTz from_time; /* inclusive */
	TimestampTz to_time;   /* exclusive */
	const int64 *hold_id;
	text *event;
	text *role;
} SbEventFilter;

extern bool sb_event_matches(const SbSearch *search, const TupleTableSlot *slot);
extern void sb_search_events_by_id(SbSearch *search, const SbLedgers *ledgers);
extern void sb_search_events_of(SbSearch *search, const int64 *account_ids, int count,
								const char *only_role);
extern void sb_search_events_of_hold(SbSearch *search, int64 hold_id, const int64 *account_id,
									 const char *only_role);

#endif /* SB_STORE_SEARCH_EVENT_H */
