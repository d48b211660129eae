/*
 * call_error.h
 *	  What call() answers instead of an error.
 */
#ifndef SB_CALLS_CALL_ERROR_H
#define SB_CALLS_CALL_ERROR_H

#include "utils/jsonb.h"

#include "base/version.h"

extern bool sb_must_not_be_caught(const ErrorData *error);
extern const char *sb_argument_at_fault(int sqlstate);
extern Jsonb *sb_error_envelope(const ErrorData *error, const char *operation, const char *argument,
								int *http_status);

#endif /* SB_CALLS_CALL_ERROR_H */
