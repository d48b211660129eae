/*
 * page.h
 *	  Pages of tables, once rows on them are gone.
 */
#ifndef SB_STORE_PAGE_H
#define SB_STORE_PAGE_H

#include "access/transam.h"
#include "storage/block.h"

/* Is called for each page on which a part of a value is. */
typedef void (*SbPageFunction)(Oid relation, BlockNumber page, void *state);

extern void sb_store_toast_pages(struct varlena *value, SbPageFunction page_function, void *state);
extern bool sb_store_is_gone(Oid relation, FullTransactionId by);
extern int64 sb_store_wipe(Oid relation, int64 first, int64 last, FullTransactionId by);

#endif /* SB_STORE_PAGE_H */
