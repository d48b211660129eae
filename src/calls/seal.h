/*
 * seal.h
 *	  What the functions of seals have in common.
 */
#ifndef SB_CALLS_SEAL_H
#define SB_CALLS_SEAL_H

extern Datum sb_hash_datum(const uint8 *hash);

#endif /* SB_CALLS_SEAL_H */
