/*
 * ledger.h
 *	  Several sets of books, and who has which.
 */
#ifndef SB_CALLS_LEDGER_H
#define SB_CALLS_LEDGER_H

#include "calls/door.h"
#include "model/ledger.h"

extern SbLedgers *sb_caller_ledgers(const SbScope *scope);
extern void sb_narrow(SbScope *scope, text *name);
extern int32 sb_ledger_named(const SbScope *scope, text *name);
extern bool sb_is_foreign(const SbScope *scope, int64 account_id);

#endif /* SB_CALLS_LEDGER_H */
