/*
 * rows.h
 *	  Rows that are gathered and written by statements of bounded size.
 */
#ifndef SB_STORE_ROWS_H
#define SB_STORE_ROWS_H

#include "store/plan.h"

typedef struct SbRows SbRows;

extern SbRows *sb_rows_make(SbPlan *plan, const Oid *types, int ncolumns, int expected);
extern void sb_rows_value(SbRows *rows, Datum value, bool isnull);
extern void sb_rows_int64(SbRows *rows, int64 value, bool isnull);
extern void sb_rows_end(SbRows *rows);
extern void sb_rows_write(SbRows *rows);

#endif /* SB_STORE_ROWS_H */
