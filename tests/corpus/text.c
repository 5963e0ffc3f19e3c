/*
 * text: what one wants to know of a text on the standard input.
 *
 *   text words [COUNT]     its most frequent words, with their share, and the entropy of its words
 *   text grep PATTERN      its lines that match, with their numbers
 *   text column NUMBER     statistics of a column of numbers; columns end at commas, semicolons and white space
 *   text sort              its lines in order, numbers within them by value
 *   text date SECONDS...   (reads nothing) seconds since 1970 as dates in UTC
 *
 * A pattern knows . [a-z] [^a-z] ( | ) * + ? ^ $ and \ before any of them. It is turned into an automaton whose states
 * are followed side by side, so no pattern takes longer than its length times the text's.
 *
 * With TEXT_TIMING in the environment, how long it took goes to the standard error.
 * Exit status: 0, 1 if nothing was found, 2 for wrong use or a failing system.
 */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The system failed. */
static _Noreturn void fail(const char *why) {
    fprintf(stderr, "text: %s: %s\n", why, strerror(errno));
    exit(2);
}

/* The user asked for something that makes no sense. */
static _Noreturn void refuse(const char *why) {
    fprintf(stderr, "text: %s\n", why);
    exit(2);
}

static void *grown(void *old, size_t count, size_t *room, size_t size) {
    if (count < *room) return old;
    size_t more = *room ? *room * 2 : 64;
    void *new = more > SIZE_MAX / size ? NULL : realloc(old, more * size);
    if (!new) fail("memory");
    *room = more;
    return new;
}

/* The next line without its end, or NULL; good until the next call. */
static char *next_line(size_t *len) {
    static char *line;
    static size_t room;
    size_t count = 0;
    int c;
    while ((c = getchar()) != EOF && c != '\n') {
        line = grown(line, count + 1, &room, 1);
        line[count++] = (char)c;
    }
    if (ferror(stdin)) fail("input");
    if (c == EOF && count == 0) return NULL;
    line = grown(line, count, &room, 1);
    line[count] = 0;
    *len = count;
    return line;
}

static char *copy(const char *from, size_t len) {
    char *to = malloc(len + 1);
    if (!to) fail("memory");
    memcpy(to, from, len);
    to[len] = 0;
    return to;
}

/* ---- words ---- */

typedef struct {
    char *word; /* NULL: free */
    uint32_t hash;
    unsigned long count;
} Entry;

static Entry *place_of(Entry *table, size_t room, const char *word, uint32_t hash) {
    size_t at = hash % room;
    while (table[at].word && (table[at].hash != hash || strcmp(table[at].word, word) != 0)) at = (at + 1) % room;
    return &table[at];
}

static Entry *doubled(Entry *old, size_t *room) {
    size_t more = *room ? *room * 2 : 256;
    Entry *new = calloc(more, sizeof *new);
    if (!new) fail("memory");
    for (size_t i = 0; i < *room; i++) {
        if (old[i].word) *place_of(new, more, old[i].word, old[i].hash) = old[i];
    }
    free(old);
    *room = more;
    return new;
}

static int more_frequent(const void *a, const void *b) {
    const Entry *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->word, y->word);
}

