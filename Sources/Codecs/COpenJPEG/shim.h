// SPDX-License-Identifier: Apache-2.0
// JPEG 2000 code streams through the system's libopenjp2, opened at first use: Debian's archive is not
// position-independent. See docs/codecs.md. Spec: openjpeg.h of OpenJPEG 2.1 and newer, whose interface is stable.
#ifndef KERCHUNK_OPENJPEG_H
#define KERCHUNK_OPENJPEG_H
#if __has_include(<openjpeg.h>)
#include <openjpeg.h>
#elif __has_include(<openjpeg-2.5/openjpeg.h>)
#include <openjpeg-2.5/openjpeg.h>
#elif __has_include(<openjpeg-2.4/openjpeg.h>)
#include <openjpeg-2.4/openjpeg.h>
#else
#include <openjpeg-2.3/openjpeg.h>
#endif
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The functions that we call: none is null where is_open is 1, all are where it is 0. */
typedef struct {
    int is_open;
    opj_codec_t *_Nullable (*_Nonnull create)(OPJ_CODEC_FORMAT);
    void (*_Nonnull destroy)(opj_codec_t *_Nonnull);
    void (*_Nonnull defaults)(opj_dparameters_t *_Nonnull);
    OPJ_BOOL (*_Nonnull setup)(opj_codec_t *_Nonnull, opj_dparameters_t *_Nonnull);
    OPJ_BOOL (*_Nonnull header)(opj_stream_t *_Nonnull, opj_codec_t *_Nonnull, opj_image_t *_Nullable *_Nonnull);
    OPJ_BOOL (*_Nonnull decode)(opj_codec_t *_Nonnull, opj_stream_t *_Nonnull, opj_image_t *_Nonnull);
    void (*_Nonnull image_destroy)(opj_image_t *_Nonnull);
    opj_stream_t *_Nullable (*_Nonnull stream_create)(size_t, OPJ_BOOL);
    void (*_Nonnull stream_destroy)(opj_stream_t *_Nonnull);
    void (*_Nonnull stream_read)(opj_stream_t *_Nonnull, opj_stream_read_fn);
    void (*_Nonnull stream_skip)(opj_stream_t *_Nonnull, opj_stream_skip_fn);
    void (*_Nonnull stream_seek)(opj_stream_t *_Nonnull, opj_stream_seek_fn);
    void (*_Nonnull stream_data)(opj_stream_t *_Nonnull, void *_Nullable, opj_stream_free_user_data_fn _Nullable);
    void (*_Nonnull stream_length)(opj_stream_t *_Nonnull, uint64_t);
} kerchunk_openjpeg;

