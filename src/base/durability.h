/*
 * durability.h
 *	  Commits that a caller cannot make less durable.
 */
#ifndef SB_BASE_DURABILITY_H
#define SB_BASE_DURABILITY_H

extern void sb_make_durable(void);
extern void sb_make_repeated_durable(void);
extern void sb_leave_repeated(void);
extern void sb_synchronous_standbys(int *wanted, int *connected);
extern void sb_register_durability(void);

#endif /* SB_BASE_DURABILITY_H */
