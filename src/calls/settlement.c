/*
 * settlement.c
 *	  clear_payment, and what settle() needs that is not in SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/qunique.h"
#include "utils/builtins.h"

#include "calls/account.h"
#include "calls/bank_account.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "base/fault.h"
#include "calls/journal.h"
#include "store/account.h"
#include "store/settlement.h"
#include "calls/transfer.h"

static void clear_between(SbPosting *posting, int64 payer, int64 payee);

PG_FUNCTION_INFO_V1(simplebank_clear_payment);
PG_FUNCTION_INFO_V1(simplebank_post_settlement);
PG_FUNCTION_INFO_V1(simplebank_lock_accounts);
PG_FUNCTION_INFO_V1(simplebank_bank_account);
PG_FUNCTION_INFO_V1(simplebank_set_clearing_status);

SB_BODY_IN_SQL(create_settlement_group, SB_WRITES);
SB_BODY_IN_SQL(add_settlement_member, SB_WRITES);
SB_BODY_IN_SQL(set_settlement_account, SB_WRITES);
SB_BODY_IN_SQL(remove_settlement_member, SB_WRITES);
SB_BODY_IN_SQL(set_settlement_cutoff, SB_WRITES);
SB_BODY_IN_SQL(assign_member, SB_WRITES);
SB_BODY_IN_SQL(settle, SB_WRITES);

/*
 * Between members: the paying one owes, the other one is owed, until they
 * settle.
 */
Datum
simplebank_clear_payment(PG_FUNCTION_ARGS)
{
	int64 from_account = sb_arg_int64(fcinfo, 0, "from_account");
	int64 to_account = sb_arg_int64(fcinfo, 1, "to_account");
	int64 amount = sb_arg_int64(fcinfo, 2, "amount");
	SbExtras extras = {.key = sb_arg_key(fcinfo, 3),
					   .description = sb_arg_optional_text(fcinfo, 4, "description"),
					   .reference = sb_arg_reference(fcinfo, 5)};
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(from_account), false},
		{"to_account", INT8OID, Int64GetDatum(to_account), false},
		{"amount", INT8OID, Int64GetDatum(amount), false},
	};
	SbLeg legs[4];
	SbPosting posting = {.operation = SB_CLEAR_PAYMENT, .legs = legs};
	SbMembership payer;
	SbMembership payee;
	SbScope scope;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!sb_set_two(&posting, from_account, to_account, amount))
		sb_raise(&posting.refusal);
	if (!sb_store_find_membership(from_account, &payer) ||
		!sb_store_find_membership(to_account, &payee) || payer.ledger_id != payee.ledger_id ||
		strcmp(payer.group, payee.group) != 0)
		posting.objection = (SbRefusal){.code = SB_NOT_A_MEMBER};
	else if (payer.clearing_account != payee.clearing_account)
		clear_between(&posting, payer.clearing_account, payee.clearing_account);
	sb_post_one(&posting, &scope, &extras, arguments, lengthof(arguments));
	sb_leave(&scope);
	return sb_transfer_answer(&posting);
}

/*
 * The paying member comes to owe the amount, the other one to be owed it.
 */
static void
clear_between(SbPosting *posting, int64 payer, int64 payee)
{
	SbLeg *legs = posting->legs;

	legs[3] = legs[1];
	legs[1] = (SbLeg){.account_id = payer, .amount = legs[0].amount, .is_clearing = true};
	legs[2] = (SbLeg){.account_id = payee, .amount = legs[3].amount, .is_clearing = true};
	posting->nlegs = 4;
	posting->has_ends = true;
	posting->from_amount = posting->to_amount = legs[3].amount;
}

Datum
simplebank_post_settlement(PG_FUNCTION_ARGS)
{
	SbPosting posting = {.operation = SB_SETTLEMENT};
	SbExtras extras = {.description = sb_arg_optional_text(fcinfo, 2, "description")};
	SbScope scope;

	posting.legs = sb_arg_legs(fcinfo, &posting.nlegs);
	for (int i = 0; i < posting.nlegs; i++)
		posting.legs[i].is_clearing = true;
	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	sb_post_one(&posting, &scope, &extras, NULL, 0);
	SB_FAULT_POINT(settlement_posted);
	sb_leave(&scope);
	PG_RETURN_INT64(posting.transfer_id);
}

Datum
simplebank_lock_accounts(PG_FUNCTION_ARGS)
{
	SbColumn column = sb_arg_column(fcinfo, 0, "account_ids", INT8OID, false);
	int count = column.count;
	int64 *ids = palloc(sizeof(int64) * count);
	SbScope scope;

	for (int i = 0; i < count; i++)
	{
		if (column.nulls[i])
			sb_raise_null("account_id");
		ids[i] = DatumGetInt64(column.values[i]);
	}
	qsort(ids, count, sizeof(int64), sb_compare_ids);
	count = qunique(ids, count, sizeof(int64), sb_compare_ids);

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	sb_store_lock_accounts(ids, count, palloc(sizeof(SbAccount) * count));
	SB_FAULT_POINT(settlement_locked);
	sb_leave(&scope);
	PG_RETURN_VOID();
}

Datum
simplebank_bank_account(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "name");
	text *currency = sb_arg_text(fcinfo, 1, "currency");
	int32 ledger_id = sb_arg_int32(fcinfo, 2, "ledger_id");
	SbScope scope;
	int64 id;

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	id = sb_named_bank_account(name, currency, ledger_id);
	sb_leave(&scope);
	PG_RETURN_INT64(id);
}

/*
 * A closed one too: its member comes back.
 */
Datum
simplebank_set_clearing_status(PG_FUNCTION_ARGS)
{
	int64 account_id = sb_arg_int64(fcinfo, 0, "account_id");
	text *name = sb_arg_text(fcinfo, 1, "status");
	text *reason = sb_arg_optional_text(fcinfo, 2, "reason");
	SbStatus status;
	SbScope scope;
	SbAccount account;

	if (!sb_status_parse(text_to_cstring(name), &status))
		sb_raise_invalid("status", "It is frozen or closed.");
	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	if (sb_store_lock_accounts(&account_id, 1, &account) != 1)
		sb_raise_account_not_found(account_id);
	sb_set_status(&account, status, status == SB_STATUS_CLOSED ? "closed" : "status", reason);
	sb_leave(&scope);
	PG_RETURN_VOID();
}
