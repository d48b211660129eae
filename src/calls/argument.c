/*
 * argument.c
 *	  Arguments of SQL functions, by number and SQL name.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/lsyscache.h"

#include "base/bound.h"
#include "base/error.h"
#include "base/setting.h"
#include "calls/argument.h"

static void
require(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		sb_raise_null(name);
}

int64
sb_arg_int64(FunctionCallInfo fcinfo, int number, const char *name)
{
	require(fcinfo, number, name);
	return PG_GETARG_INT64(number);
}

int32
sb_arg_int32(FunctionCallInfo fcinfo, int number, const char *name)
{
	require(fcinfo, number, name);
	return PG_GETARG_INT32(number);
}

bool
sb_arg_bool(FunctionCallInfo fcinfo, int number, const char *name)
{
	require(fcinfo, number, name);
	return PG_GETARG_BOOL(number);
}

text *
sb_arg_text(FunctionCallInfo fcinfo, int number, const char *name)
{
	require(fcinfo, number, name);
	return sb_arg_optional_text(fcinfo, number, name);
}

/* NULL where it is NULL. */
text *
sb_arg_optional_text(FunctionCallInfo fcinfo, int number, const char *name)
{
	text *value;

	if (PG_ARGISNULL(number))
		return NULL;
	value = PG_GETARG_TEXT_PP(number);
	sb_check_text(name, value);
	return value;
}

/* NULL where it is NULL. */
Jsonb *
sb_arg_optional_jsonb(FunctionCallInfo fcinfo, int number, const char *name)
{
	Jsonb *value;

	if (PG_ARGISNULL(number))
		return NULL;
	value = PG_GETARG_JSONB_P(number);
	sb_check_metadata(name, value);
	return value;
}

/*
 * A text that names something: not empty, and short enough to be indexed.
 */
text *
sb_arg_short_text(FunctionCallInfo fcinfo, int number, const char *name)
{
	text *value;

	require(fcinfo, number, name);
	value = PG_GETARG_TEXT_PP(number);
	if (!sb_is_short_text(value))
		sb_raise_invalid(name, SB_SHORT_TEXT_RULE);
	return value;
}

/*
 * An array of one dimension.  One that is required may still have elements
 * that are NULL.
 */
SbColumn
sb_arg_column(FunctionCallInfo fcinfo, int number, const char *name, Oid type, bool required)
{
	SbColumn column = {.required = required};
	ArrayType *array;
	int16 length;
	bool by_value;
	char align;

	if (PG_ARGISNULL(number))
	{
		if (required)
			sb_raise_null(name);
		return column;
	}
	array = PG_GETARG_ARRAYTYPE_P(number);
	if (ARR_NDIM(array) > 1)
		sb_raise_invalid(name, "The array has one dimension.");
	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(array, type, length, by_value, align, &column.values, &column.nulls,
					  &column.count);
	return column;
}

/*
 * The idempotency key of a request to move money, or NULL where it may do without.
 */
text *
sb_arg_key(FunctionCallInfo fcinfo, int number)
{
	if (PG_ARGISNULL(number) && sb_require_key)
		sb_raise(&(SbRefusal){.code = SB_NULL_VALUE, .what = "key", .other = SB_KEY_HINT});
	return sb_arg_optional_short_text(fcinfo, number, "key");
}

/*
 * The reference of a transfer or a hold, which is sealed; NULL where it has
 * none.
 */
text *
sb_arg_reference(FunctionCallInfo fcinfo, int number)
{
	text *value = sb_arg_optional_short_text(fcinfo, number, "reference");

	if (value)
		sb_check_text("reference", value);
	return value;
}

TimestampTz
sb_arg_time(FunctionCallInfo fcinfo, int number, const char *name)
{
	require(fcinfo, number, name);
	return PG_GETARG_TIMESTAMPTZ(number);
}

/*
 * A value date.  Whoever works through days, as interest does, relies on its
 * bounds.
 */
TimestampTz
sb_arg_effective_at(FunctionCallInfo fcinfo, int number)
{
	TimestampTz at = sb_arg_time(fcinfo, number, "effective_at");
	TimestampTz earliest;
	TimestampTz latest;

	sb_effective_bounds(GetCurrentTimestamp(), &earliest, &latest);
	if (at < earliest || at > latest)
		sb_raise_invalid("effective_at",
						 psprintf("It lies in the years from %d to %d years from now.",
								  sb_min_effective_year, sb_max_effective_years));
	return at;
}
