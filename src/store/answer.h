/*
 * answer.h
 *	  Phrases for plans that read what a transfer has answered.
 */
#ifndef SB_STORE_ANSWER_H
#define SB_STORE_ANSWER_H

#include "store/sql.h"

/*
 * A transfer t with the entries that its answer tells of: those that it names
 * (d and c), or, where it has the amounts of its ends, the first and the last
 * one (f and l).
 */
#define ANSWER_TABLES                                                            \
	" FROM simplebank.transfers t"                                               \
	" LEFT JOIN simplebank.entries d"                                            \
	" ON d.account_id" EQ "t.from_account_id AND d.version" EQ "t.from_version"  \
	" LEFT JOIN simplebank.entries c"                                            \
	" ON c.account_id" EQ "t.to_account_id AND c.version" EQ "t.to_version"      \
	" LEFT JOIN simplebank.entries f"                                            \
	" ON t.from_amount IS NOT NULL AND f.transfer_id" EQ "t.id AND f.leg" EQ "1" \
	" LEFT JOIN simplebank.entries l"                                            \
	" ON t.from_amount IS NOT NULL AND l.transfer_id" EQ "t.id AND l.leg" EQ "4"

#endif /* SB_STORE_ANSWER_H */