static int words(unsigned long show) {
    Entry *table = NULL;
    size_t room = 0, distinct = 0, len;
    unsigned long total = 0;
    char *line;
    while ((line = next_line(&len)) != NULL) {
        for (char *at = line, *end = line + len; at < end;) {
            char *start = at;
            uint32_t hash = 2166136261u;
            while (at < end && (isalnum((unsigned char)*at) || *at == '\'' || (unsigned char)*at >= 0x80)) {
                *at = (char)tolower((unsigned char)*at);
                hash = (hash ^ (unsigned char)*at++) * 16777619u;
            }
            if (at == start) {
                at++;
                continue;
            }
            char after = *at;
            *at = 0;
            if (2 * distinct >= room) table = doubled(table, &room);
            Entry *entry = place_of(table, room, start, hash);
            if (!entry->word) {
                *entry = (Entry){copy(start, (size_t)(at - start)), hash, 0};
                distinct++;
            }
            entry->count++;
            total++;
            *at = after;
        }
    }
    size_t used = 0;
    double entropy = 0;
    for (size_t i = 0; i < room; i++) {
        if (table[i].word) table[used++] = table[i];
    }
    if (used) qsort(table, used, sizeof *table, more_frequent);
    for (size_t i = 0; i < used; i++) {
        double share = (double)table[i].count / (double)total;
        entropy -= share * log2(share);
        if (i < show) printf("%8lu %7.3f%%  %s\n", table[i].count, 100 * share, table[i].word);
        free(table[i].word);
    }
    free(table);
    printf("%lu words, %zu distinct, %.6f bits each\n", total, distinct, entropy + 0.0);
    return total == 0;
}

/* ---- patterns ---- */

typedef enum { ONE_OF, LINE_START, LINE_END, FORK, GO, MATCH } Kind;

typedef struct {
    Kind kind;
    int to, other;        /* FORK: both; GO: the first */
    unsigned char in[32]; /* ONE_OF: a bit for each byte */
} Step;

typedef struct {
    Step *steps;
    size_t count, room;
    const char *at; /* what is left of the pattern */
    int depth;
} Pattern;

enum { DEEPEST = 64 };

static int add(Pattern *p, Kind kind, int to, int other) {
    p->steps = grown(p->steps, p->count, &p->room, sizeof *p->steps);
    p->steps[p->count] = (Step){.kind = kind, .to = to, .other = other};
    return (int)p->count++;
}

/* Makes room for a step at `at`; every later step moves on by one. */
static void insert(Pattern *p, int at, Kind kind, int to, int other) {
    add(p, GO, 0, 0);
    for (int i = (int)p->count - 1; i > at; i--) {
        p->steps[i] = p->steps[i - 1];
        if (p->steps[i].to >= at) p->steps[i].to++;
        if (p->steps[i].other >= at) p->steps[i].other++;
    }
    p->steps[at] = (Step){.kind = kind, .to = to, .other = other};
}

static void allow(Step *step, unsigned from, unsigned to) {
    for (unsigned c = from; c <= to; c++) step->in[c / 8] |= (unsigned char)(1 << c % 8);
}

static void parse_set(Pattern *p) {
    int place = add(p, ONE_OF, 0, 0);
    Step *step = &p->steps[place];
    int inverted = *p->at == '^';
    if (inverted) p->at++;
    do {
        if (*p->at == '\\') p->at++;
        unsigned from = (unsigned char)*p->at, to = from;
        if (!from) refuse("a [ without its ]");
        p->at++;
        if (p->at[0] == '-' && p->at[1] && p->at[1] != ']') {
            to = (unsigned char)p->at[1];
            p->at += 2;
        }
        if (to < from) refuse("a range that runs backwards");
        allow(step, from, to);
    } while (*p->at != ']');
    p->at++;
    for (int i = 0; inverted && i < 32; i++) step->in[i] = (unsigned char)~step->in[i];
}

static void parse_choice(Pattern *p);

static void parse_piece(Pattern *p) {
    char c = *p->at++;
    if (c == '(') {
        if (++p->depth > DEEPEST) refuse("parentheses too deep");
        parse_choice(p);
        p->depth--;
        if (*p->at++ != ')') refuse("a ( without its )");
    } else if (c == '[') {
        parse_set(p);
    } else if (c == '^') {
        add(p, LINE_START, 0, 0);
    } else if (c == '$') {
        add(p, LINE_END, 0, 0);
    } else if (c == '*' || c == '+' || c == '?') {
        refuse("nothing to repeat");
    } else {
        int any = c == '.';
        if (c == '\\' && !(c = *p->at++)) refuse("a \\ at the end");
        int place = add(p, ONE_OF, 0, 0);
        allow(&p->steps[place], any ? 0 : (unsigned char)c, any ? 255 : (unsigned char)c);
    }
}

