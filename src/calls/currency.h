/*
 * currency.h
 *	  Currencies and their exponents.
 */
#ifndef SB_CURRENCY_H
#define SB_CURRENCY_H

extern void sb_currency_check(text *code);

#endif /* SB_CURRENCY_H */
