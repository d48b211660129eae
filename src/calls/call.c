/*
 * call.c
 *	  call: every function of the schema by its name, with arguments in JSON.
 *
 * The function is called by SQL, as the caller, so that it passes the door as
 * if it were called directly: call() lends no right.  The text of the
 * statement has nothing of the caller's but what was found in the catalogue;
 * values are its parameters.  Plans are kept, one for each set of arguments
 * that was given to a function.
 *
 * Each call is a sub-transaction of its own, and an error becomes its answer.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

#include "base/error.h"
#include "calls/call_error.h"
#include "calls/call_value.h"
#include "calls/door.h"

/* More sets of arguments than this come by no program. */
#define MAX_PLANS 512

#define MAX_ARGUMENTS 64 /* the bits of a key */

/* A function, and how it was asked. */
typedef struct Call
{
	const char *name;
	const char *argument; /* that is being looked at, for errors */
	Oid function;
	char kind;
	bool is_set;
	Oid result_type;
	int count;					/* of its arguments, */
	char *names[MAX_ARGUMENTS]; /* in the order of its signature */
	Oid types[MAX_ARGUMENTS];
	bool required[MAX_ARGUMENTS];
	bool given[MAX_ARGUMENTS];
	Datum values[MAX_ARGUMENTS];
	bool nulls[MAX_ARGUMENTS];
} Call;

typedef struct PlanKey
{
	uint64 given;
	Oid function;
	uint32 unused; /* keys are compared by their bytes */
} PlanKey;

typedef struct PlanEntry
{
	PlanKey key; /* MUST BE FIRST: the hash table's */
	SPIPlanPtr plan;
} PlanEntry;

static HTAB *plans = NULL;

static Jsonb *call_in_savepoint(Call *call, Jsonb *arguments, int *http_status);
static const char *at_fault(const Call *call, const ErrorData *error);
static Jsonb *answer_of(Call *call, Jsonb *arguments);
static void find_function(Call *call);
static void describe(Call *call, HeapTuple tuple);
static void read_arguments(Call *call, Jsonb *arguments);
static void read_argument(Call *call, const JsonbValue *name, const JsonbValue *value);
static SPIPlanPtr plan_of(const Call *call);
static SPIPlanPtr prepare(const Call *call);
static void run(const Call *call, SPIPlanPtr plan);
static Jsonb *envelope(const Call *call);
static void push_rows(JsonbParseState **state, const Call *call);
static void say_status(int http_status);

PG_FUNCTION_INFO_V1(simplebank_call);

Datum
simplebank_call(PG_FUNCTION_ARGS)
{
	Call call = {0};
	Jsonb *answer;
	int http_status = 200;

	sb_admit(fcinfo, SB_READS | SB_FOR_CUSTOMERS | SB_OF_NO_ACCOUNT);
	call.name = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	answer = call_in_savepoint(&call, PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1), &http_status);
	say_status(http_status);
	PG_RETURN_JSONB_P(answer);
}

/*
 * As PL/pgSQL does it for a block with EXCEPTION.
 */
static Jsonb *
call_in_savepoint(Call *call, Jsonb *arguments, int *http_status)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;
	Jsonb *volatile answer = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		SPI_connect();
		MemoryContextSwitchTo(context);
		answer = answer_of(call, arguments);
		SPI_finish();
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = resources;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = resources;
		if (sb_must_not_be_caught(error))
			ReThrowError(error);
		answer = sb_error_envelope(error, call->name ? call->name : "", at_fault(call, error),
								   http_status);
	}
	PG_END_TRY();
	return answer;
}

/*
 * The argument that was being read, or what the refusal is about, if it has one
 * of that name.
 */
static const char *
at_fault(const Call *call, const ErrorData *error)
{
	const char *argument = sb_argument_at_fault(error->sqlerrcode);

	if (call->argument)
		return call->argument;
	for (int i = 0; argument && i < call->count; i++)
	{
		if (strcmp(call->names[i], argument) == 0)
			return argument;
	}
	return NULL;
}

/*
 * SPI leaves its own memory current, which goes with it; the answer stays.
 */
