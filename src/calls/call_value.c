/*
 * call_value.c
 *	  Values of call(): from JSON, and to it.
 *
 * A number of JSON is a double to most of its readers, which rounds above
 * 2^53.  So bigint and numeric leave as strings, and come in as either.  Times
 * leave as ISO 8601 has them, whatever DateStyle says; what has no type in JSON
 * is a string in PostgreSQL's form.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

#include "base/error.h"
#include "calls/call_value.h"

/* What stands for a number or a time is no longer than this. */
#define MAX_LITERAL 1000

static Datum read_string(const JsonbValue *value, Oid type, const char *argument);
static Datum read_number(const JsonbValue *value, Oid type, const char *argument);
static Datum read_array(const JsonbValue *value, Oid element, const char *argument);
static Datum read_literal(char *literal, Oid type);
static const char *rule_of(Oid type);
static bool is_number(Oid type);
static void push_string(JsonbParseState **state, JsonbIteratorToken token, const char *value);
static void push_array(JsonbParseState **state, Datum value, Oid element);
static void push_row(JsonbParseState **state, HeapTupleHeader row);
static void push_scalar(JsonbParseState **state, JsonbIteratorToken token, Datum value, Oid type);

/*
 * Raises 22023 for what is no JSON of such a value, and what the type's input
 * function raises.
 */
Datum
sb_value_of_json(const JsonbValue *value, Oid type, const char *argument, bool *isnull)
{
	Oid element = get_element_type(type);

	*isnull = value->type == jbvNull;
	if (*isnull)
		return (Datum) 0;
	if (type == JSONBOID)
		return JsonbPGetDatum(JsonbValueToJsonb(unconstify(JsonbValue *, value)));
	if (OidIsValid(element))
		return read_array(value, element, argument);
	if (value->type == jbvString && type != BOOLOID)
		return read_string(value, type, argument);
	if (value->type == jbvBool && type == BOOLOID)
		return BoolGetDatum(value->val.boolean);
	if (value->type == jbvNumeric && is_number(type))
		return read_number(value, type, argument);
	sb_raise_invalid(argument, rule_of(type));
}

static Datum
read_string(const JsonbValue *value, Oid type, const char *argument)
{
	char *literal = pnstrdup(value->val.string.val, value->val.string.len);

	if (type != TEXTOID && type != BYTEAOID && value->val.string.len > MAX_LITERAL)
		sb_raise_invalid(argument, rule_of(type));
	return type == TEXTOID ? CStringGetTextDatum(literal) : read_literal(literal, type);
}

/*
 * 10.0 and 1e1 are 10; an integer is never rounded.
 */
static Datum
read_number(const JsonbValue *value, Oid type, const char *argument)
{
	char *literal = numeric_normalize(value->val.numeric);

	if (strlen(literal) > MAX_LITERAL || (type != NUMERICOID && strchr(literal, '.')))
		sb_raise_invalid(argument, rule_of(type));
	return read_literal(literal, type);
}

static Datum
read_array(const JsonbValue *value, Oid element, const char *argument)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue item;
	ArrayBuildState *array = initArrayResult(element, CurrentMemoryContext, false);

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data) ||
		JsonContainerIsScalar(value->val.binary.data))
		sb_raise_invalid(argument, "It is an array.");
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		bool isnull;
		Datum datum;

		if (token != WJB_ELEM)
			continue;
		datum = sb_value_of_json(&item, element, argument, &isnull);
		array = accumArrayResult(array, datum, isnull, element, CurrentMemoryContext);
	}
	return makeArrayResult(array, CurrentMemoryContext);
}

static Datum
read_literal(char *literal, Oid type)
{
	Oid function;
	Oid parameter;

	getTypeInputInfo(type, &function, &parameter);
	return OidInputFunctionCall(function, literal, parameter, -1);
}

static const char *
rule_of(Oid type)
{
	if (type == BOOLOID)
		return "It is true or false.";
	if (type == NUMERICOID)
		return "It is a number, or a string of one.";
	if (is_number(type))
		return "It is an integer, or a string of one.";
	return "It is a string.";
}

