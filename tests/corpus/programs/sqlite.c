/* SQLite over a file: runs the statements of standard input one by one on the database that the argument names, and prints
   each row, and each error with the statement's number. */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int row(void *unused, int columns, char **values, char **names) {
    (void)unused, (void)names;
    for (int i = 0; i < columns; i++)
        printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    putchar('\n');
    return 0;
}

static char *all_of_input(void) {
    size_t used = 0, room = 1 << 16;
    char *text = malloc(room);
    for (size_t came; text && (came = fread(text + used, 1, room - used - 1, stdin)) > 0;) {
        used += came;
        if (room - used < 2)
            text = realloc(text, room *= 2);
    }
    if (text)
        text[used] = 0;
    return text;
}

int main(int argc, char **argv) {
    sqlite3 *database;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    /* Without locks, which preview 1 does not have. */
    if (argc != 2 || sqlite3_open_v2(argv[1], &database, flags, "unix-none") != SQLITE_OK) {
        fprintf(stderr, "cannot open the database\n");
        return 2;
    }
    char *text = all_of_input();
    int number = 0, failed = 0;
    for (const char *rest = text; rest && *rest;) {
        sqlite3_stmt *statement;
        const char *tail;
        number++;
        if (sqlite3_prepare_v2(database, rest, -1, &statement, &tail) != SQLITE_OK) {
            printf("statement %d: %s\n", number, sqlite3_errmsg(database));
            return 1;
        }
        sqlite3_finalize(statement);
        size_t length = (size_t)(tail - rest);
        char *one = malloc(length + 1), *error = NULL;
        if (!one)
            return 3;
        memcpy(one, rest, length);
        one[length] = 0;
        if (sqlite3_exec(database, one, row, NULL, &error) != SQLITE_OK) {
            printf("statement %d: %s\n", number, error);
            sqlite3_free(error);
            failed = 1;
        }
        free(one);
        rest = tail;
    }
    printf("%s: %d statements, %d changes\n", sqlite3_libversion(), number, sqlite3_total_changes(database));
    free(text);
    return sqlite3_close(database) == SQLITE_OK ? failed : 4;
}
