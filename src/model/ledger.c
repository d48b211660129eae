/*
 * ledger.c
 *	  Sets of books, by their ids.
 */
#include "postgres.h"

#include "model/ledger.h"

int
sb_compare_ledgers(const void *a, const void *b)
{
	int32 left = *(const int32 *) a;
	int32 right = *(const int32 *) b;

	return left < right ? -1 : left > right;
}

bool
sb_has_ledger(const SbLedgers *ledgers, int32 id)
{
	return ledgers == NULL ||
		bsearch(&id, ledgers->ids, ledgers->count, sizeof(int32), sb_compare_ledgers) != NULL;
}

/*
 * The one that is meant where none is named: the only one, or the default one;
 * 0 where there are several others.
 */
int32
sb_only_ledger(const SbLedgers *ledgers)
{
	if (sb_has_ledger(ledgers, SB_DEFAULT_LEDGER))
		return SB_DEFAULT_LEDGER;
	return ledgers->count == 1 ? ledgers->ids[0] : 0;
}
