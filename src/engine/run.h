/*
 * run.h
 *	  The decision over the requests of one call.
 */
#ifndef SB_ENGINE_RUN_H
#define SB_ENGINE_RUN_H

#include "engine/keys.h"
#include "engine/references.h"
#include "model/decide.h"

extern SbMoment sb_read_moment(SbPosting *postings, int count);
extern int sb_decide_runs(SbPosting *postings, int count, const SbKeys *keys,
						  const SbReferences *references, const SbMoment *moment, bool atomic);

#endif /* SB_ENGINE_RUN_H */
