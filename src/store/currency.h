/*
 * currency.h
 *	  Rows of simplebank.currencies.
 */
#ifndef SB_STORE_CURRENCY_H
#define SB_STORE_CURRENCY_H

extern bool sb_store_find_currency(text *code, int *exponent);
extern Datum sb_store_add_currency(text *code, int32 exponent, text *name);
extern void sb_require_currency(text *code);

#endif /* SB_STORE_CURRENCY_H */
