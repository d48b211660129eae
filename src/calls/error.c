/*
 * error.c
 *	  error_codes: the catalogue; refuse, which raises one of its errors.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "base/error.h"
#include "calls/door.h"

PG_FUNCTION_INFO_V1(simplebank_error_codes);
PG_FUNCTION_INFO_V1(simplebank_refuse);

Datum
simplebank_error_codes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	sb_admit(fcinfo, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = SB_OK + 1; i < SB_CODES; i++)
	{
		const SbError *entry = sb_error(i);
		Datum values[7];
		bool nulls[7] = {0};

		values[0] = CStringGetTextDatum(unpack_sql_state(entry->sqlstate));
		values[1] = CStringGetTextDatum(entry->name);
		values[2] = CStringGetTextDatum(entry->category);
		values[3] = CStringGetTextDatum(entry->fault);
		values[4] = BoolGetDatum(entry->retryable);
		values[5] = Int32GetDatum(entry->http_status);
		values[6] = CStringGetTextDatum(entry->description);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * Raises one of the refusals from a function that is not in C.  Where the
 * message names an argument, that stands for the detail, and the rule it is
 * held against for the hint.
 */
Datum
simplebank_refuse(PG_FUNCTION_ARGS)
{
	char *sqlstate = PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *detail = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *hint = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));

	for (int i = SB_OK + 1; i < SB_CODES; i++)
	{
		const SbError *entry = sb_error(i);

		if (strcmp(unpack_sql_state(entry->sqlstate), sqlstate) != 0)
			continue;
		if (i == SB_NULL_VALUE)
			sb_raise_null(detail);
		if (i == SB_INVALID_ARGUMENT)
			sb_raise_invalid(detail, hint);
		sb_raise_as(i, detail, hint);
	}
	sb_raise_invalid("sqlstate", "It is one of error_codes().");
}
