/* Every function of stilt.h, used and misused; C99 and C++. `tests IMAGE...` with images of the same module as the linked one, and
 * of others: see xtask/src/c_api.rs, which runs this under AddressSanitizer. */
#include "tests.h"

#include <sys/mman.h>

static file read_file(const char *path) {
  file found;
  FILE *stream = fopen(path, "rb");
  long length;
  if (!stream) { perror(path); exit(2); }
  fseek(stream, 0, SEEK_END);
  length = ftell(stream);
  rewind(stream);
  found.length = (uintptr_t)length;
  found.bytes = (uint8_t *)mmap(0, found.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found.bytes == MAP_FAILED || fread(found.bytes, 1, found.length, stream) != found.length) { perror(path); exit(2); }
  fclose(stream);
  mprotect(found.bytes, found.length, PROT_READ | PROT_EXEC);
  return found;
}

static void all(const char *name, int interpreted) {
  what = name;
  typed_calls();
  generic_calls();
  memories();
  growth();
  traps();
  host_failures();
  reentrancy();
  interrupts();
  stacks(interpreted);
  limits();
  little_storage();
  imports();
  two_instances();
  misuse();
  left_behind();
  made_within();
  grown_within();
  two_stores();
  huge(interpreted);
  misaligned();
  overlaps();
  tiny_stacks();
  signals();
  threads();
  odd_answers();
}

int main(int argc, char **argv) {
  file native, bytecode, stripped, foreign[4], soft;
  if (argc != 9) {
    fprintf(stderr, "usage: tests NATIVE BYTECODE STRIPPED AARCH64 HARDWARE NARROW BIG_ENDIAN SOFT\n");
    return 2;
  }
  native = read_file(argv[1]);
  bytecode = read_file(argv[2]);
  stripped = read_file(argv[3]);
  foreign[0] = read_file(argv[4]);
  foreign[1] = read_file(argv[5]);
  foreign[2] = read_file(argv[6]);
  foreign[3] = read_file(argv[7]);
  soft = read_file(argv[8]);
  all("linked", 0);
  others();
  image = &native;
  all("native image", 0);
  image = &bytecode;
  all("bytecode", 1);
  what = "bad images";
  bad_images(&stripped);
  foreign_images(&stripped, foreign);
  what = "CPU features";
  cpu_features(&native);
  what = "groups of builtins";
  groups(&soft);
  printf("stilt.h does what it says\n");
  return 0;
}
