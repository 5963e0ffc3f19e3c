/*
 * CPU features, as the kernel tells them: those that it lets programs use, with registers that it keeps.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* A feature's name, as images record it, and its bits in a word of the kernel's: all of them must be set. */
struct feature {
    const char *name;
    int word;
    uint64_t bits;
};

#define BIT(number) (UINT64_C(1) << (number))

#if defined(__aarch64__)

static const struct feature features[] = {
    {"lse", AT_HWCAP, BIT(8)},
    {"pauth", AT_HWCAP, BIT(30)},
    {"fp16", AT_HWCAP, BIT(9) | BIT(10)},
    {"dotprod", AT_HWCAP, BIT(20)},
    {"i8mm", AT_HWCAP2, BIT(13)},
};

/* Whether the kernel tells the word at all: 1 and the word, or 0. */
static int word(int which, uint64_t *value)
{
    *value = getauxval((unsigned long)which);
    return 1;
}

#elif defined(__riscv)

#include <sys/syscall.h>

#ifndef SYS_riscv_hwprobe
#define SYS_riscv_hwprobe 258
#endif
/* The key of hwprobe for extensions; beyond the numbers of the auxiliary vector. */
#define EXTENSIONS 4
#define WORD_HWPROBE 1000
#define LETTER(letter) BIT((letter) - 'a')

/* What kernels before 6.4 tell is by letter only. */
static const struct feature features[] = {
    {"v", AT_HWCAP, LETTER('v')},
    {"zca", AT_HWCAP, LETTER('c')},
    {"zcd", AT_HWCAP, LETTER('c') | LETTER('d')},
    {"zcb", WORD_HWPROBE, BIT(44)},
    {"zba", WORD_HWPROBE, BIT(3)},
    {"zbb", WORD_HWPROBE, BIT(4)},
    {"zbc", WORD_HWPROBE, BIT(7)},
    {"zbs", WORD_HWPROBE, BIT(5)},
    {"zbkb", WORD_HWPROBE, BIT(8)},
    {"zfa", WORD_HWPROBE, BIT(32)},
    {"zfhmin", WORD_HWPROBE, BIT(28)},
    {"zfh", WORD_HWPROBE, BIT(27)},
    {"zvfh", WORD_HWPROBE, BIT(30)},
    {"zvbb", WORD_HWPROBE, BIT(17)},
    {"zicond", WORD_HWPROBE, BIT(35)},
};

static int word(int which, uint64_t *value)
{
    if (which != WORD_HWPROBE) {
        *value = getauxval((unsigned long)which);
        return 1;
    }
    struct {
        int64_t key;
        uint64_t value;
    } pair = {EXTENSIONS, 0};
    /* For all processors; a key that the kernel does not know comes back as -1. */
    if (syscall(SYS_riscv_hwprobe, &pair, 1L, 0L, NULL, 0L) != 0 || pair.key != EXTENSIONS) {
        return 0;
    }
    *value = pair.value;
    return 1;
}

#else

/* x86_64 and s390x: programs ask the CPU, and the runtime does. */
static const struct feature features[] = {{"", 0, 0}};

static int word(int which, uint64_t *value)
{
    (void)which;
    (void)value;
    return 0;
}

#endif

int32_t stilt_linux_cpu_feature(const char *name, uintptr_t len)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        const struct feature *feature = &features[i];
        uint64_t value;
        if (strlen(feature->name) == len && memcmp(feature->name, name, len) == 0 && word(feature->word, &value)) {
            return (value & feature->bits) == feature->bits;
        }
    }
    return -1;
}
