/*
 * request.h
 *	  A caller's side of the tellers' queue.
 */
#ifndef SB_TELLER_REQUEST_H
#define SB_TELLER_REQUEST_H

#include "model/posting.h"

extern bool sb_queue_submit(SbPosting *posting, int64 route);

#endif /* SB_TELLER_REQUEST_H */
