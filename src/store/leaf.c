/*
 * leaf.c
 *	  Leaves of seals: what is hashed of an entry and its transfer.
 *
 * A leaf is a line of text that has both, column by column, in UTF-8 whatever
 * the database's encoding.  Nothing is locked: entries and transfers never
 * change.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/encoding.h"
#include "store/leaf.h"
#include "store/sql.h"

/*
 * What a seal keeps of entry e and its transfer t; leaf_types has their types.
 * Before that, what the digests of its texts are made of: only where something
 * was erased, which may_be_erased finds out once, erasures are looked for.
 */
#define SALT_COLUMNS(may_be_erased)                       \
	"t.salt, CASE WHEN t.salt IS NULL AND " may_be_erased \
	" THEN (SELECT x.digests FROM simplebank.erasures x"  \
	"  WHERE x.object" EQ "'transfer' AND x.object_id" EQ "t.id) END, "
#define ENTRY_COLUMNS                                                     \
	"e.account_id, e.version, e.transfer_id, e.amount, e.balance, e.leg," \
	" e.posted_at, e.effective_at, e.created_at"
#define TRANSFER_COLUMNS                                                                        \
	"t.from_account_id, t.to_account_id, t.from_version, t.to_version, t.amount, t.posted_at,"  \
	" t.effective_at, t.created_at, t.operation, t.role, t.reverses, t.hold_id, t.from_amount," \
	" t.to_amount, t.description, t.metadata, t.reference, t.ledger_id, t.gateway"
#define SEALED_COLUMNS(may_be_erased) \
	SALT_COLUMNS(may_be_erased) ENTRY_COLUMNS ", " TRANSFER_COLUMNS

/* How the columns of a leaf are written; see SEALED_COLUMNS. */
static const Oid leaf_types[] = {
	/* the entry: account_id, version, transfer_id, amount, balance, leg, times */
	INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID,
	TIMESTAMPTZOID,
	/* the transfer: accounts, versions, amount, times */
	INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
	/* operation, role, reverses, hold_id, from_amount, to_amount, description, metadata, reference,
	   ledger_id, gateway */
	TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, JSONBOID, TEXTOID, INT4OID,
	TEXTOID};

#define FIRST_TRANSFER_COLUMN 9

/* Of these a leaf has digests. */
#define DESCRIPTION_COLUMN 23
#define METADATA_COLUMN 24

StaticAssertDecl(lengthof(leaf_types) > METADATA_COLUMN, "the texts are columns of a leaf");

/* A pair of an object, or an element of an array, which has no key.  The key is in UTF-8, the value as JSON. */
typedef struct Member
{
	char *key;
	char *value;
} Member;

/* clang-format off */
static SbPlan read_new_transfers = {
	"read_new_transfers",
	"SELECT t.id, NULL, NULL, NULL, "
	SALT_COLUMNS("EXISTS (SELECT FROM simplebank.erasures x"
	" WHERE x.object" EQ "'transfer' AND x.object_id" GE "$1 AND x.object_id" LE "$2)") TRANSFER_COLUMNS
	" FROM simplebank.transfers t WHERE t.id" GE "$1 AND t.id" LE "$2 ORDER BY t.id",
	SPI_OK_SELECT, .read_only = true, .nargs = 2, .types = {INT8OID, INT8OID}
};
/* Sooner than one by one. */
static SbPlan read_new_entries = {
	"read_new_entries",
	"SELECT e.transfer_id, e.account_id, e.version, e.ctid, NULL, NULL, " ENTRY_COLUMNS
	" FROM simplebank.entries e WHERE e.ctid" GE "$3 AND e.transfer_id" GE "$1 AND e.transfer_id" LE "$2",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {INT8OID, INT8OID, TIDOID}
};
static SbPlan read_sealable = {
	"read_sealable",
	"SELECT t.id, e.account_id, e.version, e.ctid, "
	SEALED_COLUMNS("EXISTS (SELECT FROM (SELECT " UNNEST("$1") " id) r JOIN simplebank.erasures x"
	" ON x.object" EQ "'transfer' AND x.object_id" EQ "r.id)")
	" FROM (SELECT " UNNEST("$1") " id) r"
	" JOIN simplebank.transfers t ON t.id" EQ "r.id"
	" CROSS JOIN LATERAL (SELECT d.ctid, d.* FROM simplebank.entries d"
	"  WHERE d.account_id" EQ "t.from_account_id AND d.version" EQ "t.from_version"
	"  UNION ALL SELECT c.ctid, c.* FROM simplebank.entries c"
	"  WHERE c.account_id" EQ "t.to_account_id AND c.version" EQ "t.to_version"
	"  UNION ALL SELECT l.ctid, l.* FROM simplebank.entries l"
	"  WHERE t.from_account_id IS NULL AND l.transfer_id" EQ "t.id AND l.leg IS NOT NULL) e",
	SPI_OK_SELECT, .read_only = true, .nargs = 1, .types = {INT8ARRAYOID}
};
static SbPlan read_sealed = {
	"read_sealed",
	"SELECT s.transfer_id, s.account_id, s.version, e.version IS NOT NULL, "
	SEALED_COLUMNS("EXISTS (SELECT FROM simplebank.erasures x"
	" WHERE x.object" EQ "'transfer' AND x.object_id" GE "(SELECT pg_catalog.min(i) FROM pg_catalog.unnest($1) i)"
	" AND x.object_id" LE "(SELECT pg_catalog.max(i) FROM pg_catalog.unnest($1) i))")
	" FROM (SELECT " UNNEST("$1") " transfer_id, " UNNEST("$2") " account_id, "
	UNNEST("$3") " version) s"
	" LEFT JOIN simplebank.entries e"
	" ON e.account_id" EQ "s.account_id AND e.version" EQ "s.version"
	" LEFT JOIN simplebank.transfers t ON t.id" EQ "s.transfer_id",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID}
};
static SbPlan insert_sealed = {
	"insert_sealed",
	"INSERT INTO simplebank.sealed_entries"
	" (seal_id, first_leaf, transfer_ids, account_ids, versions, hashes)"
	" VALUES ($1, $2, $3, $4, $5, $6)",
	SPI_OK_INSERT, .nargs = 6,
	.types = {INT8OID, INT8OID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, BYTEAOID}
};
/* clang-format on */

