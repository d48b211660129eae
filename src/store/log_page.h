/*
 * log_page.h
 *	  Positions of the log, and the rows that they are of.
 */
#ifndef SB_STORE_LOG_PAGE_H
#define SB_STORE_LOG_PAGE_H

#include "model/ledger.h"
#include "store/plan.h"

/* An element of a segment. */
typedef struct SbLogEntry
{
	int64 position;
	int64 id;
	char source;
} SbLogEntry;

/* Columns of the plans. */
enum
{
	SB_LOGGED_ID,
	SB_LOGGED_AT,
	SB_LOGGED_ROLE,
	SB_LOGGED_GATEWAY,
	SB_LOGGED_LEDGER,
	SB_LOGGED_OWN /* those of the source begin here */
};

enum
{
	SB_LOGGED_EFFECTIVE_AT = SB_LOGGED_OWN,
	SB_LOGGED_OPERATION,
	SB_LOGGED_REFERENCE,
	SB_LOGGED_DESCRIPTION,
	SB_LOGGED_METADATA,
	SB_LOGGED_REVERSES,
	SB_LOGGED_CAPTURES,
	SB_LOGGED_AMOUNT,
	SB_LOGGED_FROM_ROW, /* NULL: its entries are in ENTRIES */
	SB_LOGGED_FROM_VERSION,
	SB_LOGGED_FROM_AMOUNT,
	SB_LOGGED_FROM_BALANCE,
	SB_LOGGED_TO_ROW,
	SB_LOGGED_TO_VERSION,
	SB_LOGGED_TO_AMOUNT,
	SB_LOGGED_TO_BALANCE,
	SB_LOGGED_ENTRIES
};

enum
{
	SB_LOGGED_EVENT = SB_LOGGED_OWN,
	SB_LOGGED_ACCOUNT,
	SB_LOGGED_VERSION,
	SB_LOGGED_REASON,
	SB_LOGGED_BEFORE,
	SB_LOGGED_AFTER,
	SB_LOGGED_HOLD, /* NULL: of no hold, and so are the rest */
	SB_LOGGED_HOLD_TO,
	SB_LOGGED_HOLD_AMOUNT,
	SB_LOGGED_HOLD_CAPTURED,
	SB_LOGGED_HOLD_STATUS,
	SB_LOGGED_HOLD_EXPIRES_AT,
	SB_LOGGED_HOLD_REFERENCE,
	SB_LOGGED_HOLD_DESCRIPTION,
	SB_LOGGED_HOLD_METADATA
};

enum
{
	SB_LOGGED_KIND = SB_LOGGED_OWN,
	SB_LOGGED_NOTICE_ACCOUNT,
	SB_LOGGED_OBJECT,
	SB_LOGGED_DETAILS
};

/* Is called for each row, with the number of its entry. */
typedef void (*SbLoggedFunction)(int number, TupleTableSlot *slot, void *state);

extern int64 sb_log_end(void);
extern int sb_log_read(int64 after, int count, SbLogEntry *entries);
extern void sb_log_read_rows(const SbLogEntry *entries, int count, char source,
							 const SbLedgers *ledgers, SbLoggedFunction logged_function,
							 void *state);

#endif /* SB_STORE_LOG_PAGE_H */
