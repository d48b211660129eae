/*
 * entry.c
 *	  What is read of simplebank.entries, for balances and statements.
 *
 * As posted_at never goes backwards within an account and versions have no
 * gaps, the entries up to a moment are found by halving, on the primary key
 * alone.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/timestamp.h"

#include "store/entry.h"
#include "store/sql.h"

/* What a line of a statement tells of entry e. */
#define STATEMENT_COLUMNS                                                   \
	"t.operation, e.version, e.posted_at, t.effective_at, e.transfer_id,"   \
	" CASE WHEN t.from_account_id" EQ                                       \
	"e.account_id THEN " ACCOUNT_OF("t.to_account_id") " ELSE " ACCOUNT_OF( \
		"t.from_account_id") " END,"                                        \
							 " e.amount, e.balance, t.description, t.reverses, r.id, t.hold_id"
#define STATEMENT_JOINS                                                                     \
	" LEFT JOIN simplebank.transfers t ON t.id" EQ "e.transfer_id"                          \
	" LEFT JOIN simplebank.transfers r ON r.reverses" EQ "e.transfer_id AND r.operation" EQ \
	"'reversal'"

/* What is read of an entry. */
typedef struct EntryRow
{
	TimestampTz posted_at;
	int64 balance;
} EntryRow;

/* How far effective_at lies before and behind posted_at, at most, in microseconds. */
typedef struct Displacement
{
	int64 backward;
	int64 forward;
} Displacement;

/* clang-format off */
static SbPlan read_entry = {
	"read_entry",
	"SELECT posted_at, balance FROM simplebank.entries"
	" WHERE account_id" EQ "$1 AND version" EQ "$2",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, INT8OID}
};
static SbPlan read_statement = {
	"read_statement",
	"SELECT " STATEMENT_COLUMNS
	" FROM simplebank.entries e" STATEMENT_JOINS
	" WHERE e.account_id" EQ "$1 AND e.version" GT "$2 AND e.version" LE "$3"
	" ORDER BY e.version LIMIT $4",
	SPI_OK_SELECT, .read_only = true, .nargs = 4, .types = {INT8OID, INT8OID, INT8OID, INT8OID}
};
/* The entries of several rows, in one order; of each as many as may be among the first ones. */
static SbPlan read_striped_statement = {
	"read_striped_statement",
	"SELECT " STATEMENT_COLUMNS
	" FROM (SELECT " UNNEST("$1") " id, " UNNEST("$2") " after, " UNNEST("$3") " up_to) v,"
	" LATERAL (SELECT * FROM simplebank.entries s"
	"  WHERE s.account_id" EQ "v.id AND s.version" GT "v.after AND s.version" LE "v.up_to"
	"  ORDER BY s.version LIMIT $4) e" STATEMENT_JOINS
	" ORDER BY e.posted_at, e.account_id, e.version LIMIT $4",
	SPI_OK_SELECT, .read_only = true, .nargs = 4, .types = {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8OID}
};
/* The entries whose effective_at lies farthest before and behind their posting. */
static SbPlan find_displacement = {
	"find_displacement",
	"SELECT b.effective_at, b.posted_at, f.effective_at, f.posted_at FROM"
	" (SELECT effective_at, posted_at FROM simplebank.entries"
	"  WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
	"  ORDER BY (effective_at" MINUS "posted_at) LIMIT 1) b,"
	" (SELECT effective_at, posted_at FROM simplebank.entries"
	"  WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
	"  ORDER BY (effective_at" MINUS "posted_at) DESC LIMIT 1) f",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8OID}
};
/*
 * The balance effective by $2, from $5, the balance posted by $2: entries
 * count of whose two times only one is past $2; they are effective from
 * $3 to $4.
 */
static SbPlan sum_displaced = {
	"sum_displaced",
	"SELECT (coalesce(pg_catalog.sum("
	"  CASE WHEN effective_at" LE "$2 THEN amount::pg_catalog.numeric"
	"   ELSE " MINUS "amount::pg_catalog.numeric END), 0)" PLUS "$5)"
	" FROM simplebank.entries"
	" WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
	" AND effective_at" GE "$3 AND effective_at" LE "$4"
	" AND (effective_at" LE "$2)" NE "(posted_at" LE "$2)",
	SPI_OK_SELECT, .read_only = true, .nargs = 5, .types = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, NUMERICOID}
};
/* clang-format on */

static void find_entry(int64 account_id, int64 version, EntryRow *entry);
static void keep_entry(TupleTableSlot *slot, void *state);
static void keep_displacement(TupleTableSlot *slot, void *state);
static TimestampTz shift_time(TimestampTz at, int64 microseconds);

