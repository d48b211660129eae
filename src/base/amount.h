/*
 * amount.h
 *	  Checked arithmetic on money, in minor units.
 */
#ifndef SB_BASE_AMOUNT_H
#define SB_BASE_AMOUNT_H

#include "common/int.h"

/* Returns false where the sum does not fit. */
static inline bool
sb_add(int64 a, int64 b, int64 *sum)
{
	return !pg_add_s64_overflow(a, b, sum);
}

/* Returns false where the difference does not fit. */
static inline bool
sb_subtract(int64 a, int64 b, int64 *difference)
{
	return !pg_sub_s64_overflow(a, b, difference);
}

extern int64 sb_spare(int64 balance, int64 held, int64 min_balance);

#endif /* SB_BASE_AMOUNT_H */
