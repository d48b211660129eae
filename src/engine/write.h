/*
 * write.h
 *	  Writes what the engine has decided.
 */
#ifndef SB_ENGINE_WRITE_H
#define SB_ENGINE_WRITE_H

#include "model/posting.h"

extern void sb_write_postings(const SbPosting *postings, int count, const SbAccount *accounts,
							  int naccounts);

#endif /* SB_ENGINE_WRITE_H */
