/*
 * log.c
 *	  The log: rows of simplebank.log_segments and what belongs to them.
 *
 * What a pass does stands in sql/log.sql.  Here is what must come between its
 * two statements: the next transaction's id is read after the first one's
 * snapshot was taken.
 */
#include "postgres.h"

#include "access/transam.h"
#include "utils/xid8.h"

#include "base/fault.h"
#include "store/log.h"
#include "store/plan.h"
#include "store/sql.h"

/* clang-format off */
static SbPlan read_sources = {
	"read_sources",
	"SELECT coalesce((SELECT pg_catalog.max(id) FROM simplebank.transfers), 0),"
	" coalesce((SELECT pg_catalog.max(id) FROM simplebank.account_events), 0),"
	" coalesce((SELECT pg_catalog.max(id) FROM simplebank.notices), 0),"
	" EXISTS (SELECT FROM simplebank.log_gaps)",
	SPI_OK_SELECT, .nargs = 0
};
static SbPlan read_ends = {
	"read_ends",
	"SELECT coalesce((SELECT last_id FROM simplebank.log_sources WHERE source" EQ "'t'), 0),"
	" coalesce((SELECT last_id FROM simplebank.log_sources WHERE source" EQ "'e'), 0),"
	" coalesce((SELECT last_id FROM simplebank.log_sources WHERE source" EQ "'n'), 0), false",
	SPI_OK_SELECT, .nargs = 0
};
static SbPlan append_log = {
	"append_log",
	"SELECT oldest FROM simplebank_internal.append_log()",
	SPI_OK_SELECT, .nargs = 0
};
static SbPlan decide_gaps = {
	"decide_gaps",
	"SELECT simplebank_internal.decide_log_gaps($1, $2)",
	SPI_OK_SELECT, .nargs = 2, .types = {XID8OID, XID8OID}
};
static SbPlan find_consumer = {
	"find_consumer",
	"SELECT 1::int8 FROM simplebank.log_consumers LIMIT 1",
	SPI_OK_SELECT, .nargs = 0
};
/* clang-format on */

static void keep_ends(TupleTableSlot *slot, void *state);

/*
 * What there is now.
 */
void
sb_log_read_sources(SbLogEnds *ends)
{
	sb_plan_run(&read_sources, NULL, NULL, keep_ends, ends);
}

static void
keep_ends(TupleTableSlot *slot, void *state)
{
	SbLogEnds *ends = state;

	for (int i = 0; i < SB_LOG_SOURCES; i++)
		ends->ids[i] = DatumGetInt64(slot->tts_values[i]);
	ends->has_gaps = DatumGetBool(slot->tts_values[SB_LOG_SOURCES]);
}

/*
 * Has the log got so far?
 */
bool
sb_log_has(const SbLogEnds *ends)
{
	SbLogEnds given;

	sb_plan_run(&read_ends, NULL, NULL, keep_ends, &given);
	for (int i = 0; i < SB_LOG_SOURCES; i++)
	{
		if (given.ids[i] < ends->ids[i])
			return false;
	}
	return true;
}

/*
 * Gives positions to all that has been committed and has none.  The log is
 * locked.
 */
void
sb_log_extend(void)
{
	int64 oldest = 0;
	Datum values[2];

	sb_plan_run(&append_log, NULL, NULL, sb_keep_int64, &oldest);
	SB_FAULT_POINT(log_appended);
	values[0] = UInt64GetDatum((uint64) oldest);
	values[1] = FullTransactionIdGetDatum(ReadNextFullTransactionId());
	sb_plan_run(&decide_gaps, values, NULL, NULL, NULL);
}

/*
 * Does anybody read it?
 */
bool
sb_log_is_read(void)
{
	int64 one;

	return sb_plan_run(&find_consumer, NULL, NULL, sb_keep_int64, &one) > 0;
}
