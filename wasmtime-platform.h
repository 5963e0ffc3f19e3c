/*
 * wasmtime-platform.h: what Stilt asks of the ground it stands on.
 *
 * Stilt is `no_std`: it has no operating system of its own. Whatever it needs from one is declared in this
 * file, and a port is one C file (or Rust, or assembly) which defines these functions. The symbols, the
 * signatures and the macros are those of Wasmtime 48, so that a port written for it links here unchanged.
 * What Stilt adds is optional, stands at the end, and is called STILT_... and stilt_platform_...
 *
 *
 * WHICH FUNCTIONS A PORT DEFINES
 *
 * A gate is a preprocessor macro, and a Cargo feature of `stilt-platform-abi` (and of the crates above it)
 * of the same name in lower case. A port defines the functions of the gates that it switches on, all of
 * them. A function whose gate is off is never referenced.
 *
 *   (always)                  thread-local pointer
 *   WASMTIME_VIRTUAL_MEMORY   mappings, protections, copy-on-write images    feature `virtual-memory`
 *   WASMTIME_NATIVE_SIGNALS   hardware traps reach the runtime               feature `native-signals`
 *   WASMTIME_CUSTOM_SYNC      locks of the platform                          feature `custom-sync`
 *   WASMTIME_CUSTOM_FIBER     stack switching of the platform                feature `custom-fiber`
 *   STILT_CODE_PUBLICATION    new code becomes visible to every core         feature `code-publication`
 *   STILT_EXECUTE_ALIAS       code is written and run at two addresses       feature `execute-alias`
 *   STILT_PARKING             a thread sleeps until another one wakes it     feature `parking`
 *   STILT_RESUMABLE_TRAPS     the trap handler says where to continue        feature `resumable-traps`
 *
 * WASMTIME_SIGNALS_BASED_TRAPS, from older ports, is WASMTIME_VIRTUAL_MEMORY and WASMTIME_NATIVE_SIGNALS.
 *
 *
 * WHAT HOLDS FOR EVERY FUNCTION
 *
 * Status. An `int32_t` result is 0 for success; every other value is an error code of the platform's own
 * choice (`errno` is a good one). The runtime looks at each status, stops what it was doing, undoes it, and
 * hands the number to the embedder in the error. A function that fails must have changed nothing, unless
 * its text says otherwise.
 *
 * Functions without a status cannot fail. If the platform finds them impossible (a corrupt lock, no memory
 * for one), it must not return: it stops the machine, or the process, with a message of its own.
 *
 * Sizes are in bytes. "Page" is what wasmtime_page_size() returns. Where a text says "page-aligned", the
 * runtime keeps it: a port may check it and fail, and need not round.
 *
 * Threads. Unless its text says otherwise, a function is called on any thread that uses the runtime, on
 * several at once, and never from a trap handler or an interrupt handler. On a ground without threads this
 * says nothing. None of them calls back into the runtime.
 *
 * Stack. Functions are called on the stack of the embedder's thread, with the stack that the embedder left.
 *
 *
 * Is a port right? Link it with the conformance kit (platform-abi/stilt-platform-conformance.h), which runs
 * each function against the text below and names the clause that is broken.
 *
 * C99 or later, C++17 or later; freestanding: <stdbool.h> and <stdint.h> are all it needs.
 */
#ifndef _WASMTIME_PLATFORM_H
#define _WASMTIME_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef WASMTIME_SIGNALS_BASED_TRAPS
#ifndef WASMTIME_VIRTUAL_MEMORY
#define WASMTIME_VIRTUAL_MEMORY
#endif
#ifndef WASMTIME_NATIVE_SIGNALS
#define WASMTIME_NATIVE_SIGNALS
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------------
 * Thread-local pointer (always)
 *
 * One pointer per slot and per thread, which the runtime uses to find what is running on this thread. Slot 0
 * is the runtime's. Slot 1 is only used when component-model async is built in. No other slot is asked for.
 * ------------------------------------------------------------------------------------------------------ */

