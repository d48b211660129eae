/*
 * ledger.h
 *	  Several sets of books, and who has which.
 */
#ifndef SB_CALLS_LEDGER_H
#define SB_CALLS_LEDGER_H

#include "model/ledger.h"

extern int32 sb_ledger_named(text *name);

#endif /* SB_CALLS_LEDGER_H */
