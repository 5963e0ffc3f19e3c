/* What the firmware needs of a board. Each file of board/ defines all of it. */
#ifndef BOARD_H
#define BOARD_H

#include "flash.h"

#include <stdbool.h>
#include <stdint.h>

extern const char board_name[];

/* Once, before anything is written. */
void board_prepare(void);

/* A byte to the serial line. */
void board_write_serial(uint8_t byte);

/* Lights, a bit for each. */
void board_set_lights(uint32_t bits);
uint32_t board_lights(void);

/* Makes the system timer call timer_tick so often in a second. */
void board_start_timer(uint32_t frequency);

/* The chip that has the slots for updates. */
flash board_chip(void);

/* Ends the emulator. */
_Noreturn void board_exit(bool success);

/* A device's register. */
static inline volatile uint32_t *board_register(uintptr_t address) { return (volatile uint32_t *)address; }

/* What a board's start-up code calls, when memory is as C wants it. */
int main(void);

#endif
