/*
 * acting.h
 *	  For which customer a role acts in the transaction in progress.
 */
#ifndef SB_CALLS_ACTING_H
#define SB_CALLS_ACTING_H

extern const char *sb_customer_of(Oid role);
extern void sb_act_for(Oid role, const char *customer);
extern void sb_require_no_worker(void);

#endif /* SB_CALLS_ACTING_H */
