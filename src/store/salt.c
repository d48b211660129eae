/*
 * salt.c
 *	  Salts of texts.
 *
 * A seal has of a text a digest only, which must not tell who has the digest
 * what the text was: texts are short and can be guessed.  So it is made of
 * random bytes too, which stand beside the text and are erased with it.
 */
#include "postgres.h"

#include "store/salt.h"

/*
 * NULL where there is nothing to hide.
 */
bytea *
sb_salt(bool has_texts)
{
	bytea *salt;

	if (!has_texts)
		return NULL;
	salt = palloc(VARHDRSZ + SB_SALT_LENGTH);
	SET_VARSIZE(salt, VARHDRSZ + SB_SALT_LENGTH);
	if (!pg_strong_random(VARDATA(salt), SB_SALT_LENGTH))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random bytes")));
	return salt;
}
