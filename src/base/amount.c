/*
 * amount.c
 *	  Checked arithmetic on money, in minor units.
 */
#include "postgres.h"

#include "base/amount.h"

/*
 * What a debit may take: balance - held - min_balance, cut to the range of
 * bigint.  The cut changes no decision: no amount is larger than bigint's
 * largest value, and balance - held below its smallest one lies below every
 * min_balance.
 */
int64
sb_spare(int64 balance, int64 held, int64 min_balance)
{
	int64 spare;

	Assert(held >= 0);
	if (!sb_subtract(balance, held, &spare))
		return PG_INT64_MIN;
	if (!sb_subtract(spare, min_balance, &spare))
		return min_balance < 0 ? PG_INT64_MAX : PG_INT64_MIN;
	return spare;
}
