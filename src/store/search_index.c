/*
 * search_index.c
 *	  The paths by the indexes of create_search_index().
 *
 * Most of them have what is asked in another order than the answer.  So the
 * ids are read of all that an index yields, if these are no more than half
 * of what may still be read; where they are more, what is asked is frequent, and
 * found soon enough without the index.
 *
 * Of a GIN index the server reads the whole list of a value before the first
 * row: that is bounded by the size of the index alone.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_index.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "store/search_index.h"
#include "store/sql.h"

/* Of a description so many characters are indexed, so that each one fits. */
#define INDEXED_CHARACTERS 64

/* clang-format off */
#define BEGINNING(column) "pg_catalog.\"left\"(" column ", 64)"

/* The first two arguments are what an index is asked for, the third one how many ids. */
static SbPlan by_description = {
	"transfers_by_description",
	"SELECT t.id FROM simplebank.transfers t WHERE t.description IS NOT NULL"
	" AND " BEGINNING("t.description") " OPERATOR(pg_catalog.~>=~) $1"
	" AND " BEGINNING("t.description") " OPERATOR(pg_catalog.~<~) $2 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {TEXTOID, TEXTOID, INT8OID}
};
static SbPlan by_metadata = {
	"transfers_by_metadata",
	"SELECT t.id FROM simplebank.transfers t WHERE t.metadata OPERATOR(pg_catalog.@>) $1 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .bitmaps = true, .nargs = 3, .types = {JSONBOID, INT8OID, INT8OID}
};
static SbPlan by_amount = {
	"transfers_by_amount",
	"SELECT t.id FROM simplebank.transfers t WHERE t.amount" GE "$1 AND t.amount" LE "$2 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {INT8OID, INT8OID, INT8OID}
};
static SbPlan by_effective_at = {
	"transfers_by_effective_at",
	"SELECT t.id FROM simplebank.transfers t WHERE t.effective_at" GE "$1 AND t.effective_at" LT "$2 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}
};
static SbPlan by_posted_at = {
	"transfers_by_posted_at",
	"SELECT t.id FROM simplebank.transfers t WHERE t.posted_at" GE "$1 AND t.posted_at" LT "$2 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}
};
static SbPlan accounts_by_name = {
	"accounts_by_name",
	"SELECT a.id FROM simplebank.accounts a WHERE a.name IS NOT NULL AND a.name" GE "$1 AND a.name" LT "$2 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {TEXTOID, TEXTOID, INT8OID}
};
static SbPlan accounts_by_metadata = {
	"accounts_by_metadata",
	"SELECT a.id FROM simplebank.accounts a WHERE a.metadata OPERATOR(pg_catalog.@>) $1 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .bitmaps = true, .nargs = 3, .types = {JSONBOID, INT8OID, INT8OID}
};
static SbPlan holds_by_metadata = {
	"holds_by_metadata",
	"SELECT h.id FROM simplebank.holds h WHERE h.metadata OPERATOR(pg_catalog.@>) $1 LIMIT $3",
	SPI_OK_SELECT, .read_only = true, .bitmaps = true, .nargs = 3, .types = {JSONBOID, INT8OID, INT8OID}
};
/* clang-format on */

static bool find_listed(SbSearch *search, const char *index, SbPlan *plan, Datum first,
						Datum second, SbIds *listed);
static bool find_by_prefix(SbSearch *search, const char *index, SbPlan *plan, const text *prefix,
						   SbIds *listed);
static bool find_by_metadata(SbSearch *search, const char *index, SbPlan *plan, Jsonb *metadata,
							 SbIds *listed);
static bool has_scalar(Jsonb *value);
static text *end_of_prefix(const text *prefix);

/*
 * The ids of what one of the indexes finds; false where none is there that
 * has anything that is asked, and few enough of it.
 */
bool
sb_find_listed_transfers(SbSearch *search, SbIds *listed)
{
	const SbTransferFilter *filter = search->filter;
	bool has_times =
		!TIMESTAMP_IS_NOBEGIN(filter->from_time) || !TIMESTAMP_IS_NOEND(filter->to_time);
	bool has_effective =
		!TIMESTAMP_IS_NOBEGIN(filter->from_effective) || !TIMESTAMP_IS_NOEND(filter->to_effective);

	if (find_by_metadata(search, "transfers_metadata", &by_metadata, filter->metadata, listed) ||
		find_by_prefix(search, "transfers_description", &by_description, filter->description,
					   listed))
		return true;
	if ((filter->min_amount || filter->max_amount) &&
		find_listed(search, "transfers_amount", &by_amount,
					Int64GetDatum(filter->min_amount ? *filter->min_amount : 0),
					Int64GetDatum(filter->max_amount ? *filter->max_amount : PG_INT64_MAX), listed))
		return true;
	if (has_times &&
		find_listed(search, "transfers_posted_at", &by_posted_at,
					TimestampTzGetDatum(filter->from_time), TimestampTzGetDatum(filter->to_time),
					listed))
		return true;
	return has_effective &&
		find_listed(search, "transfers_effective_at", &by_effective_at,
					TimestampTzGetDatum(filter->from_effective),
					TimestampTzGetDatum(filter->to_effective), listed);
}

