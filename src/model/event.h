/*
 * event.h
 *	  Kinds of events in the log, as sets of bits.
 */
#ifndef SB_MODEL_EVENT_H
#define SB_MODEL_EVENT_H

typedef uint32 SbKinds;

/* Those of a later version too. */
#define SB_ALL_KINDS ((SbKinds) PG_UINT32_MAX)

extern SbKinds sb_kind(const char *name);
extern SbKinds sb_kinds_named(const char *name);
extern SbKinds sb_kinds_of_source(char source);
extern SbKinds sb_kinds_for_tellers(void);
extern char *sb_kind_names(void);

#endif /* SB_MODEL_EVENT_H */
