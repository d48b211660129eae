/*
 * enqueued.h
 *	  A teller's part in posting what enqueue_transfer() has enqueued.
 */
#ifndef SB_TELLER_ENQUEUED_H
#define SB_TELLER_ENQUEUED_H

extern bool sb_enqueued_is_serving; /* this process is a teller, and calls */

extern long sb_enqueued_serve(void);

#endif /* SB_TELLER_ENQUEUED_H */
