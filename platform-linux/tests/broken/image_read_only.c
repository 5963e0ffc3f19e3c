/* A mapping of an image cannot be written. */
#include "broken.h"
#define wasmtime_memory_image_map_at good_map_at
#include "../../c/memory.c"
#undef wasmtime_memory_image_map_at

int32_t wasmtime_memory_image_map_at(struct wasmtime_memory_image *image, uint8_t *addr, uintptr_t len)
{
    void *start = mmap(addr, len, PROT_READ, MAP_FIXED | MAP_PRIVATE, image->fd, 0);
    return start == MAP_FAILED ? errno : 0;
}
