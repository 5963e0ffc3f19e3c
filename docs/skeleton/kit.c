/*
 * Runs the conformance kit against the platform that it is linked with, and writes a line for each clause. To be given your ground's
 * way to write a character, and to end with a status.
 */
#include "stilt-platform-conformance.h"

#include <stddef.h>
#include <stdio.h>

/* TODO: your serial line. */
static void write_text(const char *text)
{
    for (; *text != '\0'; text++) {
        putchar(*text);
    }
}

static void report(void *user, const char *clause, int32_t outcome, const char *detail)
{
    static const char *const words[] = {"passed ", "failed ", "skipped "};
    (void)user;
    write_text(words[outcome]);
    write_text(clause);
    write_text(" ");
    write_text(detail);
    write_text("\n");
}

int main(void)
{
    /* TODO: with threads (or a second core), thread_start and thread_join; with traps of your own, foreign_trap. */
    const struct stilt_conformance conformance = {.report = report};
    return stilt_platform_selftest(&conformance) == 0 ? 0 : 1;
}
