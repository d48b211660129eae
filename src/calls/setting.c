/*
 * setting.c
 *	  setting: a setting of ours, for functions that are not in C.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/guc.h"

#include "calls/argument.h"

PG_FUNCTION_INFO_V1(simplebank_setting);

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
