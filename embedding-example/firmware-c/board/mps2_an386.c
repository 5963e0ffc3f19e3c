/* Arm's MPS2 board with a Cortex-M4 (application note 386). All its memory is RAM, so the flash for updates is a part of it that behaves
 * as flash does. */
#include "board.h"
#include "console.h"
#include "timer.h"

#include "memory.h"

const char board_name[] = "mps2-an386, Cortex-M4";

enum {
  UART_DATA = 0x40004000,
  UART_STATE = 0x40004004,
  UART_CONTROL = 0x40004008,
  UART_DIVIDER = 0x40004010,
  /* The eight lights of the board's controller. */
  LIGHTS = 0x4002f004,
  CLOCK = 25000000,
};
#define SYSTICK_CONTROL 0xe000e010u
#define SYSTICK_RELOAD 0xe000e014u
#define SYSTICK_NOW 0xe000e018u
/* Which coprocessors may be used. */
#define CPACR 0xe000ed88u

void board_prepare(void) {
  *board_register(UART_DIVIDER) = 16;
  *board_register(UART_CONTROL) = 1;
}

void board_write_serial(uint8_t byte) {
  while ((*board_register(UART_STATE) & 1) != 0) continue;
  *board_register(UART_DATA) = byte;
}

void board_set_lights(uint32_t bits) { *board_register(LIGHTS) = bits & 0xff; }

uint32_t board_lights(void) { return *board_register(LIGHTS); }

void board_start_timer(uint32_t frequency) {
  *board_register(SYSTICK_RELOAD) = CLOCK / frequency - 1;
  *board_register(SYSTICK_NOW) = 0;
  /* On, with interrupts, by the processor's clock. */
  *board_register(SYSTICK_CONTROL) = 7;
}

/* The upper part of the code memory, which no section of the firmware lies in. */
flash board_chip(void) { return flash_memory(0x00200000, 2 * 16 * 1024, 4 * 1024); }

void board_exit(bool success) {
  /* A call of the debugger, which is the emulator: "the application has ended", or "run-time error". */
  register uint32_t call __asm__("r0") = 0x18;
  register uint32_t reason __asm__("r1") = success ? 0x20026 : 0x20023;
  __asm__ volatile("bkpt 0xab" : : "r"(call), "r"(reason) : "memory");
  for (;;) continue;
}

/* From the linker script. */
extern uint8_t stack_top[], data_start[], data_end[], data_image[], bss_start[], bss_end[];

/* Where the processor starts. */
_Noreturn void reset(void);
_Noreturn void reset(void) {
  /* Float registers: the interpreter has `f32` there, and is compiled for it. */
  *board_register(CPACR) |= 0xfu << 20;
  __asm__ volatile("dsb\n\tisb" : : : "memory");
  memcpy(data_start, data_image, (size_t)(data_end - data_start));
  memset(bss_start, 0, (size_t)(bss_end - bss_start));
  board_exit(main() == 0);
}

/* A fault of the firmware's own ends it: nothing that a guest does leads here. */
static void fault(void) {
  print("a fault\n");
  board_exit(false);
}

/* Where the processor looks for them: the first stack pointer, and handlers by number. Here no device interrupts. */
__attribute__((section(".vector_table"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))(uintptr_t)stack_top,
    [1] = reset,
    [2] = fault,
    [3] = fault,
    [4] = fault,
    [5] = fault,
    [6] = fault,
    [11] = fault,
    [12] = fault,
    [14] = fault,
    [15] = timer_tick,
};
