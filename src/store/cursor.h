/*
 * cursor.h
 *	  The cursors of the session.
 */
#ifndef SB_STORE_CURSOR_H
#define SB_STORE_CURSOR_H

extern bool sb_store_has_open_cursor(void);

#endif /* SB_STORE_CURSOR_H */
