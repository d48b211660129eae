/*
 * expect.c
 *	  The argument expect: what a request expects of its accounts, as jsonb.
 *
 * It is read strictly: who misspells a member would else believe that it was
 * checked.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "calls/argument.h"
#include "calls/expect.h"

/* The most digits of a bigint. */
#define MOST_DIGITS 19

/* The names of the accounts, debited and credited; NULL for one that cannot be asked for. */
typedef struct Names
{
	const char *of[2];
} Names;

static void read_account(const Names *names, const JsonbValue *name, const JsonbValue *value,
						 SbExpect *expect);
static void read_members(const Names *names, const char *account, JsonbContainer *object,
						 SbExpected *expected);
static bool is_member(const JsonbValue *name, SbExpected *expected, bool **has, int64 **number);
static bool read_int64(const JsonbValue *value, int64 *number);
static bool is_name(const JsonbValue *name, const char *expected);
static const char *shown(const JsonbValue *name);
pg_noreturn static void raise_fault(const Names *names, const char *fault);

/*
 * NULL where nothing is expected.
 */
const SbExpect *
sb_arg_expect(FunctionCallInfo fcinfo, int number, const char *debited, const char *credited)
{
	const Names names = {{debited, credited}};
	Jsonb *value = sb_arg_optional_jsonb(fcinfo, number, "expect");
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue name;
	JsonbValue member;
	SbExpect *expect;

	if (value == NULL)
		return NULL;
	if (!JB_ROOT_IS_OBJECT(value))
		raise_fault(&names, "It is not an object.");
	if (JB_ROOT_COUNT(value) == 0)
		raise_fault(&names, "It expects nothing.");
	expect = palloc0(sizeof(SbExpect));
	iterator = JsonbIteratorInit(&value->root);
	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &member, true);
		read_account(&names, &name, &member, expect);
	}
	return expect;
}

static void
read_account(const Names *names, const JsonbValue *name, const JsonbValue *value, SbExpect *expect)
{
	for (int i = 0; i < 2; i++)
	{
		if (names->of[i] == NULL || !is_name(name, names->of[i]))
			continue;
		if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
			raise_fault(names, psprintf("\"%s\" is not an object.", names->of[i]));
		read_members(names, names->of[i], value->val.binary.data, &expect->of[i]);
		return;
	}
	raise_fault(names, psprintf("It has no member \"%s\".", shown(name)));
}

static void
read_members(const Names *names, const char *account, JsonbContainer *object, SbExpected *expected)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue name;
	JsonbValue value;
	bool *has;
	int64 *number;

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		if (!is_member(&name, expected, &has, &number))
			raise_fault(names, psprintf("\"%s\" has no member \"%s\".", account, shown(&name)));
		if (!read_int64(&value, number))
			raise_fault(names, psprintf("\"%s\" of \"%s\" is no bigint.", shown(&name), account));
		*has = true;
	}
	if (!sb_expects(expected))
		raise_fault(names, psprintf("Of \"%s\" it expects nothing.", account));
	if (expected->has_version && expected->version < 0)
		raise_fault(names, psprintf("The version of \"%s\" is below 0.", account));
	if (expected->has_least && expected->has_most && expected->least > expected->most)
		raise_fault(names, psprintf("No balance of \"%s\" is within these bounds.", account));
}

/* Is there such a member, and where does it go? */
static bool
is_member(const JsonbValue *name, SbExpected *expected, bool **has, int64 **number)
{
	struct
	{
		const char *name;
		bool *has;
		int64 *number;
	} members[] = {{"version", &expected->has_version, &expected->version},
				   {"balance_at_least", &expected->has_least, &expected->least},
				   {"balance_at_most", &expected->has_most, &expected->most}};

	for (int i = 0; i < (int) lengthof(members); i++)
	{
		*has = members[i].has;
		*number = members[i].number;
		if (is_name(name, members[i].name))
			return true;
	}
	return false;
}

/*
 * A number, or a string of digits, as clients send it that have no integers
 * beyond 2^53.
 */
static bool
read_int64(const JsonbValue *value, int64 *number)
{
	char *digits;
	size_t count;

	if (value->type == jbvNumeric)
		digits =
			DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	else if (value->type == jbvString)
		digits = pnstrdup(value->val.string.val, value->val.string.len);
	else
		return false;
	count = strspn(digits + (digits[0] == '-'), "0123456789");
	if (count == 0 || count > MOST_DIGITS || digits[(digits[0] == '-') + count] != '\0')
		return false;
	errno = 0;
	*number = strtoi64(digits, NULL, 10);
	return errno == 0;
}

static bool
is_name(const JsonbValue *name, const char *expected)
{
	return name->val.string.len == (int) strlen(expected) &&
		memcmp(name->val.string.val, expected, name->val.string.len) == 0;
}

/* What a client has sent may be long. */
static const char *
shown(const JsonbValue *name)
{
	return pnstrdup(name->val.string.val,
					pg_mbcliplen(name->val.string.val, name->val.string.len, NAMEDATALEN - 1));
}

static void
raise_fault(const Names *names, const char *fault)
{
	bool has_both = names->of[0] && names->of[1];

	sb_raise(&(SbRefusal){
		.code = SB_INVALID_ARGUMENT,
		.what = "expect",
		.other = fault,
		.hint = psprintf(
			"It is like {\"%s\": {\"version\": 7, \"balance_at_least\": 0, \"balance_at_most\": "
			"\"9007199254740993\"}%s}, with one of them at least; integers may be strings.",
			names->of[0] ? names->of[0] : names->of[1],
			has_both ? psprintf(", \"%s\": {...}", names->of[1]) : "")});
}