static void parse_repeated(Pattern *p) {
    int start = (int)p->count;
    parse_piece(p);
    for (; *p->at && strchr("*+?", *p->at); p->at++) {
        int end = (int)p->count;
        if (*p->at == '+') {
            add(p, FORK, start, end + 1);
        } else {
            insert(p, start, FORK, start + 1, *p->at == '*' ? end + 2 : end + 1);
            if (*p->at == '*') add(p, GO, start, 0);
        }
    }
}

static void parse_choice(Pattern *p) {
    int start = (int)p->count;
    while (*p->at && *p->at != '|' && *p->at != ')') parse_repeated(p);
    if (*p->at != '|') return;
    p->at++;
    insert(p, start, FORK, start + 1, (int)p->count + 2);
    int skip = add(p, GO, 0, 0);
    parse_choice(p);
    p->steps[skip].to = (int)p->count;
}

typedef struct {
    int *steps;
    size_t count;
    size_t *last; /* for each step, the position at which it was added last, plus one */
} States;

/* Adds a step and all that can be reached from it without a byte. Recursion goes as deep as the pattern is long. */
static void follow(const Pattern *p, States *states, int step, size_t at, size_t len) {
    if (states->last[step] == at + 1) return;
    states->last[step] = at + 1;
    const Step *s = &p->steps[step];
    switch (s->kind) {
    case GO: follow(p, states, s->to, at, len); break;
    case FORK:
        follow(p, states, s->to, at, len);
        follow(p, states, s->other, at, len);
        break;
    case LINE_START:
        if (at == 0) follow(p, states, step + 1, at, len);
        break;
    case LINE_END:
        if (at == len) follow(p, states, step + 1, at, len);
        break;
    case ONE_OF:
    case MATCH: states->steps[states->count++] = step; break;
    }
}

static int matches(const Pattern *p, States *now, States *next, const char *line, size_t len) {
    memset(now->last, 0, p->count * sizeof *now->last);
    memset(next->last, 0, p->count * sizeof *next->last);
    now->count = 0;
    for (size_t at = 0;; at++) {
        follow(p, now, 0, at, len);
        next->count = 0;
        for (size_t i = 0; i < now->count; i++) {
            const Step *s = &p->steps[now->steps[i]];
            if (s->kind == MATCH) return 1;
            unsigned c = (unsigned char)line[at];
            if (at < len && s->in[c / 8] >> c % 8 & 1) follow(p, next, now->steps[i] + 1, at + 1, len);
        }
        if (at == len) return 0;
        States *spare = now;
        now = next;
        next = spare;
    }
}

static int grep(const char *pattern) {
    Pattern p = {.at = pattern};
    parse_choice(&p);
    if (*p.at) refuse("a ) without its (");
    add(&p, MATCH, 0, 0);
    States states[2];
    for (int i = 0; i < 2; i++) {
        states[i] = (States){malloc(p.count * sizeof(int)), 0, malloc(p.count * sizeof(size_t))};
        if (!states[i].steps || !states[i].last) fail("memory");
    }
    unsigned long number = 0, found = 0;
    size_t len;
    char *line;
    while ((line = next_line(&len)) != NULL) {
        number++;
        if (!matches(&p, &states[0], &states[1], line, len)) continue;
        found++;
        printf("%lu:", number);
        fwrite(line, 1, len, stdout);
        putchar('\n');
    }
    for (int i = 0; i < 2; i++) {
        free(states[i].steps);
        free(states[i].last);
    }
    free(p.steps);
    return found == 0;
}

