/*
 * siphash.h
 *	  SipHash-2-4: a hash that tells nothing of what is hashed to who has not
 *	  the key.
 */
#ifndef SB_BASE_SIPHASH_H
#define SB_BASE_SIPHASH_H

#define SB_SIPHASH_KEY_LENGTH 16

extern uint64 sb_siphash(const uint8 *key, uint64 value);

#endif /* SB_BASE_SIPHASH_H */
