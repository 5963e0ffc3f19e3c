/*
 * Locks: each word holds a pointer to a pthread object, made at first use.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static void must(const char *function, int error)
{
    if (error != 0) {
        stilt_linux_die(function, error);
    }
}

/* Enters what this thread made into the word, unless another one was faster: then the other's is the result. */
static void *enter(uintptr_t *word, void *made, void (*discard)(void *))
{
    uintptr_t expected = 0;
    if (__atomic_compare_exchange_n(word, &expected, (uintptr_t)made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return made;
    }
    discard(made);
    return (void *)expected;
}

static void discard_mutex(void *mutex)
{
    must("pthread_mutex_destroy", pthread_mutex_destroy(mutex));
    free(mutex);
}

static pthread_mutex_t *mutex_of(uintptr_t *word)
{
    uintptr_t known = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    if (known != 0) {
        return (pthread_mutex_t *)known;
    }
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    must("wasmtime_sync_lock_acquire", mutex == NULL ? ENOMEM : 0);
    must("pthread_mutex_init", pthread_mutex_init(mutex, NULL));
    return enter(word, mutex, discard_mutex);
}

void wasmtime_sync_lock_acquire(uintptr_t *lock)
{
    must("pthread_mutex_lock", pthread_mutex_lock(mutex_of(lock)));
}

void wasmtime_sync_lock_release(uintptr_t *lock)
{
    must("pthread_mutex_unlock", pthread_mutex_unlock(mutex_of(lock)));
}

void wasmtime_sync_lock_free(uintptr_t *lock)
{
    uintptr_t known = __atomic_exchange_n(lock, 0, __ATOMIC_ACQUIRE);
    if (known != 0) {
        discard_mutex((void *)known);
    }
}

static void discard_rwlock(void *rwlock)
{
    must("pthread_rwlock_destroy", pthread_rwlock_destroy(rwlock));
    free(rwlock);
}

static pthread_rwlock_t *rwlock_of(uintptr_t *word)
{
    uintptr_t known = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    if (known != 0) {
        return (pthread_rwlock_t *)known;
    }
    pthread_rwlock_t *rwlock = malloc(sizeof *rwlock);
    must("wasmtime_sync_rwlock", rwlock == NULL ? ENOMEM : 0);
    must("pthread_rwlock_init", pthread_rwlock_init(rwlock, NULL));
    return enter(word, rwlock, discard_rwlock);
}

void wasmtime_sync_rwlock_read(uintptr_t *lock)
{
    must("pthread_rwlock_rdlock", pthread_rwlock_rdlock(rwlock_of(lock)));
}

void wasmtime_sync_rwlock_read_release(uintptr_t *lock)
{
    must("pthread_rwlock_unlock", pthread_rwlock_unlock(rwlock_of(lock)));
}

void wasmtime_sync_rwlock_write(uintptr_t *lock)
{
    must("pthread_rwlock_wrlock", pthread_rwlock_wrlock(rwlock_of(lock)));
}

void wasmtime_sync_rwlock_write_release(uintptr_t *lock)
{
    must("pthread_rwlock_unlock", pthread_rwlock_unlock(rwlock_of(lock)));
}

void wasmtime_sync_rwlock_free(uintptr_t *lock)
{
    uintptr_t known = __atomic_exchange_n(lock, 0, __ATOMIC_ACQUIRE);
    if (known != 0) {
        discard_rwlock((void *)known);
    }
}
