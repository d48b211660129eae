/*
 * settlement.h
 *	  What is read of the tables of settlement.
 */
#ifndef SB_STORE_SETTLEMENT_H
#define SB_STORE_SETTLEMENT_H

/* Whose customer an account is. */
typedef struct SbMembership
{
	int32 ledger_id;
	char *group;
	int64 clearing_account;
} SbMembership;

/* Which member an account is for, as its clearing or its settlement account. */
typedef struct SbMember
{
	char *group;
	char *name;
	bool clears;
} SbMember;

extern bool sb_store_find_member(int64 account_id, SbMember *member);
extern bool sb_store_find_membership(int64 account_id, SbMembership *membership);

#endif /* SB_STORE_SETTLEMENT_H */
