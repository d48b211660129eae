/*
 * batch.c
 *	  transfer_batch: many transfers in one call; post_interest, which is
 *	  another one.
 *
 * The items become the requests of one call of the engine.  What is wrong
 * with an item by itself (a NULL, a key too long, an amount of 0) refuses
 * that item before; what is wrong with the arrays refuses the call.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/bound.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/ledger.h"
#include "calls/transfer.h"
#include "base/fault.h"
#include "base/setting.h"
#include "engine/post.h"
#include "base/counter.h"
#include "store/account.h"
#include "store/owner.h"

/* Bounds a statement's memory, and what a cancel waits for. */
#define IDS_PER_STATEMENT 8192

static int decode_columns(FunctionCallInfo fcinfo, SbColumn *columns, int ncolumns);
static SbColumn decode_column(FunctionCallInfo fcinfo, int number);
pg_noreturn static void raise_too_many(const char *name, const char *setting, int most);
static void check_length(const SbColumn *column, const char *name, int count);
static SbPosting *make_postings(const SbScope *scope, const SbColumn *columns, int count);
static void make_posting(SbPosting *posting, const SbColumn *columns, int item, const char *role);
static bool check_item(SbPosting *posting, const SbColumn *columns, int item);
static Jsonb *make_request(const SbPosting *posting, MemoryContext scratch);
static text *element_text(const SbColumn *column, int item);
static Jsonb *element_jsonb(const SbColumn *column, int item);
static void restrict_items(const SbScope *scope, SbPosting *postings, int count);
static void put_answers(ReturnSetInfo *rsinfo, SbPosting *postings, int count);
static void put_answer(ReturnSetInfo *rsinfo, SbPosting *posting, int item);

/* The arguments, by number. */
enum
{
	FROM_ACCOUNTS,
	TO_ACCOUNTS,
	AMOUNTS,
	KEYS,
	DESCRIPTIONS,
	METADATAS,
	LINKS,
	ATOMIC, /* no column */
	REFERENCES,
	NCOLUMNS
};

static const struct
{
	const char *name;
	Oid type;
	bool required;
} arguments[NCOLUMNS] = {{"from_accounts", INT8OID, true}, {"to_accounts", INT8OID, true},
						 {"amounts", INT8OID, true},	   {"keys", TEXTOID, false},
						 {"descriptions", TEXTOID, false}, {"metadatas", JSONBOID, false},
						 {"links", INT4OID, false},		   {"atomic", BOOLOID, true},
						 {"references", TEXTOID, false}};

PG_FUNCTION_INFO_V1(simplebank_transfer_batch);
PG_FUNCTION_INFO_V1(simplebank_post_interest_batch);

Datum
simplebank_transfer_batch(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SbPosting *postings;
	SbScope scope;
	int count;
	bool atomic;
	int refused;

	postings = sb_ask_batch(fcinfo, SB_WRITES, &scope, &count, &atomic);
	refused = sb_post(postings, count, atomic);
	if (refused >= 0)
	{
		sb_hide_from_caller(&postings[refused]);
		sb_raise_item(&postings[refused].refusal, refused + 1);
	}
	put_answers(rsinfo, postings, count);
	sb_leave(&scope);
	return (Datum) 0;
}

/*
 * Reads the arguments of transfer_batch(), enters, and makes the requests of
 * them.
 */
SbPosting *
sb_ask_batch(FunctionCallInfo fcinfo, int does, SbScope *scope, int *count, bool *atomic)
{
	SbColumn columns[NCOLUMNS];
	SbPosting *postings;

	*atomic = sb_arg_bool(fcinfo, ATOMIC, "atomic");
	*count = decode_columns(fcinfo, columns, NCOLUMNS);
	InitMaterializedSRF(fcinfo, 0);
	sb_enter(scope, fcinfo, does | SB_FOR_CUSTOMERS);
	if (scope->restricted && *count > sb_max_customer_batch)
		raise_too_many(arguments[0].name, "max_customer_batch", sb_max_customer_batch);
	postings = make_postings(scope, columns, *count);
	if (scope->restricted)
		restrict_items(scope, postings, *count);
	return postings;
}

/*
 * Each item succeeds or is refused by itself.
 */
