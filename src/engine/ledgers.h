/*
 * ledgers.h
 *	  The ledgers of the requests of one call.
 */
#ifndef SB_ENGINE_LEDGERS_H
#define SB_ENGINE_LEDGERS_H

#include "model/posting.h"

extern void sb_ledgers_resolve(SbPosting *postings, int count);
extern bool sb_has_foreign_leg(const SbPosting *posting);

#endif /* SB_ENGINE_LEDGERS_H */
