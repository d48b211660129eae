/*
 * merkle.h
 *	  Merkle trees of SHA-256, as in RFC 9162.
 */
#ifndef SB_MODEL_MERKLE_H
#define SB_MODEL_MERKLE_H

#include "common/cryptohash.h"
#include "common/sha2.h"

#define SB_HASH_LENGTH PG_SHA256_DIGEST_LENGTH

typedef struct SbMerkle
{
	pg_cryptohash_ctx *sha256;
	uint64 count;					 /* of leaves */
	uint8 roots[64][SB_HASH_LENGTH]; /* of the full trees of 2^n leaves that count is made of */
} SbMerkle;

extern SbMerkle *sb_merkle_make(void);
extern void sb_sha256(SbMerkle *tree, const void *bytes, Size length, uint8 *hash);
extern void sb_merkle_hash(SbMerkle *tree, const void *leaf, Size length, uint8 *hash);
extern void sb_merkle_add(SbMerkle *tree, const uint8 *hash);
extern void sb_merkle_root(SbMerkle *tree, uint8 *root);
extern int sb_merkle_path(SbMerkle *tree, const uint8 *hashes, uint64 count, uint64 index,
						  uint8 (*path)[SB_HASH_LENGTH]);
extern void sb_merkle_free(SbMerkle *tree);

#endif /* SB_MODEL_MERKLE_H */
