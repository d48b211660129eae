/*
 * argument.c
 *	  Values of arguments under their SQL names.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/json.h"
#include "utils/numeric.h"

#include "base/argument.h"

bool
sb_is_short_text(const text *value)
{
	int length = VARSIZE_ANY_EXHDR(value);

	return length > 0 && length <= SB_TEXT_LENGTH;
}

/*
 * An object of the arguments that are not NULL.
 */
Jsonb *
sb_arguments_object(const SbArgument *arguments, int count)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < count; i++)
	{
		const SbArgument *argument = &arguments[i];
		JsonbValue name;
		JsonbValue value;

		if (argument->isnull)
			continue;
		name.type = jbvString;
		name.val.string.val = unconstify(char *, argument->name);
		name.val.string.len = strlen(argument->name);
		pushJsonbValue(&state, WJB_KEY, &name);

		value.type = jbvString;
		switch (argument->type)
		{
			case INT8OID:
				value.type = jbvNumeric;
				value.val.numeric = int64_to_numeric(DatumGetInt64(argument->value));
				break;
			case BOOLOID:
				value.type = jbvBool;
				value.val.boolean = DatumGetBool(argument->value);
				break;
			case TIMESTAMPTZOID:
			{
				const int utc = 0;

				value.val.string.val =
					JsonEncodeDateTime(NULL, argument->value, TIMESTAMPTZOID, &utc);
				value.val.string.len = strlen(value.val.string.val);
			}
			break;
			case JSONBOID:
				value.type = jbvBinary;
				value.val.binary.data = &DatumGetJsonbP(argument->value)->root;
				value.val.binary.len = VARSIZE_ANY_EXHDR(DatumGetPointer(argument->value));
				break;
			default:
				value.val.string.val = VARDATA_ANY(DatumGetPointer(argument->value));
				value.val.string.len = VARSIZE_ANY_EXHDR(DatumGetPointer(argument->value));
		}
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(object);
}
