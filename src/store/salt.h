/*
 * salt.h
 *	  Salts of texts.
 */
#ifndef SB_STORE_SALT_H
#define SB_STORE_SALT_H

#define SB_SALT_LENGTH 16

extern bytea *sb_salt(bool has_texts);

#endif /* SB_STORE_SALT_H */
