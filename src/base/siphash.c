/*
 * siphash.c
 *	  SipHash-2-4 of one number.
 *
 * Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; the number
 * is a message of 8 bytes, the lowest one first.
 */
#include "postgres.h"

#include "base/siphash.h"

#define MESSAGE_LENGTH 8

static uint64 read_number(const uint8 *bytes);
static void do_rounds(uint64 *v, int rounds);
static uint64 rotate_left(uint64 word, int bits);

uint64
sb_siphash(const uint8 *key, uint64 value)
{
	uint64 k0 = read_number(key);
	uint64 k1 = read_number(key + 8);
	uint64 v[] = {k0 ^ UINT64CONST(0x736f6d6570736575), k1 ^ UINT64CONST(0x646f72616e646f6d),
				  k0 ^ UINT64CONST(0x6c7967656e657261), k1 ^ UINT64CONST(0x7465646279746573)};
	uint64 last = (uint64) MESSAGE_LENGTH << 56;

	v[3] ^= value;
	do_rounds(v, 2);
	v[0] ^= value;
	v[3] ^= last;
	do_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	do_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64
read_number(const uint8 *bytes)
{
	uint64 number = 0;

	for (int i = 7; i >= 0; i--)
		number = number << 8 | bytes[i];
	return number;
}

static void
do_rounds(uint64 *v, int rounds)
{
	for (int i = 0; i < rounds; i++)
	{
		v[0] += v[1];
		v[1] = rotate_left(v[1], 13) ^ v[0];
		v[0] = rotate_left(v[0], 32);
		v[2] += v[3];
		v[3] = rotate_left(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate_left(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate_left(v[1], 17) ^ v[2];
		v[2] = rotate_left(v[2], 32);
	}
}

static uint64
rotate_left(uint64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}
