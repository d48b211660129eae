/*
 * key.h
 *	  Rows of simplebank.idempotency_keys.
 */
#ifndef SB_STORE_KEY_H
#define SB_STORE_KEY_H

#include "datatype/timestamp.h"

#include "model/key.h"
#include "store/plan.h"

/* Bounds a statement's memory, and what a cancel waits for. */
#define SB_KEYS_PER_STATEMENT 8192

extern void sb_claim_keys(SbClaim *claims, int count);
extern void sb_find_keys(SbClaim *claims, int count);
extern void sb_free_keys(const SbClaim *claims, int count);
extern int sb_store_purge_keys(int max_keys);
extern void sb_store_check_key(const char *role, const SbLedgers *ledgers, text *key, bool only_own,
							   SbRowFunction row_function, void *state);

#endif /* SB_STORE_KEY_H */
