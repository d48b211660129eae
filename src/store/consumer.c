/*
 * consumer.c
 *	  Rows of simplebank.log_consumers.
 *
 * Who reads or acknowledges has locked the consumer's row, before anything
 * else and until the transaction ends.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/fault.h"
#include "store/consumer.h"
#include "store/plan.h"
#include "store/sql.h"

#define CONSUMER_COLUMNS \
	"c.role, c.kinds, c.acknowledged, c.read_up_to, c.reader_pid, c.reader_started"

/* clang-format off */
static SbPlan add_consumer = {
	"add_consumer",
	"INSERT INTO simplebank.log_consumers AS c (name, role, kinds, acknowledged, read_up_to)"
	" VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING RETURNING c",
	SPI_OK_INSERT_RETURNING, .nargs = 4, .types = {TEXTOID, TEXTOID, TEXTARRAYOID, INT8OID}
};
static SbPlan read_consumer = {
	"read_consumer",
	"SELECT " CONSUMER_COLUMNS " FROM simplebank.log_consumers c WHERE c.name" EQ "$1",
	SPI_OK_SELECT, .nargs = 1, .types = {TEXTOID}
};
static SbPlan lock_consumer = {
	"lock_consumer",
	"SELECT " CONSUMER_COLUMNS " FROM simplebank.log_consumers c WHERE c.name" EQ "$1"
	" FOR NO KEY UPDATE",
	SPI_OK_SELECT, .nargs = 1, .types = {TEXTOID}
};
static SbPlan move_consumer = {
	"move_consumer",
	"UPDATE simplebank.log_consumers c SET acknowledged = $2, read_up_to = $3, reader_pid = $4,"
	" reader_started = $5, read_at = CASE WHEN $4 IS NOT NULL THEN pg_catalog.clock_timestamp()"
	" ELSE c.read_at END WHERE c.name" EQ "$1 RETURNING c",
	SPI_OK_UPDATE_RETURNING, .nargs = 5,
	.types = {TEXTOID, INT8OID, INT8OID, INT4OID, TIMESTAMPTZOID}
};
static SbPlan drop_consumer = {
	"drop_consumer",
	"DELETE FROM simplebank.log_consumers WHERE name" EQ "$1",
	SPI_OK_DELETE, .nargs = 1, .types = {TEXTOID}
};
/* clang-format on */

static void keep_consumer(TupleTableSlot *slot, void *state);
static SbKinds kinds_of(Datum names);

/*
 * Answers its row; 0: there is one of this name.
 */
Datum
sb_store_add_consumer(const SbConsumer *consumer, Datum kinds, bool is_of_all_kinds)
{
	Datum values[] = {PointerGetDatum(consumer->name), CStringGetTextDatum(consumer->role), kinds,
					  Int64GetDatum(consumer->acknowledged)};
	bool nulls[] = {false, false, is_of_all_kinds, false};
	Datum row = 0;

	sb_plan_run(&add_consumer, values, nulls, sb_keep_row, &row);
	SB_FAULT_POINT(consumer_written);
	return row;
}

bool
sb_store_read_consumer(text *name, bool is_locked, SbConsumer *consumer)
{
	Datum value = PointerGetDatum(name);

	consumer->name = name;
	return sb_plan_run(is_locked ? &lock_consumer : &read_consumer, &value, NULL, keep_consumer,
					   consumer) == 1;
}

static void
keep_consumer(TupleTableSlot *slot, void *state)
{
	SbConsumer *consumer = state;
	const Datum *values = slot->tts_values;
	const bool *nulls = slot->tts_isnull;

	consumer->role = TextDatumGetCString(values[0]);
	consumer->kinds = nulls[1] ? SB_ALL_KINDS : kinds_of(values[1]);
	consumer->acknowledged = DatumGetInt64(values[2]);
	consumer->read_up_to = DatumGetInt64(values[3]);
	consumer->reader.pid = nulls[4] ? 0 : DatumGetInt32(values[4]);
	consumer->reader.started = nulls[5] ? 0 : DatumGetTimestampTz(values[5]);
}

static SbKinds
kinds_of(Datum names)
{
	SbKinds kinds = 0;
	Datum *elements;
	int count;

	deconstruct_array(DatumGetArrayTypeP(names), TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL,
					  &count);
	for (int i = 0; i < count; i++)
		kinds |= sb_kinds_named(TextDatumGetCString(elements[i]));
	return kinds;
}

/*
 * Writes how far it is, and who reads; answers its row.
 */
Datum
sb_store_move_consumer(const SbConsumer *consumer)
{
	Datum values[] = {PointerGetDatum(consumer->name), Int64GetDatum(consumer->acknowledged),
					  Int64GetDatum(consumer->read_up_to), Int32GetDatum(consumer->reader.pid),
					  TimestampTzGetDatum(consumer->reader.started)};
	bool nulls[] = {[3] = consumer->reader.pid == 0, [4] = consumer->reader.pid == 0};
	Datum row;

	if (sb_plan_run(&move_consumer, values, nulls, sb_keep_row, &row) != 1)
		elog(ERROR, "a consumer that is locked is missing");
	SB_FAULT_POINT(consumer_written);
	return row;
}

void
sb_store_drop_consumer(const SbConsumer *consumer)
{
	Datum value = PointerGetDatum(consumer->name);

	sb_plan_run(&drop_consumer, &value, NULL, NULL, NULL);
	SB_FAULT_POINT(consumer_written);
}