Datum
simplebank_post_interest_batch(PG_FUNCTION_ARGS)
{
	SbColumn effective_ats =
		sb_arg_column(fcinfo, AMOUNTS + 1, "effective_ats", TIMESTAMPTZOID, true);
	text *description = sb_arg_optional_text(fcinfo, AMOUNTS + 2, "description");
	SbColumn columns[NCOLUMNS] = {0};
	SbPosting *postings;
	SbScope scope;
	int count = decode_columns(fcinfo, columns, AMOUNTS + 1);

	check_length(&effective_ats, "effective_ats", count);
	InitMaterializedSRF(fcinfo, 0);
	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	postings = make_postings(&scope, columns, count);
	for (int i = 0; i < count; i++)
	{
		postings[i].operation = SB_INTEREST;
		postings[i].has_effective_at = !effective_ats.nulls[i];
		postings[i].effective_at = DatumGetTimestampTz(effective_ats.values[i]);
		postings[i].description = description;
	}
	(void) sb_post(postings, count, false);
	SB_FAULT_POINT(interest_posted);
	put_answers((ReturnSetInfo *) fcinfo->resultinfo, postings, count);
	sb_leave(&scope);
	return (Datum) 0;
}

/* The first arguments; returns how many items they have. */
static int
decode_columns(FunctionCallInfo fcinfo, SbColumn *columns, int ncolumns)
{
	for (int i = 0; i < ncolumns; i++)
	{
		if (i != ATOMIC)
			columns[i] = decode_column(fcinfo, i);
		else
			columns[i] = (SbColumn){0};
	}
	for (int i = 0; i < ncolumns; i++)
		check_length(&columns[i], arguments[i].name, columns[FROM_ACCOUNTS].count);
	return columns[FROM_ACCOUNTS].count;
}

static SbColumn
decode_column(FunctionCallInfo fcinfo, int number)
{
	const char *name = arguments[number].name;
	bool needs_key = number == KEYS && sb_require_key;
	SbColumn column;

	if (needs_key && PG_ARGISNULL(number))
		sb_raise(&(SbRefusal){.code = SB_NULL_VALUE, .what = name, .other = SB_KEY_HINT});
	column = sb_arg_column(fcinfo, number, name, arguments[number].type,
						   arguments[number].required || needs_key);
	if (column.count > sb_max_batch)
		raise_too_many(name, "max_batch", sb_max_batch);
	return column;
}

static void
raise_too_many(const char *name, const char *setting, int most)
{
	sb_raise_invalid(name, psprintf("It has at most simplebank.%s (%d) elements.", setting, most));
}

static void
check_length(const SbColumn *column, const char *name, int count)
{
	if (column->values && column->count != count)
		sb_raise_invalid(
			name, psprintf("It has %d elements, from_accounts has %d.", column->count, count));
}