static Jsonb *
answer_of(Call *call, Jsonb *arguments)
{
	MemoryContext context = CurrentMemoryContext;

	find_function(call);
	read_arguments(call, arguments);
	run(call, plan_of(call));
	MemoryContextSwitchTo(context);
	return envelope(call);
}

/*
 * There is one of each name.  None of them is call() itself; nor act_for(): what
 * an application lets its users choose is never whose money they move.
 */
static void
find_function(Call *call)
{
	Oid schema = get_namespace_oid("simplebank", false);
	CatCList *found;

	call->argument = "operation";
	if (call->name == NULL)
		sb_raise_null("operation");
	found = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(call->name));
	for (int i = 0; i < found->n_members && !OidIsValid(call->function); i++)
	{
		HeapTuple tuple = &found->members[i]->tuple;
		Form_pg_proc function = (Form_pg_proc) GETSTRUCT(tuple);

		if (function->pronamespace == schema && strcmp(call->name, "call") != 0 &&
			strcmp(call->name, "act_for") != 0 &&
			(function->prokind == PROKIND_FUNCTION || function->prokind == PROKIND_PROCEDURE))
			describe(call, tuple);
	}
	ReleaseSysCacheList(found);
	if (!OidIsValid(call->function))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION), errmsg("unknown operation"),
				 errdetail("There is no operation \"%.*s\".", NAMEDATALEN, call->name),
				 errhint("simplebank.openapi() describes all of them.")));
	call->argument = NULL;
}

/*
 * What a procedure takes in and out is its answer, and no argument.
 */
static void
describe(Call *call, HeapTuple tuple)
{
	Form_pg_proc function = (Form_pg_proc) GETSTRUCT(tuple);
	int number = 0;
	Oid *types;
	char **names;
	char *modes;
	int count = get_func_arg_info(tuple, &types, &names, &modes);

	if (count > MAX_ARGUMENTS || (count > 0 && names == NULL))
		elog(ERROR, "function %s() has no names of arguments, or too many", call->name);
	call->function = function->oid;
	call->kind = function->prokind;
	call->is_set = function->proretset;
	call->result_type = function->prorettype;
	for (int i = 0; i < count; i++)
	{
		bool is_in = modes == NULL || modes[i] == PROARGMODE_IN;

		if (is_in)
		{
			call->names[call->count] = names[i];
			call->types[call->count] = types[i];
			call->required[call->count] = number < function->pronargs - function->pronargdefaults;
			call->count++;
		}
		if (is_in || modes[i] == PROARGMODE_INOUT)
			number++;
	}
}

static void
read_arguments(Call *call, Jsonb *arguments)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue name;
	JsonbValue value;

	if (arguments && (!JB_ROOT_IS_OBJECT(arguments)))
		sb_raise_invalid("arguments", "They are an object, whose members are the arguments.");
	iterator = arguments ? JsonbIteratorInit(&arguments->root) : NULL;
	while (iterator && (token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		read_argument(call, &name, &value);
	}
	for (int i = 0; i < call->count; i++)
	{
		if (call->required[i] && !call->given[i])
			sb_raise_null(call->names[i]);
	}
}

static void
read_argument(Call *call, const JsonbValue *name, const JsonbValue *value)
{
	int length = name->val.string.len;
	int i = 0;

	while (i < call->count &&
		   (strlen(call->names[i]) != (size_t) length ||
			memcmp(call->names[i], name->val.string.val, length) != 0))
		i++;
	if (i == call->count)
	{
		char *unknown =
			pnstrdup(name->val.string.val, pg_mbcliplen(name->val.string.val, length, NAMEDATALEN));

		sb_raise_invalid(unknown, psprintf("%s has no such argument.", call->name));
	}
	call->argument = call->names[i];
	call->values[i] = sb_value_of_json(value, call->types[i], call->names[i], &call->nulls[i]);
	call->given[i] = true;
	call->argument = NULL;
}