/*
 * The pointer that this thread last stored in `slot`, or NULL if it never stored one.
 *
 * Called by: the runtime, whenever it enters or leaves wasm, and by the trap handler.
 * From a trap handler: YES, on the thread that trapped. So: no lock, no allocation, no lazy initialisation
 *   that is not safe there. Reading a plain thread-local variable is.
 * slot: 0 or 1. For any other, the port may do what it likes.
 * Result: the pointer, exactly as stored; the platform never looks through it. Cannot fail.
 *
 * POSIX:       static __thread uint8_t *slots[2];   return slots[slot];
 * Bare metal:  one core, no threads: a static array. Several cores: index it by core number. With a
 *              scheduler: in the thread's control block, so that it is switched along with the thread.
 */
uint8_t *wasmtime_tls_get(uintptr_t slot);

/*
 * Stores `ptr` in `slot` of this thread. Other threads, and the other slot, do not see it.
 *
 * Called by: the runtime, whenever it enters or leaves wasm. This is on the path of every call into wasm:
 *   it should cost a few instructions.
 * From a trap handler: not by Stilt; Wasmtime allows itself to. Be safe there, it costs nothing.
 * slot: 0 or 1.
 * ptr: any pointer, NULL included. Kept, never dereferenced; it is valid until it is replaced.
 * Result: none. Cannot fail.
 *
 * POSIX:       slots[slot] = ptr;
 * Bare metal:  as above. A port that needs a per-thread set-up (a stack for the trap handler, say) may do
 *              it here, since no thread runs wasm before its first call of this function.
 */
void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr);

/* ---------------------------------------------------------------------------------------------------------
 * Virtual memory (WASMTIME_VIRTUAL_MEMORY)
 *
 * For linear memories with guard regions, for code that is loaded at run time, and for initial data that is
 * shared until it is written. A ground with no MMU leaves this gate off: memories then come from the heap, with
 * explicit bounds checks, and code is linked into the program or interpreted.
 * ------------------------------------------------------------------------------------------------------ */
#ifdef WASMTIME_VIRTUAL_MEMORY

/*
 * What may be done with a page; 0 means nothing at all: every access traps. The runtime asks for 0, READ,
 * READ|WRITE and READ|EXEC. It never asks for WRITE and EXEC together. It never asks for WRITE or EXEC
 * without READ.
 */
#define WASMTIME_PROT_READ (1 << 0)
#define WASMTIME_PROT_WRITE (1 << 1)
#define WASMTIME_PROT_EXEC (1 << 2)

/*
 * Makes a new mapping, somewhere that was free.
 *
 * Called by: module loading (for code), instantiation and growth (for memories). With prot_flags 0 it reserves
 *   address space, several GiB of it on 64-bit grounds, of which little is ever used: commit no storage for
 *   pages before they are touched, if the ground can do that.
 * size: not 0; page-aligned.
 * prot_flags: WASMTIME_PROT_..., or 0.
 * ret: not NULL; aligned for a pointer; belongs to the caller, used during the call only.
 * Result: 0, and *ret is the page-aligned start of `size` bytes which read as zero and overlap nothing else
 *   in use. Otherwise a code, *ret is not looked at, and nothing has been mapped: the runtime
 *   reports that there is no memory.
 *
 * POSIX:       mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
 * Bare metal:  take address space from an allocator of ranges; enter pages that are lent out zeroed, now, or
 *              (better) in the page-fault handler.
 */
int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret);

/*
 * Replaces what lies at [addr, addr + size) by fresh zero pages with the given protection, in place. What was there
 * (pages, or a copy-on-write image) is given back to the system.
 *
 * Called by: resetting a memory for its next tenant, taking a failed instantiation back. Its zeroes
 *   keep one tenant's bytes from the next: they are a matter of safety.
 * addr: page-aligned, in a mapping of wasmtime_mmap_new. It need not be the start of that mapping.
 * size: not 0; page-aligned; [addr, addr + size) lies in that one mapping. No thread touches the range meanwhile.
 * prot_flags: WASMTIME_PROT_..., or 0.
 * Result: 0: same address, zeroes, new protection, still part of the same mapping. Otherwise a code: the
 *   contents of the range are then undefined (but it must not have become free for others); the runtime
 *   does not use it again, other than to unmap it.
 *
 * POSIX:       mmap(addr, size, prot, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
 * Bare metal:  drop the pages of the range, flush the TLB of every core, enter zeroed ones (now, or when touched).
 */