bool
sb_find_listed_accounts(SbSearch *search, SbIds *listed)
{
	const SbAccountFilter *filter = search->filter;

	return find_by_prefix(search, "accounts_name", &accounts_by_name, filter->name, listed) ||
		find_by_metadata(search, "accounts_metadata", &accounts_by_metadata, filter->metadata,
						 listed);
}

bool
sb_find_listed_holds(SbSearch *search, SbIds *listed)
{
	const SbHoldFilter *filter = search->filter;

	return find_by_metadata(search, "holds_metadata", &holds_by_metadata, filter->metadata, listed);
}

/*
 * Is an index of create_search_index() there?  Where not, the hint says that
 * it would help.
 */
static bool
is_usable(SbSearch *search, const char *index)
{
	if (sb_search_index_is_there(index))
		return true;
	search->hint = sb_search_index_hint(index);
	return false;
}

static bool
find_listed(SbSearch *search, const char *index, SbPlan *plan, Datum first, Datum second,
			SbIds *listed)
{
	int64 most = (search->max_read - search->read) / 2;
	Datum values[] = {first, second, Int64GetDatum(most + 1)};

	if (!is_usable(search, index))
		return false;
	listed->count = 0;
	sb_plan_run(plan, values, NULL, sb_keep_listed_id, listed);
	sb_search_count(search, listed->count);
	return listed->count <= most;
}

static bool
find_by_prefix(SbSearch *search, const char *index, SbPlan *plan, const text *prefix, SbIds *listed)
{
	const char *begin;
	text *indexed;
	text *end;

	if (prefix == NULL || VARSIZE_ANY_EXHDR(prefix) == 0)
		return false;
	begin = VARDATA_ANY(prefix);
	indexed = cstring_to_text_with_len(
		begin, pg_mbcharcliplen(begin, VARSIZE_ANY_EXHDR(prefix), INDEXED_CHARACTERS));
	end = end_of_prefix(indexed);
	return end &&
		find_listed(search, index, plan, PointerGetDatum(indexed), PointerGetDatum(end), listed);
}

/*
 * The first text, by bytes, behind all that begin with this one; NULL for
 * none.  It may be no text of the database's encoding, and is compared only.
 */
static text *
end_of_prefix(const text *prefix)
{
	int length = VARSIZE_ANY_EXHDR(prefix);
	text *end = cstring_to_text_with_len(VARDATA_ANY(prefix), length);
	unsigned char *bytes = (unsigned char *) VARDATA(end);

	while (length > 0 && bytes[length - 1] == 0xFF)
		length--;
	if (length == 0)
		return NULL;
	bytes[length - 1]++;
	SET_VARSIZE(end, VARHDRSZ + length);
	return end;
}

/*
 * Metadata without a value in them would have the whole index read.
 */
static bool
find_by_metadata(SbSearch *search, const char *index, SbPlan *plan, Jsonb *metadata, SbIds *listed)
{
	return metadata && has_scalar(metadata) &&
		find_listed(search, index, plan, JsonbPGetDatum(metadata), 0, listed);
}

static bool
has_scalar(Jsonb *value)
{
	JsonbIterator *iterator = JsonbIteratorInit(&value->root);
	JsonbIteratorToken token;
	JsonbValue item;

	while ((token = JsonbIteratorNext(&iterator, &item, false)) != WJB_DONE)
	{
		if ((token == WJB_VALUE || token == WJB_ELEM) && item.type != jbvBinary)
			return true;
	}
	return false;
}

bool
sb_search_index_is_there(const char *name)
{
	Oid schema = get_namespace_oid("simplebank", false);
	Oid index = get_relname_relid(psprintf("%s_search", name), schema);
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool is_valid = HeapTupleIsValid(tuple) && ((Form_pg_index) GETSTRUCT(tuple))->indisvalid;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return is_valid;
}

const char *
sb_search_index_hint(const char *name)
{
	return psprintf("An administrator can make an index for it: "
					"SELECT simplebank.create_search_index('%s').",
					name);
}
