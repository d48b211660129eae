/*
 * preview.h
 *	  What posting would say now.
 */
#ifndef SB_ENGINE_PREVIEW_H
#define SB_ENGINE_PREVIEW_H

#include "model/posting.h"

extern void sb_preview(SbPosting *postings, int count, bool atomic, SbAccount *unopened);

#endif /* SB_ENGINE_PREVIEW_H */
