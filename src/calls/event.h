/*
 * event.h
 *	  Events: what is told of a row that has a position in the log.
 */
#ifndef SB_CALLS_EVENT_H
#define SB_CALLS_EVENT_H

#include "model/event.h"
#include "store/log_page.h"

/* Columns of read_events(). */
enum
{
	SB_EVENT_POSITION,
	SB_EVENT_KIND,
	SB_EVENT_ID,
	SB_EVENT_OCCURRED_AT,
	SB_EVENT_EFFECTIVE_AT,
	SB_EVENT_OPERATION,
	SB_EVENT_REFERENCE,
	SB_EVENT_ACCOUNT_ID,
	SB_EVENT_ROLE,
	SB_EVENT_GATEWAY,
	SB_EVENT_DESCRIPTION,
	SB_EVENT_METADATA,
	SB_EVENT_LEDGER,
	SB_EVENT_EVENT,
	SB_EVENT_COLUMNS
};

typedef struct SbEventRow
{
	int64 position;
	Datum values[SB_EVENT_COLUMNS];
	bool nulls[SB_EVENT_COLUMNS];
} SbEventRow;

extern char *sb_event_kind(char source, const TupleTableSlot *slot);
extern void sb_event_make(char source, const char *kind, const TupleTableSlot *slot,
						  SbEventRow *row);

#endif /* SB_CALLS_EVENT_H */