/* ---- numbers ---- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double q) {
    double at = q * (double)(count - 1), below = floor(at);
    size_t i = (size_t)below;
    return i + 1 < count ? sorted[i] + (at - below) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static int column(unsigned long number) {
    double *values = NULL, mean = 0, spread = 0, sum = 0;
    size_t count = 0, room = 0, len;
    unsigned long others = 0;
    char *line;
    while ((line = next_line(&len)) != NULL) {
        char *rest = line, *field = NULL;
        for (unsigned long i = 0; i < number; i++) field = strtok_r(i ? NULL : line, ",; \t\r", &rest);
        char *end = field;
        double value = field ? strtod(field, &end) : 0;
        if (end == field || *end || !isfinite(value)) {
            others++;
            continue;
        }
        values = grown(values, count, &room, sizeof *values);
        values[count++] = value;
        sum += value;
        double off = value - mean;
        mean += off / (double)count;
        spread += off * (value - mean);
    }
    printf("%zu numbers, %lu others\n", count, others);
    if (count) {
        qsort(values, count, sizeof *values, by_value);
        printf("sum       %.6f\nmean      %.9g\ndeviation %.9g\n", sum, mean, sqrt(spread / (double)count));
        for (int q = 0; q <= 4; q++) printf("%3d%%      %.9e\n", 25 * q, quantile(values, count, q / 4.0));
    }
    free(values);
    return count == 0;
}

/* ---- order ---- */

static int in_order(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b, *all_x = x, *all_y = y;
    while (*x && *y) {
        if (isdigit((unsigned char)*x) && isdigit((unsigned char)*y)) {
            while (*x == '0') x++;
            while (*y == '0') y++;
            size_t digits_x = strspn(x, "0123456789"), digits_y = strspn(y, "0123456789");
            if (digits_x != digits_y) return digits_x < digits_y ? -1 : 1;
            int order = memcmp(x, y, digits_x);
            if (order) return order;
            x += digits_x;
            y += digits_y;
        } else if (*x != *y) {
            break;
        } else {
            x++;
            y++;
        }
    }
    if (*x != *y) return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
    return strcmp(all_x, all_y);
}

static int sort(void) {
    char **lines = NULL, *line;
    size_t count = 0, room = 0, len;
    while ((line = next_line(&len)) != NULL) {
        lines = grown(lines, count, &room, sizeof *lines);
        lines[count++] = copy(line, len);
    }
    if (count) qsort(lines, count, sizeof *lines, in_order);
    for (size_t i = 0; i < count; i++) {
        puts(lines[i]);
        free(lines[i]);
    }
    free(lines);
    return count == 0;
}

/* ---- dates ---- */

static int dates(char **texts) {
    for (; *texts; texts++) {
        char *end, day[64];
        errno = 0;
        long long seconds = strtoll(*texts, &end, 10);
        time_t time = (time_t)seconds;
        struct tm tm;
        if (errno || end == *texts || *end || time != seconds || !gmtime_r(&time, &tm)) refuse(*texts);
        if (!strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S, %a, day %j", &tm)) refuse(*texts);
        puts(day);
    }
    return 0;
}

static unsigned long natural(const char *text) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || end == text || *end || !isdigit((unsigned char)*text) || number == 0) refuse("not a positive number");
    return number;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    struct timespec start, end;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (strcmp(what, "words") == 0 && argc <= 3) status = words(argc == 3 ? natural(argv[2]) : 10);
    else if (strcmp(what, "grep") == 0 && argc == 3) status = grep(argv[2]);
    else if (strcmp(what, "column") == 0 && argc == 3) status = column(natural(argv[2]));
    else if (strcmp(what, "sort") == 0 && argc == 2) status = sort();
    else if (strcmp(what, "date") == 0 && argc > 2) status = dates(argv + 2);
    else refuse("use: text words [COUNT] | grep PATTERN | column NUMBER | sort | date SECONDS...");
    if (fflush(stdout) != 0) fail("output");
    if (getenv("TEXT_TIMING") && clock_gettime(CLOCK_MONOTONIC, &end) == 0) {
        double took = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
        fprintf(stderr, "took %.3f s\n", took);
    }
    return status;
}
