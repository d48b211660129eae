/*
 * account_details.c
 *	  account_id, set_account_details, set_account_owner: what an account is
 *	  called, and whose it is.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "calls/account.h"
#include "calls/account_details.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "store/code.h"

PG_FUNCTION_INFO_V1(simplebank_account_id);

Datum
simplebank_account_id(PG_FUNCTION_ARGS)
{
	text *code = sb_arg_short_text(fcinfo, 0, "code");
	text *ledger = sb_arg_optional_text(fcinfo, 1, "ledger");
	SbScope scope;
	int64 account_id;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS);
	if (!sb_store_find_code(sb_ledger_named(&scope, ledger), code, &account_id) ||
		sb_is_hidden(&scope, account_id))
		sb_raise_as(SB_ACCOUNT_NOT_FOUND,
					psprintf("There is no account with code \"%s\".", text_to_cstring(code)), NULL);
	sb_leave(&scope);
	PG_RETURN_INT64(account_id);
}

/*
 * Raises where another account has the code.
 */
void
sb_take_code(int64 account_id, int32 ledger_id, text *code)
{
	SbRefusal refusal = {.code = SB_CODE_EXISTS};

	if (!sb_store_claim_code(ledger_id, code, account_id, &refusal.account_id))
		sb_raise(&refusal);
}
