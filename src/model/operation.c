/*
 * operation.c
 *	  The table of operations.
 *
 * Their names are in rows of the ledger, so that they never change.
 */
#include "postgres.h"

#include "model/operation.h"

/* clang-format off */
static const SbOperationTraits traits[] = {
	[SB_TRANSFER] = {"transfer", SB_COUNT_TRANSFERS, .moves_money = true, .is_reversible = true},
	[SB_DEPOSIT] = {"deposit", SB_COUNT_TRANSFERS, .moves_money = true, .is_reversible = true},
	[SB_WITHDRAW] = {"withdraw", SB_COUNT_TRANSFERS, .moves_money = true, .is_reversible = true},
	[SB_JOURNAL] = {"journal", SB_COUNT_JOURNALS, .moves_money = true, .is_reversible = true, .is_journal = true},
	[SB_EXCHANGE] = {"exchange", SB_COUNT_TRANSFERS, .moves_money = true, .is_reversible = true, .is_journal = true},
	[SB_REVERSAL] = {"reversal", SB_COUNT_TRANSFERS, .moves_money = true, .is_journal = true},
	[SB_REFUND] = {"refund", SB_COUNT_TRANSFERS, .moves_money = true, .is_journal = true},
	[SB_PLACE_HOLD] = {"place_hold", SB_COUNT_HOLDS_PLACED},
	/* it counts as a transfer besides */
	[SB_CAPTURE_HOLD] = {"capture", SB_COUNT_HOLDS_CAPTURED, .moves_money = true, .is_reversible = true},
	[SB_RELEASE_HOLD] = {"release_hold", SB_COUNT_HOLDS_RELEASED},
	[SB_STANDING_ORDER] = {"standing_order", SB_COUNT_TRANSFERS, .moves_money = true, .is_reversible = true},
	[SB_CLEAR_PAYMENT] = {"clear_payment", SB_COUNT_TRANSFERS, .moves_money = true, .is_reversible = true, .is_journal = true,
		.clears = true},
	[SB_SETTLEMENT] = {"settlement", SB_COUNT_TRANSFERS, .moves_money = true, .is_journal = true},
	[SB_INTEREST] = {"interest", SB_COUNT_TRANSFERS, .moves_money = true, .is_reversible = true},
	[SB_OPEN_ACCOUNT] = {"open_account"},
	[SB_SCHEDULE_TRANSFER] = {"schedule_transfer"},
};
/* clang-format on */

const SbOperationTraits *
sb_operation_traits(SbOperation operation)
{
	Assert((int) operation >= 0 && operation < lengthof(traits));
	return &traits[operation];
}

bool
sb_operation_parse(const char *name, SbOperation *operation)
{
	for (int i = 0; i < (int) lengthof(traits); i++)
	{
		if (strcmp(traits[i].name, name) != 0)
			continue;
		*operation = (SbOperation) i;
		return true;
	}
	return false;
}
