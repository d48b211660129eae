/*
 * references.h
 *	  The references of one call of the engine.
 */
#ifndef SB_ENGINE_REFERENCES_H
#define SB_ENGINE_REFERENCES_H

#include "model/posting.h"
#include "model/reference.h"

/* A call's references, and which request has each of those that were new. */
typedef struct SbReferences
{
	SbReference *claims;
	SbPosting **users;
	int count;
} SbReferences;

extern SbReferences sb_references_claim(SbPosting *postings, int count);
extern SbReferences sb_references_find(SbPosting *postings, int count);
extern bool sb_references_resolve(const SbReferences *references, SbPosting *posting,
								  const SbPosting *neighbours);
extern void sb_references_use(const SbReferences *references, SbPosting *posting);
extern void sb_references_drop(const SbReferences *references, SbPosting *posting);
extern void sb_references_settle(const SbReferences *references);

#endif /* SB_ENGINE_REFERENCES_H */
