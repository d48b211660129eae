/*
 * event.c
 *	  Events: what is told of a row that has a position in the log.
 *
 * An event is a row of read_events(), and once more, as a whole, an object in
 * JSON: version 1 of the contract that README has.  A member is never taken
 * away and never means another thing; new ones come in addition.
 *
 * Amounts are strings, since most readers of JSON have but 53 bits.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "calls/event.h"
#include "model/stripe.h"

#define EVENT_VERSION 1

/* An object that is being made; its values may be NULL in SQL, and are null then. */
typedef struct Object
{
	JsonbParseState *state;
	const TupleTableSlot *slot; /* where values come from */
} Object;

static void make_transfer(Object *object, SbEventRow *row);
static void add_entries(Object *object);
static void add_entry(Object *object, int row_column);
static void make_account_event(Object *object, SbEventRow *row);
static void add_common(Object *object, const SbEventRow *row);
static void add_hold(Object *object, SbEventRow *row);
static void add_setting(Object *object, const char *key, int column);
static void make_notice(Object *object, SbEventRow *row);
static void keep(SbEventRow *row, int column, const TupleTableSlot *slot, int from);
static void add_key(Object *object, const char *key);
static void add_value(Object *object, enum jbvType type, JsonbValue *value);
static void add_null(Object *object, const char *key);
static void add_string(Object *object, const char *key, const char *string);
static void add_number(Object *object, const char *key, int64 number);
static void add_amount(Object *object, const char *key, int64 amount);
static void add_text_of(Object *object, const char *key, int column);
static void add_number_of(Object *object, const char *key, int column);
static void add_amount_of(Object *object, const char *key, int column);
static void add_time_of(Object *object, const char *key, int column);
static void add_json_of(Object *object, const char *key, int column);

/*
 * The kind of a row.
 */
char *
sb_event_kind(char source, const TupleTableSlot *slot)
{
	char *name;

	if (source == 't')
		return pstrdup("transfer");
	name = TextDatumGetCString(
		slot->tts_values[source == 'e' ? (int) SB_LOGGED_EVENT : (int) SB_LOGGED_KIND]);
	if (source == 'e' && slot->tts_isnull[SB_LOGGED_HOLD])
		return psprintf("account_%s", name);
	return name;
}

/*
 * The event of a row of the plan of its source.  What row points to may be in
 * the slot.
 */
void
sb_event_make(char source, const char *kind, const TupleTableSlot *slot, SbEventRow *row)
{
	Object object = {.slot = slot};

	memset(row->nulls, true, sizeof(row->nulls));
	row->values[SB_COLUMN_POSITION] = Int64GetDatum(row->position);
	row->nulls[SB_COLUMN_POSITION] = false;
	row->values[SB_COLUMN_KIND] = CStringGetTextDatum(kind);
	row->nulls[SB_COLUMN_KIND] = false;
	keep(row, SB_COLUMN_ID, slot, SB_LOGGED_ID);
	keep(row, SB_COLUMN_OCCURRED_AT, slot, SB_LOGGED_AT);
	keep(row, SB_COLUMN_ROLE, slot, SB_LOGGED_ROLE);
	keep(row, SB_COLUMN_GATEWAY, slot, SB_LOGGED_GATEWAY);
	keep(row, SB_COLUMN_LEDGER, slot, SB_LOGGED_LEDGER);

	(void) pushJsonbValue(&object.state, WJB_BEGIN_OBJECT, NULL);
	add_number(&object, "v", EVENT_VERSION);
	add_number_of(&object, "id", SB_LOGGED_ID);
	add_string(&object, "kind", kind);
	add_text_of(&object, "role", SB_LOGGED_ROLE);
	if (source == 't')
		make_transfer(&object, row);
	else if (source == 'e')
		make_account_event(&object, row);
	else
		make_notice(&object, row);
	row->values[SB_COLUMN_EVENT] =
		JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&object.state, WJB_END_OBJECT, NULL)));
	row->nulls[SB_COLUMN_EVENT] = false;
}