static void append_number(StringInfo leaf, int64 number);
static void append_string(StringInfo leaf, const char *string, int length);
static void append_text(StringInfo leaf, const char *bytes, int length);
static void append_columns(StringInfo leaf, SbMerkle *hasher, const TupleTableSlot *slot,
						   int offset, int first, int end);
static void append_digest(StringInfo leaf, SbMerkle *hasher, const TupleTableSlot *slot, int number,
						  Datum value, bool is_null);
static void append_erased(StringInfo leaf, Jsonb *digests, const char *column);
static void append_utf8(StringInfo bytes, Oid type, Datum text);
static void append_json(StringInfo bytes, Jsonb *json);
static char *json_to_utf8(JsonbContainer *container);
static char *json_value_to_utf8(const JsonbValue *value);
static int compare_members(const void *a, const void *b);

/*
 * Columns are separated by tabs, as COPY writes them; numbers in digits, times
 * in microseconds since 1970; of what can be erased a digest.
 */
void
sb_make_leaf(StringInfo leaf, SbMerkle *hasher, const TupleTableSlot *slot)
{
	sb_make_entry_part(leaf, slot);
	append_columns(leaf, hasher, slot, SB_LEAF_COLUMN, FIRST_TRANSFER_COLUMN, lengthof(leaf_types));
}

/*
 * What a leaf begins with: its byte 0 and the columns of the entry.
 */
void
sb_make_entry_part(StringInfo leaf, const TupleTableSlot *slot)
{
	resetStringInfo(leaf);
	appendStringInfoChar(leaf, '\0');
	append_columns(leaf, NULL, slot, SB_LEAF_COLUMN, 0, FIRST_TRANSFER_COLUMN);
}

/*
 * What all leaves of a transfer end with: its columns, which in this row are
 * the leaf's first ones.
 */
void
sb_append_transfer_part(StringInfo part, SbMerkle *hasher, const TupleTableSlot *slot)
{
	append_columns(part, hasher, slot, SB_LEAF_COLUMN - FIRST_TRANSFER_COLUMN,
				   FIRST_TRANSFER_COLUMN, lengthof(leaf_types));
}

