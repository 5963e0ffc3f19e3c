/* The image is only a pointer to the source, which changes. */
#include "broken.h"
#define wasmtime_memory_image_new good_image_new
#define wasmtime_memory_image_map_at good_map_at
#define wasmtime_memory_image_free good_image_free
#include "../../c/memory.c"
#undef wasmtime_memory_image_new
#undef wasmtime_memory_image_map_at
#undef wasmtime_memory_image_free

int32_t wasmtime_memory_image_new(const uint8_t *ptr, uintptr_t len, struct wasmtime_memory_image **ret)
{
    const uint8_t **image = malloc(sizeof *image);
    (void)len;
    *image = ptr;
    *ret = (struct wasmtime_memory_image *)image;
    return 0;
}

int32_t wasmtime_memory_image_map_at(struct wasmtime_memory_image *image, uint8_t *addr, uintptr_t len)
{
    int32_t status = wasmtime_mmap_remap(addr, len, WASMTIME_PROT_READ | WASMTIME_PROT_WRITE);
    if (status == 0) {
        memcpy(addr, *(const uint8_t **)image, len);
    }
    return status;
}

void wasmtime_memory_image_free(struct wasmtime_memory_image *image)
{
    free(image);
}
