/*
 * key.h
 *	  Idempotency keys: what one stands for, and whether two requests are the
 *	  same.
 */
#ifndef SB_MODEL_KEY_H
#define SB_MODEL_KEY_H

#include "utils/jsonb.h"

#include "base/error.h"
#include "model/operation.h"

/* What a key stands for.  Ids are above 0; 0 is none. */
typedef struct SbKeyUse
{
	SbOperation operation;
	Jsonb *request;
	int64 transfer_id;
	int64 account_id;
	int64 hold_id;
	int64 order_id;
} SbKeyUse;

typedef enum SbClaimState
{
	SB_CLAIM_OPEN,
	SB_CLAIM_NEW, /* the key is ours now */
	SB_CLAIM_USED /* it was used before */
} SbClaimState;

/* A key to be claimed, what for, and what the claim found. */
typedef struct SbClaim
{
	const char *role; /* whose it is */
	int32 ledger_id;  /* in which it is so */
	text *key;
	SbKeyUse use;
	SbClaimState state;
	SbKeyUse first; /* what it was used for, if it was */
} SbClaim;

extern int sb_compare_keys(const text *left, const text *right);
extern bool sb_same_request(const SbKeyUse *first, const SbKeyUse *use, SbRefusal *refusal);

#endif /* SB_MODEL_KEY_H */
