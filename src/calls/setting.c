/*
 * setting.c
 *	  Settings of ours, for functions that are not in C.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/guc.h"

#include "base/setting.h"
#include "calls/argument.h"

PG_FUNCTION_INFO_V1(simplebank_setting);
PG_FUNCTION_INFO_V1(simplebank_is_value_date);

/*
 * Being called loads the library, and so defines the settings.
 */
Datum
simplebank_setting(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(sb_arg_text(fcinfo, 0, "name"));

	PG_RETURN_TEXT_P(
		cstring_to_text(GetConfigOptionByName(psprintf("simplebank.%s", name), NULL, false)));
}

/*
 * May a value date lie on this day?  As sb_arg_effective_at() has it, but for
 * zones.
 */
Datum
simplebank_is_value_date(PG_FUNCTION_ARGS)
{
	DateADT day;
	TimestampTz earliest;
	TimestampTz latest;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	day = PG_GETARG_DATEADT(0);
	sb_effective_bounds(GetCurrentTimestamp(), &earliest, &latest);
	PG_RETURN_BOOL(!DATE_NOT_FINITE(day) && day >= earliest / USECS_PER_DAY &&
				   day <= latest / USECS_PER_DAY);
}
