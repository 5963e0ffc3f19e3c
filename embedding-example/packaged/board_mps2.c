/* An Arm MPS2 board with a Cortex-M4 (QEMU's mps2-an386): start, serial line, system timer, and no C library. */
#include "board.h"

#include "wasmtime-platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* The serial line. */
#ifndef UART
#define UART 0x40004000
#endif
#define UART_DATA REGISTER(UART)
#define UART_STATE REGISTER(UART + 4)
#define UART_CONTROL REGISTER(UART + 8)
#define UART_DIVISOR REGISTER(UART + 16)

/* The system timer; access to the float unit. */
#define TIMER_CONTROL REGISTER(0xe000e010)
#define TIMER_RELOAD REGISTER(0xe000e014)
#define TIMER_VALUE REGISTER(0xe000e018)
#define COPROCESSORS REGISTER(0xe000ed88)

/* One thread: a plain array. */
static uint8_t *slots[2];

uint8_t *wasmtime_tls_get(uintptr_t slot) { return slots[slot]; }

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr) { slots[slot] = ptr; }

void board_write(const char *text) {
  for (; *text; text++) {
    while (UART_STATE & 1) {
    }
    UART_DATA = (uint8_t)*text;
  }
}

static void (*alarm_fires)(void);

static void on_tick(void) {
  TIMER_CONTROL = 0;
  alarm_fires();
}

void board_alarm(void (*fire)(void)) {
  alarm_fires = fire;
  TIMER_RELOAD = 100000;
  TIMER_VALUE = 0;
  TIMER_CONTROL = 7;
}

/* A debugger, which is the emulator here, ends the program. */
static void leave(int failed) {
  register uint32_t operation __asm__("r0") = 0x18;
  register uint32_t reason __asm__("r1") = failed ? 0x20023 : 0x20026;
  __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(reason) : "memory");
  for (;;) {
  }
}

static void on_fault(void) {
  board_write("fault\n");
  leave(1);
}

int main(void);

/* Of the linker script. */
extern uint32_t data_start[], data_end[], data_in_flash[], bss_start[], bss_end[], stack_top[];

static void on_reset(void) {
  uint32_t *to;
  const uint32_t *from = data_in_flash;
  for (to = data_start; to < data_end; to++) *to = *from++;
  for (to = bss_start; to < bss_end; to++) *to = 0;
  COPROCESSORS |= 0xfu << 20;
  __asm__ volatile("dsb\nisb" : : : "memory");
  UART_DIVISOR = 16;
  UART_CONTROL = 1;
  leave(main());
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top, on_reset, on_fault, on_fault, on_fault, on_fault, on_fault, 0, 0, 0, 0, on_fault, on_fault, 0,
    on_fault, on_tick,
};
