/*
 * installed.h
 *	  The SQL objects that this library works for.
 */
#ifndef SB_BASE_INSTALLED_H
#define SB_BASE_INSTALLED_H

extern Oid sb_ledger_owner(void);
extern void sb_check_version(void);

#endif /* SB_BASE_INSTALLED_H */
