/*
 * search_time.h
 *	  Which ids the transfers of a time have.
 */
#ifndef SB_STORE_SEARCH_TIME_H
#define SB_STORE_SEARCH_TIME_H

#include "store/search.h"

extern void sb_bound_ids(SbSearch *search, TimestampTz from_time, TimestampTz to_time, int64 *above,
						 int64 *below);

#endif /* SB_STORE_SEARCH_TIME_H */
