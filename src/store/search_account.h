/*
 * search_account.h
 *	  The paths to accounts, and what is judged of them.
 */
#ifndef SB_STORE_SEARCH_ACCOUNT_H
#define SB_STORE_SEARCH_ACCOUNT_H

#include "utils/jsonb.h"

#include "store/search.h"

/* Columns of a path's rows, of which those before SB_ACCOUNT_COLUMNS are the answer's. */
enum
{
	SB_ACCOUNT_ID,
	SB_ACCOUNT_OWNER,
	SB_ACCOUNT_CODE,
	SB_ACCOUNT_NAME,
	SB_ACCOUNT_CURRENCY,
	SB_ACCOUNT_KIND,
	SB_ACCOUNT_STATUS,
	SB_ACCOUNT_IS_SYSTEM,
	SB_ACCOUNT_BALANCE,
	SB_ACCOUNT_HELD,
	SB_ACCOUNT_MIN_BALANCE,
	SB_ACCOUNT_MAX_BALANCE,
	SB_ACCOUNT_STRIPES,
	SB_ACCOUNT_CREATED_AT,
	SB_ACCOUNT_METADATA,
	SB_ACCOUNT_COLUMNS
};

/* What is asked of an account; what is not there does not matter. */
typedef struct SbAccountFilter
{
	TimestampTz from_time; /* of its opening, inclusive */
	TimestampTz to_time;   /* exclusive */
	text *owner;
	text *code;
	text *name; /* how it begins */
	text *currency;
	text *kind;
	text *status;
	Jsonb *metadata; /* which it contains */
} SbAccountFilter;

extern bool sb_account_matches(const SbSearch *search, const TupleTableSlot *slot);
extern void sb_search_accounts_by_id(SbSearch *search, const SbLedgers *ledgers);
extern void sb_search_accounts_of(SbSearch *search, const SbLedgers *ledgers, text *owner,
								  bool restricted);
extern void sb_store_read_own_rows(const char *owner, const SbLedgers *ledgers, int64 limit,
								   SbHistoryRows *rows);
extern void sb_search_accounts_listed(SbSearch *search, SbIds *listed);
extern SbIds sb_search_code(const SbLedgers *ledgers, const text *code);

#endif /* SB_STORE_SEARCH_ACCOUNT_H */