int32_t wasmtime_mmap_remap(uint8_t *addr, uintptr_t size, uint32_t prot_flags);

/*
 * Ends a mapping, with all that was placed in it since (images, protections).
 *
 * Called by: dropping a memory, a module, or a half-built instance. On any thread, not only the one that mapped.
 * ptr, size: as they were given and got in wasmtime_mmap_new: a whole mapping. Nobody touches it any more.
 * Result: 0: the range is free. Otherwise a code: the range counts as leaked, it is not tried again.
 *
 * POSIX:       munmap(ptr, size)
 * Bare metal:  give the pages back, flush the TLB of every core, give the range back.
 */
int32_t wasmtime_munmap(uint8_t *ptr, uintptr_t size);

/*
 * Changes what may be done with the pages of [ptr, ptr + size). Their contents stay.
 *
 * Called by: memory growth (0 to READ|WRITE), publication of code (READ|WRITE to READ|EXEC, after the
 *   maintenance of the instruction cache, which the runtime does itself; see STILT_CODE_PUBLICATION for several
 *   cores).
 * ptr: page-aligned, in a mapping of wasmtime_mmap_new.
 * size: not 0; page-aligned; the range lies in that one mapping. Other threads may be using other parts of it, and,
 *   when rights are only added, this part.
 * prot_flags: WASMTIME_PROT_..., or 0.
 * Result: 0: from now on, on every core, each access that is not allowed traps, and each that is does not. Otherwise
 *   a code: the range has its old protection, or (if it was changed in part) a mixture; the runtime gives
 *   up what it was doing and does not rely on either.
 *
 * POSIX:       mprotect(ptr, size, prot)
 * Bare metal:  change the page-table entries, flush the TLB of every core.
 */
int32_t wasmtime_mprotect(uint8_t *ptr, uintptr_t size, uint32_t prot_flags);

/*
 * The size of a page: the granularity of all functions of this section.
 *
 * Called by: anything, at any time, often; the runtime does not keep it.
 * From a trap handler: may be.
 * Result: a power of two, at least 4096 and at most 65536 (the size of a wasm page), always the same. Cannot fail.
 *
 * POSIX:       sysconf(_SC_PAGESIZE)
 * Bare metal:  a constant.
 */
uintptr_t wasmtime_page_size(void);

/*
 * A memory image: bytes that can be mapped many times, each time privately, without a copy until they are written.
 * What it consists of is the platform's own affair; the runtime only carries the pointer.
 */
typedef struct wasmtime_memory_image wasmtime_memory_image;

/*
 * Makes an image of the bytes at [ptr, ptr + len).
 *
 * Called by: module loading, once for a memory with initial data. On any thread.
 * ptr: page-aligned; readable; never written through.
 * len: not 0; page-aligned.
 * ret: not NULL; aligned for a pointer; belongs to the caller, used during the call only.
 * Lifetime: the bytes stay where they are, unchanged, until the call returns. Later the runtime
 *   may free or change them, and the image must not notice: copy them, or hold on to the pages in another way.
 * Result: 0 and *ret not NULL: the image. 0 and *ret NULL: "images are not offered here (or not of this)": not an
 *   error, the runtime carries on and copies the data at each instantiation. Otherwise a code, and *ret is
 *   not looked at: loading the module fails with it.
 *
 * POSIX:       memfd_create + write (Linux); shm_open + shm_unlink; or simply *ret = NULL, return 0.
 * Bare metal:  a list of read-only pages with a count of users; or NULL.
 */
