/*
 * consumer.h
 *	  Rows of simplebank.log_consumers.
 */
#ifndef SB_STORE_CONSUMER_H
#define SB_STORE_CONSUMER_H

#include "base/session.h"
#include "model/event.h"

typedef struct SbConsumer
{
	text *name;
	char *role;			/* whose it is */
	SbKinds kinds;		/* that it is for */
	int64 acknowledged; /* all up to here is done, */
	int64 read_up_to;	/* and up to here it was given, */
	SbSession reader;	/* to this session */
} SbConsumer;

extern Datum sb_store_add_consumer(const SbConsumer *consumer, Datum kinds, bool is_of_all_kinds);
extern bool sb_store_read_consumer(text *name, bool is_locked, SbConsumer *consumer);
extern Datum sb_store_move_consumer(const SbConsumer *consumer);
extern void sb_store_drop_consumer(const SbConsumer *consumer);

#endif /* SB_STORE_CONSUMER_H */
