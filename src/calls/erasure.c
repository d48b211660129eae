/*
 * erasure.c
 *	  erase_texts, and what it needs that is not in SQL.
 *
 * Which texts go is in sql/erasure.sql.  While its body runs, updates of the
 * columns that have them pass the guards of history, and nothing else does.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/xid8.h"

#include "calls/argument.h"
#include "calls/door.h"
#include "model/merkle.h"
#include "store/leaf.h"
#include "store/page.h"

static void add_page(Oid relation, BlockNumber page, void *state);
static void require_arguments(FunctionCallInfo fcinfo, int count);

PG_FUNCTION_INFO_V1(simplebank_text_digests);
PG_FUNCTION_INFO_V1(simplebank_text_pages);
PG_FUNCTION_INFO_V1(simplebank_erasing_transaction);
PG_FUNCTION_INFO_V1(simplebank_is_gone);
PG_FUNCTION_INFO_V1(simplebank_wipe_pages);

SB_BODY_IN_SQL(erase_texts, SB_WRITES | SB_ERASES | SB_ALL_LEDGERS);

/*
 * What a leaf has instead of a transfer's texts.
 */
Datum
simplebank_text_digests(PG_FUNCTION_ARGS)
{
	static const char *const columns[] = {"description", "metadata"};
	bytea *salt = PG_ARGISNULL(0) ? NULL : PG_GETARG_BYTEA_PP(0);
	SbMerkle *hasher = sb_merkle_make();
	SbArgument digests[2];

	sb_admit(fcinfo, SB_READS | SB_PART);
	for (int i = 0; i < 2; i++)
	{
		digests[i] =
			(SbArgument){.name = columns[i], .type = TEXTOID, .isnull = PG_ARGISNULL(i + 1)};
		if (!digests[i].isnull)
			digests[i].value = CStringGetTextDatum(sb_text_digest(
				hasher, salt, columns[i], i == 0 ? TEXTOID : JSONBOID, PG_GETARG_DATUM(i + 1)));
	}
	sb_merkle_free(hasher);
	PG_RETURN_DATUM(JsonbPGetDatum(sb_arguments_object(digests, 2)));
}

/*
 * The pages on which a row and its texts are; texts as they are in the row.
 */
Datum
simplebank_text_pages(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_READS | SB_PART);
	require_arguments(fcinfo, 2);
	InitMaterializedSRF(fcinfo, 0);
	add_page(PG_GETARG_OID(0), ItemPointerGetBlockNumber((ItemPointer) PG_GETARG_POINTER(1)),
			 fcinfo->resultinfo);
	for (int i = 2; i < PG_NARGS(); i++)
	{
		if (!PG_ARGISNULL(i))
			sb_store_toast_pages((struct varlena *) PG_GETARG_POINTER(i), add_page,
								 fcinfo->resultinfo);
	}
	return (Datum) 0;
}

static void
add_page(Oid relation, BlockNumber page, void *state)
{
	ReturnSetInfo *rsinfo = state;
	Datum values[] = {ObjectIdGetDatum(relation), Int64GetDatum(page)};
	bool nulls[] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * The transaction, of a savepoint if there is one, that changes rows now.
 */
Datum
simplebank_erasing_transaction(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_WRITES | SB_PART);
	PG_RETURN_FULLTRANSACTIONID(GetCurrentFullTransactionId());
}

Datum
simplebank_is_gone(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_READS | SB_PART);
	require_arguments(fcinfo, 2);
	PG_RETURN_BOOL(sb_store_is_gone(PG_GETARG_OID(0), PG_GETARG_FULLTRANSACTIONID(1)));
}

Datum
simplebank_wipe_pages(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_WRITES | SB_PART);
	require_arguments(fcinfo, 4);
	PG_RETURN_INT64(sb_store_wipe(PG_GETARG_OID(0), PG_GETARG_INT64(1), PG_GETARG_INT64(2),
								  PG_GETARG_FULLTRANSACTIONID(3)));
}

static void
require_arguments(FunctionCallInfo fcinfo, int count)
{
	static const char *const names[] = {"relation", "place", "last_page", "erased_by"};

	for (int i = 0; i < count; i++)
	{
		if (PG_ARGISNULL(i))
			sb_raise_null(names[i]);
	}
}
