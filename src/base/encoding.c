/*
 * encoding.c
 *	  Texts in UTF-8, whatever the encoding of the database.
 *
 * What is sealed is hashed in UTF-8, so that a ledger that was restored into
 * a database of another encoding proves the same.  So a text that UTF-8
 * cannot have is refused before anything is posted with it.
 *
 * Conversions are those of pg_catalog: one of a schema in the caller's search
 * path could be anybody's.
 */
#include "postgres.h"

#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace.h"
#include "mb/pg_wchar.h"

#include "base/encoding.h"

static int convert(int from, int to, const char *string, int length, char **converted,
				   bool no_error);
static int convertible_length(const char *string, int length);

/*
 * These have the same bytes in every encoding that a database of the ledger
 * can have.
 */
bool
sb_is_ascii(const char *string, int length)
{
	for (int i = 0; i < length; i++)
	{
		if (IS_HIGHBIT_SET(string[i]))
			return false;
	}
	return true;
}

/*
 * In UTF-8, as a string of its own, to be freed.
 */
char *
sb_to_utf8(const char *string, int length)
{
	char *converted;

	if (GetDatabaseEncoding() == PG_UTF8 || sb_is_ascii(string, length))
		return pnstrdup(string, length);
	(void) convert(GetDatabaseEncoding(), PG_UTF8, string, length, &converted, false);
	return converted;
}

/* The way back. */
char *
sb_from_utf8(const char *string, int length)
{
	char *converted;

	if (GetDatabaseEncoding() == PG_UTF8 || sb_is_ascii(string, length))
		return pnstrdup(string, length);
	(void) convert(PG_UTF8, GetDatabaseEncoding(), string, length, &converted, false);
	return converted;
}

/*
 * What is wrong with a text, as a sentence; NULL where UTF-8 can have it.
 */
const char *
sb_encoding_fault(const char *string, int length)
{
	int good;

	if (sb_is_ascii(string, length))
		return NULL;
	good = convertible_length(string, length);
	if (good == length)
		return NULL;
	return psprintf(
		"Byte %d, 0x%02x, begins no character that encoding %s has in common with UTF8.", good + 1,
		(unsigned char) string[good], GetDatabaseEncodingName());
}

/*
 * The same of the texts in jsonb.
 */
const char *
sb_jsonb_encoding_fault(Jsonb *value)
{
	JsonbIterator *iterator = JsonbIteratorInit(&value->root);
	JsonbIteratorToken token;
	JsonbValue item;

	/* there it is checked when it is read */
	if (GetDatabaseEncoding() == PG_UTF8)
		return NULL;
	while ((token = JsonbIteratorNext(&iterator, &item, false)) != WJB_DONE)
	{
		const char *fault;

		if ((token != WJB_KEY && token != WJB_VALUE && token != WJB_ELEM) || item.type != jbvString)
			continue;
		fault = sb_encoding_fault(item.val.string.val, item.val.string.len);
		if (fault)
			return fault;
	}
	return NULL;
}

/* How many bytes of it are characters that UTF-8 has as well? */
static int
convertible_length(const char *string, int length)
{
	int encoding = GetDatabaseEncoding();
	int good = pg_encoding_verifymbstr(encoding, string, length);
	char *converted;

	if (encoding == PG_UTF8)
		return good;
	good = convert(encoding, PG_UTF8, string, good, &converted, true);
	pfree(converted);
	return good;
}

/* How many bytes of it could be converted: all, or it raises, unless no_error. */
static int
convert(int from, int to, const char *string, int length, char **converted, bool no_error)
{
	Size room = (Size) length * MAX_CONVERSION_GROWTH + 1;
	Oid function = FindDefaultConversion(PG_CATALOG_NAMESPACE, from, to);

	if (!OidIsValid(function))
		elog(ERROR, "encoding %s cannot be converted to %s", pg_encoding_to_char(from),
			 pg_encoding_to_char(to));
	*converted = palloc(room);
	return pg_do_encoding_conversion_buf(function, from, to,
										 (unsigned char *) unconstify(char *, string), length,
										 (unsigned char *) *converted, room, no_error);
}
