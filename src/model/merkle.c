/*
 * merkle.c
 *	  Merkle trees of SHA-256, as in RFC 9162, section 2.1.
 *
 * The hash of a leaf is that of a byte 0 and the leaf, the hash of a node that
 * of a byte 1 and its two children.  The left part of a tree is the largest
 * full tree that leaves something for the right one.  So a tree grows leaf by
 * leaf, and what is kept of it are the roots of the full trees that it is made
 * of: one for each bit of the number of its leaves.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "model/merkle.h"

static void join(SbMerkle *tree, const uint8 *left, const uint8 *right, uint8 *hash);
static void root_of(SbMerkle *tree, const uint8 *hashes, uint64 count, uint8 *root);

SbMerkle *
sb_merkle_make(void)
{
	SbMerkle *tree = palloc0(sizeof(SbMerkle));

	tree->sha256 = pg_cryptohash_create(PG_SHA256);
	if (tree->sha256 == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return tree;
}

/*
 * The hash of a leaf, whose first byte is 0 already.
 */
void
sb_merkle_hash(SbMerkle *tree, const void *leaf, Size length, uint8 *hash)
{
	Assert(*(const uint8 *) leaf == 0);
	sb_sha256(tree, leaf, length, hash);
}

/*
 * The hash of whatever it is.
 */
void
sb_sha256(SbMerkle *tree, const void *bytes, Size length, uint8 *hash)
{
	if (pg_cryptohash_init(tree->sha256) < 0 ||
		pg_cryptohash_update(tree->sha256, bytes, length) < 0 ||
		pg_cryptohash_final(tree->sha256, hash, SB_HASH_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(tree->sha256));
}

/* hash may be one of the children. */
static void
join(SbMerkle *tree, const uint8 *left, const uint8 *right, uint8 *hash)
{
	uint8 node[1 + 2 * SB_HASH_LENGTH];

	node[0] = 1;
	memcpy(node + 1, left, SB_HASH_LENGTH);
	memcpy(node + 1 + SB_HASH_LENGTH, right, SB_HASH_LENGTH);
	sb_sha256(tree, node, sizeof(node), hash);
}

/*
 * Adds a leaf by its hash.
 */
void
sb_merkle_add(SbMerkle *tree, const uint8 *hash)
{
	uint8 root[SB_HASH_LENGTH];
	int level;

	memcpy(root, hash, SB_HASH_LENGTH);
	for (level = 0; tree->count & (UINT64CONST(1) << level); level++)
		join(tree, tree->roots[level], root, root);
	memcpy(tree->roots[level], root, SB_HASH_LENGTH);
	tree->count++;
}

/*
 * The root of all leaves so far; there must be one.
 */
void
sb_merkle_root(SbMerkle *tree, uint8 *root)
{
	int level = pg_rightmost_one_pos64(tree->count);

	memcpy(root, tree->roots[level], SB_HASH_LENGTH);
	for (level++; level < 64; level++)
	{
		if (tree->count & (UINT64CONST(1) << level))
			join(tree, tree->roots[level], root, root);
	}
}

/*
 * What it takes to come from a leaf to the root, from the bottom up: returns
 * how many hashes.  hashes are those of all leaves; path has room for 64.
 */
int
sb_merkle_path(SbMerkle *tree, const uint8 *hashes, uint64 count, uint64 index,
			   uint8 (*path)[SB_HASH_LENGTH])
{
	uint64 left;
	int length;

	if (count == 1)
		return 0;
	left = UINT64CONST(1) << pg_leftmost_one_pos64(count - 1);
	if (index < left)
	{
		length = sb_merkle_path(tree, hashes, left, index, path);
		root_of(tree, hashes + left * SB_HASH_LENGTH, count - left, path[length]);
	}
	else
	{
		length =
			sb_merkle_path(tree, hashes + left * SB_HASH_LENGTH, count - left, index - left, path);
		root_of(tree, hashes, left, path[length]);
	}
	return length + 1;
}

/* Of a tree by itself. */
static void
root_of(SbMerkle *tree, const uint8 *hashes, uint64 count, uint8 *root)
{
	tree->count = 0;
	for (uint64 i = 0; i < count; i++)
		sb_merkle_add(tree, hashes + i * SB_HASH_LENGTH);
	sb_merkle_root(tree, root);
}

void
sb_merkle_free(SbMerkle *tree)
{
	pg_cryptohash_free(tree->sha256);
	pfree(tree);
}
