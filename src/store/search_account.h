/*
 * search_account.h
 *	  The paths to accounts, and what is judged of them.
 */
#ifndef SB_STORE_SEARCH_ACCOUNT_H
#define SB_STORE_SEARCH_ACCOUNT_H

#include "store/search.h"

extern void sb_store_read_own_rows(const char *owner, const SbLedgers *ledgers, int64 limit,
								   SbHistoryRows *rows);
extern void sb_add_history_row(SbHistoryRows *rows, const SbAccount *account);

#endif /* SB_STORE_SEARCH_ACCOUNT_H */
