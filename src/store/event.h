/*
 * event.h
 *	  Rows of simplebank.account_events and simplebank.audit_events.
 */
#ifndef SB_STORE_EVENT_H
#define SB_STORE_EVENT_H

#include "utils/jsonb.h"

/* What happened to an account besides postings. */
typedef struct SbEvent
{
	int64 account_id;
	const char *name;
	int64 version;		 /* of the account */
	int64 hold_id;		 /* or 0 */
	const char *role;	 /* who did it */
	const char *gateway; /* or NULL: that acted for this customer */
	text *reason;		 /* these may be NULL */
	Jsonb *before;
	Jsonb *after;
} SbEvent;

extern void sb_store_event(const SbEvent *event);
extern void sb_store_audit(const char *action, Jsonb *details, text *reason, bool by_hand);

#endif /* SB_STORE_EVENT_H */