static SPIPlanPtr
plan_of(const Call *call)
{
	PlanKey key = {.function = call->function};
	PlanEntry *entry;
	SPIPlanPtr plan;

	for (int i = 0; i < call->count; i++)
		key.given |= call->given[i] ? UINT64CONST(1) << i : 0;
	if (plans == NULL)
		plans = hash_create("simplebank calls", 64,
							&(HASHCTL){.keysize = sizeof(PlanKey), .entrysize = sizeof(PlanEntry)},
							HASH_ELEM | HASH_BLOBS);
	entry = hash_search(plans, &key, HASH_FIND, NULL);
	if (entry)
		return entry->plan;
	plan = prepare(call);
	if (hash_get_num_entries(plans) >= MAX_PLANS)
		return plan;
	entry = hash_search(plans, &key, HASH_ENTER, NULL);
	entry->plan = plan;
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep the plan of %s", call->name);
	return plan;
}

/*
 * A set as rows, anything else as one value, so that NULL stays what it is.
 */
static SPIPlanPtr
prepare(const Call *call)
{
	StringInfoData text;
	Oid types[MAX_ARGUMENTS];
	int count = 0;
	SPIPlanPtr plan;

	initStringInfo(&text);
	appendStringInfo(&text, "%s simplebank.%s(",
					 call->kind == PROKIND_PROCEDURE ? "CALL"
						 : call->is_set				 ? "SELECT * FROM"
													 : "SELECT",
					 quote_identifier(call->name));
	for (int i = 0; i < call->count; i++)
	{
		if (!call->given[i])
			continue;
		types[count++] = call->types[i];
		appendStringInfo(&text, "%s%s => $%d", count > 1 ? ", " : "",
						 quote_identifier(call->names[i]), count);
	}
	appendStringInfoChar(&text, ')');
	plan = SPI_prepare_cursor(text.data, count, types, CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL)
		elog(ERROR, "could not prepare %s: %s", call->name, SPI_result_code_string(SPI_result));
	return plan;
}

static void
run(const Call *call, SPIPlanPtr plan)
{
	Datum values[MAX_ARGUMENTS];
	char nulls[MAX_ARGUMENTS];
	int count = 0;
	int result;

	for (int i = 0; i < call->count; i++)
	{
		if (!call->given[i])
			continue;
		values[count] = call->values[i];
		nulls[count++] = call->nulls[i] ? 'n' : ' ';
	}
	result = SPI_execute_plan(plan, values, nulls, false, 0);
	if (result != (call->kind == PROKIND_PROCEDURE ? SPI_OK_UTILITY : SPI_OK_SELECT))
		elog(ERROR, "%s returned %s", call->name, SPI_result_code_string(result));
}

static Jsonb *
envelope(const Call *call)
{
	JsonbParseState *state = NULL;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	sb_push_bool(&state, "ok", true);
	sb_push_name(&state, "result");
	if (call->is_set)
		(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	push_rows(&state, call);
	if (call->is_set)
		(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/*
 * A row that is a value has one column, of a function that returns no record.
 */
static void
push_rows(JsonbParseState **state, const Call *call)
{
	SPITupleTable *table = SPI_tuptable;
	bool has_rows = table != NULL && table->numvals > 0;
	bool is_row =
		call->kind == PROKIND_PROCEDURE || (call->is_set && type_is_rowtype(call->result_type));

	if (!has_rows && !call->is_set)
		sb_push_value(state, false, (Datum) 0, true, VOIDOID);
	for (uint64 i = 0; has_rows && i < table->numvals; i++)
	{
		HeapTuple row = table->vals[i];
		bool isnull;

		if (!is_row)
		{
			Datum value = SPI_getbinval(row, table->tupdesc, 1, &isnull);

			sb_push_value(state, call->is_set, value, isnull, SPI_gettypeid(table->tupdesc, 1));
			continue;
		}
		(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		for (int column = 1; column <= table->tupdesc->natts; column++)
		{
			Datum value = SPI_getbinval(row, table->tupdesc, column, &isnull);

			sb_push_name(state, SPI_fname(table->tupdesc, column));
			sb_push_value(state, false, value, isnull, SPI_gettypeid(table->tupdesc, column));
		}
		(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
}

/*
 * For gateways that take the status of their response from this setting, as
 * PostgREST does; of several calls of a transaction the last one counts.
 */
static void
say_status(int http_status)
{
	(void) set_config_option("response.status", psprintf("%d", http_status), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}