/* Opens the library, which then stays open. */
static inline kerchunk_openjpeg kerchunk_openjpeg_open(void) {
    static const char *const names[] = {"libopenjp2.so.7", "libopenjp2.so", "libopenjp2.7.dylib", "libopenjp2.dylib"};
    static const char *const symbols[] = {
        "opj_create_decompress", "opj_destroy_codec", "opj_set_default_decoder_parameters", "opj_setup_decoder",
        "opj_read_header", "opj_decode", "opj_image_destroy", "opj_stream_create", "opj_stream_destroy",
        "opj_stream_set_read_function", "opj_stream_set_skip_function", "opj_stream_set_seek_function",
        "opj_stream_set_user_data", "opj_stream_set_user_data_length"};
    enum { COUNT = sizeof symbols / sizeof symbols[0] };
    kerchunk_openjpeg closed, functions;
    memset(&closed, 0, sizeof closed);
    functions = closed;
    void *library = NULL, *found[COUNT];
    for (size_t i = 0; i < sizeof names / sizeof names[0] && library == NULL; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return closed;
    for (size_t i = 0; i < COUNT; i++)
        if ((found[i] = dlsym(library, symbols[i])) == NULL) return closed;
    functions.create = (opj_codec_t * (*)(OPJ_CODEC_FORMAT)) found[0];
    functions.destroy = (void (*)(opj_codec_t *))found[1];
    functions.defaults = (void (*)(opj_dparameters_t *))found[2];
    functions.setup = (OPJ_BOOL(*)(opj_codec_t *, opj_dparameters_t *))found[3];
    functions.header = (OPJ_BOOL(*)(opj_stream_t *, opj_codec_t *, opj_image_t **))found[4];
    functions.decode = (OPJ_BOOL(*)(opj_codec_t *, opj_stream_t *, opj_image_t *))found[5];
    functions.image_destroy = (void (*)(opj_image_t *))found[6];
    functions.stream_create = (opj_stream_t * (*)(size_t, OPJ_BOOL)) found[7];
    functions.stream_destroy = (void (*)(opj_stream_t *))found[8];
    functions.stream_read = (void (*)(opj_stream_t *, opj_stream_read_fn))found[9];
    functions.stream_skip = (void (*)(opj_stream_t *, opj_stream_skip_fn))found[10];
    functions.stream_seek = (void (*)(opj_stream_t *, opj_stream_seek_fn))found[11];
    functions.stream_data = (void (*)(opj_stream_t *, void *, opj_stream_free_user_data_fn))found[12];
    functions.stream_length = (void (*)(opj_stream_t *, uint64_t))found[13];
    functions.is_open = 1;
    return functions;
}

/* A code stream in memory, as OpenJPEG's stream functions see it. */
typedef struct {
    const unsigned char *_Nullable bytes;
    size_t count, position;
} kerchunk_openjpeg_source;

static inline size_t kerchunk_openjpeg_read(void *_Nonnull room, size_t count, void *_Nonnull user) {
    kerchunk_openjpeg_source *source = (kerchunk_openjpeg_source *)user;
    size_t left = source->count - source->position;
    if (left == 0) return (size_t)-1;
    if (count > left) count = left;
    memcpy(room, source->bytes + source->position, count);
    source->position += count;
    return count;
}

static inline int64_t kerchunk_openjpeg_skip(int64_t count, void *_Nonnull user) {
    kerchunk_openjpeg_source *source = (kerchunk_openjpeg_source *)user;
    if (count < 0) return -1;
    size_t left = source->count - source->position;
    if ((uint64_t)count > left) count = (int64_t)left;
    source->position += (size_t)count;
    return count;
}

static inline OPJ_BOOL kerchunk_openjpeg_seek(int64_t position, void *_Nonnull user) {
    kerchunk_openjpeg_source *source = (kerchunk_openjpeg_source *)user;
    if (position < 0 || (uint64_t)position > source->count) return OPJ_FALSE;
    source->position = (size_t)position;
    return OPJ_TRUE;
}

/* Reads the header of the code stream in `source`, and the image where it has `expected` points in one component.
   Returns 0 and an image that the caller destroys; 1: no code stream; 2: another size; 3: undecodable. */
static inline int kerchunk_openjpeg_decode(const kerchunk_openjpeg *_Nonnull functions,
                                           kerchunk_openjpeg_source *_Nonnull source, uint64_t expected,
                                           opj_image_t *_Nullable *_Nonnull result) {
    int status = 1;
    opj_image_t *image = NULL;
    opj_dparameters_t parameters;
    opj_codec_t *codec = functions->create(OPJ_CODEC_J2K);
    opj_stream_t *stream = functions->stream_create(source->count < (1u << 20) ? source->count + 1 : 1u << 20, OPJ_TRUE);
    *result = NULL;
    if (codec != NULL && stream != NULL) {
        functions->stream_read(stream, kerchunk_openjpeg_read);
        functions->stream_skip(stream, kerchunk_openjpeg_skip);
        functions->stream_seek(stream, kerchunk_openjpeg_seek);
        functions->stream_data(stream, source, NULL);
        functions->stream_length(stream, source->count);
        functions->defaults(&parameters);
        if (functions->setup(codec, &parameters) && functions->header(stream, codec, &image) && image != NULL) {
            uint64_t width = image->x1 > image->x0 ? image->x1 - image->x0 : 0;
            uint64_t height = image->y1 > image->y0 ? image->y1 - image->y0 : 0;
            status = 2;
            if (image->numcomps == 1 && image->comps[0].dx == 1 && image->comps[0].dy == 1 && height != 0 &&
                width == expected / height && expected % height == 0) {
                status = 3;
                if (functions->decode(codec, stream, image) && image->comps[0].data != NULL &&
                    (uint64_t)image->comps[0].w * image->comps[0].h == expected) {
                    status = 0;
                    *result = image;
                    image = NULL;
                }
            }
        }
    }
    if (image != NULL) functions->image_destroy(image);
    if (stream != NULL) functions->stream_destroy(stream);
    if (codec != NULL) functions->destroy(codec);
    return status;
}
#endif
