/*
 * reference.h
 *	  Rows of simplebank.transfer_references and simplebank.hold_references.
 */
#ifndef SB_STORE_REFERENCE_H
#define SB_STORE_REFERENCE_H

#include "model/reference.h"

extern void sb_store_claim_references(SbReference *claims, int count);
extern void sb_store_find_references(SbReference *claims, int count);
extern void sb_store_free_references(const SbReference *claims, int count);

#endif /* SB_STORE_REFERENCE_H */