static void
make_transfer(Object *object, SbEventRow *row)
{
	keep(row, SB_COLUMN_EFFECTIVE_AT, object->slot, SB_LOGGED_EFFECTIVE_AT);
	keep(row, SB_COLUMN_OPERATION, object->slot, SB_LOGGED_OPERATION);
	keep(row, SB_COLUMN_REFERENCE, object->slot, SB_LOGGED_REFERENCE);
	keep(row, SB_COLUMN_DESCRIPTION, object->slot, SB_LOGGED_DESCRIPTION);
	keep(row, SB_COLUMN_METADATA, object->slot, SB_LOGGED_METADATA);

	/* in the order in which jsonb keeps them, which is found out quickly */
	add_amount_of(object, "amount", SB_LOGGED_AMOUNT);
	add_text_of(object, "ledger", SB_LOGGED_LEDGER);
	if (object->slot->tts_isnull[SB_LOGGED_FROM_ROW])
		add_json_of(object, "entries", SB_LOGGED_ENTRIES);
	else
		add_entries(object);
	add_text_of(object, "gateway", SB_LOGGED_GATEWAY);
	add_number_of(object, "hold_id", SB_LOGGED_CAPTURES);
	add_json_of(object, "metadata", SB_LOGGED_METADATA);
	add_number(object, "position", row->position);
	add_number_of(object, "reverses", SB_LOGGED_REVERSES);
	add_text_of(object, "operation", SB_LOGGED_OPERATION);
	add_text_of(object, "reference", SB_LOGGED_REFERENCE);
	add_text_of(object, "description", SB_LOGGED_DESCRIPTION);
	add_time_of(object, "occurred_at", SB_LOGGED_AT);
	add_time_of(object, "effective_at", SB_LOGGED_EFFECTIVE_AT);
}

static void
add_entries(Object *object)
{
	add_key(object, "entries");
	(void) pushJsonbValue(&object->state, WJB_BEGIN_ARRAY, NULL);
	add_entry(object, SB_LOGGED_FROM_ROW);
	add_entry(object, SB_LOGGED_TO_ROW);
	(void) pushJsonbValue(&object->state, WJB_END_ARRAY, NULL);
}

/* Its row, version, amount and balance are columns from this one on. */
static void
add_entry(Object *object, int row_column)
{
	int64 row_id = DatumGetInt64(object->slot->tts_values[row_column]);

	(void) pushJsonbValue(&object->state, WJB_BEGIN_OBJECT, NULL);
	if (row_id < 0)
		add_number(object, "row", row_id);
	add_amount_of(object, "amount", row_column + 2);
	add_number(object, "account", sb_stripe_account(row_id));
	add_amount_of(object, "balance", row_column + 3);
	add_number_of(object, "version", row_column + 1);
	(void) pushJsonbValue(&object->state, WJB_END_OBJECT, NULL);
}

static void
make_account_event(Object *object, SbEventRow *row)
{
	int64 row_id = DatumGetInt64(object->slot->tts_values[SB_LOGGED_ACCOUNT]);

	row->values[SB_COLUMN_ACCOUNT_ID] = Int64GetDatum(sb_stripe_account(row_id));
	row->nulls[SB_COLUMN_ACCOUNT_ID] = false;
	add_common(object, row);
	add_number(object, "account", sb_stripe_account(row_id));
	add_number_of(object, "version", SB_LOGGED_VERSION);
	add_text_of(object, "reason", SB_LOGGED_REASON);
	add_setting(object, "before", SB_LOGGED_BEFORE);
	add_setting(object, "after", SB_LOGGED_AFTER);
	if (!object->slot->tts_isnull[SB_LOGGED_HOLD])
		add_hold(object, row);
}

/* What each event has besides. */
static void
add_common(Object *object, const SbEventRow *row)
{
	add_number(object, "position", row->position);
	add_time_of(object, "occurred_at", SB_LOGGED_AT);
	add_text_of(object, "gateway", SB_LOGGED_GATEWAY);
	add_text_of(object, "ledger", SB_LOGGED_LEDGER);
}

static void
add_hold(Object *object, SbEventRow *row)
{
	keep(row, SB_COLUMN_REFERENCE, object->slot, SB_LOGGED_HOLD_REFERENCE);
	keep(row, SB_COLUMN_DESCRIPTION, object->slot, SB_LOGGED_HOLD_DESCRIPTION);
	keep(row, SB_COLUMN_METADATA, object->slot, SB_LOGGED_HOLD_METADATA);

	add_number_of(object, "hold_id", SB_LOGGED_HOLD);
	add_number_of(object, "to_account", SB_LOGGED_HOLD_TO);
	add_amount_of(object, "amount", SB_LOGGED_HOLD_AMOUNT);
	add_amount_of(object, "captured", SB_LOGGED_HOLD_CAPTURED);
	add_text_of(object, "status", SB_LOGGED_HOLD_STATUS);
	add_time_of(object, "expires_at", SB_LOGGED_HOLD_EXPIRES_AT);
	add_text_of(object, "reference", SB_LOGGED_HOLD_REFERENCE);
	add_text_of(object, "description", SB_LOGGED_HOLD_DESCRIPTION);
	add_json_of(object, "metadata", SB_LOGGED_HOLD_METADATA);
}

/*
 * What an account was, or is, in an event of it.  Its amounts are numbers
 * there.
 */