/*
 * The version of the last entry posted before a moment, or up to and with it
 * where inclusive; 0 where there is none.
 */
int64
sb_last_version(const SbAccount *account, TimestampTz at, bool inclusive)
{
	int64 before = 0;					/* such an entry, or none */
	int64 after = account->version + 1; /* a later one, or none */

	while (after - before > 1)
	{
		int64 middle = before + (after - before) / 2;
		EntryRow entry;

		find_entry(account->id, middle, &entry);
		if (entry.posted_at < at || (inclusive && entry.posted_at == at))
			before = middle;
		else
			after = middle;
	}
	return before;
}

/*
 * The running balance after an entry; 0 before the first one.
 */
int64
sb_balance_of_version(int64 account_id, int64 version)
{
	EntryRow entry;

	if (version == 0)
		return 0;
	find_entry(account_id, version, &entry);
	return entry.balance;
}

/*
 * The balance by effective time, from the one by posted time.  An entry with
 * an effective_at of its own counts if only one of its two times is past the
 * moment; so it lies no farther from it than the account's farthest one lies
 * from its posting.
 */
Numeric
sb_add_displaced(int64 account_id, TimestampTz at, int64 balance)
{
	Numeric value = int64_to_numeric(balance);
	Datum values[] = {Int64GetDatum(account_id), TimestampTzGetDatum(at), 0, 0,
					  NumericGetDatum(value)};
	Displacement range;

	if (sb_plan_run(&find_displacement, values, NULL, keep_displacement, &range) == 0)
		return value;
	values[2] = TimestampTzGetDatum(shift_time(at, range.backward));
	values[3] = TimestampTzGetDatum(shift_time(at, range.forward));
	sb_plan_run(&sum_displaced, values, NULL, sb_keep_numeric, &value);
	return value;
}

/*
 * The entries of a row after a version and up to another one, as lines of a
 * statement; limit may be NULL.  Returns how many.
 */
uint64
sb_store_read_statement(int64 account_id, int64 after, int64 up_to, const int64 *limit,
						SbRowFunction row_function, void *state)
{
	Datum values[] = {Int64GetDatum(account_id), Int64GetDatum(after), Int64GetDatum(up_to),
					  limit ? Int64GetDatum(*limit) : 0};
	bool nulls[] = {[3] = limit == NULL};

	return sb_plan_run(&read_statement, values, nulls, row_function, state);
}

/*
 * The same of several rows, in the order of their times.
 */
uint64
sb_store_read_striped_statement(const int64 *row_ids, const int64 *after, const int64 *up_to,
								int count, const int64 *limit, SbRowFunction row_function,
								void *state)
{
	Datum values[] = {sb_id_array(row_ids, count), sb_id_array(after, count),
					  sb_id_array(up_to, count), limit ? Int64GetDatum(*limit) : 0};
	bool nulls[] = {[3] = limit == NULL};

	return sb_plan_run(&read_striped_statement, values, nulls, row_function, state);
}

static void
find_entry(int64 account_id, int64 version, EntryRow *entry)
{
	Datum values[] = {Int64GetDatum(account_id), Int64GetDatum(version)};

	if (sb_plan_run(&read_entry, values, NULL, keep_entry, entry) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("entry " INT64_FORMAT " of account " INT64_FORMAT " is missing", version,
						account_id),
				 errhint("Run simplebank.verify().")));
}

static void
keep_entry(TupleTableSlot *slot, void *state)
{
	EntryRow *entry = state;

	entry->posted_at = DatumGetTimestampTz(slot->tts_values[0]);
	entry->balance = DatumGetInt64(slot->tts_values[1]);
}

static void
keep_displacement(TupleTableSlot *slot, void *state)
{
	Displacement *range = state;
	const Datum *values = slot->tts_values;

	range->backward = Min(DatumGetTimestampTz(values[0]) - DatumGetTimestampTz(values[1]), 0);
	range->forward = Max(DatumGetTimestampTz(values[2]) - DatumGetTimestampTz(values[3]), 0);
}

/*
 * A time so many microseconds later, infinite where it would be out of range.
 */
static TimestampTz
shift_time(TimestampTz at, int64 microseconds)
{
	TimestampTz shifted;

	if (TIMESTAMP_NOT_FINITE(at))
		return at;
	if (pg_add_s64_overflow(at, microseconds, &shifted) || !IS_VALID_TIMESTAMP(shifted))
		return microseconds < 0 ? DT_NOBEGIN : DT_NOEND;
	return shifted;
}
