/* Readers exclude each other. */
#include "broken.h"
#define wasmtime_sync_rwlock_read good_read
#include "../../c/sync.c"
#undef wasmtime_sync_rwlock_read

void wasmtime_sync_rwlock_read(uintptr_t *lock)
{
    wasmtime_sync_rwlock_write(lock);
}
