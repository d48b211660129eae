/*
 * references.c
 *	  The references of one call of the engine.
 *
 * They are claimed as idempotency keys are, and right after them: before any
 * account is locked, in sorted order, each once and for the first request that
 * has it; a second claim waits for the first one's transaction.  Within a call
 * the first request that is accepted has it, and the others are refused.  What
 * nobody has in the end is given back.
 */
#include "postgres.h"

#include "engine/references.h"
#include "model/ledger.h"
#include "store/reference.h"

static SbReferences gather(SbPosting *postings, int count,
						   void (*claim)(SbReference *claims, int count));
static SbReference claim_of(const SbPosting *posting);
static int compare_named(const void *a, const void *b);
static int compare_claims(const SbReference *left, const SbReference *right);

/*
 * Claims the references of the open requests.
 */
SbReferences
sb_references_claim(SbPosting *postings, int count)
{
	return gather(postings, count, sb_store_claim_references);
}

/*
 * The same, but it claims none: what is not used counts as new.
 */
SbReferences
sb_references_find(SbPosting *postings, int count)
{
	return gather(postings, count, sb_store_find_references);
}

static SbReferences
gather(SbPosting *postings, int count, void (*claim)(SbReference *claims, int count))
{
	SbPosting **named;
	SbReferences references = {0};
	int nnamed = 0;

	for (int i = 0; i < count; i++)
	{
		postings[i].reference_claim = -1;
		nnamed += postings[i].state == SB_OPEN && postings[i].reference;
	}
	if (nnamed == 0)
		return references;

	named = palloc(sizeof(SbPosting *) * nnamed);
	nnamed = 0;
	for (int i = 0; i < count; i++)
	{
		if (postings[i].state == SB_OPEN && postings[i].reference)
			named[nnamed++] = &postings[i];
	}
	qsort(named, nnamed, sizeof(SbPosting *), compare_named);
	references.claims = palloc(sizeof(SbReference) * nnamed);
	references.users = palloc0(sizeof(SbPosting *) * nnamed);
	for (int i = 0; i < nnamed; i++)
	{
		SbReference claim = claim_of(named[i]);

		if (i == 0 || compare_claims(&references.claims[references.count - 1], &claim) != 0)
			references.claims[references.count++] = claim;
		named[i]->reference_claim = references.count - 1;
	}
	claim(references.claims, references.count);
	return references;
}

static SbReference
claim_of(const SbPosting *posting)
{
	bool is_hold = posting->operation == SB_PLACE_HOLD;

	return (SbReference){.is_hold = is_hold,
						 .ledger_id = posting->ledger_id,
						 .reference = posting->reference,
						 .id = is_hold ? sb_hold_id(posting) : posting->transfer_id};
}

/* Equal ones stay in the order of the requests. */
static int
compare_named(const void *a, const void *b)
{
	const SbPosting *left = *(SbPosting *const *) a;
	const SbPosting *right = *(SbPosting *const *) b;
	SbReference left_claim = claim_of(left);
	SbReference right_claim = claim_of(right);
	int order = compare_claims(&left_claim, &right_claim);

	return order != 0 ? order : left < right ? -1 : left > right;
}

static int
compare_claims(const SbReference *left, const SbReference *right)
{
	if (left->is_hold != right->is_hold)
		return left->is_hold ? 1 : -1;
	if (left->ledger_id != right->ledger_id)
		return left->ledger_id < right->ledger_id ? -1 : 1;
	return sb_compare_keys(left->reference, right->reference);
}

/*
 * Refuses an open request whose reference another one has, of before or of
 * this call; false where it is free, or there is none.  From neighbours on,
 * requests fall with this one: of these no transfer is named.
 */
bool
sb_references_resolve(const SbReferences *references, SbPosting *posting,
					  const SbPosting *neighbours)
{
	const SbReference *claim;
	const SbPosting *user;
	SbRefusal refusal;

	Assert(posting->state == SB_OPEN);
	if (posting->reference_claim < 0)
		return false;
	claim = &references->claims[posting->reference_claim];
	user = references->users[posting->reference_claim];
	if (claim->state == SB_CLAIM_NEW && user == NULL)
		return false;
	refusal =
		(SbRefusal){.code = SB_REFERENCE_EXISTS, .what = claim->is_hold ? "Hold" : "Transfer"};
	if (claim->state == SB_CLAIM_USED)
		refusal.account_id = claim->first_id;
	else if (user < neighbours)
		refusal.account_id = claim_of(user).id;
	sb_refuse(posting, &refusal);
	return true;
}

/*
 * An accepted request has its reference, if it comes with one.
 */
void
sb_references_use(const SbReferences *references, SbPosting *posting)
{
	Assert(posting->state == SB_ACCEPTED);
	if (posting->reference_claim < 0)
		return;
	Assert(references->claims[posting->reference_claim].state == SB_CLAIM_NEW &&
		   !references->users[posting->reference_claim]);
	references->users[posting->reference_claim] = posting;
}

/*
 * A request that is taken back has none.
 */
void
sb_references_drop(const SbReferences *references, SbPosting *posting)
{
	if (posting->reference_claim >= 0 && references->users[posting->reference_claim] == posting)
		references->users[posting->reference_claim] = NULL;
}

/*
 * Gives back what no accepted request has, and puts right what another one has
 * than it was claimed for, because that one was refused.
 */
void
sb_references_settle(const SbReferences *references)
{
	SbReference *unused = palloc(sizeof(SbReference) * Max(references->count, 1));
	SbReference *moved = palloc(sizeof(SbReference) * Max(references->count, 1));
	int nunused = 0;
	int nmoved = 0;

	for (int i = 0; i < references->count; i++)
	{
		const SbReference *claim = &references->claims[i];
		const SbPosting *user = references->users[i];

		if (claim->state == SB_CLAIM_USED || (user && claim_of(user).id == claim->id))
			continue;
		unused[nunused++] = *claim;
		if (user)
			moved[nmoved++] = claim_of(user);
	}
	if (nunused > 0)
		sb_store_free_references(unused, nunused);
	if (nmoved > 0)
		sb_store_claim_references(moved, nmoved);
}
