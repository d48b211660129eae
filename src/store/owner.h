/*
 * owner.h
 *	  The ledger's owner, as whom its SQL runs, and the version of its SQL
 *	  objects.
 */
#ifndef SB_STORE_OWNER_H
#define SB_STORE_OWNER_H

/* Whom to become again. */
typedef struct SbSelf
{
	Oid user;
	int security_context;
} SbSelf;

extern void sb_check_version(void);
extern bool sb_version_fits(void);
extern void sb_become_owner(SbSelf *self, bool restricted);
extern void sb_begin_erasing(void);
extern void sb_become_self(const SbSelf *self);
extern bool sb_in_scope(void);
extern bool sb_is_erasing(void);
extern bool sb_in_restricted_scope(void);

#endif /* SB_STORE_OWNER_H */
