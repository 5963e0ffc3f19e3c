/* Images that are part of the firmware as bytes, as if they had been downloaded. The assembler finds the files (-Wa,-I). */
#include "programs.h"

/* In a place of their own in flash, aligned as images ask to be. */
#define IMAGE(name)                                \
  __asm__(                                         \
      ".pushsection .images, \"a\", %progbits\n"    \
      ".balign 64\n"                               \
      "start_" #name ":\n"                         \
      ".incbin \"" #name ".cwasm\"\n"              \
      "end_" #name ":\n"                           \
      ".popsection\n");                            \
  extern const unsigned char start_##name[], end_##name[]; \
  const image image_##name = {start_##name, end_##name}

IMAGE(crossing1);
IMAGE(crossing2);
IMAGE(unknown);
IMAGE(othertype);
IMAGE(wide);
IMAGE(vectors);
IMAGE(floats);
