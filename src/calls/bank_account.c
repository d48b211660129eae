/*
 * bank_account.c
 *	  The bank's own accounts, each opened at its first use.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "calls/argument.h"
#include "calls/bank_account.h"
#include "calls/door.h"
#include "store/account.h"
#include "store/currency.h"
#include "store/event.h"

/* How the names of clearing accounts begin. */
#define CLEARING "clearing "

static const char *system_account_kind(const char *name);

PG_FUNCTION_INFO_V1(simplebank_system_account);

Datum
simplebank_system_account(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "name");
	text *currency = sb_arg_text(fcinfo, 1, "currency");
	SbScope scope;
	int64 id;

	sb_enter(&scope, fcinfo, SB_WRITES);
	if (!sb_store_find_bank_account(name, currency, &id))
	{
		if (strncmp(text_to_cstring(name), CLEARING, strlen(CLEARING)) == 0)
			sb_raise_invalid("name", "Clearing accounts are opened by add_settlement_member().");
		id = sb_named_bank_account(name, currency);
	}
	sb_leave(&scope);
	PG_RETURN_INT64(id);
}

/*
 * The bank's own account of this name and currency, opened if need be.  A
 * concurrent first use waits for the other one.
 */
int64
sb_named_bank_account(text *name, text *currency)
{
	const char *kind = system_account_kind(text_to_cstring(name));
	int64 id;

	if (sb_store_find_bank_account(name, currency, &id))
		return id;

	sb_require_currency(currency);
	if (sb_store_insert_bank_account(name, currency, kind, &id))
	{
		SbArgument settings[] = {
			{"name", TEXTOID, PointerGetDatum(name), false},
			{"currency", TEXTOID, PointerGetDatum(currency), false},
			{"kind", TEXTOID, CStringGetTextDatum(kind), false},
		};

		sb_store_event(&(SbEvent){.account_id = id,
								  .name = "opened",
								  .role = sb_caller_role(),
								  .after = sb_arguments_object(settings, lengthof(settings))});
	}
	else if (!sb_store_find_bank_account(name, currency, &id))
		elog(ERROR, "system account is neither there nor can be opened");
	return id;
}

/*
 * The bank's own account of this name in the currency of an account, opened
 * if need be; raises where there is no such account.
 */
int64
sb_bank_account(const char *name, int64 account_id)
{
	text *currency;
	int64 id;

	if (!sb_store_find_bank_account_for(account_id, name, &currency, &id))
		sb_raise_account_not_found(account_id);
	return id ? id : sb_named_bank_account(cstring_to_text(name), currency);
}

/*
 * The same for two accounts.  Two calls that open the same ones at once wait
 * for each other's, so they are opened in the order of their currencies.
 */
void
sb_bank_accounts(const char *name, const int64 account_ids[2], int64 ids[2])
{
	text *currencies[2];
	int first;

	for (int i = 0; i < 2; i++)
	{
		if (!sb_store_find_bank_account_for(account_ids[i], name, &currencies[i], &ids[i]))
			sb_raise_account_not_found(account_ids[i]);
	}
	first = strcmp(text_to_cstring(currencies[0]), text_to_cstring(currencies[1])) > 0;
	for (int i = 0; i < 2; i++)
	{
		int next = i == 0 ? first : 1 - first;

		if (ids[next] == 0)
			ids[next] = sb_named_bank_account(cstring_to_text(name), currencies[next]);
	}
}

static const char *
system_account_kind(const char *name)
{
	static const char *const kinds[][2] = {{"cash", "asset"},
										   {"fees", "income"},
										   {"interest", "expense"},
										   {"interest_income", "income"},
										   {"fx", "equity"}};

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (strcmp(name, kinds[i][0]) == 0)
			return kinds[i][1];
	}
	return "liability";
}
