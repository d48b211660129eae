/*
 * idempotency.h
 *	  Idempotency keys: claim, compare, replay.
 */
#ifndef SB_IDEMPOTENCY_H
#define SB_IDEMPOTENCY_H

#include "utils/jsonb.h"

#include "error.h"

/* What a key stands for. */
typedef struct SbKeyUse
{
	const char *operation;
	Jsonb *request;
	int64 transfer_id; /* 0 for none */
	int64 account_id;  /* 0 for none */
} SbKeyUse;

typedef enum SbClaim
{
	SB_CLAIM_NEW,	  /* the key is ours now */
	SB_CLAIM_REPLAY,  /* the same request came before: use says what it did */
	SB_CLAIM_CONFLICT /* another request came before: refusal */
} SbClaim;

extern SbClaim sb_claim(text *key, SbKeyUse *use, SbRefusal *refusal);

#endif /* SB_IDEMPOTENCY_H */
