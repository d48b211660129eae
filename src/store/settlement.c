/*
 * settlement.c
 *	  What is read of the tables of settlement.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "store/plan.h"
#include "store/settlement.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan find_membership = {
	"find_membership",
	"SELECT m.ledger_id, m.group_name, m.clearing_account_id FROM simplebank.settlement_assignments s"
	" JOIN simplebank.settlement_members m"
	" ON m.ledger_id" EQ "s.ledger_id AND m.group_name" EQ "s.group_name AND m.member" EQ "s.member"
	" WHERE s.account_id" EQ "$1 AND m.left_at IS NULL",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
/* not on the caller's snapshot: who asks has locked the account */
static SbPlan find_member = {
	"find_member",
	"SELECT group_name, member, true FROM simplebank.settlement_members"
	" WHERE clearing_account_id" EQ "$1"
	" UNION ALL"
	" SELECT group_name, member, false FROM simplebank.settlement_members"
	" WHERE settlement_account_id" EQ "$1 AND left_at IS NULL",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
/* clang-format on */

static void keep_membership(TupleTableSlot *slot, void *state);
static void keep_member(TupleTableSlot *slot, void *state);

/*
 * False where the account is of no member.
 */
bool
sb_store_find_membership(int64 account_id, SbMembership *membership)
{
	Datum value = Int64GetDatum(account_id);

	return sb_plan_run(&find_membership, &value, NULL, keep_membership, membership) == 1;
}

static void
keep_membership(TupleTableSlot *slot, void *state)
{
	*(SbMembership *) state =
		(SbMembership){.ledger_id = DatumGetInt32(slot->tts_values[0]),
					   .group = TextDatumGetCString(slot->tts_values[1]),
					   .clearing_account = DatumGetInt64(slot->tts_values[2])};
}

/*
 * False where the account is neither; of several, one of them.
 */
bool
sb_store_find_member(int64 account_id, SbMember *member)
{
	Datum value = Int64GetDatum(account_id);

	return sb_plan_run(&find_member, &value, NULL, keep_member, member) > 0;
}

static void
keep_member(TupleTableSlot *slot, void *state)
{
	*(SbMember *) state = (SbMember){.group = TextDatumGetCString(slot->tts_values[0]),
									 .name = TextDatumGetCString(slot->tts_values[1]),
									 .clears = DatumGetBool(slot->tts_values[2])};
}
