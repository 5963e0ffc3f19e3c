/* An Arm MPS2+ board with a Cortex-M33 (QEMU's mps2-an505), in the secure state in which it starts: the same devices, elsewhere. */
#define UART 0x50200000
#include "board_mps2.c"
