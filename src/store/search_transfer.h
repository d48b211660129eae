/*
 * search_transfer.h
 *	  The paths to transfers, and what is judged of them.
 */
#ifndef SB_STORE_SEARCH_TRANSFER_H
#define SB_STORE_SEARCH_TRANSFER_H

#include "utils/jsonb.h"

#include "store/search.h"

/* Columns of a path's rows; those from SB_TRANSFER_COLUMNS on are no part of the answer. */
enum
{
	SB_TRANSFER_ID,
	SB_TRANSFER_FROM,
	SB_TRANSFER_TO,
	SB_TRANSFER_AMOUNT,
	SB_TRANSFER_POSTED_AT,
	SB_TRANSFER_EFFECTIVE_AT,
	SB_TRANSFER_CREATED_AT,
	SB_TRANSFER_OPERATION,
	SB_TRANSFER_REVERSES,
	SB_TRANSFER_FROM_AMOUNT,
	SB_TRANSFER_TO_AMOUNT,
	SB_TRANSFER_HOLD_ID,
	SB_TRANSFER_REFERENCE,
	SB_TRANSFER_ROLE,
	SB_TRANSFER_GATEWAY,
	SB_TRANSFER_DESCRIPTION,
	SB_TRANSFER_METADATA,
	SB_TRANSFER_COLUMNS,
	/* of a path by id: is it one of the account, or of the caller's ledgers? */
	SB_TRANSFER_BELONGS = SB_TRANSFER_COLUMNS,
	/* of a history: the entry */
	SB_HISTORY_ROW = SB_TRANSFER_COLUMNS,
	SB_HISTORY_VERSION
};

/* What is asked of a transfer; what is not there does not matter. */
typedef struct SbTransferFilter
{
	TimestampTz from_time; /* inclusive */
	TimestampTz to_time;   /* exclusive */
	TimestampTz from_effective;
	TimestampTz to_effective;
	const int64 *min_amount;
	const int64 *max_amount;
	text *reference;
	text *operation;
	text *role;
	text *description; /* how it begins */
	Jsonb *metadata;   /* which it contains */
	const int64 *hold_id;
	const int64 *reverses;
} SbTransferFilter;

extern bool sb_transfer_matches(const SbSearch *search, const TupleTableSlot *slot);
extern void sb_search_transfers_by_id(SbSearch *search, const SbLedgers *ledgers);
extern void sb_search_transfers_listed(SbSearch *search, SbIds *listed, const int64 *account_id);
extern void sb_search_captures(SbSearch *search, int64 hold_id, const int64 *account_id);
extern void sb_search_of_operation(SbSearch *search, const text *operation);
extern void sb_search_of_role(SbSearch *search, const text *role);
extern void sb_search_taken_back(SbSearch *search, int64 reverses, const int64 *account_id);
extern void sb_store_read_history(const int64 *row_ids, const int64 *above, const int64 *up_to,
								  int count, int64 limit, bool newest, SbRowFunction row_function,
								  void *state);
extern int64 sb_store_read_places(int64 transfer_id, SbRowFunction row_function, void *state);
extern SbIds sb_store_read_rows_of(int64 transfer_id);
extern SbIds sb_store_read_accounts_of_hold(int64 hold_id);
extern SbIds sb_store_find_reference(const text *reference);

#endif /* SB_STORE_SEARCH_TRANSFER_H */
