/*
 * interest.h
 *	  What is read of the tables of interest.
 */
#ifndef SB_STORE_INTEREST_H
#define SB_STORE_INTEREST_H

/* Interest that nobody would get were the account closed: sentences for the error. */
typedef struct SbInterestLeft
{
	char *detail;
	char *hint;
} SbInterestLeft;

extern bool sb_store_find_interest_left(int64 account_id, SbInterestLeft *left);

#endif /* SB_STORE_INTEREST_H */