int32_t wasmtime_memory_image_new(const uint8_t *ptr, uintptr_t len, struct wasmtime_memory_image **ret);

/*
 * Places the first `len` bytes of an image at [addr, addr + len), in place of what was there, readable and writable.
 * The mapping is private: a write to it is seen neither in the image, nor in any other mapping of it.
 *
 * Called by: instantiation, and by resetting a memory. On any thread, on several at once with the same image.
 * image: from wasmtime_memory_image_new, not freed yet.
 * addr: page-aligned, in a mapping of wasmtime_mmap_new; no thread touches the range meanwhile.
 * len: not 0; page-aligned; at most the length of the image.
 * Lifetime: the mapping lasts until the range is remapped or unmapped, beyond the life of `image` if need be.
 * Result: 0, or a code: the contents of the range are then undefined (but it must not have become free for others),
 *   and the instantiation fails with it.
 *
 * POSIX:       mmap(addr, len, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE, image->fd, 0)
 * Bare metal:  enter the image's pages read-only; on a write fault, copy the page.
 */
int32_t wasmtime_memory_image_map_at(struct wasmtime_memory_image *image, uint8_t *addr, uintptr_t len);

/*
 * Ends an image. Mappings of it may outlive it, and stay as they are.
 *
 * Called by: dropping a module; once per image. On any thread.
 * image: from wasmtime_memory_image_new; not NULL; not used again.
 * Result: none. Cannot fail.
 *
 * POSIX:       close(image->fd); free(image);
 * Bare metal:  count down; free pages when neither image nor mapping uses them.
 */
void wasmtime_memory_image_free(struct wasmtime_memory_image *image);

#endif /* WASMTIME_VIRTUAL_MEMORY */

/* ---------------------------------------------------------------------------------------------------------
 * Hardware traps (WASMTIME_NATIVE_SIGNALS)
 *
 * With this gate, compiled wasm may leave bounds checks to guard pages, and division by zero or `unreachable` to
 * the processor. The platform hears of the exception first (a signal, a fault vector, an IDT entry) and asks the
 * runtime's handler. Without it, every check is made in the code: that is a full mode, not a lesser one. Even
 * in a build which has this gate, wasmtime_init_traps is not called before an engine with hardware traps exists.
 * ------------------------------------------------------------------------------------------------------ */
#ifdef WASMTIME_NATIVE_SIGNALS

/*
 * The runtime's handler. The platform calls it for each synchronous exception of code that runs in the context
 * of a thread: bad memory access, illegal instruction, arithmetic exception (on Linux SIGSEGV, SIGBUS,
 * SIGILL, SIGFPE). It need not tell wasm's exceptions from others: the handler does.
 *
 * ip: the address of the instruction that trapped, or of a byte inside it. Not of the one after it: where the
 *   processor reports that (s390x, for SIGILL and SIGFPE), subtract.
 * fp: the frame pointer register at that instruction: rbp, x29, s0 (riscv), r7 or r11 (arm); on s390x, the stack
 *   pointer r15. Backtraces start from it.
 * has_faulting_addr: whether the exception is a memory access whose address is known. False for an illegal
 *   instruction and for arithmetic, whatever the processor left in its address register.
 * faulting_addr: that address, exactly, or rounded down to its page on processors which report no better (s390x). 0
 *   if has_faulting_addr is false.
 *
 * How it is called: on the thread that trapped, so that wasmtime_tls_get answers for that thread; with interrupts or
 *   signals as they were in the interrupted code as far as the platform can (see below); on any stack with 16 KiB
 *   left. Best on a stack of its own, so that exhausting the native stack can be reported too.
 * It returns if the trap is not one of the runtime's. The platform then does what it would have done without Stilt:
 *   calls the handler that was installed before, kills the process, panics.
 * It does NOT return if the trap is the runtime's: it loads the stack pointer, frame pointer and program counter of
 *   the place where wasm was entered and goes on there. So when it is called the platform must hold no lock and have
 *   nothing left to do: the exception must count as over, so that the next one is delivered as this one was (on
 *   POSIX: SA_NODEFER; on bare metal: the exception level left, or handlers that nest). Where that cannot be had, see
 *   STILT_RESUMABLE_TRAPS.
 * It takes no lock, allocates nothing, and calls nothing of this header except wasmtime_tls_get and
 *   wasmtime_page_size.
 */