/* Column i of a leaf is column i of the row, counted from offset. */
static void
append_columns(StringInfo leaf, SbMerkle *hasher, const TupleTableSlot *slot, int offset, int first,
			   int end)
{
	for (int i = first; i < end; i++)
	{
		Datum value = slot->tts_values[offset + i];
		bool is_null = slot->tts_isnull[offset + i];

		if (i > 0)
			appendStringInfoCharMacro(leaf, '\t');
		if (i == DESCRIPTION_COLUMN || i == METADATA_COLUMN)
			append_digest(leaf, hasher, slot, i, value, is_null);
		else if (is_null)
			appendBinaryStringInfo(leaf, "\\N", 2);
		else if (leaf_types[i] == INT8OID)
			append_number(leaf, DatumGetInt64(value));
		else if (leaf_types[i] == INT4OID)
			append_number(leaf, DatumGetInt32(value));
		else if (leaf_types[i] == TIMESTAMPTZOID)
			append_number(leaf,
						  DatumGetTimestampTz(value) +
							  (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY);
		else
		{
			text *string = DatumGetTextPP(value);

			append_string(leaf, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
		}
	}
}

static void
append_number(StringInfo leaf, int64 number)
{
	enlargeStringInfo(leaf, MAXINT8LEN);
	leaf->len += pg_lltoa(number, leaf->data + leaf->len);
}

static void
append_string(StringInfo leaf, const char *string, int length)
{
	char *converted;

	if (GetDatabaseEncoding() == PG_UTF8)
	{
		append_text(leaf, string, length);
		return;
	}
	converted = sb_to_utf8(string, length);
	append_text(leaf, converted, strlen(converted));
	pfree(converted);
}

static void
append_text(StringInfo leaf, const char *bytes, int length)
{
	for (int i = 0; i < length; i++)
	{
		switch (bytes[i])
		{
			case '\t':
				appendStringInfoString(leaf, "\\t");
				break;
			case '\n':
				appendStringInfoString(leaf, "\\n");
				break;
			case '\r':
				appendStringInfoString(leaf, "\\r");
				break;
			case '\\':
				appendStringInfoString(leaf, "\\\\");
				break;
			default:
				appendStringInfoCharMacro(leaf, bytes[i]);
		}
	}
}

/*
 * The digest of a text, or the one that was kept when it was erased.
 */
static void
append_digest(StringInfo leaf, SbMerkle *hasher, const TupleTableSlot *slot, int number,
			  Datum value, bool is_null)
{
	const char *column = number == METADATA_COLUMN ? "metadata" : "description";
	bytea *salt;
	char *digest;

	if (is_null)
	{
		append_erased(leaf,
					  slot->tts_isnull[SB_LEAF_ERASED]
						  ? NULL
						  : DatumGetJsonbP(slot->tts_values[SB_LEAF_ERASED]),
					  column);
		return;
	}
	/* without a salt it is none that the ledger has written */
	salt = slot->tts_isnull[SB_LEAF_SALT] ? NULL : DatumGetByteaPP(slot->tts_values[SB_LEAF_SALT]);
	digest = sb_text_digest(hasher, salt, column, leaf_types[number], value);
	appendStringInfoString(leaf, digest);
	pfree(digest);
}

static void
append_erased(StringInfo leaf, Jsonb *digests, const char *column)
{
	JsonbValue room;
	JsonbValue *digest = NULL;

	if (digests && JB_ROOT_IS_OBJECT(digests))
		digest = getKeyJsonValueFromContainer(&digests->root, column, strlen(column), &room);
	if (digest && digest->type == jbvString)
		append_string(leaf, digest->val.string.val, digest->val.string.len);
	else
		appendStringInfoString(leaf, "\\N");
}

/*
 * What a leaf has instead of a text: SHA-256, in hexadecimal digits, of its
 * salt, the column's name, a byte 0, and the text in UTF-8.
 */
char *
sb_text_digest(SbMerkle *hasher, const bytea *salt, const char *column, Oid type, Datum text)
{
	StringInfoData bytes;
	uint8 hash[SB_HASH_LENGTH];
	char *digest = palloc(2 * SB_HASH_LENGTH + 1);

	initStringInfo(&bytes);
	if (salt)
		appendBinaryStringInfo(&bytes, VARDATA_ANY(salt), VARSIZE_ANY_EXHDR(salt));
	appendBinaryStringInfo(&bytes, column, strlen(column) + 1);
	append_utf8(&bytes, type, text);
	sb_sha256(hasher, bytes.data, bytes.len, hash);
	pfree(bytes.data);
	digest[hex_encode((char *) hash, SB_HASH_LENGTH, digest)] = '\0';
	return digest;
}

static void
append_utf8(StringInfo bytes, Oid type, Datum text)
{
	struct varlena *value = (struct varlena *) PG_DETOAST_DATUM(text);

	if (type == JSONBOID)
		append_json(bytes, (Jsonb *) value);
	else if (GetDatabaseEncoding() == PG_UTF8)
		appendBinaryStringInfo(bytes, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	else
	{
		char *converted = sb_to_utf8(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));

		appendStringInfoString(bytes, converted);
		pfree(converted);
	}
	if ((Pointer) value != DatumGetPointer(text))
		pfree(value);
}

/*
 * As a database in UTF8 writes it.
 */
static void
append_json(StringInfo bytes, Jsonb *json)
{
	char *string = JsonbToCString(NULL, &json->root, VARSIZE(json));

	if (GetDatabaseEncoding() == PG_UTF8 || sb_is_ascii(string, strlen(string)))
		appendStringInfoString(bytes, string);
	else
	{
		MemoryContext context =
			AllocSetContextCreate(CurrentMemoryContext, "ledger json", ALLOCSET_SMALL_SIZES);
		MemoryContext old_context = MemoryContextSwitchTo(context);
		char *converted = json_to_utf8(&json->root);

		MemoryContextSwitchTo(old_context);
		appendStringInfoString(bytes, converted);
		MemoryContextDelete(context);
	}
	pfree(string);
}

/*
 * jsonb keeps the pairs of an object in the order of their keys' bytes, in
 * the database's encoding.  Here they come in the order that they have in
 * UTF-8.
 */
static char *
json_to_utf8(JsonbContainer *container)
{
	Member *members = palloc0(sizeof(Member) * Max(JsonContainerSize(container), 1));
	JsonbIterator *iterator = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue item;
	StringInfoData json;
	int count = 0;

	check_stack_depth();
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			members[count].key = sb_to_utf8(item.val.string.val, item.val.string.len);
		else if (token == WJB_VALUE || token == WJB_ELEM)
			members[count++].value = json_value_to_utf8(&item);
	}
	if (JsonContainerIsScalar(container))
		return members[0].value;
	if (JsonContainerIsObject(container))
		qsort(members, count, sizeof(Member), compare_members);

	initStringInfo(&json);
	appendStringInfoChar(&json, JsonContainerIsObject(container) ? '{' : '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoString(&json, ", ");
		if (members[i].key)
		{
			escape_json(&json, members[i].key);
			appendStringInfoString(&json, ": ");
		}
		appendStringInfoString(&json, members[i].value);
	}
	appendStringInfoChar(&json, JsonContainerIsObject(container) ? '}' : ']');
	return json.data;
}

static char *
json_value_to_utf8(const JsonbValue *value)
{
	StringInfoData json;

	if (value->type == jbvBinary)
		return json_to_utf8(value->val.binary.data);
	if (value->type == jbvNumeric)
		return DatumGetCString(
			DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	if (value->type == jbvBool)
		return pstrdup(value->val.boolean ? "true" : "false");
	if (value->type == jbvNull)
		return pstrdup("null");
	Assert(value->type == jbvString);
	initStringInfo(&json);
	escape_json(&json, sb_to_utf8(value->val.string.val, value->val.string.len));
	return json.data;
}

/* Shorter keys come first, as in jsonb. */
static int
compare_members(const void *a, const void *b)
{
	const char *left = ((const Member *) a)->key;
	const char *right = ((const Member *) b)->key;
	size_t left_length = strlen(left);
	size_t right_length = strlen(right);

	if (left_length != right_length)
		return left_length < right_length ? -1 : 1;
	return memcmp(left, right, left_length);
}

/*
 * The transfers with these ids, and any between them, ascending; what a leaf
 * has of them comes from SB_LEAF_COLUMN on.
 */
void
sb_store_read_new_transfers(int64 first_id, int64 last_id, SbRowFunction row_function, void *state)
{
	Datum values[] = {Int64GetDatum(first_id), Int64GetDatum(last_id)};

	sb_plan_run(&read_new_transfers, values, NULL, row_function, state);
}

/*
 * Their entries that are from this place on in their table; without what a
 * leaf has of the transfer.
 */
void
sb_store_read_new_entries(int64 first_id, int64 last_id, ItemPointer from,
						  SbRowFunction row_function, void *state)
{
	Datum values[] = {Int64GetDatum(first_id), Int64GetDatum(last_id), PointerGetDatum(from)};

	sb_plan_run(&read_new_entries, values, NULL, row_function, state);
}

/*
 * The entries of these transfers, each found by its key.
 */
void
sb_store_read_sealable(Datum ids, SbRowFunction row_function, void *state)
{
	sb_plan_run(&read_sealable, &ids, NULL, row_function, state);
}

/*
 * What there is now of sealed entries; columns are arrays of their transfers,
 * accounts and versions.
 */
void
sb_store_read_sealed(const Datum *columns, SbRowFunction row_function, void *state)
{
	sb_plan_run(&read_sealed, columns, NULL, row_function, state);
}

/* The columns are those of the plan. */
void
sb_store_insert_sealed(const Datum *row)
{
	sb_plan_run(&insert_sealed, row, NULL, NULL, NULL);
}
