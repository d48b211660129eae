/*
 * operation.h
 *	  What can be asked of the ledger, and how each differs.
 */
#ifndef SB_MODEL_OPERATION_H
#define SB_MODEL_OPERATION_H

#include "base/counter.h"

typedef enum SbOperation
{
	SB_TRANSFER,
	SB_DEPOSIT,
	SB_WITHDRAW,
	SB_JOURNAL,
	SB_EXCHANGE,
	SB_REVERSAL,
	SB_REFUND,
	SB_PLACE_HOLD,
	SB_CAPTURE_HOLD,
	SB_RELEASE_HOLD,
	SB_STANDING_ORDER,
	SB_CLEAR_PAYMENT,
	SB_SETTLEMENT,
	SB_INTEREST,
	/* these post nothing, but have idempotency keys */
	SB_OPEN_ACCOUNT,
	SB_SCHEDULE_TRANSFER
} SbOperation;

typedef struct SbOperationTraits
{
	const char *name;  /* in column operation, and of its keys */
	SbCounter counter; /* what it counts as */
	bool moves_money;  /* it leaves a transfer with entries */
	bool is_journal;   /* any legs that sum to zero in each currency; else two in one currency */
	bool is_reversible;
	bool clears; /* its opposite may post on clearing accounts */
} SbOperationTraits;

extern const SbOperationTraits *sb_operation_traits(SbOperation operation);
extern bool sb_operation_parse(const char *name, SbOperation *operation);

static inline const char *
sb_operation_name(SbOperation operation)
{
	return sb_operation_traits(operation)->name;
}

#endif /* SB_MODEL_OPERATION_H */