typedef void (*wasmtime_trap_handler_t)(uintptr_t ip, uintptr_t fp, bool has_faulting_addr,
                                        uintptr_t faulting_addr);

/*
 * Gives the platform the handler, to be called from now on, for all threads, those of the future included.
 *
 * Called by: the first engine that is created with hardware traps; once in the life of the program, before any
 *   such wasm runs. On any thread; never concurrently.
 * handler: not NULL; valid for ever.
 * Result: 0, or a code: creating the engine fails with it, nothing has been installed, and another engine may try again.
 *
 * POSIX:       sigaction(SIGSEGV, SIGBUS, SIGILL, SIGFPE; SA_SIGINFO | SA_ONSTACK | SA_NODEFER), keep what was there.
 *              In the handler: ip and fp from the ucontext, the address from siginfo; call; if it
 *              returns, go on with what was there. Each thread needs a sigaltstack of 64 KiB or so.
 * Bare metal:  store it; call it from the fault vector with the saved program counter and frame pointer, and
 *              the fault address register (CR2, FAR_EL1, stval).
 */
int32_t wasmtime_init_traps(wasmtime_trap_handler_t handler);

#endif /* WASMTIME_NATIVE_SIGNALS */

/* ---------------------------------------------------------------------------------------------------------
 * Locks (WASMTIME_CUSTOM_SYNC)
 *
 * The runtime's few locks (registries of an engine, not the path of a call) are one word each, zero at first. Without
 * this gate they spin. With it, the platform makes of the word what it likes: a lock in the word itself, or a
 * pointer to something of its own, created at first use.
 *
 * For all eight functions: `lock` is not NULL, is aligned for a uintptr_t, was zero before its first use, and belongs to
 * the platform from the first use until its ..._free; it is copied to another address only while nobody holds
 * it or waits for it (so the word may be a pointer, and may not contain its own address). A word is
 * used with the lock functions or with the rwlock functions, never with both. First uses may race: creation must be
 * atomic (compare-and-swap; the loser frees what it made). Acquisitions order memory as locks do: what was
 * written before a release is seen after the next acquisition. No lock is acquired twice by one thread. None is held
 * while wasm runs, nor in a trap handler. They have no status: a platform that cannot do it (no memory) stops.
 * ------------------------------------------------------------------------------------------------------ */
#ifdef WASMTIME_CUSTOM_SYNC

/*
 * Waits until nobody holds the lock, then holds it.
 * POSIX: pthread_mutex_lock on a mutex from malloc, entered with compare-and-swap. Bare metal: a ticket or
 * test-and-set lock in the word; in a kernel, one that yields.
 */
void wasmtime_sync_lock_acquire(uintptr_t *lock);

/*
 * Gives the lock back. Called by the thread that holds it.
 * POSIX: pthread_mutex_unlock. Bare metal: store-release of 0.
 */
void wasmtime_sync_lock_release(uintptr_t *lock);

/*
 * Ends the lock and what the platform made for it. Nobody holds it, waits for it, or uses it again. A word which is
 * still zero was never used: nothing to do, and no error.
 * POSIX: pthread_mutex_destroy, free. Bare metal: nothing.
 */
void wasmtime_sync_lock_free(uintptr_t *lock);

/*
 * Waits until nobody holds the lock for writing, then holds it for reading, together with other readers. A reader
 * must get in while another one holds it and no writer waits.
 * POSIX: pthread_rwlock_rdlock. Bare metal: count of readers in the word.
 */
void wasmtime_sync_rwlock_read(uintptr_t *lock);

/*
 * Gives back what wasmtime_sync_rwlock_read got, on the same thread.
 * POSIX: pthread_rwlock_unlock. Bare metal: count down, with release.
 */
