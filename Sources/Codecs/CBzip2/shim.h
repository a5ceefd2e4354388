// SPDX-License-Identifier: Apache-2.0
// bzip2 streams through the system's libbz2, opened at first use: Debian's archive is not position-independent, and
// the shared library's name differs between distributions. See docs/codecs.md. Spec: bzlib.h of bzip2 1.0.8.
#ifndef KERCHUNK_BZIP2_H
#define KERCHUNK_BZIP2_H
#include <bzlib.h>
#include <dlfcn.h>
#include <stddef.h>

/* The functions that we call: none is null where is_open is 1, all are where it is 0. */
typedef struct {
    int is_open;
    int (*_Nonnull compress_init)(bz_stream *_Nonnull, int, int, int);
    int (*_Nonnull compress)(bz_stream *_Nonnull, int);
    int (*_Nonnull compress_end)(bz_stream *_Nonnull);
    int (*_Nonnull decompress_init)(bz_stream *_Nonnull, int, int);
    int (*_Nonnull decompress)(bz_stream *_Nonnull);
    int (*_Nonnull decompress_end)(bz_stream *_Nonnull);
} kerchunk_bzip2;

/* Opens the library, which then stays open. */
static inline kerchunk_bzip2 kerchunk_bzip2_open(void) {
    static const char *const names[] = {"libbz2.so.1.0", "libbz2.so.1", "libbz2.so", "libbz2.dylib"};
    kerchunk_bzip2 closed = {0}, functions = {0};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && library == NULL; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return closed;
    void *found[] = {dlsym(library, "BZ2_bzCompressInit"),   dlsym(library, "BZ2_bzCompress"),
                     dlsym(library, "BZ2_bzCompressEnd"),    dlsym(library, "BZ2_bzDecompressInit"),
                     dlsym(library, "BZ2_bzDecompress"),     dlsym(library, "BZ2_bzDecompressEnd")};
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        if (found[i] == NULL) return closed;
    functions.compress_init = (int (*)(bz_stream *, int, int, int))found[0];
    functions.compress = (int (*)(bz_stream *, int))found[1];
    functions.compress_end = (int (*)(bz_stream *))found[2];
    functions.decompress_init = (int (*)(bz_stream *, int, int))found[3];
    functions.decompress = (int (*)(bz_stream *))found[4];
    functions.decompress_end = (int (*)(bz_stream *))found[5];
    functions.is_open = 1;
    return functions;
}
#endif