static bool
is_number(Oid type)
{
	return type == INT8OID || type == INT4OID || type == INT2OID || type == NUMERICOID ||
		type == OIDOID;
}

void
sb_push_name(JsonbParseState **state, const char *name)
{
	push_string(state, WJB_KEY, name);
}

/*
 * A member of the object that is being made; NULL is null.
 */
void
sb_push_text(JsonbParseState **state, const char *name, const char *value)
{
	sb_push_name(state, name);
	if (value)
		push_string(state, WJB_VALUE, value);
	else
		(void) pushJsonbValue(state, WJB_VALUE, &(JsonbValue){.type = jbvNull});
}

void
sb_push_bool(JsonbParseState **state, const char *name, bool value)
{
	sb_push_name(state, name);
	(void) pushJsonbValue(state, WJB_VALUE, &(JsonbValue){.type = jbvBool, .val.boolean = value});
}

/*
 * The value of the member whose name was pushed, or the next of an array.
 */
void
sb_push_value(JsonbParseState **state, bool in_array, Datum value, bool isnull, Oid type)
{
	JsonbIteratorToken token = in_array ? WJB_ELEM : WJB_VALUE;
	Oid element = get_element_type(type);

	if (isnull || type == VOIDOID)
		(void) pushJsonbValue(state, token, &(JsonbValue){.type = jbvNull});
	else if (OidIsValid(element))
		push_array(state, value, element);
	else if (type_is_rowtype(type))
		push_row(state, DatumGetHeapTupleHeader(value));
	else
		push_scalar(state, token, value, type);
}

static void
push_string(JsonbParseState **state, JsonbIteratorToken token, const char *value)
{
	JsonbValue string = {.type = jbvString};

	string.val.string.val = unconstify(char *, value);
	string.val.string.len = strlen(value);
	(void) pushJsonbValue(state, token, &string);
}

static void
push_array(JsonbParseState **state, Datum value, Oid element)
{
	int16 length;
	bool by_value;
	char align;
	Datum *values;
	bool *nulls;
	int count;

	get_typlenbyvalalign(element, &length, &by_value, &align);
	deconstruct_array(DatumGetArrayTypeP(value), element, length, by_value, align, &values, &nulls,
					  &count);
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
		sb_push_value(state, true, values[i], nulls[i], element);
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_row(JsonbParseState **state, HeapTupleHeader row)
{
	TupleDesc columns =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	Datum *values = palloc(sizeof(Datum) * columns->natts);
	bool *nulls = palloc(sizeof(bool) * columns->natts);

	heap_deform_tuple(&tuple, columns, values, nulls);
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < columns->natts; i++)
	{
		const FormData_pg_attribute *column = TupleDescAttr(columns, i);

		if (column->attisdropped)
			continue;
		sb_push_name(state, pstrdup(NameStr(column->attname)));
		sb_push_value(state, false, values[i], nulls[i], column->atttypid);
	}
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
	ReleaseTupleDesc(columns);
}

static void
push_scalar(JsonbParseState **state, JsonbIteratorToken token, Datum value, Oid type)
{
	JsonbValue scalar = {.type = jbvNull};
	Oid function;
	bool is_varlena;

	switch (type)
	{
		case BOOLOID:
			scalar.type = jbvBool;
			scalar.val.boolean = DatumGetBool(value);
			break;
		case INT2OID:
			scalar.type = jbvNumeric;
			scalar.val.numeric = int64_to_numeric(DatumGetInt16(value));
			break;
		case INT4OID:
			scalar.type = jbvNumeric;
			scalar.val.numeric = int64_to_numeric(DatumGetInt32(value));
			break;
		case JSONBOID:
		{
			Jsonb *json = DatumGetJsonbP(value);

			scalar.type = jbvBinary;
			scalar.val.binary.data = &json->root;
			scalar.val.binary.len = VARSIZE(json) - VARHDRSZ;
			break;
		}
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			push_string(state, token,
						JsonEncodeDateTime(palloc(MAXDATELEN + 1), value, type, NULL));
			return;
		default:
			getTypeOutputInfo(type, &function, &is_varlena);
			push_string(state, token, OidOutputFunctionCall(function, value));
			return;
	}
	(void) pushJsonbValue(state, token, &scalar);
}
