/*
 * reference.h
 *	  References: the business's own names of transfers and of holds.
 */
#ifndef SB_MODEL_REFERENCE_H
#define SB_MODEL_REFERENCE_H

#include "model/key.h"

/* A reference to be claimed, for which transfer or hold, and what the claim found. */
typedef struct SbReference
{
	bool is_hold; /* transfers and holds have theirs apart */
	int32 ledger_id;
	text *reference;
	int64 id;
	SbClaimState state;
	int64 first_id; /* the transfer or the hold that has it, if it was used */
} SbReference;

#endif /* SB_MODEL_REFERENCE_H */
