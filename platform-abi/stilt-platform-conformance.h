/*
 * stilt-platform-conformance.h: does a platform keep the contract of wasmtime-platform.h?
 *
 * A self-test for porters. Build it for your ground, link it with your implementation, and call it from a program of its own:
 *
 *   cargo build --release --manifest-path platform-abi/conformance-kit/Cargo.toml [--target T] \
 *       --no-default-features --features virtual-memory,native-signals,...
 *   cc -I. -Iplatform-abi my-platform.c my-main.c libstilt_conformance_kit.a
 *
 * with the features of the gates that the platform defines (platform-abi/README.md says more). It uses no heap, no C
 * library beyond memcpy, memset, memmove and memcmp, and about 8 KiB of stack.
 *
 * For each clause of the contract there is one report: its name, whether it holds, and if not, what was
 * seen. A platform is right when no clause fails; read the skipped ones, they say what was not tested and why.
 */
#ifndef STILT_PLATFORM_CONFORMANCE_H
#define STILT_PLATFORM_CONFORMANCE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STILT_CONFORMANCE_PASSED 0
#define STILT_CONFORMANCE_FAILED 1
#define STILT_CONFORMANCE_SKIPPED 2

/*
 * What the self-test needs of the porter. All of it is used during the call only.
 */
struct stilt_conformance {
    /* Handed to each of the functions below. */
    void *user;

    /*
     * Required. Called on the calling thread, once per clause. `clause` is its name ("memory.map-zeroed"), `outcome` one of
     * STILT_CONFORMANCE_...; `detail` says what went wrong or why it was skipped (empty if it passed). Both strings are only
     * valid during the call.
     */
    void (*report)(void *user, const char *clause, int32_t outcome, const char *detail);

    /* Optional. Called before each clause with its name, so that a crash can be told apart from a hang, and named. */
    void (*begin)(void *user, const char *clause);

    /*
     * Optional: NULL on a ground without threads (clauses about several threads are then skipped). Starts a second thread (if
     * it can, on another core) that calls entry(arg) and ends; stores a handle in *thread. 0, or an error code.
     */
    int32_t (*thread_start)(void *user, void (*entry)(void *arg), void *arg, void **thread);

    /* With thread_start. Waits for that thread's end. 0, or an error code. */
    int32_t (*thread_join)(void *user, void *thread);

    /*
     * Optional. Called on either thread. Lets other threads run for a moment (about a millisecond, if there is a clock; at least a
     * yield). Without it the self-test spins, which needs a second core or preemption.
     */
    void (*pause)(void *user);

    /*
     * Optional. Makes a trap that is none of the runtime's (its address is not in the self-test's code), and which the ground
     * itself recovers from in its usual way. Returns 0 if that worked as it does without Stilt.
     */
    int32_t (*foreign_trap)(void *user);
};

/*
 * Runs all clauses of the gates that the kit was built with, on the calling thread, which must not have used
 * wasmtime-platform.h before. Once per program, since it calls wasmtime_init_traps. Returns the number of clauses
 * that failed. A platform that is broken badly enough may crash the program: the last clause that began is the one
 * to look at.
 */
int32_t stilt_platform_selftest(const struct stilt_conformance *conformance);

#ifdef __cplusplus
}
#endif

#endif
