/*
 * account.c
 *	  Rows of simplebank.accounts.
 *
 * sb_store_lock_accounts() is the one function that locks accounts, in
 * ascending order of id and FOR NO KEY UPDATE, whoever needs them; beside it
 * there is one that locks only what nobody else has.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/sequence.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/counter.h"
#include "base/fault.h"
#include "store/account.h"
#include "store/plan.h"
#include "store/rows.h"
#include "store/sql.h"
#include "store/turn.h"

/* keep_account() decodes them. */
#define ACCOUNT_COLUMNS                                                                              \
	"id, balance, held, version, updated_at, is_system, currency, status, min_balance, max_balance," \
	" stripes, ledger_id"
#define NACCOUNT_COLUMNS 12

/* clang-format off */
static SbPlan lock_accounts = {
	"lock_accounts",
	"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts"
	" WHERE id" EQ "ANY ($1) ORDER BY id FOR NO KEY UPDATE",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8ARRAYOID}
};
static SbPlan lock_owned_accounts = {
	"lock_owned_accounts",
	"SELECT " ACCOUNT_COLUMNS ", owner FROM simplebank.accounts"
	" WHERE id" EQ "ANY ($1) ORDER BY id FOR NO KEY UPDATE",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8ARRAYOID}
};
static SbPlan lock_free_accounts = {
	"lock_free_accounts",
	"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts"
	" WHERE id" EQ "ANY ($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8ARRAYOID}
};
static SbPlan read_rows = {
	"read_rows",
	"SELECT " ACCOUNT_COLUMNS ", owner FROM simplebank.accounts WHERE id" EQ "ANY ($1) ORDER BY id",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8ARRAYOID}
};
static SbPlan find_own = {
	"find_own",
	"SELECT id FROM simplebank.accounts"
	" WHERE id" EQ "ANY ($1) AND owner" EQ "$2 AND NOT is_system"
	" AND ($3 IS NULL OR ledger_id" EQ "ANY ($3)) ORDER BY id",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {INT8ARRAYOID, TEXTOID, INT4ARRAYOID}
};
static SbPlan find_ledgers = {
	"find_ledgers",
	"SELECT id, ledger_id FROM simplebank.accounts WHERE id" EQ "ANY ($1) AND id" GT "0 ORDER BY id",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8ARRAYOID}
};
static SbPlan find_system = {
	"find_system",
	"SELECT id FROM simplebank.accounts WHERE id" EQ "ANY ($1) AND is_system ORDER BY id",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8ARRAYOID}
};
static SbPlan read_account = {
	"read_account",
	"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts WHERE id" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
static SbPlan read_whole_account = {
	"read_whole_account",
	"SELECT a FROM simplebank.accounts a WHERE a.id" EQ "$1",
	SPI_OK_SELECT, .nargs = 1, .types = {INT8OID}
};
static SbPlan read_accounts = {
	"read_accounts",
	"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts"
	" WHERE id" GE "$1 AND id" LE "$2 ORDER BY id",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, INT8OID}
};
static SbPlan read_balance = {
	"read_balance",
	"SELECT balance, stripes FROM simplebank.accounts WHERE id" EQ "$1",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
static SbPlan update_accounts = {
	"update_accounts",
	"UPDATE simplebank.accounts a"
	" SET balance = v.balance, held = v.held, version = v.version, updated_at = v.updated_at"
	" FROM (SELECT " UNNEST("$1") " id, " UNNEST("$2") " balance, " UNNEST("$3") " held, "
	UNNEST("$4") " version, " UNNEST("$5") " updated_at) v"
	" WHERE a.id" EQ "v.id",
	SPI_OK_UPDATE, .nargs = 5,
	.types = {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, TIMESTAMPTZARRAYOID}
};
static SbPlan insert_account = {
	"insert_account",
	"INSERT INTO simplebank.accounts"
	" (id, owner, currency, kind, min_balance, max_balance, name, metadata, code, ledger_id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
	SPI_OK_INSERT, .nargs = 10,
	.types = {INT8OID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, TEXTOID, JSONBOID, TEXTOID,
	INT4OID}
};
static SbPlan set_limits = {
	"set_limits",
	"UPDATE simplebank.accounts SET min_balance = $2, max_balance = $3 WHERE id" EQ "$1",
	SPI_OK_UPDATE, .nargs = 3, .types = {INT8OID, INT8OID, INT8OID}
};
static SbPlan set_status = {
	"set_status",
	"UPDATE simplebank.accounts SET status = $2 WHERE id" EQ "ANY ($1)",
	SPI_OK_UPDATE, .nargs = 2, .types = {INT8ARRAYOID, TEXTOID}
};
/* clang-format on */

static int lock_all(SbPlan *plan, const int64 *ids, int count, SbAccount *accounts);
static int run_on_ids(SbPlan *plan, const int64 *ids, int count, SbAccount *accounts);
static void keep_account(TupleTableSlot *slot, void *state);
static void copy_currency(char *target, Datum source);
static void keep_balance(TupleTableSlot *slot, void *state);
static void keep_id(TupleTableSlot *slot, void *state);
static void keep_ledger(TupleTableSlot *slot, void *state);

/*
 * One of the ledger's tables or sequences.
 */
Oid
sb_store_relation(const char *name)
{
	return get_relname_relid(name, get_namespace_oid("simplebank", false));
}

/*
 * The next id of a sequence.  The transaction has an id of its own before, so
 * that who finds a gap in committed ids can tell, by the transactions that
 * still run, whether it may be filled: seals do.
 */
int64
sb_store_next_id(const char *sequence)
{
	(void) GetTopTransactionId();
	return nextval_internal(sb_store_relation(sequence), false);
}

/*
 * Locks the accounts of these ids, which are ascending and different, reads
 * them into accounts, likewise ascending, and returns how many there are.
 */
int
sb_store_lock_accounts(const int64 *ids, int count, SbAccount *accounts)
{
	return lock_all(&lock_accounts, ids, count, accounts);
}

/*
 * The same, and reads whose they are.
 */
int
sb_store_lock_owned_accounts(const int64 *ids, int count, SbAccount *accounts)
{
	return lock_all(&lock_owned_accounts, ids, count, accounts);
}

static int
lock_all(SbPlan *plan, const int64 *ids, int count, SbAccount *accounts)
{
	instr_time began;
	instr_time ended;
	int locked;

	INSTR_TIME_SET_CURRENT(began);
	sb_turn_await(ids, count);
	locked = run_on_ids(plan, ids, count, accounts);
	SB_FAULT_POINT(accounts_locked);
	INSTR_TIME_SET_CURRENT(ended);
	INSTR_TIME_SUBTRACT(ended, began);
	sb_count_now(SB_COUNT_LOCK_TIME, INSTR_TIME_GET_MICROSEC(ended));
	return locked;
}

/*
 * The same, but for those that another transaction has locked, without waiting.
 */
int
sb_store_lock_free_accounts(const int64 *ids, int count, SbAccount *accounts)
{
	sb_turn_pass();
	SB_FAULT_POINT(free_accounts_sought);
	return run_on_ids(&lock_free_accounts, ids, count, accounts);
}

/* Reads them, and whose they are, as the caller's snapshot shows them. */
int
sb_store_read_rows(const int64 *ids, int count, SbAccount *accounts)
{
	return run_on_ids(&read_rows, ids, count, accounts);
}

static int
run_on_ids(SbPlan *plan, const int64 *ids, int count, SbAccount *accounts)
{
	Datum value = sb_id_array(ids, count);
	SbAccount *next = accounts;
	int found;

	for (int i = 1; i < count; i++)
		Assert(ids[i - 1] < ids[i]);
	found = sb_plan_run(plan, &value, NULL, keep_account, &next);
	Assert(found <= count && next == accounts + found);
	return found;
}

/*
 * Which of these accounts, ascending and different, are this role's own, and in
 * a ledger that it has, as the caller's snapshot shows it?  Who posts asks again
 * once they are locked.  Returns how many.
 */
int
sb_store_find_own(const char *role, const SbLedgers *ledgers, const int64 *ids, int count,
				  int64 *own)
{
	Datum values[] = {sb_id_array(ids, count), CStringGetTextDatum(role), sb_ledger_array(ledgers)};
	bool nulls[] = {false, false, ledgers == NULL};
	int64 *next = own;

	return sb_plan_run(&find_own, values, nulls, keep_id, &next);
}

/*
 * The ledgers of those of these accounts, ascending and different, that there
 * are.  Returns how many.
 */
int
sb_store_find_ledgers(const int64 *ids, int count, SbAccountLedger *accounts)
{
	Datum value = sb_id_array(ids, count);
	SbAccountLedger *next = accounts;

	return sb_plan_run(&find_ledgers, &value, NULL, keep_ledger, &next);
}

/*
 * Finds which of these are the bank's own accounts, for their ids; returns how
 * many, in ascending order.
 */
int
sb_store_find_system(const int64 *ids, int count, int64 *system)
{
	Datum value = sb_id_array(ids, count);
	int64 *next = system;

	return sb_plan_run(&find_system, &value, NULL, keep_id, &next);
}

/*
 * Reads an account as the caller's snapshot shows it.  The row of a stripe is
 * no account.
 */
bool
sb_store_read_account(int64 id, SbAccount *account)
{
	return id > 0 && sb_store_read_row(id, account);
}

/*
 * The same, or a stripe's row.
 */
bool
sb_store_read_row(int64 row_id, SbAccount *account)
{
	Datum value = Int64GetDatum(row_id);

	return sb_plan_run(&read_account, &value, NULL, keep_account, &account) == 1;
}

/*
 * The row of an account as it is now, for whoever has called.
 */
Datum
sb_store_account_row(int64 id)
{
	Datum value = Int64GetDatum(id);
	Datum row;

	if (sb_plan_run(&read_whole_account, &value, NULL, sb_keep_row, &row) != 1)
		elog(ERROR, "account " INT64_FORMAT " is missing", id);
	return row;
}

/*
 * The same for all whose ids are in a range, ascending; returns how many.
 */
int
sb_store_read_accounts(int64 first, int64 last, SbAccount *accounts)
{
	Datum values[] = {Int64GetDatum(first), Int64GetDatum(last)};

	return sb_plan_run(&read_accounts, values, NULL, keep_account, &accounts);
}

/*
 * Reads nothing but the balance and the number of stripes.
 */
bool
sb_store_read_balance(int64 id, SbAccount *account)
{
	Datum value = Int64GetDatum(id);

	*account = (SbAccount){.id = id};
	return id > 0 && sb_plan_run(&read_balance, &value, NULL, keep_balance, account) == 1;
}

/*
 * Writes those of these accounts that have changed.
 */
void
sb_store_write_accounts(const SbAccount *accounts, int count)
{
	static const Oid types[] = {INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID};
	SbRows *rows = sb_rows_make(&update_accounts, types, lengthof(types), count);

	for (int i = 0; i < count; i++)
	{
		if (!sb_account_has_changed(&accounts[i]))
			continue;
		Assert(accounts[i].version >= accounts[i].stored_version && accounts[i].held >= 0);
		sb_rows_int64(rows, accounts[i].id, false);
		sb_rows_int64(rows, accounts[i].balance, false);
		sb_rows_int64(rows, accounts[i].held, false);
		sb_rows_int64(rows, accounts[i].version, false);
		sb_rows_int64(rows, accounts[i].updated_at, false);
		sb_rows_end(rows);
	}
	sb_rows_write(rows);
	SB_FAULT_POINT(balances_written);
}

void
sb_store_insert_account(const SbNewAccount *account)
{
	Datum values[] = {Int64GetDatum(account->id),
					  PointerGetDatum(account->owner),
					  PointerGetDatum(account->currency),
					  PointerGetDatum(account->kind),
					  account->min_balance ? Int64GetDatum(*account->min_balance) : 0,
					  account->max_balance ? Int64GetDatum(*account->max_balance) : 0,
					  PointerGetDatum(account->name),
					  PointerGetDatum(account->metadata),
					  PointerGetDatum(account->code),
					  Int32GetDatum(account->ledger_id)};
	bool nulls[10] = {[4] = account->min_balance == NULL,
					  [5] = account->max_balance == NULL,
					  [6] = account->name == NULL,
					  [7] = account->metadata == NULL,
					  [8] = account->code == NULL};

	sb_plan_run(&insert_account, values, nulls, NULL, NULL);
	SB_FAULT_POINT(account_opened);
}

/* NULL: no limit. */
void
sb_store_set_limits(int64 id, const int64 *min_balance, const int64 *max_balance)
{
	Datum values[] = {Int64GetDatum(id), min_balance ? Int64GetDatum(*min_balance) : 0,
					  max_balance ? Int64GetDatum(*max_balance) : 0};
	bool nulls[] = {false, min_balance == NULL, max_balance == NULL};

	sb_plan_run(&set_limits, values, nulls, NULL, NULL);
	SB_FAULT_POINT(limits_set);
}

void
sb_store_set_status(const int64 *ids, int count, SbStatus status)
{
	Datum values[] = {sb_id_array(ids, count), CStringGetTextDatum(sb_status_name(status))};

	sb_plan_run(&set_status, values, NULL, NULL, NULL);
	SB_FAULT_POINT(status_set);
}

/* The columns are ACCOUNT_COLUMNS, and maybe owner. */
static void
keep_account(TupleTableSlot *slot, void *state)
{
	SbAccount **next = state;
	SbAccount *account = (*next)++;
	const Datum *values = slot->tts_values;

	account->id = DatumGetInt64(values[0]);
	account->balance = DatumGetInt64(values[1]);
	account->held = DatumGetInt64(values[2]);
	account->version = DatumGetInt64(values[3]);
	account->updated_at = DatumGetTimestampTz(values[4]);
	account->is_system = DatumGetBool(values[5]);
	copy_currency(account->currency, values[6]);
	if (!sb_status_parse(TextDatumGetCString(values[7]), &account->status))
		elog(ERROR, "account " INT64_FORMAT " has an unknown status", account->id);
	account->has_min = !slot->tts_isnull[8];
	account->min_balance = account->has_min ? DatumGetInt64(values[8]) : 0;
	account->has_max = !slot->tts_isnull[9];
	account->max_balance = account->has_max ? DatumGetInt64(values[9]) : 0;
	account->stripes = slot->tts_isnull[10] ? 0 : DatumGetInt32(values[10]);
	account->ledger_id = DatumGetInt32(values[11]);
	account->owner = slot->tts_tupleDescriptor->natts > NACCOUNT_COLUMNS
		? TextDatumGetCString(values[NACCOUNT_COLUMNS])
		: NULL;
	account->stored_version = account->version;
	account->stored_held = account->held;
	account->net = 0;
}

static void
copy_currency(char *target, Datum source)
{
	text *code = DatumGetTextPP(source);
	int length = VARSIZE_ANY_EXHDR(code);

	if (length > SB_CURRENCY_LENGTH)
		elog(ERROR, "currency code of %d bytes", length);
	memcpy(target, VARDATA_ANY(code), length);
	target[length] = '\0';
}

static void
keep_balance(TupleTableSlot *slot, void *state)
{
	SbAccount *account = state;

	account->balance = DatumGetInt64(slot->tts_values[0]);
	account->stripes = slot->tts_isnull[1] ? 0 : DatumGetInt32(slot->tts_values[1]);
}

static void
keep_id(TupleTableSlot *slot, void *state)
{
	int64 **next = state;

	*(*next)++ = DatumGetInt64(slot->tts_values[0]);
}

static void
keep_ledger(TupleTableSlot *slot, void *state)
{
	SbAccountLedger **next = state;

	*(*next)++ = (SbAccountLedger){.account_id = DatumGetInt64(slot->tts_values[0]),
								   .ledger_id = DatumGetInt32(slot->tts_values[1])};
}
