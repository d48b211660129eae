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
#include "calls/ledger.h"
#include "store/account.h"
#include "store/bank_account.h"
#include "store/currency.h"
#include "store/event.h"

/* How the names of clearing accounts begin. */
#define CLEARING "clearing "

static bool find_for(const SbScope *scope, int64 account_id, const char *name,
					 SbBankAccount *found);
static bool opens_later(const SbBankAccount *left, const SbBankAccount *right);
static const char *system_account_kind(const char *name);

PG_FUNCTION_INFO_V1(simplebank_system_account);

Datum
simplebank_system_account(PG_FUNCTION_ARGS)
{
	text *name = sb_arg_short_text(fcinfo, 0, "name");
	text *currency = sb_arg_text(fcinfo, 1, "currency");
	text *ledger = sb_arg_optional_text(fcinfo, 2, "ledger");
	SbScope scope;
	int32 ledger_id;
	int64 id;

	sb_enter(&scope, fcinfo, SB_WRITES);
	ledger_id = sb_ledger_named(&scope, ledger);
	if (!sb_store_find_bank_account(name, currency, ledger_id, &id))
	{
		if (strncmp(text_to_cstring(name), CLEARING, strlen(CLEARING)) == 0)
			sb_raise_invalid("name", "Clearing accounts are opened by add_settlement_member().");
		id = sb_named_bank_account(name, currency, ledger_id);
	}
	sb_leave(&scope);
	PG_RETURN_INT64(id);
}

/*
 * The bank's own account of this name and currency in a ledger, opened if need
 * be.  A concurrent first use waits for the other one.
 */
int64
sb_named_bank_account(text *name, text *currency, int32 ledger_id)
{
	const char *kind = system_account_kind(text_to_cstring(name));
	int64 id;

	if (sb_store_find_bank_account(name, currency, ledger_id, &id))
		return id;

	sb_require_currency(currency);
	if (sb_store_insert_bank_account(name, currency, ledger_id, kind, &id))
	{
		SbArgument settings[] = {
			{"name", TEXTOID, PointerGetDatum(name), false},
			{"currency", TEXTOID, PointerGetDatum(currency), false},
			{"kind", TEXTOID, CStringGetTextDatum(kind), false},
			{"ledger_id", INT8OID, Int64GetDatum(ledger_id), ledger_id == SB_DEFAULT_LEDGER},
		};

		sb_store_event(&(SbEvent){.account_id = id,
								  .name = "opened",
								  .role = sb_caller_role(),
								  .after = sb_arguments_object(settings, lengthof(settings))});
	}
	else if (!sb_store_find_bank_account(name, currency, ledger_id, &id))
		elog(ERROR, "system account is neither there nor can be opened");
	return id;
}

/*
 * The bank's own account of this name in the ledger and the currency of an
 * account, opened if need be.  False where there is no such account.
 */
bool
sb_bank_account(const SbScope *scope, const char *name, int64 account_id, int64 *id)
{
	SbBankAccount found;

	if (!find_for(scope, account_id, name, &found))
		return false;
	*id = found.id ? found.id
				   : sb_named_bank_account(cstring_to_text(name), found.currency, found.ledger_id);
	return true;
}

/*
 * The same, but it opens none: then the id is 0, and unopened is what it would
 * be.
 */
bool
sb_find_bank_account(const SbScope *scope, const char *name, int64 account_id, int64 *id,
					 SbAccount *unopened)
{
	SbBankAccount found;

	if (!find_for(scope, account_id, name, &found))
		return false;
	*id = found.id;
	*unopened = (SbAccount){.is_system = true, .ledger_id = found.ledger_id};
	text_to_cstring_buffer(found.currency, unopened->currency, sizeof(unopened->currency));
	return true;
}

/*
 * The same as the first for two accounts; raises where there is no such account.  Two calls that open the same ones at once wait
 * for each other's, so they are opened in the order of ledgers and currencies.
 */
void
sb_bank_accounts(const SbScope *scope, const char *name, const int64 account_ids[2], int64 ids[2])
{
	SbBankAccount found[2];
	int first;

	for (int i = 0; i < 2; i++)
	{
		if (!find_for(scope, account_ids[i], name, &found[i]))
			sb_raise_account_not_found(account_ids[i]);
	}
	first = opens_later(&found[0], &found[1]);
	for (int i = 0; i < 2; i++)
	{
		int next = i == 0 ? first : 1 - first;

		ids[next] = found[next].id;
		if (ids[next] == 0)
			ids[next] = sb_named_bank_account(cstring_to_text(name), found[next].currency,
											  found[next].ledger_id);
	}
}

/* False also where the account is not there for the caller. */
static bool
find_for(const SbScope *scope, int64 account_id, const char *name, SbBankAccount *found)
{
	return sb_store_find_bank_account_for(account_id, name, found) &&
		sb_has_ledger(sb_caller_ledgers(scope), found->ledger_id);
}

static bool
opens_later(const SbBankAccount *left, const SbBankAccount *right)
{
	if (left->ledger_id != right->ledger_id)
		return left->ledger_id > right->ledger_id;
	return strcmp(text_to_cstring(left->currency), text_to_cstring(right->currency)) > 0;
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