void wasmtime_sync_rwlock_read_release(uintptr_t *lock);

/*
 * Waits until nobody holds the lock in either way, then holds it alone.
 * POSIX: pthread_rwlock_wrlock. Bare metal: 0 to "writer", with acquire.
 */
void wasmtime_sync_rwlock_write(uintptr_t *lock);

/*
 * Gives back what wasmtime_sync_rwlock_write got, on the same thread.
 * POSIX: pthread_rwlock_unlock. Bare metal: store-release of 0.
 */
void wasmtime_sync_rwlock_write_release(uintptr_t *lock);

/*
 * Ends the lock, as wasmtime_sync_lock_free does.
 * POSIX: pthread_rwlock_destroy, free. Bare metal: nothing.
 */
void wasmtime_sync_rwlock_free(uintptr_t *lock);

#endif /* WASMTIME_CUSTOM_SYNC */

/* ---------------------------------------------------------------------------------------------------------
 * Fibers (WASMTIME_CUSTOM_FIBER)
 *
 * Stack switching, for async. Only for processors on which the runtime has no assembly of its own.
 *
 * Layout. `top_of_stack` is the first byte above a fiber's stack (stacks grow down), aligned to 16. The two words
 * below it are shared: [top - 8] belongs to the runtime (on 32-bit grounds too it is 8 bytes), [top - 16] to these
 * functions: while the fiber rests it holds the stack pointer to continue the fiber with, while the fiber runs
 * the stack pointer to continue the resumer with. All else that a switch saves lies on the two stacks.
 * ------------------------------------------------------------------------------------------------------ */
#ifdef WASMTIME_CUSTOM_FIBER

/*
 * Prepares a stack so that the first wasmtime_fiber_switch to it calls entry(entry_arg0, top_of_stack) on it.
 *
 * Called by: the creation of a fiber, on the creating thread, before any switch to it.
 * top_of_stack: as above; at least 4 KiB of writable stack lie below it, and are the fiber's until it is dropped.
 * entry: not NULL; of the platform's C convention. It never returns: when it is done, it switches
 *   away for the last time. (If it did return, its result would mean nothing: a port should stop.)
 * entry_arg0: any pointer; given to entry, never looked through.
 * Result: none. Cannot fail: it writes some words below top_of_stack.
 *
 * POSIX and bare metal alike: a few instructions of assembly, which put at the top of the new stack what
 * wasmtime_fiber_switch will pop: callee-saved registers, then the address of a small routine which calls
 * entry. Its frame has a return address and frame pointer of 0, so that backtraces end there.
 */
void wasmtime_fiber_init(uint8_t *top_of_stack, uint8_t *(*entry)(uint8_t *, uint8_t *), uint8_t *entry_arg0);

/*
 * Swaps the running stack with the one saved at [top_of_stack - 16]: called from outside it goes into the fiber, called
 * on the fiber's stack it goes back to who switched to it last. Returns when it is switched back to.
 *
 * Called by: resuming a fiber, suspending it, ending it. A fiber runs on one thread at a time; whether it may
 *   go on on another one is the embedder's choice, so nothing of the thread may be saved in it.
 * top_of_stack: of the fiber that is entered or left; prepared by wasmtime_fiber_init.
 * Result: none. Cannot fail.
 *
 * POSIX and bare metal alike: assembly which pushes the callee-saved registers, exchanges the stack pointer with the
 * word at [top_of_stack - 16], pops, and returns.
 */
void wasmtime_fiber_switch(uint8_t *top_of_stack);

#endif /* WASMTIME_CUSTOM_FIBER */

/* =========================================================================================================
 * What Stilt adds. Ports of Wasmtime know nothing of it, and need not.
 * ====================================================================================================== */

