/*
 * bound.h
 *	  How long what callers send may be.
 */
#ifndef SB_BASE_BOUND_H
#define SB_BASE_BOUND_H

#include "utils/jsonb.h"

extern const char *sb_text_fault(const text *value);
extern const char *sb_metadata_fault(Jsonb *value);
extern void sb_check_text(const char *name, const text *value);
extern void sb_check_metadata(const char *name, Jsonb *value);
extern int64 sb_jsonb_text_length(Jsonb *value);

#endif /* SB_BASE_BOUND_H */
