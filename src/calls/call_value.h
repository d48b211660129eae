/*
 * call_value.h
 *	  Values of call(): from JSON, and to it.
 */
#ifndef SB_CALLS_CALL_VALUE_H
#define SB_CALLS_CALL_VALUE_H

#include "utils/jsonb.h"

#include "base/version.h"

extern Datum sb_value_of_json(const JsonbValue *value, Oid type, const char *argument,
							  bool *isnull);
extern void sb_push_name(JsonbParseState **state, const char *name);
extern void sb_push_text(JsonbParseState **state, const char *name, const char *value);
extern void sb_push_bool(JsonbParseState **state, const char *name, bool value);
extern void sb_push_value(JsonbParseState **state, bool in_array, Datum value, bool isnull,
						  Oid type);

#endif /* SB_CALLS_CALL_VALUE_H */
