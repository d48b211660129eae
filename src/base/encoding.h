/*
 * encoding.h
 *	  Texts in UTF-8, whatever the encoding of the database.
 */
#ifndef SB_BASE_ENCODING_H
#define SB_BASE_ENCODING_H

#include "utils/jsonb.h"

extern bool sb_is_ascii(const char *string, int length);
extern char *sb_to_utf8(const char *string, int length);
extern char *sb_from_utf8(const char *string, int length);
extern const char *sb_encoding_fault(const char *string, int length);
extern const char *sb_jsonb_encoding_fault(Jsonb *value);

#endif /* SB_BASE_ENCODING_H */
