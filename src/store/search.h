/*
 * search.h
 *	  Searches that read a bounded number of rows.
 *
 * A search has one path, an index that yields rows in the order of the
 * answer; what else is asked is judged of the rows that the path yields.
 */
#ifndef SB_STORE_SEARCH_H
#define SB_STORE_SEARCH_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "model/account.h"
#include "store/plan.h"

/* Where in its order a search stands. */
typedef enum SbSearchOrder
{
	SB_BY_ID,
	SB_BY_HISTORY /* of accounts: by the times and versions of their entries */
} SbSearchOrder;

typedef struct SbPosition
{
	SbSearchOrder order;
	TimestampTz posted_at; /* these two of a history */
	int64 row_id;
	int64 number; /* an id, or of a history a version */
} SbPosition;

typedef struct SbSearch SbSearch;

struct SbSearch
{
	bool newest;			 /* first */
	const SbPosition *after; /* or NULL */
	int max_rows;
	int64 max_read; /* rows, at most */
	const char *hint;
	/* does a row of the path match?  Called within a plan's run, so without SPI */
	bool (*matches)(const SbSearch *search, const TupleTableSlot *slot);
	const void *filter;
	/* takes a row of the answer */
	void (*put)(const SbSearch *search, const TupleTableSlot *slot, const SbPosition *position);
	void *answer;

	int found;
	int64 read;
};

/* A path by id: plans for both orders, whose first arguments are bounds of the id and a limit. */
typedef struct SbIdPath
{
	SbPlan *oldest;
	SbPlan *newest;
	int64 above; /* ids that it looks at */
	int64 below;
	int streams; /* that it is merged of; then its last column but one is how many rows it has read */
	Datum values[3]; /* of the arguments behind these */
	bool nulls[3];
} SbIdPath;

#define SB_ID_PATH_ARGUMENTS 3

/* Ids that were looked up before, in room that grows. */
typedef struct SbIds
{
	int64 *ids;
	int count;
	int room;
} SbIds;

extern void sb_search_by_id(SbSearch *search, const SbIdPath *path);
extern void sb_search_listed(SbSearch *search, const SbIdPath *path, SbIds *listed);
extern void sb_keep_listed_id(TupleTableSlot *slot, void *state);
extern bool sb_time_fits(const TupleTableSlot *slot, int column, TimestampTz from_time,
						 TimestampTz to_time);
extern bool sb_amount_fits(const TupleTableSlot *slot, int column, const int64 *min_amount,
						   const int64 *max_amount);
extern bool sb_int64_fits(const TupleTableSlot *slot, int column, const int64 *value);
extern bool sb_text_fits(const TupleTableSlot *slot, int column, const text *value, bool is_prefix);
extern bool sb_metadata_fits(const TupleTableSlot *slot, int column, Jsonb *value);
extern int64 sb_search_room(const SbSearch *search, int64 wanted);
extern void sb_search_count(SbSearch *search, int64 rows);

/* Of transfers, by the entries of rows of accounts, which are sorted by id. */
typedef struct SbHistoryRows
{
	SbAccount *rows;
	int count;
	int room;
} SbHistoryRows;

extern bool sb_search_history(SbSearch *search, const SbHistoryRows *rows, TimestampTz from_time,
							  TimestampTz to_time);

#endif /* SB_STORE_SEARCH_H */
