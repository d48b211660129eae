/*
 * entry.h
 *	  What is read of simplebank.entries, for balances and statements.
 */
#ifndef SB_STORE_ENTRY_H
#define SB_STORE_ENTRY_H

#include "datatype/timestamp.h"
#include "utils/numeric.h"

#include "model/account.h"
#include "store/plan.h"

/* the columns of a line of a statement; entry.c has them */
#define SB_STATEMENT_COLUMNS 12

extern int64 sb_last_version(const SbAccount *account, TimestampTz at, bool inclusive);
extern int64 sb_balance_of_version(int64 account_id, int64 version);
extern Numeric sb_add_displaced(int64 account_id, TimestampTz at, int64 balance);
extern uint64 sb_store_read_statement(int64 account_id, int64 after, int64 up_to,
									  const int64 *limit, SbRowFunction row_function, void *state);
extern uint64 sb_store_read_striped_statement(const int64 *row_ids, const int64 *after,
											  const int64 *up_to, int count, const int64 *limit,
											  SbRowFunction row_function, void *state);

#endif /* SB_STORE_ENTRY_H */
