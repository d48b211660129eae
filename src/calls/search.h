/*
 * search.h
 *	  What find_transfers() and its like have in common: pages, cursors.
 */
#ifndef SB_CALLS_SEARCH_H
#define SB_CALLS_SEARCH_H

#include "calls/argument.h"
#include "calls/door.h"
#include "store/search.h"

/* The hint of a search whose path is the best there is. */
#define SB_NO_BETTER_PATH "A superuser can let it read more: simplebank.max_search_rows."

/* Where the arguments of a page stand. */
typedef struct SbPageArguments
{
	int after;
	int max_rows;
	int newest_first;
} SbPageArguments;

/* The rows of an answer: columns of a path, and the cursor. */
typedef struct SbPage
{
	struct ReturnSetInfo *rsinfo;
	int ncolumns;
	text *after; /* or NULL */
	SbPosition position;
} SbPage;

extern void sb_page_begin(FunctionCallInfo fcinfo, const SbPageArguments *arguments, int ncolumns,
						  SbPage *page, SbSearch *search);
extern void sb_page_go_on(SbPage *page, SbSearch *search, SbSearchOrder order);
pg_noreturn extern void sb_raise_bad_cursor(void);
extern void sb_arg_times(FunctionCallInfo fcinfo, int number, const char *from_name,
						 const char *to_name, TimestampTz *from_time, TimestampTz *to_time);
extern void sb_arg_amounts(FunctionCallInfo fcinfo, int number, int64 amounts[2],
						   const int64 **min_amount, const int64 **max_amount);
extern const int64 *sb_arg_optional_id(FunctionCallInfo fcinfo, int number, int64 *id);

#endif /* SB_CALLS_SEARCH_H */