/* ---------------------------------------------------------------------------------------------------------
 * Publication of code on several cores (STILT_CODE_PUBLICATION)
 *
 * When code is loaded, the runtime writes it, makes the instruction fetch of THIS core coherent with what was written
 * (aarch64: dc cvau, ic ivau, which reach the other cores too; riscv64: fence.i, which does not; x86 and s390x: the
 * hardware does), and asks for execute permission. That is enough on one core, and on x86 and s390x on several.
 * riscv64 with several cores needs this gate: without it the runtime refuses such a ground, by this gate's name.
 * aarch64 with several cores should have it, for code that replaces other code at the same address.
 * ------------------------------------------------------------------------------------------------------ */
#ifdef STILT_CODE_PUBLICATION

/*
 * When it returns, any core which learns of the code's address by ordinary means (an acquire-load, a lock) and
 * jumps there fetches the bytes that the caller wrote.
 *
 * Called by: module loading, after the code is written and after this core's own maintenance, before
 *   execute permission; on the thread that wrote it.
 * ptr: any alignment; readable and writable at the time; new code, which no core is running.
 * len: not 0; [ptr, ptr + len) lies in one mapping.
 * Result: 0, or a code: the module is not loaded.
 *
 * POSIX:       Linux on riscv64: the system call riscv_flush_icache; on aarch64: membarrier, SYNC_CORE; else 0.
 * Bare metal:  riscv64: fence.i on each other hart (an SBI remote fence.i, or an inter-processor interrupt), and
 *              wait for it. aarch64: an interrupt to each other core whose return synchronises (or isb there).
 */
int32_t stilt_platform_publish_code(const uint8_t *ptr, uintptr_t len);

#endif /* STILT_CODE_PUBLICATION */

/* ---------------------------------------------------------------------------------------------------------
 * Execute alias (STILT_EXECUTE_ALIAS)
 *
 * For grounds where no page may change from writable to executable: the same memory is mapped twice, to be
 * written at one address and run at the other. With this gate, the runtime loads code through it and
 * not through wasmtime_mmap_new and wasmtime_mprotect.
 * ------------------------------------------------------------------------------------------------------ */
#ifdef STILT_EXECUTE_ALIAS

/*
 * Makes memory for code, with two addresses.
 *
 * Called by: module loading. On any thread.
 * size: not 0; a multiple of 4096, and of wasmtime_page_size() where there is one.
 * ret_write, ret_exec: not NULL, aligned for a pointer, belong to the caller, used during the call only.
 * Result: 0: *ret_write is readable and writable, *ret_exec readable and executable but not writable; both have `size`
 *   bytes, are aligned to 4096 and to the page size, and show the same memory, zero at first: what is written at
 *   the one is read at the other at once (and is fetched there after publication). Otherwise a code: nothing
 *   was mapped, and the module is not loaded.
 *
 * POSIX:       Linux: memfd_create, ftruncate, mmap twice with MAP_SHARED.
 * Bare metal:  two page-table entries for each page; or the same address twice where there is no protection.
 */
int32_t stilt_platform_execute_alias_new(uintptr_t size, uint8_t **ret_write, const uint8_t **ret_exec);

/*
 * Ends both mappings.
 *
 * Called by: dropping a module. On any thread.
 * size, write, exec: as they were given and got in stilt_platform_execute_alias_new; not used again.
 * Result: 0, or a code: the memory counts as leaked.
 *
 * POSIX: munmap, twice.
 */
int32_t stilt_platform_execute_alias_free(uintptr_t size, uint8_t *write, const uint8_t *exec);

#endif /* STILT_EXECUTE_ALIAS */

/* ---------------------------------------------------------------------------------------------------------
 * Parking (STILT_PARKING)
 *
 * For `memory.atomic.wait` and `notify`. The runtime keeps the queues of waiters itself; the platform only lets a
 * thread sleep on a word of the runtime's, and wakes it. (The word is the waiter's own, not one of a
 * guest's memory.)
 * ------------------------------------------------------------------------------------------------------ */
#ifdef STILT_PARKING

