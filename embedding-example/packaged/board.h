/* What the program wants of its board. */
#ifndef BOARD_H
#define BOARD_H

void board_write(const char *text);

/* Calls `fire` once, soon, from an interrupt. */
void board_alarm(void (*fire)(void));

#endif
