/*
 * page.c
 *	  Pages of tables, once rows on them are gone.
 *
 * A row that was updated stays in its page until nobody can see it any more
 * and the page is pruned; and then its bytes stay, between what is in use,
 * until something is written over them.  Here pages are pruned, and what is
 * not in use is made zeros: by a record of generic WAL, which has nothing of
 * what was there, and makes the same zeros where it is replayed.
 *
 * A page is locked for the moment of its change, and no two at once.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/generic_xlog.h"
#include "access/genam.h"
#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/table.h"
#include "access/toast_internals.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/fault.h"
#include "store/page.h"

static bool wipe_page(Relation table, Buffer buffer);
static bool prune(Relation table, Buffer buffer);
static bool has_remains(Page page);
static void clear_padding(Page page);
static bool is_zero(const char *bytes, Size length);

/*
 * The pages of the value's parts, where they are not in the row itself.
 */
void
sb_store_toast_pages(struct varlena *value, SbPageFunction page_function, void *state)
{
	struct varatt_external pointer;
	Relation toast;
	Relation *indexes;
	int nindexes;
	int valid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple part;

	if (!VARATT_IS_EXTERNAL_ONDISK(value))
		return;
	VARATT_EXTERNAL_GET_POINTER(pointer, value);
	toast = table_open(pointer.va_toastrelid, AccessShareLock);
	valid = toast_open_indexes(toast, AccessShareLock, &indexes, &nindexes);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(pointer.va_valueid));
	/* also where this command has deleted it already */
	scan = systable_beginscan_ordered(toast, indexes[valid], SnapshotAny, 1, &key);
	while ((part = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
		page_function(pointer.va_toastrelid, ItemPointerGetBlockNumber(&part->t_self), state);
	systable_endscan_ordered(scan);
	toast_close_indexes(indexes, nindexes, NoLock);
	table_close(toast, NoLock);
}

/*
 * Is a row that was updated or deleted by this transaction, which has
 * committed, seen by nobody any more?  A table that there is not has none.
 */
bool
sb_store_is_gone(Oid relation, FullTransactionId by)
{
	Relation table = try_relation_open(relation, AccessShareLock);
	bool is_gone;

	if (table == NULL)
		return true;
	is_gone = GlobalVisTestIsRemovableFullXid(GlobalVisTestFor(table), by);
	relation_close(table, AccessShareLock);
	return is_gone;
}

/*
 * Wipes these pages of a table, as far as there are any, of rows that are gone
 * since this transaction.  Returns the first page that is still to be wiped:
 * one that somebody uses just now; behind the last one, none.
 */
int64
sb_store_wipe(Oid relation, int64 first, int64 last, FullTransactionId by)
{
	Relation table = try_relation_open(relation, RowExclusiveLock);
	BufferAccessStrategy strategy;
	int64 page;
	int64 pages;

	if (table == NULL)
		return last + 1;
	if (table->rd_rel->relkind != RELKIND_RELATION && table->rd_rel->relkind != RELKIND_TOASTVALUE)
	{
		relation_close(table, RowExclusiveLock);
		return last + 1;
	}
	if (!GlobalVisTestIsRemovableFullXid(GlobalVisTestFor(table), by))
	{
		relation_close(table, RowExclusiveLock);
		return first;
	}
	strategy = GetAccessStrategy(BAS_VACUUM);
	pages = RelationGetNumberOfBlocks(table);
	for (page = Max(first, 0); page <= last && page < pages; page++)
	{
		Buffer buffer;
		bool done;

		CHECK_FOR_INTERRUPTS();
		buffer = ReadBufferExtended(table, MAIN_FORKNUM, page, RBM_NORMAL, strategy);
		done = wipe_page(table, buffer);
		ReleaseBuffer(buffer);
		if (!done)
			break;
	}
	FreeAccessStrategy(strategy);
	relation_close(table, RowExclusiveLock);
	SB_FAULT_POINT(pages_wiped);
	return page < pages ? page : last + 1;
}

/*
 * False where a row that is gone cannot be removed just now.
 */
static bool
wipe_page(Relation table, Buffer buffer)
{
	Page page = BufferGetPage(buffer);
	GenericXLogState *change;

	if (!prune(table, buffer))
		return false;
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	if (!PageIsNew(page) && has_remains(page))
	{
		change = GenericXLogStart(table);
		clear_padding(GenericXLogRegisterBuffer(change, buffer, 0));
		/* this leaves zeros between the line pointers and the rows, here and at replay */
		GenericXLogFinish(change);
	}
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	return true;
}

/*
 * Removes rows that are gone.  The server does that by itself only to a page
 * that is nearly full, or has the mark of one.
 */
static bool
prune(Relation table, Buffer buffer)
{
	Page page = BufferGetPage(buffer);
	GlobalVisState *seen = GlobalVisTestFor(table);
	TransactionId oldest;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	oldest = PageIsNew(page) ? InvalidTransactionId : ((PageHeader) page)->pd_prune_xid;
	if (TransactionIdIsValid(oldest))
	{
		PageSetFull(page);
		MarkBufferDirtyHint(buffer, true);
	}
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	if (!TransactionIdIsValid(oldest))
		return true;

	heap_page_prune_opt(table, buffer);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	oldest = ((PageHeader) page)->pd_prune_xid;
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	/* what is left of it is seen by somebody, and was written since */
	return !TransactionIdIsValid(oldest) || !GlobalVisTestIsRemovableXid(seen, oldest);
}

/* Is there anything between the line pointers and the rows, or behind a row? */
static bool
has_remains(Page page)
{
	PageHeader header = (PageHeader) page;
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	if (!is_zero((char *) page + header->pd_lower, header->pd_upper - header->pd_lower))
		return true;
	for (OffsetNumber i = FirstOffsetNumber; i <= last; i++)
	{
		ItemId item = PageGetItemId(page, i);
		Size end = ItemIdGetOffset(item) + ItemIdGetLength(item);

		if (ItemIdHasStorage(item) &&
			!is_zero((char *) page + end,
					 ItemIdGetOffset(item) + MAXALIGN(ItemIdGetLength(item)) - end))
			return true;
	}
	return false;
}

/*
 * A row begins at an aligned place.  Behind the one before, up to there, is
 * what was there before it.
 */
static void
clear_padding(Page page)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber i = FirstOffsetNumber; i <= last; i++)
	{
		ItemId item = PageGetItemId(page, i);
		Size length = ItemIdGetLength(item);

		if (ItemIdHasStorage(item))
			memset((char *) page + ItemIdGetOffset(item) + length, 0, MAXALIGN(length) - length);
	}
}

static bool
is_zero(const char *bytes, Size length)
{
	for (Size i = 0; i < length; i++)
	{
		if (bytes[i] != 0)
			return false;
	}
	return true;
}