/*
 * Sleeps until another thread calls stilt_platform_park_notify for the same word, or the time is over. Comparing
 * *word with `expected` and falling asleep are one step for stilt_platform_park_notify: if the word was changed and
 * notify was called, no thread sleeps on, however the two threads interleave.
 *
 * Called by: a thread that waits, holding no lock.
 * word: not NULL, aligned to 4; stays valid and is only written with atomic stores during the call.
 * expected: if *word is another value at the start, the call returns at once.
 * timeout_ns: nanoseconds from now on, on a clock that does not jump; UINT64_MAX: for ever; 0: do not sleep.
 * ret_timed_out: not NULL; used during the call only.
 * Result: 0, and *ret_timed_out says whether the time was over first. It may return early, without any reason,
 *   with false: the runtime looks at the word and calls again. Otherwise a code: the wait traps with it.
 *
 * POSIX:       Linux: futex(FUTEX_WAIT_PRIVATE). Elsewhere a mutex and a condition variable, hashed by address.
 * Bare metal:  put the thread on a list under a lock, compare under that lock, schedule. Without threads: return
 *              true once the time is over.
 */
int32_t stilt_platform_park_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns, bool *ret_timed_out);

/*
 * Wakes all threads that sleep on `word`.
 *
 * Called by: the thread that has just changed *word. Possibly after the waiter saw the change and went on: then nobody
 *   sleeps, and `word` may be an address that is no longer valid. It is not dereferenced.
 * word: not NULL, aligned to 4.
 * Result: 0, also if nobody slept. Otherwise a code.
 *
 * POSIX: Linux: futex(FUTEX_WAKE_PRIVATE, INT_MAX); its EFAULT is a 0 here.
 */
int32_t stilt_platform_park_notify(const uint32_t *word);

#endif /* STILT_PARKING */

/* ---------------------------------------------------------------------------------------------------------
 * Resumable trap frame (STILT_RESUMABLE_TRAPS)
 *
 * In place of wasmtime_init_traps, for grounds on which a handler may not jump out of the exception (it
 * runs on the kernel's stack, at another privilege, with interrupts masked by hardware): the handler says where
 * to go on, returns, and the platform leaves the exception in its usual way. The port then leaves
 * WASMTIME_NATIVE_SIGNALS off, or on for others' use: the runtime uses this one if it is there.
 * ------------------------------------------------------------------------------------------------------ */
#ifdef STILT_RESUMABLE_TRAPS

/*
 * The interrupted code's registers, as far as the runtime cares. pc, sp, fp: the `ip` and `fp` of
 * wasmtime_trap_handler_t, and the stack pointer. On s390x fp and sp are both r15.
 */
struct stilt_trap_frame {
    uintptr_t pc;
    uintptr_t sp;
    uintptr_t fp;
};

/*
 * The runtime's handler. Called like wasmtime_trap_handler_t (same exceptions, same thread, same meaning of the
 * address), but it always returns.
 *
 * frame: not NULL; filled in by the platform; belongs to it, and is used during the call only.
 * Result: false: the trap is not one of the runtime's; the frame is unchanged; the platform does what it would have done
 *   without Stilt. true: the frame has new values; the platform leaves the exception so that the
 *   thread goes on at pc with sp and fp loaded from the frame. What the other registers contain then does
 *   not matter (the code there reads none of them), except those that are the platform's (thread pointer, status and
 *   control registers), which are to be as they were in the interrupted code.
 */
typedef bool (*stilt_trap_resume_handler_t)(struct stilt_trap_frame *frame, bool has_faulting_addr,
                                            uintptr_t faulting_addr);

/*
 * Gives the platform the handler. Called by whom, when, and what a failure means: as wasmtime_init_traps.
 *
 * POSIX:       write pc, sp, fp into the ucontext and return from the signal handler.
 * Bare metal:  write them into the saved exception frame (ELR_EL1, SP_EL0, x29; mepc; the iret frame) and return.
 */
int32_t stilt_platform_init_resumable_traps(stilt_trap_resume_handler_t handler);

#endif /* STILT_RESUMABLE_TRAPS */

#ifdef __cplusplus
}
#endif

#endif /* _WASMTIME_PLATFORM_H */