static SbPosting *
make_postings(const SbScope *scope, const SbColumn *columns, int count)
{
	const char *role = sb_caller_role();
	const SbLedgers *ledgers = sb_caller_ledgers(scope);
	SbPosting *postings = MemoryContextAllocExtended(
		CurrentMemoryContext, sizeof(SbPosting) * Max(count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	SbLeg *legs = MemoryContextAllocExtended(
		CurrentMemoryContext, sizeof(SbLeg) * 2 * Max(count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	const char *gateway = sb_caller_gateway();
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "ledger request", ALLOCSET_SMALL_SIZES);

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		postings[i].legs = &legs[2 * i];
		postings[i].ledgers = ledgers;
		postings[i].gateway = gateway;
		postings[i].is_restricted = sb_in_restricted_scope();
		make_posting(&postings[i], columns, i, role);
		if (postings[i].key && postings[i].state == SB_OPEN)
			postings[i].request = make_request(&postings[i], scratch);
	}
	MemoryContextDelete(scratch);
	return postings;
}

static void
make_posting(SbPosting *posting, const SbColumn *columns, int item, const char *role)
{
	posting->operation = SB_TRANSFER;
	posting->role = role;
	posting->key = element_text(&columns[KEYS], item);
	posting->description = element_text(&columns[DESCRIPTIONS], item);
	posting->metadata = element_jsonb(&columns[METADATAS], item);
	posting->reference = element_text(&columns[REFERENCES], item);
	posting->has_link = columns[LINKS].values && !columns[LINKS].nulls[item];
	posting->link = posting->has_link ? DatumGetInt32(columns[LINKS].values[item]) : 0;
	if (check_item(posting, columns, item))
		(void) sb_set_two(posting, DatumGetInt64(columns[FROM_ACCOUNTS].values[item]),
						  DatumGetInt64(columns[TO_ACCOUNTS].values[item]),
						  DatumGetInt64(columns[AMOUNTS].values[item]));
}

/*
 * What is wrong with an item's arguments, as of those of transfer().
 */
static bool
check_item(SbPosting *posting, const SbColumn *columns, int item)
{
	static const char *const names[] = {"from_account", "to_account", "amount", "key"};
	SbRefusal fault = {0};

	for (int i = FROM_ACCOUNTS; i <= KEYS; i++)
	{
		if (!columns[i].required || !columns[i].nulls[item])
			continue;
		sb_refuse(posting,
				  &(SbRefusal){.code = SB_NULL_VALUE,
							   .what = names[i],
							   .other = i == KEYS ? SB_KEY_HINT : NULL});
		return false;
	}
	if (posting->key && !sb_is_short_text(posting->key))
		fault = (SbRefusal){.what = "key", .other = SB_SHORT_TEXT_RULE};
	else if (posting->reference && !sb_is_short_text(posting->reference))
		fault = (SbRefusal){.what = "reference", .other = SB_SHORT_TEXT_RULE};
	else if (posting->description)
		fault = (SbRefusal){.what = "description", .other = sb_text_fault(posting->description)};
	if (fault.other == NULL && posting->metadata)
		fault = (SbRefusal){.what = "metadata", .other = sb_metadata_fault(posting->metadata)};
	if (fault.other == NULL && posting->reference)
		fault = (SbRefusal){.what = "reference", .other = sb_text_fault(posting->reference)};
	if (fault.other == NULL)
		return true;
	fault.code = SB_INVALID_ARGUMENT;
	sb_refuse(posting, &fault);
	return false;
}

/*
 * The same request as that of transfer().
 */
static Jsonb *
make_request(const SbPosting *posting, MemoryContext scratch)
{
	SbArgument arguments[] = {
		{"from_account", INT8OID, Int64GetDatum(posting->legs[0].account_id), false},
		{"to_account", INT8OID, Int64GetDatum(posting->legs[1].account_id), false},
		{"amount", INT8OID, Int64GetDatum(posting->legs[1].amount), false},
	};
	MemoryContext context = MemoryContextSwitchTo(scratch);
	Jsonb *request = sb_arguments_object(arguments, lengthof(arguments));

	MemoryContextSwitchTo(context);
	request = (Jsonb *) PG_DETOAST_DATUM_COPY(JsonbPGetDatum(request));
	MemoryContextReset(scratch);
	return request;
}

/*
 * A restricted caller debits its own accounts only, and sees only theirs.
 */
static void
restrict_items(const SbScope *scope, SbPosting *postings, int count)
{
	int64 *ids = palloc(sizeof(int64) * count * 2);
	int64 *own = palloc(sizeof(int64) * count * 2);
	int nids = 0;
	int nown = 0;
	const SbLedgers *ledgers = sb_caller_ledgers(scope);

	for (int i = 0; i < count; i++)
	{
		for (int j = 0; postings[i].state == SB_OPEN && j < 2; j++)
			ids[nids++] = postings[i].legs[j].account_id;
	}
	qsort(ids, nids, sizeof(int64), sb_compare_ids);
	nids = qunique(ids, nids, sizeof(int64), sb_compare_ids);
	for (int i = 0; i < nids; i += IDS_PER_STATEMENT)
		nown += sb_store_find_own(sb_caller_role(), ledgers, &ids[i],
								  Min(nids - i, IDS_PER_STATEMENT), &own[nown]);

	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &postings[i];

		if (posting->state != SB_OPEN)
			continue;
		posting->hides_credit =
			bsearch(&posting->legs[1].account_id, own, nown, sizeof(int64), sb_compare_ids) == NULL;
		if (bsearch(&posting->legs[0].account_id, own, nown, sizeof(int64), sb_compare_ids) == NULL)
			sb_refuse(posting,
					  &(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND,
								   .account_id = posting->legs[0].account_id});
	}
	pfree(ids);
	pfree(own);
}

static text *
element_text(const SbColumn *column, int item)
{
	if (column->values == NULL || column->nulls[item])
		return NULL;
	return DatumGetTextPP(column->values[item]);
}

static Jsonb *
element_jsonb(const SbColumn *column, int item)
{
	if (column->values == NULL || column->nulls[item])
		return NULL;
	return DatumGetJsonbP(column->values[item]);
}

static void
put_answers(ReturnSetInfo *rsinfo, SbPosting *postings, int count)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "ledger answers", ALLOCSET_SMALL_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	sb_count(SB_COUNT_BATCHES, 1);
	sb_count(SB_COUNT_BATCH_ITEMS, count);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_answer(rsinfo, &postings[i], i + 1);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/* (item, transfer_id, sqlstate, name, message, detail, hint, replayed) */
static void
put_answer(ReturnSetInfo *rsinfo, SbPosting *posting, int item)
{
	bool refused = posting->state == SB_REFUSED;
	Datum values[8] = {0};
	bool nulls[8] = {[1] = refused};

	values[0] = Int32GetDatum(item);
	values[1] = Int64GetDatum(posting->transfer_id);
	sb_refusal_columns(posting, &values[2], &nulls[2]);
	if (refused)
	{
		sb_count_refusal(posting->refusal.code);
		if (sb_log_refusals)
			sb_log_refusal(&posting->refusal, item);
	}
	values[7] = BoolGetDatum(posting->state == SB_REPLAYED);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
