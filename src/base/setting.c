/*
 * setting.c
 *	  Settings.  Only one weakens safety, and none is a caller's to change.
 */
#include "postgres.h"

#include <limits.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/datetime.h"
#include "utils/guc.h"

#include "base/setting.h"

#define USECS_PER_YEAR (USECS_PER_DAY / 4 * 1461)

bool sb_log_refusals = false;
bool sb_require_key = false;
int sb_max_batch = 1000000;
int sb_max_customer_batch = 1000;
int sb_max_text = 1024;
int sb_max_metadata = 16 * 1024;
static int key_retention = 30 * 24 * 60;
static int seal_interval = 10;
int sb_max_clock_jump = 60;
static int max_missed_days = 35;
int sb_max_open_orders = 10000;
int sb_max_catch_up = 366;
int sb_max_search_rows = 100000;
int sb_max_lock_time = 5000;
int sb_max_transaction_time = 60 * 1000;
int sb_min_effective_year = 1900;
int sb_max_effective_years = 100;
char *sb_time_zone;
int sb_durability = SYNCHRONOUS_COMMIT_ON;
int sb_tellers = 1;
char *sb_database;
int sb_queue_size = 1024;
int sb_queue_timeout = 1000;
int sb_queue_share = 50;
int sb_max_teller_batch = 256;

static const struct config_enum_entry durability_levels[] = {
	{"off", SYNCHRONOUS_COMMIT_OFF, false},
	{"on", SYNCHRONOUS_COMMIT_ON, false},
	{"remote_apply", SYNCHRONOUS_COMMIT_REMOTE_APPLY, false},
	{NULL, 0, false},
};

/* The bounds that can be set have a bound, so that what is sealed and dumped stays small. */
#define LONGEST_TEXT (1024 * 1024)

static void define_time_settings(void);
static void define_bounds(void);
static void define_teller_settings(void);
static bool check_time_zone(char **value, void **extra, GucSource source);

