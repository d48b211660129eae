/*
 * idempotency.h
 *	  Idempotency keys: claim, compare, replay.
 */
#ifndef SB_IDEMPOTENCY_H
#define SB_IDEMPOTENCY_H

#include "utils/jsonb.h"

#include "base/error.h"

/* What a key stands for. */
typedef struct SbKeyUse
{
	const char *operation;
	Jsonb *request;
	int64 transfer_id; /* 0 for none */
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
	text *key;
	SbKeyUse use;
	SbClaimState state;
	SbKeyUse first; /* what it was used for, if it was */
} SbClaim;

extern int sb_compare_keys(const text *left, const text *right);
extern void sb_claim_keys(SbClaim *claims, int count);
extern void sb_free_keys(const SbClaim *claims, int count);
extern bool sb_same_request(const SbKeyUse *first, const SbKeyUse *use, SbRefusal *refusal);

#endif /* SB_IDEMPOTENCY_H */
