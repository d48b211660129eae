/*
 * monthly_statement.c
 *	  Monthly statements: the entry point, whose body is in SQL, and how a text
 *	  of somebody is shown to others.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "calls/argument.h"
#include "calls/door.h"

#define MAX_WIDTH 1000

static bool misleads(pg_wchar character);

SB_BODY_IN_SQL(render_statement, SB_READS | SB_FOR_CUSTOMERS);
PG_FUNCTION_INFO_V1(simplebank_shown);

/*
 * A text without what would deceive its reader, and, where a width is given,
 * in so many columns.  Characters are judged in UTF-8, whatever the encoding.
 */
Datum
simplebank_shown(PG_FUNCTION_ARGS)
{
	bool has_width = !PG_ARGISNULL(1);
	int width = has_width ? PG_GETARG_INT32(1) : 0;
	int columns = 0;
	StringInfoData shown;
	char *value;

	if (width < 0 || width > MAX_WIDTH)
		sb_raise_invalid("width", psprintf("It is 0 to %d.", MAX_WIDTH));
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	value = text_to_cstring(PG_GETARG_TEXT_PP(0));
	initStringInfo(&shown);
	for (const char *next = pg_server_to_any(value, strlen(value), PG_UTF8); *next;)
	{
		int length = pg_encoding_mblen(PG_UTF8, next);
		int taken = pg_encoding_dsplen(PG_UTF8, next); /* -1: a control character */
		pg_wchar character = utf8_to_unicode((const unsigned char *) next);
		const char *piece = pnstrdup(next, length);

		if (misleads(character))
			piece = psprintf("\\u%04X", (unsigned) character);
		else if (has_width && taken < 0)
			piece = " ";
		if (piece[0] == '\\' || taken < 0)
			taken = strlen(piece);
		if (has_width && columns + taken > width)
			break;
		columns += taken;
		appendStringInfoString(&shown, piece);
		next += length;
	}
	if (has_width)
		appendStringInfoSpaces(&shown, width - columns);
	value = pg_any_to_server(shown.data, shown.len, PG_UTF8);
	PG_RETURN_TEXT_P(cstring_to_text(value));
}

/* Does it turn the direction of writing, or end a line? */
static bool
misleads(pg_wchar character)
{
	return character == 0x061C || character == 0x200E || character == 0x200F ||
		(character >= 0x2028 && character <= 0x202E) ||
		(character >= 0x2066 && character <= 0x2069);
}
