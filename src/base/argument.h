/*
 * argument.h
 *	  Values of arguments under their SQL names.
 */
#ifndef SB_BASE_ARGUMENT_H
#define SB_BASE_ARGUMENT_H

#include "utils/jsonb.h"

/* longest key, owner, name or other short text, in bytes */
#define SB_TEXT_LENGTH 255
#define SB_SHORT_TEXT_RULE "It has 1 to 255 bytes."

typedef struct SbArgument
{
	const char *name;
	Oid type; /* INT8OID, BOOLOID, TEXTOID, TIMESTAMPTZOID or JSONBOID */
	Datum value;
	bool isnull;
} SbArgument;

extern bool sb_is_short_text(const text *value);
extern Jsonb *sb_arguments_object(const SbArgument *arguments, int count);

#endif /* SB_BASE_ARGUMENT_H */
