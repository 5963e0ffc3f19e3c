/*
 * A platform that is broken on purpose: takes one file of the good platform, under other names for some functions, and puts wrong
 * ones in their place. Each file here says what is wrong, and platform-linux/tests/conformance.rs which clause must
 * name it.
 */
#ifndef STILT_BROKEN_H
#define STILT_BROKEN_H
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#endif