void
sb_define_settings(void)
{
	DefineCustomBoolVariable("simplebank.log_refusals",
							 "Logs each refusal that is answered as a row instead of an error.",
							 "One line with SQLSTATE, name and item; no balances.",
							 &sb_log_refusals, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("simplebank.require_key",
							 "Refuses a request to move money that comes without idempotency key.",
							 "A retry of such a request would be another one.", &sb_require_key,
							 false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"simplebank.key_retention", "How long idempotency keys are kept.",
		"After this time a key may be removed, and a retry then counts as a new request.",
		&key_retention, 30 * 24 * 60, 60, INT_MAX, PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_open_orders",
							"How many scheduled transfers of one account may be open.",
							"One more is refused.", &sb_max_open_orders, 10000, 1, 1000000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_catch_up",
							"How many missed occurrences of a scheduled transfer are made good.",
							"The last ones; those before them are missed.", &sb_max_catch_up, 366,
							1, 1000000, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_lock_time",
							"How long a customer may keep one of the bank's own accounts locked.",
							"After this time its session is ended.", &sb_max_lock_time, 5000, 1,
							INT_MAX, PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_transaction_time",
							"How long a customer's transaction that writes may last.",
							"After this time its session is ended.", &sb_max_transaction_time,
							60 * 1000, 1, INT_MAX, PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
	define_time_settings();
	DefineCustomEnumVariable(
		"simplebank.durability", "What a commit that moves money waits for, at least.",
		"As for synchronous_commit, which may ask for more; off leaves it to that alone.",
		&sb_durability, SYNCHRONOUS_COMMIT_ON, durability_levels, PGC_SUSET, 0, NULL, NULL, NULL);
	define_bounds();
	if (process_shared_preload_libraries_in_progress)
		define_teller_settings();
	MarkGUCPrefixReserved("simplebank");
}

static void
define_time_settings(void)
{
	DefineCustomIntVariable("simplebank.seal_interval", "How often the job seal seals the ledger.",
							"Earlier where much has come up.", &seal_interval, 10, 1, 7 * 24 * 60,
							PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"simplebank.max_clock_jump", "How far the clock may be ahead of one that cannot be set.",
		"Where it is further, nothing is posted and no job runs.", &sb_max_clock_jump, 60, 1,
		INT_MAX, PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_missed_days",
							"How many business dates dated jobs make good by themselves.",
							"More of them wait for accept_clock().", &max_missed_days, 35, 1,
							100000, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("simplebank.time_zone", "The time zone of business dates.",
							   "A change takes effect when the day that is on has ended.",
							   &sb_time_zone, "UTC", PGC_SUSET, 0, check_time_zone, NULL, NULL);
	DefineCustomIntVariable(
		"simplebank.min_effective_year", "The first year that a value date may lie in.",
		"An effective_at, or the day from which a rate is valid; before year 1 there is year 0.",
		&sb_min_effective_year, 1900, -4713, 9999, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"simplebank.max_effective_years", "How many years ahead a value date may lie.",
		"An effective_at, or the day from which a rate is valid.", &sb_max_effective_years, 100, 0,
		300000, PGC_SUSET, 0, NULL, NULL, NULL);
}

static void
define_bounds(void)
{
	DefineCustomIntVariable("simplebank.max_batch", "How many items a batch may have.", NULL,
							&sb_max_batch, 1000000, 1, 4000000, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_customer_batch",
							"How many items a customer's batch may have.",
							"No more than max_batch in any case.", &sb_max_customer_batch, 1000, 1,
							4000000, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_search_rows",
							"How many rows a call of find_transfers() and its like reads.",
							"One that would need more is refused.", &sb_max_search_rows, 100000,
							1000, INT_MAX, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"simplebank.max_text", "How long a description, a reason or another text may be.", NULL,
		&sb_max_text, 1024, 255, LONGEST_TEXT, PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_metadata", "How long metadata may be, as text.", NULL,
							&sb_max_metadata, 16 * 1024, 1024, LONGEST_TEXT, PGC_SUSET,
							GUC_UNIT_BYTE, NULL, NULL, NULL);
}

/*
 * Between which times value dates lie: the beginning of the first year, in
 * UTC, and so many years of 365.25 days from now.
 */
void
sb_effective_bounds(TimestampTz now, TimestampTz *earliest, TimestampTz *latest)
{
	int64 first_day = (int64) date2j(sb_min_effective_year, 1, 1) - POSTGRES_EPOCH_JDATE;

	*earliest = Max(first_day * USECS_PER_DAY, MIN_TIMESTAMP);
	if (sb_max_effective_years > (END_TIMESTAMP - now) / USECS_PER_YEAR)
		*latest = END_TIMESTAMP - 1;
	else
		*latest = now + sb_max_effective_years * USECS_PER_YEAR;
}

/*
 * The server takes settings of its start only at its start.
 */
static void
define_teller_settings(void)
{
	DefineCustomIntVariable("simplebank.tellers", "How many tellers there are.",
							"0: submit_transfer() is not available.", &sb_tellers, 1, 0,
							SB_MAX_TELLERS, PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("simplebank.database",
							   "The database that the tellers and the log worker are for.", NULL,
							   &sb_database, "postgres", PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.queue_size", "How many requests the tellers' queue holds.",
							NULL, &sb_queue_size, 1024, 1, 65536, PGC_POSTMASTER, 0, NULL, NULL,
							NULL);
	DefineCustomIntVariable("simplebank.queue_timeout",
							"How long a request waits for a place in the tellers' queue.",
							"After this time it is refused.", &sb_queue_timeout, 1000, 0, INT_MAX,
							PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.queue_share",
							"The part of the tellers' queue that one role may have, in percent.",
							NULL, &sb_queue_share, 50, 1, 100, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("simplebank.max_teller_batch",
							"How many requests a teller posts in one transaction.", NULL,
							&sb_max_teller_batch, 256, 1, 8192, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

static bool
check_time_zone(char **value, void **extra, GucSource source)
{
	if (pg_tzset(*value) != NULL)
		return true;
	GUC_check_errdetail("There is no time zone of this name.");
	return false;
}
