/*
 * leaf.h
 *	  Leaves of seals: what is hashed of an entry and its transfer.
 */
#ifndef SB_STORE_LEAF_H
#define SB_STORE_LEAF_H

#include "lib/stringinfo.h"
#include "storage/itemptr.h"

#include "model/merkle.h"
#include "store/plan.h"

/* The first columns of a row that is read, for who seals; the leaf's come after. */
#define SB_LEAF_TRANSFER 0
#define SB_LEAF_ACCOUNT 1
#define SB_LEAF_VERSION 2
#define SB_LEAF_FOUND 3 /* of sealed entries */
#define SB_LEAF_PLACE 3 /* of those that are to be sealed */
#define SB_LEAF_SALT 4
#define SB_LEAF_ERASED 5 /* digests of texts that were erased */
#define SB_LEAF_COLUMN 6

extern void sb_make_leaf(StringInfo leaf, SbMerkle *hasher, const TupleTableSlot *slot);
extern void sb_make_entry_part(StringInfo leaf, const TupleTableSlot *slot);
extern void sb_append_transfer_part(StringInfo part, SbMerkle *hasher, const TupleTableSlot *slot);
extern char *sb_text_digest(SbMerkle *hasher, const bytea *salt, const char *column, Oid type,
							Datum text);
extern void sb_store_read_new_transfers(int64 first_id, int64 last_id, SbRowFunction row_function,
										void *state);
extern void sb_store_read_new_entries(int64 first_id, int64 last_id, ItemPointer from,
									  SbRowFunction row_function, void *state);
extern void sb_store_read_sealable(Datum ids, SbRowFunction row_function, void *state);
extern void sb_store_read_sealed(const Datum *columns, SbRowFunction row_function, void *state);
extern void sb_store_insert_sealed(const Datum *row);

#endif /* SB_STORE_LEAF_H */
