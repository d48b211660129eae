/*
 * keys.h
 *	  The idempotency keys of one call of the engine.
 */
#ifndef SB_ENGINE_KEYS_H
#define SB_ENGINE_KEYS_H

#include "model/key.h"
#include "model/posting.h"

/* A call's keys, and which request has used each of those that were new. */
typedef struct SbKeys
{
	SbClaim *claims;
	SbPosting **users;
	int count;
} SbKeys;

extern SbKeys sb_keys_claim(SbPosting *postings, int count);
extern SbKeys sb_keys_find(SbPosting *postings, int count);
extern bool sb_keys_resolve(const SbKeys *keys, SbPosting *posting);
extern void sb_keys_use(const SbKeys *keys, SbPosting *posting);
extern SbPosting *sb_keys_user(const SbKeys *keys, const SbPosting *posting);
extern void sb_keys_drop(const SbKeys *keys, SbPosting *posting);
extern void sb_keys_settle(const SbKeys *keys);

#endif /* SB_ENGINE_KEYS_H */
