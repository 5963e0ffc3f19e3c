/* bzip2 as a filter: `c` compresses standard input to standard output, `d` the other way. */

#include <bzlib.h>
#include <stdio.h>
#include <stdlib.h>

void bz_internal_error(int number) {
    fprintf(stderr, "internal error %d\n", number);
    exit(3);
}

int main(int argc, char **argv) {
    static char in[1 << 22], out[1 << 23];
    unsigned used = (unsigned)fread(in, 1, sizeof in, stdin), made = sizeof out;
    if (argc != 2)
        return 1;
    int outcome = *argv[1] == 'c' ? BZ2_bzBuffToBuffCompress(out, &made, in, used, 9, 0, 0)
                                  : BZ2_bzBuffToBuffDecompress(out, &made, in, used, 0, 0);
    if (outcome != BZ_OK) {
        fprintf(stderr, "refused: %d\n", outcome);
        return 2;
    }
    return fwrite(out, 1, made, stdout) == made ? 0 : 4;
}
