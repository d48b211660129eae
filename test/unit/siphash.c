/* link: src/base/siphash.c */
/*
 * siphash.c
 *	  The keyed hash that stands for accounts in pg_locks, by its authors' own
 *	  test vector and by what it is for.
 */
#include "postgres.h"

#include "base/siphash.h"
#include "server.h"

static int tests;
static int failures;

static void
ok(bool passed, const char *name)
{
	tests++;
	failures += !passed;
	printf("%sok %d - %s\n", passed ? "" : "not ", tests, name);
}

int
main(void)
{
	uint8 key[SB_SIPHASH_KEY_LENGTH];
	uint64 value = 0;
	uint64 first;

	/* the key 00 01 02 ... and the message 00 01 02 ... 07 */
	for (int i = 0; i < SB_SIPHASH_KEY_LENGTH; i++)
		key[i] = i;
	for (int i = 7; i >= 0; i--)
		value = value << 8 | i;
	ok(sb_siphash(key, value) == UINT64CONST(0x93f5f5799a932462), "the vector of 8 bytes");
	first = sb_siphash(key, 1);
	ok(first != sb_siphash(key, 2), "another number has another hash");
	ok(first == sb_siphash(key, 1), "the same has the same");
	key[15] ^= 0x80;
	ok(first != sb_siphash(key, 1), "but not under another key");
	printf("1..%d\n", tests);
	return failures != 0;
}
