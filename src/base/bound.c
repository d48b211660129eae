/*
 * bound.c
 *	  How long what callers send may be, and of which characters: the one
 *	  place that says so.
 *
 * A text is as long as its bytes.  jsonb can be many times as long as text as
 * it is in memory (1e131071 is a number of a few bytes), and it is as text
 * that it is sealed, dumped and shown; so that length counts.  It is computed
 * without making the text, which might not fit into memory.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "base/bound.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/setting.h"

/* Of numeric's binary format: decimal digits of each of its digits, and the sign. */
#define DIGITS_PER_DIGIT 4
#define NEGATIVE_SIGN 0x4000

static int64 string_length(const char *string, int length);
static int64 number_length(Numeric number);
static int64 separators_length(int elements);

/*
 * What is wrong with a text, as a sentence; NULL for nothing.
 */
const char *
sb_text_fault(const text *value)
{
	int length = VARSIZE_ANY_EXHDR(value);

	if (length <= sb_max_text)
		return sb_encoding_fault(VARDATA_ANY(value), length);
	return psprintf("It has %d bytes, simplebank.max_text is %d.", length, sb_max_text);
}

/*
 * The same of jsonb.
 */
const char *
sb_metadata_fault(Jsonb *value)
{
	int64 length = sb_jsonb_text_length(value);

	if (length <= sb_max_metadata)
		return sb_jsonb_encoding_fault(value);
	return psprintf("It has " INT64_FORMAT " bytes as text, simplebank.max_metadata is %d.", length,
					sb_max_metadata);
}

/*
 * Raises where a text is too long, or cannot be sealed.
 */
void
sb_check_text(const char *name, const text *value)
{
	const char *fault = sb_text_fault(value);

	if (fault)
		sb_raise_invalid(name, fault);
}

void
sb_check_metadata(const char *name, Jsonb *value)
{
	const char *fault = sb_metadata_fault(value);

	if (fault)
		sb_raise_invalid(name, fault);
}

/*
 * How many bytes value::text would have.
 */
int64
sb_jsonb_text_length(Jsonb *value)
{
	JsonbIterator *iterator = JsonbIteratorInit(&value->root);
	JsonbIteratorToken token;
	JsonbValue item;
	int64 length = 0;

	while ((token = JsonbIteratorNext(&iterator, &item, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_BEGIN_ARRAY && !item.val.array.rawScalar)
			length += separators_length(item.val.array.nElems);
		else if (token == WJB_BEGIN_OBJECT)
			length += separators_length(item.val.object.nPairs);
		if (token != WJB_KEY && token != WJB_VALUE && token != WJB_ELEM)
			continue;
		if (token == WJB_KEY)
			length += strlen(": ");
		if (item.type == jbvString)
			length += string_length(item.val.string.val, item.val.string.len);
		else if (item.type == jbvNumeric)
			length += number_length(item.val.numeric);
		else if (item.type == jbvBool)
			length += item.val.boolean ? strlen("true") : strlen("false");
		else if (item.type == jbvNull)
			length += strlen("null");
	}
	return length;
}

/* Brackets, and commas with a space. */
static int64
separators_length(int elements)
{
	return strlen("[]") + strlen(", ") * (int64) Max(elements - 1, 0);
}

/* As escape_json() writes it. */
static int64
string_length(const char *string, int length)
{
	int64 sum = strlen("\"\"") + length;

	for (int i = 0; i < length; i++)
	{
		unsigned char byte = string[i];

		if (strchr("\b\f\n\r\t\"\\", byte) && byte != '\0')
			sum += 1;
		else if (byte < ' ')
			sum += strlen("\\u0001") - 1;
	}
	return sum;
}

/*
 * The binary format has the number of digits before and after the point; it
 * is no longer than the number is in memory.
 */
static int64
number_length(Numeric number)
{
	bytea *sent = DatumGetByteaP(DirectFunctionCall1(numeric_send, NumericGetDatum(number)));
	StringInfoData buffer = {
		.data = VARDATA(sent), .len = VARSIZE(sent) - VARHDRSZ, .maxlen = VARSIZE(sent) - VARHDRSZ};
	int digits = pq_getmsgint(&buffer, sizeof(int16));
	int weight = (int16) pq_getmsgint(&buffer, sizeof(int16));
	bool is_negative = pq_getmsgint(&buffer, sizeof(int16)) == NEGATIVE_SIGN;
	int scale = pq_getmsgint(&buffer, sizeof(int16));
	int64 length = (is_negative ? strlen("-") : 0) + (scale > 0 ? strlen(".") + scale : 0);

	if (digits == 0 || weight < 0)
		length += strlen("0");
	else
	{
		int first = pq_getmsgint(&buffer, sizeof(int16));

		length += (int64) weight * DIGITS_PER_DIGIT + 1 + (first >= 10) + (first >= 100) +
			(first >= 1000);
	}
	pfree(sent);
	return length;
}
