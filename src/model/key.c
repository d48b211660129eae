/*
 * key.c
 *	  What idempotency keys stand for.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "model/key.h"

static const char *differing_argument(Jsonb *first, Jsonb *second);
static bool same_value(Jsonb *other, const char *name, int length, const JsonbValue *value);

/* In the order of collation "C", which the table's index has. */
int
sb_compare_keys(const text *left, const text *right)
{
	int left_length = VARSIZE_ANY_EXHDR(left);
	int right_length = VARSIZE_ANY_EXHDR(right);
	int order = memcmp(VARDATA_ANY(left), VARDATA_ANY(right), Min(left_length, right_length));

	return order != 0 ? order : left_length - right_length;
}

/*
 * Is the request that the key comes with now the one it came with first?
 */
bool
sb_same_request(const SbKeyUse *first, const SbKeyUse *use, SbRefusal *refusal)
{
	const char *difference = first->operation != use->operation
		? "operation"
		: differing_argument(first->request, use->request);

	if (difference == NULL)
		return true;
	*refusal = (SbRefusal){.code = SB_IDEMPOTENCY_CONFLICT, .what = difference};
	return false;
}

/*
 * The name of an argument that only one of two requests has, or that has
 * another value in each; NULL where they are the same.
 */
static const char *
differing_argument(Jsonb *first, Jsonb *second)
{
	for (int pass = 0; pass < 2; pass++)
	{
		Jsonb *other = pass == 0 ? first : second;
		JsonbIterator *iterator = JsonbIteratorInit(pass == 0 ? &second->root : &first->root);
		JsonbIteratorToken token;
		JsonbValue name;
		JsonbValue value;

		while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
		{
			if (token != WJB_KEY)
				continue;
			(void) JsonbIteratorNext(&iterator, &value, true);
			if (!same_value(other, name.val.string.val, name.val.string.len, &value))
				return pnstrdup(name.val.string.val, name.val.string.len);
		}
	}
	return NULL;
}

static bool
same_value(Jsonb *other, const char *name, int length, const JsonbValue *value)
{
	JsonbValue found;

	if (getKeyJsonValueFromContainer(&other->root, name, length, &found) == NULL ||
		found.type != value->type)
		return false;
	if (value->type == jbvNumeric)
		return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(found.val.numeric),
												NumericGetDatum(value->val.numeric)));
	if (value->type == jbvBool)
		return found.val.boolean == value->val.boolean;
	if (value->type == jbvString)
		return found.val.string.len == value->val.string.len &&
			memcmp(found.val.string.val, value->val.string.val, value->val.string.len) == 0;
	elog(ERROR, "unexpected value of type %d in a stored request", value->type);
}
