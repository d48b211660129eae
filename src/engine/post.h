/*
 * post.h
 *	  The posting engine: requests in, answers or refusals out.
 */
#ifndef SB_ENGINE_POST_H
#define SB_ENGINE_POST_H

#include "model/posting.h"

extern int sb_post(SbPosting *postings, int count, bool atomic);
extern void sb_read_answer(SbPosting *posting);

#endif /* SB_ENGINE_POST_H */
