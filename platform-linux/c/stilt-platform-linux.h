/*
 * What the Linux platform offers beside wasmtime-platform.h.
 */
#ifndef STILT_PLATFORM_LINUX_H
#define STILT_PLATFORM_LINUX_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Gives this thread a stack for the trap handler (64 KiB and a guard page), unless it has one already of that size. It is
 * given back when the thread ends.
 *
 * Nobody has to call this: wasmtime_tls_set does, for each thread that enters wasm after a trap handler was
 * installed. But wasmtime_tls_set cannot report that there is no memory, and aborts; who would rather have an
 * error calls this first, once on each thread. 0, or an errno.
 */
int32_t stilt_linux_thread_init(void);

/*
 * Whether the CPU has the feature with this name (`len` bytes, as `stilt targets` lists them), as far as the kernel tells on
 * aarch64 and riscv64: 1 if so, 0 if not, -1 if it does not say. For `Config::detect_host_feature`.
 */
int32_t stilt_linux_cpu_feature(const char *name, uintptr_t len);

/*
 * Whether code that is loaded from now on lies in guarded pages (aarch64): a call or jump there through a register that does not lead
 * to an instruction which is marked for it is an exception. All images are then to be compiled with `--bti`. Off at first. false: the
 * CPU, or the kernel, does not know of it, and nothing was changed. With WASMTIME_VIRTUAL_MEMORY only.
 */
bool stilt_linux_guard_branches(bool on);

#ifdef __cplusplus
}
#endif

#endif
