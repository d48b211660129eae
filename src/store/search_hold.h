/*
 * search_hold.h
 *	  The paths to holds, and what is judged of them.
 */
#ifndef SB_STORE_SEARCH_HOLD_H
#define SB_STORE_SEARCH_HOLD_H

#include "utils/jsonb.h"

#include "store/search.h"

/* Columns of a path's rows, of which those before SB_HOLD_COLUMNS are the answer's. */
enum
{
	SB_HOLD_ID,
	SB_HOLD_FROM,
	SB_HOLD_TO,
	SB_HOLD_AMOUNT,
	SB_HOLD_CAPTURED,
	SB_HOLD_STATUS,
	SB_HOLD_EXPIRES_AT,
	SB_HOLD_CREATED_AT,
	SB_HOLD_CLOSED_AT,
	SB_HOLD_REFERENCE,
	SB_HOLD_DESCRIPTION,
	SB_HOLD_METADATA,
	SB_HOLD_COLUMNS
};

/* What is asked of a hold; what is not there does not matter. */
typedef struct SbHoldFilter
{
	TimestampTz from_time; /* of its placing, inclusive */
	TimestampTz to_time;   /* exclusive */
	TimestampTz from_expiry;
	TimestampTz to_expiry;
	const int64 *min_amount;
	const int64 *max_amount;
	text *reference;
	text *status;
	text *description; /* how it begins */
	Jsonb *metadata;   /* which it contains */
} SbHoldFilter;

extern bool sb_hold_matches(const SbSearch *search, const TupleTableSlot *slot);
extern void sb_search_holds_by_id(SbSearch *search, const SbLedgers *ledgers);
extern void sb_search_holds_of(SbSearch *search, const int64 *account_ids, int count);

extern void sb_search_holds_listed(SbSearch *search, SbIds *listed);
extern SbIds sb_store_find_hold_reference(const text *reference);

#endif /* SB_STORE_SEARCH_HOLD_H */
