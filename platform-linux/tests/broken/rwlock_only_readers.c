/* A writer gets in beside others. */
#include "broken.h"
#define wasmtime_sync_rwlock_write good_write
#include "../../c/sync.c"
#undef wasmtime_sync_rwlock_write

void wasmtime_sync_rwlock_write(uintptr_t *lock)
{
    wasmtime_sync_rwlock_read(lock);
}
