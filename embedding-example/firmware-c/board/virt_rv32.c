/* QEMU's `virt` with a 32-bit RISC-V core, in machine mode. The second of its flash chips has the slots for updates, and is a file that
 * outlives the machine. */
#include "board.h"
#include "console.h"
#include "timer.h"

#include "memory.h"

const char board_name[] = "virt, RV32IMAC";

enum {
  UART = 0x10000000,
  TEST = 0x00100000,
  COMPARE = 0x02004000,
  TIME = 0x0200bff8,
  CLOCK = 10000000,
};
#define CAUSE_TIMER 0x80000007u

static uint32_t period;
/* The board has no lights; these would be them. */
static uint32_t lights;

void board_prepare(void) {}

void board_write_serial(uint8_t byte) {
  volatile uint8_t *uart = (volatile uint8_t *)UART;
  while ((uart[5] & 0x20) == 0) continue;
  *uart = byte;
}

void board_set_lights(uint32_t bits) { lights = bits; }

uint32_t board_lights(void) { return lights; }

static void expire_next(void) {
  /* The upper half stays 0: it is some minutes until it would not be. */
  *board_register(COMPARE) = *board_register(TIME) + period;
  *board_register(COMPARE + 4) = 0;
}

void board_start_timer(uint32_t frequency) {
  period = CLOCK / frequency;
  expire_next();
  __asm__ volatile("csrs mie, %0" : : "r"(1u << 7));
  __asm__ volatile("csrsi mstatus, 8" : : : "memory");
}

flash board_chip(void) { return flash_intel(0x22000000, 2 * 256 * 1024, 256 * 1024); }

void board_exit(bool success) {
  *board_register(TEST) = success ? 0x5555 : 0x13333;
  for (;;) continue;
}

/* All exceptions and interrupts. The next interrupt is counted from the end of the work on this one, so that however slow the machine
 * is, what was interrupted goes on. A fault of the firmware's own ends it: nothing that a guest does leads here. */
__attribute__((interrupt("machine"), aligned(4))) static void trap(void) {
  uint32_t cause, at;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause == CAUSE_TIMER) {
    timer_tick();
    expire_next();
    return;
  }
  __asm__ volatile("csrr %0, mepc" : "=r"(at));
  print("exception %u at %x\n", (unsigned)cause, (unsigned)at);
  board_exit(false);
}

/* From the linker script. */
extern uint8_t data_start[], data_end[], data_image[], bss_start[], bss_end[];

__attribute__((used)) _Noreturn static void prepare_memory(void) {
  memcpy(data_start, data_image, (size_t)(data_end - data_start));
  memset(bss_start, 0, (size_t)(bss_end - bss_start));
  __asm__ volatile("csrw mtvec, %0" : : "r"(trap));
  board_exit(main() == 0);
}

/* Where the processor starts. */
__attribute__((section(".vector_table"), naked, used)) void start(void) {
  __asm__ volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, stack_top\n"
      "j prepare_memory\n");
}
