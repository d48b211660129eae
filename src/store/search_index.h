/*
 * search_index.h
 *	  The paths by the indexes of create_search_index().
 */
#ifndef SB_STORE_SEARCH_INDEX_H
#define SB_STORE_SEARCH_INDEX_H

#include "store/search_account.h"
#include "store/search_hold.h"
#include "store/search_transfer.h"

extern bool sb_find_listed_transfers(SbSearch *search, SbIds *listed);
extern bool sb_find_listed_accounts(SbSearch *search, SbIds *listed);
extern bool sb_find_listed_holds(SbSearch *search, SbIds *listed);
extern bool sb_search_index_is_there(const char *name);
extern const char *sb_search_index_hint(const char *name);

#endif /* SB_STORE_SEARCH_INDEX_H */
