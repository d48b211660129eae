/*
 * search.c
 *	  What find_transfers() and its like have in common: pages, cursors.
 *
 * A cursor says where in the order of its search a row stands, and nothing
 * else: who makes one up gets no row that he would not get without.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "base/setting.h"
#include "calls/search.h"

SB_BODY_IN_SQL(create_search_index, SB_WRITES | SB_ON_SUBSCRIBERS);
SB_BODY_IN_SQL(drop_search_index, SB_WRITES | SB_ON_SUBSCRIBERS);

#define MAX_ROWS 1000
#define DIGITS 16 /* hexadecimal, of 64 bits */

static text *make_cursor(const SbSearch *search, const SbPosition *position);
static bool parse_cursor(const text *cursor, bool newest, SbSearchOrder order,
						 SbPosition *position);
static bool parse_number(const char *digits, uint64 *number);
static void put_row(const SbSearch *search, const TupleTableSlot *slot, const SbPosition *position);

/* The letters that a cursor begins with. */
static const char order_letters[] = {[SB_BY_ID] = 'i', [SB_BY_HISTORY] = 'h'};

/*
 * Reads the arguments of a page, and begins its answer.
 */
void
sb_page_begin(FunctionCallInfo fcinfo, const SbPageArguments *arguments, int ncolumns, SbPage *page,
			  SbSearch *search)
{
	int32 max_rows = sb_arg_int32(fcinfo, arguments->max_rows, "max_rows");

	if (max_rows < 1 || max_rows > MAX_ROWS)
		sb_raise_invalid("max_rows", psprintf("It is 1 to %d.", MAX_ROWS));
	search->max_rows = max_rows;
	search->newest = sb_arg_bool(fcinfo, arguments->newest_first, "newest_first");
	search->max_read = sb_max_search_rows;
	search->put = put_row;
	search->answer = page;
	page->after = PG_ARGISNULL(arguments->after) ? NULL : PG_GETARG_TEXT_PP(arguments->after);
	page->ncolumns = ncolumns;
	InitMaterializedSRF(fcinfo, 0);
	page->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
}

/*
 * Has a search begin behind the row of its cursor, if it has one.
 */
void
sb_page_go_on(SbPage *page, SbSearch *search, SbSearchOrder order)
{
	if (page->after == NULL)
		return;
	if (!parse_cursor(page->after, search->newest, order, &page->position))
		sb_raise_bad_cursor();
	search->after = &page->position;
}

void
sb_raise_bad_cursor(void)
{
	sb_raise_invalid("after", "It is the cursor of a row that the same search has answered.");
}

static text *
make_cursor(const SbSearch *search, const SbPosition *position)
{
	char letters[] = {search->newest ? 'n' : 'o', order_letters[position->order], '\0'};

	if (position->order == SB_BY_ID)
		return cstring_to_text(psprintf("%s%016" INT64_MODIFIER "x", letters, position->number));
	return cstring_to_text(
		psprintf("%s%016" INT64_MODIFIER "x%016" INT64_MODIFIER "x%016" INT64_MODIFIER "x", letters,
				 position->number, position->row_id, position->posted_at));
}

static bool
parse_cursor(const text *cursor, bool newest, SbSearchOrder order, SbPosition *position)
{
	const char *letters = VARDATA_ANY(cursor);
	int count = order == SB_BY_ID ? 1 : 3;
	Size length = 2 + (Size) count * DIGITS;
	uint64 numbers[3] = {0};

	if (VARSIZE_ANY_EXHDR(cursor) != length || letters[0] != (newest ? 'n' : 'o') ||
		letters[1] != order_letters[order])
		return false;
	for (int i = 0; i < count; i++)
	{
		if (!parse_number(letters + 2 + i * DIGITS, &numbers[i]))
			return false;
	}
	*position = (SbPosition){.order = order,
							 .number = (int64) numbers[0],
							 .row_id = (int64) numbers[1],
							 .posted_at = (TimestampTz) numbers[2]};
	return position->number > 0;
}

static bool
parse_number(const char *digits, uint64 *number)
{
	*number = 0;
	for (int i = 0; i < DIGITS; i++)
	{
		char digit = digits[i];

		if (digit >= '0' && digit <= '9')
			*number = *number << 4 | (uint64) (digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			*number = *number << 4 | (uint64) (digit - 'a' + 10);
		else
			return false;
	}
	return true;
}

static void
put_row(const SbSearch *search, const TupleTableSlot *slot, const SbPosition *position)
{
	const SbPage *page = search->answer;
	Datum values[MaxHeapAttributeNumber / 32];
	bool nulls[lengthof(values)];

	Assert(page->ncolumns < (int) lengthof(values));
	memcpy(values, slot->tts_values, sizeof(Datum) * page->ncolumns);
	memcpy(nulls, slot->tts_isnull, sizeof(bool) * page->ncolumns);
	values[page->ncolumns] = PointerGetDatum(make_cursor(search, position));
	nulls[page->ncolumns] = false;
	tuplestore_putvalues(page->rsinfo->setResult, page->rsinfo->setDesc, values, nulls);
	pfree(DatumGetPointer(values[page->ncolumns]));
}

/*
 * Two arguments from this number on: inclusive and exclusive, open where
 * NULL.
 */
void
sb_arg_times(FunctionCallInfo fcinfo, int number, const char *from_name, const char *to_name,
			 TimestampTz *from_time, TimestampTz *to_time)
{
	*from_time = PG_ARGISNULL(number) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(number);
	*to_time = PG_ARGISNULL(number + 1) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(number + 1);
	if (*from_time > *to_time)
		sb_raise_invalid(from_name, psprintf("It is not later than %s.", to_name));
}

/*
 * min_amount and max_amount, from this number on.
 */
void
sb_arg_amounts(FunctionCallInfo fcinfo, int number, int64 amounts[2], const int64 **min_amount,
			   const int64 **max_amount)
{
	static const char *const names[] = {"min_amount", "max_amount"};

	for (int i = 0; i < 2; i++)
	{
		const int64 *amount = sb_arg_optional_id(fcinfo, number + i, &amounts[i]);

		if (amount && *amount < 0)
			sb_raise_invalid(names[i], "It is not negative.");
		*(i == 0 ? min_amount : max_amount) = amount;
	}
	if (*min_amount && *max_amount && **min_amount > **max_amount)
		sb_raise_invalid("min_amount", "It is not above max_amount.");
}

/* NULL where it is NULL. */
const int64 *
sb_arg_optional_id(FunctionCallInfo fcinfo, int number, int64 *id)
{
	if (PG_ARGISNULL(number))
		return NULL;
	*id = PG_GETARG_INT64(number);
	return id;
}