static void
add_setting(Object *object, const char *key, int column)
{
	static const char *const amounts[] = {"min_balance", "max_balance", "held", "available"};
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	Jsonb *setting;
	bool is_amount = false;

	if (object->slot->tts_isnull[column])
	{
		add_null(object, key);
		return;
	}
	setting = DatumGetJsonbP(object->slot->tts_values[column]);
	add_key(object, key);
	iterator = JsonbIteratorInit(&setting->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			is_amount = false;
			for (int i = 0; i < (int) lengthof(amounts); i++)
				is_amount |= value.val.string.len == (int) strlen(amounts[i]) &&
					memcmp(value.val.string.val, amounts[i], value.val.string.len) == 0;
		}
		else if (token == WJB_VALUE && is_amount && value.type == jbvNumeric)
		{
			Datum digits = NumericGetDatum(value.val.numeric);

			value.val.string.val = DatumGetCString(DirectFunctionCall1(numeric_out, digits));
			value.val.string.len = strlen(value.val.string.val);
			value.type = jbvString;
		}
		(void) pushJsonbValue(&object->state, token,
							  token == WJB_KEY || token == WJB_VALUE || token == WJB_ELEM ? &value
																						  : NULL);
	}
}

static void
make_notice(Object *object, SbEventRow *row)
{
	keep(row, SB_COLUMN_ACCOUNT_ID, object->slot, SB_LOGGED_NOTICE_ACCOUNT);

	add_common(object, row);
	add_number_of(object, "account", SB_LOGGED_NOTICE_ACCOUNT);
	add_number_of(object, "object_id", SB_LOGGED_OBJECT);
	add_json_of(object, "details", SB_LOGGED_DETAILS);
}

/* What lies apart from its row is fetched. */
static void
keep(SbEventRow *row, int column, const TupleTableSlot *slot, int from)
{
	row->values[column] = slot->tts_values[from];
	row->nulls[column] = slot->tts_isnull[from];
	if (!row->nulls[column] && TupleDescAttr(slot->tts_tupleDescriptor, from)->attlen == -1)
		row->values[column] = PointerGetDatum(PG_DETOAST_DATUM_PACKED(row->values[column]));
}

static void
add_key(Object *object, const char *key)
{
	JsonbValue value = {.type = jbvString};

	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	(void) pushJsonbValue(&object->state, WJB_KEY, &value);
}

static void
add_value(Object *object, enum jbvType type, JsonbValue *value)
{
	value->type = type;
	(void) pushJsonbValue(&object->state, WJB_VALUE, value);
}

static void
add_null(Object *object, const char *key)
{
	JsonbValue value;

	add_key(object, key);
	add_value(object, jbvNull, &value);
}

/* The string is kept. */
static void
add_string(Object *object, const char *key, const char *string)
{
	JsonbValue value;

	add_key(object, key);
	value.val.string.val = unconstify(char *, string);
	value.val.string.len = strlen(string);
	add_value(object, jbvString, &value);
}

static void
add_number(Object *object, const char *key, int64 number)
{
	JsonbValue value;

	add_key(object, key);
	value.val.numeric = int64_to_numeric(number);
	add_value(object, jbvNumeric, &value);
}

static void
add_amount(Object *object, const char *key, int64 amount)
{
	char *digits = palloc(MAXINT8LEN + 1);

	pg_lltoa(amount, digits);
	add_string(object, key, digits);
}

static void
add_text_of(Object *object, const char *key, int column)
{
	JsonbValue value;
	text *string;

	if (object->slot->tts_isnull[column])
	{
		add_null(object, key);
		return;
	}
	string = DatumGetTextPP(object->slot->tts_values[column]);
	add_key(object, key);
	value.val.string.val = VARDATA_ANY(string);
	value.val.string.len = VARSIZE_ANY_EXHDR(string);
	add_value(object, jbvString, &value);
}

static void
add_number_of(Object *object, const char *key, int column)
{
	if (object->slot->tts_isnull[column])
		add_null(object, key);
	else
		add_number(object, key, DatumGetInt64(object->slot->tts_values[column]));
}

static void
add_amount_of(Object *object, const char *key, int column)
{
	if (object->slot->tts_isnull[column])
		add_null(object, key);
	else
		add_amount(object, key, DatumGetInt64(object->slot->tts_values[column]));
}

/* In UTC, whatever the session's zone. */
static void
add_time_of(Object *object, const char *key, int column)
{
	static const int utc = 0;

	if (object->slot->tts_isnull[column])
		add_null(object, key);
	else
		add_string(
			object, key,
			JsonEncodeDateTime(NULL, object->slot->tts_values[column], TIMESTAMPTZOID, &utc));
}

static void
add_json_of(Object *object, const char *key, int column)
{
	JsonbValue value;
	Jsonb *json;

	if (object->slot->tts_isnull[column])
	{
		add_null(object, key);
		return;
	}
	json = DatumGetJsonbP(object->slot->tts_values[column]);
	add_key(object, key);
	value.val.binary.data = &json->root;
	value.val.binary.len = VARSIZE_ANY_EXHDR(json);
	add_value(object, jbvBinary, &value);
}
