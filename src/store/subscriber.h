/*
 * subscriber.h
 *	  Does the ledger follow another one, by logical replication?
 */
#ifndef SB_STORE_SUBSCRIBER_H
#define SB_STORE_SUBSCRIBER_H

extern bool sb_follows_publisher(void);
extern void sb_require_no_publisher(Oid function);

#endif /* SB_STORE_SUBSCRIBER_H */
