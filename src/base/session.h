/*
 * session.h
 *	  Which session is this, and does another one still live?
 */
#ifndef SB_BASE_SESSION_H
#define SB_BASE_SESSION_H

#include "datatype/timestamp.h"

/* A process by its start too, since a pid comes again. */
typedef struct SbSession
{
	int pid; /* 0: none */
	TimestampTz started;
} SbSession;

extern SbSession sb_this_session(void);
extern bool sb_is_this_session(const SbSession *session);
extern bool sb_session_lives(const SbSession *session);

#endif /* SB_BASE_SESSION_H */
