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
	SB_COLUMN_POSITION,
	SB_COLUMN_KIND,
	SB_COLUMN_ID,
	SB_COLUMN_OCCURRED_AT,
	SB_COLUMN_EFFECTIVE_AT,
	SB_COLUMN_OPERATION,
	SB_COLUMN_REFERENCE,
	SB_COLUMN_ACCOUNT_ID,
	SB_COLUMN_ROLE,
	SB_COLUMN_GATEWAY,
	SB_COLUMN_DESCRIPTION,
	SB_COLUMN_METADATA,
	SB_COLUMN_LEDGER,
	SB_COLUMN_EVENT,
	SB_COLUMNS
};

typedef struct SbEventRow
{
	int64 position;
	Datum values[SB_COLUMNS];
	bool nulls[SB_COLUMNS];
} SbEventRow;

extern char *sb_event_kind(char source, const TupleTableSlot *slot);
extern void sb_event_make(char source, const char *kind, const TupleTableSlot *slot,
						  SbEventRow *row);

#endif /* SB_CALLS_EVENT_H */
