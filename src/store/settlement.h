/*
 * settlement.h
 *	  What is read of the tables of settlement.
 */
#ifndef SB_STORE_SETTLEMENT_H
#define SB_STORE_SETTLEMENT_H

/* Whose customer an account is. */
typedef struct SbMembership
{
	char *group;
	int64 clearing_account;
} SbMembership;

extern bool sb_store_find_membership(int64 account_id, SbMembership *membership);

#endif /* SB_STORE_SETTLEMENT_H */
