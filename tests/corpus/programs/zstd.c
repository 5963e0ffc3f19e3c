/* Zstandard as a filter: `c` and a level compress standard input to standard output, `d` the other way. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

int main(int argc, char **argv) {
    static char in[1 << 22], out[1 << 23];
    size_t used = fread(in, 1, sizeof in, stdin), made;
    if (argc == 3 && strcmp(argv[1], "c") == 0)
        made = ZSTD_compress(out, sizeof out, in, used, atoi(argv[2]));
    else if (argc == 2 && strcmp(argv[1], "d") == 0)
        made = ZSTD_decompress(out, sizeof out, in, used);
    else
        return 1;
    if (ZSTD_isError(made)) {
        fprintf(stderr, "refused: %s\n", ZSTD_getErrorName(made));
        return 2;
    }
    return fwrite(out, 1, made, stdout) == made ? 0 : 4;
}
