/* The ground of the smallest embedding: a TLS pointer, and a program that maps an image and runs it. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasmtime-platform.h"

struct outcome {
  int32_t result;
  uint8_t trap;
  bool failed;
};

struct outcome stilt_smallest_run(uint8_t *image, uintptr_t len, int32_t argument);

static __thread uint8_t *slots[2];

uint8_t *wasmtime_tls_get(uintptr_t slot) { return slots[slot]; }

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr) { slots[slot] = ptr; }

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: smallest IMAGE ARGUMENT\n");
    return 2;
  }
  int file = open(argv[1], O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) {
    perror(argv[1]);
    return 2;
  }
  uintptr_t len = (uintptr_t)status.st_size;
  uint8_t *image = mmap(NULL, len, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  close(file);
  if (image == MAP_FAILED) {
    perror("mmap");
    return 2;
  }
  struct outcome outcome = stilt_smallest_run(image, len, (int32_t)strtol(argv[2], NULL, 10));
  if (outcome.failed) {
    printf("failed\n");
    return 1;
  }
  if (outcome.trap != 0) {
    printf("trap %d\n", outcome.trap);
    return 0;
  }
  printf("%d\n", (int)outcome.result);
  return 0;
}
