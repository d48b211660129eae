/*
 * balance.h
 *	  Balances, present and past.
 */
#ifndef SB_BALANCE_H
#define SB_BALANCE_H

#include "model/rules.h"

extern int64 sb_last_version(const SbAccount *account, TimestampTz at, bool inclusive);
extern int64 sb_balance_of_version(int64 account_id, int64 version);

#endif /* SB_BALANCE_H */
