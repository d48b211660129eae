/*
 * audit.h
 *	  The record of administrative acts.
 */
#ifndef SB_AUDIT_H
#define SB_AUDIT_H

#include "utils/jsonb.h"

extern void sb_audit(const char *action, Jsonb *details, text *reason);

#endif /* SB_AUDIT_H */
