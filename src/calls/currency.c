/*
 * currency.c
 *	  Currencies, and exact conversion between minor and major units.
 *
 * The standard gives metals and the like no minor unit; they count in whole
 * units, as with exponent 0.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "model/account.h"
#include "store/currency.h"
#include "store/event.h"

#define MAX_EXPONENT 18

static int exponent_of_argument(FunctionCallInfo fcinfo);
static bool valid_code(text *code);

PG_FUNCTION_INFO_V1(simplebank_add_currency);
PG_FUNCTION_INFO_V1(simplebank_to_minor);
PG_FUNCTION_INFO_V1(simplebank_to_major);
PG_FUNCTION_INFO_V1(simplebank_format_amount);

Datum
simplebank_add_currency(PG_FUNCTION_ARGS)
{
	text *code = sb_arg_text(fcinfo, 0, "code");
	int32 exponent = sb_arg_int32(fcinfo, 1, "exponent");
	text *name = PG_ARGISNULL(2) ? code : sb_arg_short_text(fcinfo, 2, "name");
	SbArgument arguments[] = {
		{"code", TEXTOID, PointerGetDatum(code), false},
		{"exponent", INT8OID, Int64GetDatum(exponent), false},
		{"name", TEXTOID, PointerGetDatum(name), false},
	};
	SbScope scope;
	Datum row;

	if (!valid_code(code))
		sb_raise_invalid(
			"code", "A currency code is a capital letter and 1 to 11 capital letters or digits.");
	if (exponent < 0 || exponent > MAX_EXPONENT)
		sb_raise_invalid("exponent", "It is 0 to 18.");

	sb_enter(&scope, fcinfo, SB_WRITES);
	row = sb_store_add_currency(code, exponent, name);
	sb_store_audit("add_currency", sb_arguments_object(arguments, lengthof(arguments)), NULL,
				   false);
	sb_leave(&scope);
	PG_RETURN_DATUM(row);
}

Datum
simplebank_to_minor(PG_FUNCTION_ARGS)
{
	Numeric amount;
	Datum scale;
	Datum minor;
	Datum whole;
	int exponent;

	if (PG_ARGISNULL(0))
		sb_raise_null("amount");
	amount = PG_GETARG_NUMERIC(0);
	exponent = exponent_of_argument(fcinfo);
	if (numeric_is_nan(amount) || numeric_is_inf(amount))
		sb_raise(
			&(SbRefusal){.code = SB_INVALID_AMOUNT, .what = "The amount is not a finite number."});

	scale = NumericGetDatum(int64_div_fast_to_numeric(1, -exponent));
	minor = DirectFunctionCall2(numeric_mul, NumericGetDatum(amount), scale);
	whole = DirectFunctionCall2(numeric_trunc, minor, Int32GetDatum(0));
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, minor, whole)))
		sb_raise(&(SbRefusal){
			.code = SB_INVALID_AMOUNT,
			.what = psprintf("The currency has %d digits after the point.", exponent)});
	return DirectFunctionCall1(numeric_int8, whole);
}

Datum
simplebank_to_major(PG_FUNCTION_ARGS)
{
	int exponent = exponent_of_argument(fcinfo);

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(int64_div_fast_to_numeric(PG_GETARG_INT64(0), exponent));
}

Datum
simplebank_format_amount(PG_FUNCTION_ARGS)
{
	int exponent = exponent_of_argument(fcinfo);
	int64 amount;
	StringInfoData formatted;
	char *digits;
	int length;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	amount = PG_GETARG_INT64(0);

	/* all digits without sign, with zeros up to one before the point */
	digits = psprintf("%0*llu", exponent + 1,
					  (unsigned long long) (amount < 0 ? 0 - (uint64) amount : (uint64) amount));
	length = strlen(digits);

	initStringInfo(&formatted);
	if (amount < 0)
		appendStringInfoChar(&formatted, '-');
	for (int i = 0; i < length; i++)
	{
		int behind = length - i; /* digits from here on */

		if (i > 0 && behind == exponent)
			appendStringInfoChar(&formatted, '.');
		else if (i > 0 && behind > exponent && (behind - exponent) % 3 == 0)
			appendStringInfoChar(&formatted, ',');
		appendStringInfoChar(&formatted, digits[i]);
	}
	appendStringInfo(&formatted, " %s", text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(formatted.data, formatted.len));
}

static int
exponent_of_argument(FunctionCallInfo fcinfo)
{
	text *code = sb_arg_text(fcinfo, 1, "currency");
	SbScope scope;
	int exponent;

	sb_enter(&scope, fcinfo, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
	if (!sb_store_find_currency(code, &exponent))
		sb_raise(&(SbRefusal){.code = SB_UNKNOWN_CURRENCY, .what = text_to_cstring(code)});
	sb_leave(&scope);
	return exponent;
}

/* As the CHECK on simplebank.currencies. */
static bool
valid_code(text *code)
{
	const char *bytes = VARDATA_ANY(code);
	int length = VARSIZE_ANY_EXHDR(code);

	if (length < 2 || length > SB_CURRENCY_LENGTH || !(bytes[0] >= 'A' && bytes[0] <= 'Z'))
		return false;
	for (int i = 1; i < length; i++)
	{
		if (!((bytes[i] >= 'A' && bytes[i] <= 'Z') || (bytes[i] >= '0' && bytes[i] <= '9')))
			return false;
	}
	return true;
}
