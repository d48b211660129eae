/*
 * keys.c
 *	  The idempotency keys of one call of the engine.
 *
 * A claim inserts the key's row in the caller's transaction before any
 * account is locked.  A second claim of the key waits for the first one's
 * transaction, and then finds the row or, after a rollback, claims it.  The
 * row has what was asked and which transfer, account, hold or order came of
 * it; as the ledger is append-only, the rest of the answer is read there.
 *
 * Within a call several requests can have one key: it is claimed once, for
 * the first of them, and used by the first that is accepted.
 */
#include "postgres.h"

#include "engine/keys.h"
#include "store/key.h"

static SbKeys gather(SbPosting *postings, int count, void (*claim)(SbClaim *claims, int count));
static int compare_keyed(const void *a, const void *b);
static int compare_owned(const SbPosting *left, const SbPosting *right);
static SbKeyUse use_of(const SbPosting *posting);

/*
 * Claims the keys of the open requests, each once and in sorted order, and
 * resolves the requests whose keys were used before.
 */
SbKeys
sb_keys_claim(SbPosting *postings, int count)
{
	return gather(postings, count, sb_claim_keys);
}

/*
 * The same, but it claims none: what is not used counts as new.
 */
SbKeys
sb_keys_find(SbPosting *postings, int count)
{
	return gather(postings, count, sb_find_keys);
}

static SbKeys
gather(SbPosting *postings, int count, void (*claim)(SbClaim *claims, int count))
{
	SbPosting **keyed = palloc(sizeof(SbPosting *) * Max(count, 1));
	SbKeys keys = {0};
	int nkeyed = 0;

	for (int i = 0; i < count; i++)
	{
		postings[i].claim = -1;
		if (postings[i].state == SB_OPEN && postings[i].key)
			keyed[nkeyed++] = &postings[i];
	}
	if (nkeyed == 0)
		return keys;

	qsort(keyed, nkeyed, sizeof(SbPosting *), compare_keyed);
	keys.claims = palloc0(sizeof(SbClaim) * nkeyed);
	keys.users = palloc0(sizeof(SbPosting *) * nkeyed);
	for (int i = 0; i < nkeyed; i++)
	{
		if (i == 0 || compare_owned(keyed[i - 1], keyed[i]) != 0)
			keys.claims[keys.count++] = (SbClaim){.role = keyed[i]->role,
												  .ledger_id = keyed[i]->ledger_id,
												  .key = keyed[i]->key,
												  .use = use_of(keyed[i])};
		keyed[i]->claim = keys.count - 1;
	}
	claim(keys.claims, keys.count);
	for (int i = 0; i < nkeyed; i++)
		(void) sb_keys_resolve(&keys, keyed[i]);
	return keys;
}

/* Equal keys stay in the order of the requests. */
static int
compare_keyed(const void *a, const void *b)
{
	const SbPosting *left = *(SbPosting *const *) a;
	const SbPosting *right = *(SbPosting *const *) b;
	int order = compare_owned(left, right);

	return order != 0 ? order : left < right ? -1 : left > right;
}

static int
compare_owned(const SbPosting *left, const SbPosting *right)
{
	int order = left->role == right->role ? 0 : strcmp(left->role, right->role);

	if (order == 0)
		order = sb_compare_ledgers(&left->ledger_id, &right->ledger_id);
	return order != 0 ? order : sb_compare_keys(left->key, right->key);
}

static SbKeyUse
use_of(const SbPosting *posting)
{
	return (SbKeyUse){.operation = posting->operation,
					  .request = posting->request,
					  .transfer_id = posting->transfer_id,
					  .hold_id = sb_hold_id(posting)};
}

/*
 * Ends an open request whose key has been used, before or earlier in this
 * call: replayed or refused.  False where the key is free, or there is none.
 */
bool
sb_keys_resolve(const SbKeys *keys, SbPosting *posting)
{
	const SbClaim *claim;
	const SbPosting *user;
	SbKeyUse use;
	SbKeyUse first;
	SbRefusal refusal;

	Assert(posting->state == SB_OPEN);
	if (posting->claim < 0)
		return false;
	claim = &keys->claims[posting->claim];
	user = keys->users[posting->claim];
	if (claim->state == SB_CLAIM_USED)
		first = claim->first;
	else if (user)
		first = use_of(user);
	else
		return false;

	use = use_of(posting);
	if (!sb_same_request(&first, &use, &refusal))
	{
		sb_refuse(posting, &refusal);
		return true;
	}
	posting->state = SB_REPLAYED;
	posting->transfer_id = first.transfer_id;
	if (posting->change)
		posting->change->hold.id = first.hold_id;
	return true;
}

/*
 * An accepted request has used its key, if it has one.
 */
void
sb_keys_use(const SbKeys *keys, SbPosting *posting)
{
	Assert(posting->state == SB_ACCEPTED);
	if (posting->claim < 0)
		return;
	Assert(keys->claims[posting->claim].state == SB_CLAIM_NEW && !keys->users[posting->claim]);
	keys->users[posting->claim] = posting;
}

/*
 * The request of this call that has used the key of this one; NULL for none.
 */
SbPosting *
sb_keys_user(const SbKeys *keys, const SbPosting *posting)
{
	return posting->claim >= 0 ? keys->users[posting->claim] : NULL;
}

/*
 * A request that is taken back has not used its key.
 */
void
sb_keys_drop(const SbKeys *keys, SbPosting *posting)
{
	if (sb_keys_user(keys, posting) == posting)
		keys->users[posting->claim] = NULL;
}

/*
 * Gives back the keys that no accepted request has used, and puts right
 * those that another request has used than the one that they were claimed
 * for, because that one was refused.
 */
void
sb_keys_settle(const SbKeys *keys)
{
	SbClaim *unused = palloc(sizeof(SbClaim) * Max(keys->count, 1));
	SbClaim *moved = palloc0(sizeof(SbClaim) * Max(keys->count, 1));
	int nunused = 0;
	int nmoved = 0;

	for (int i = 0; i < keys->count; i++)
	{
		const SbClaim *claim = &keys->claims[i];
		const SbPosting *user = keys->users[i];

		if (claim->state == SB_CLAIM_USED || (user && user->transfer_id == claim->use.transfer_id))
			continue;
		unused[nunused++] = *claim;
		if (user)
			moved[nmoved++] = (SbClaim){.role = claim->role,
										.ledger_id = claim->ledger_id,
										.key = claim->key,
										.use = use_of(user)};
	}
	if (nunused > 0)
		sb_free_keys(unused, nunused);
	if (nmoved > 0)
		sb_claim_keys(moved, nmoved);
}
