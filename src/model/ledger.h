/*
 * ledger.h
 *	  Sets of books, by their ids.
 */
#ifndef SB_MODEL_LEDGER_H
#define SB_MODEL_LEDGER_H

#include "c.h"

/* The one that comes with the extension. */
#define SB_DEFAULT_LEDGER 1

/* Those that somebody has, ascending.  A NULL pointer stands for all that there are. */
typedef struct SbLedgers
{
	int count;
	int32 *ids;
} SbLedgers;

extern int sb_compare_ledgers(const void *a, const void *b);
extern bool sb_has_ledger(const SbLedgers *ledgers, int32 id);
extern int32 sb_only_ledger(const SbLedgers *ledgers);

#endif /* SB_MODEL_LEDGER_H */
