/*
 * ledger.h
 *	  Which set of books.
 */
#ifndef SB_MODEL_LEDGER_H
#define SB_MODEL_LEDGER_H

/* The one that comes with the extension. */
#define SB_DEFAULT_LEDGER 1

#endif /* SB_MODEL_LEDGER_H */
