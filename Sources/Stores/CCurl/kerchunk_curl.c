// SPDX-License-Identifier: Apache-2.0
// libcurl is called through the addresses of its functions; numbers of options are those of its stable interface.
// Spec: https://curl.se/libcurl/c, symbols of 7.68 and newer.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* RTLD_DEEPBIND */
#endif
#include "kerchunk_curl.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LONG = 0,
    POINTER = 10000,
    FUNCTION = 20000,
    OFFSET = 30000,

    OPTION_WRITE_DATA = POINTER + 1,
    OPTION_URL = POINTER + 2,
    OPTION_ERROR_BUFFER = POINTER + 10,
    OPTION_POST_FIELDS = POINTER + 15,
    OPTION_LOW_SPEED_LIMIT = LONG + 19,
    OPTION_LOW_SPEED_TIME = LONG + 20,
    OPTION_HTTP_HEADER = POINTER + 23,
    OPTION_HEADER_DATA = POINTER + 29,
    OPTION_COOKIE_FILE = POINTER + 31,
    OPTION_CUSTOM_REQUEST = POINTER + 36,
    OPTION_NO_BODY = LONG + 44,
    OPTION_NETRC = LONG + 51,
    OPTION_VERIFY_PEER = LONG + 64,
    OPTION_CA_FILE = POINTER + 65,
    OPTION_VERIFY_HOST = LONG + 81,
    OPTION_HTTP_VERSION = LONG + 84,
    OPTION_CA_FOLDER = POINTER + 97,
    OPTION_NO_SIGNAL = LONG + 99,
    OPTION_SHARE = POINTER + 100,
    OPTION_PRIVATE = POINTER + 103,
    OPTION_NETRC_FILE = POINTER + 118,
    OPTION_POST_FIELD_SIZE = OFFSET + 120,
    OPTION_CONNECT_TIMEOUT_MS = LONG + 156,
    OPTION_PROTOCOLS = LONG + 181,
    OPTION_TCP_KEEP_ALIVE = LONG + 213,
    OPTION_PATH_AS_IS = LONG + 234,
    OPTION_PIPE_WAIT = LONG + 237,
    OPTION_WRITE_FUNCTION = FUNCTION + 11,
    OPTION_HEADER_FUNCTION = FUNCTION + 79,
    OPTION_OPEN_SOCKET_FUNCTION = FUNCTION + 163,
    OPTION_OPEN_SOCKET_DATA = POINTER + 164,

    MULTI_OPTION_MAX_CONNECTS = LONG + 6,
    INFO_PRIVATE = 0x100000 + 21,
    INFO_REDIRECT_URL = 0x100000 + 31,
    INFO_RESPONSE_CODE = 0x200000 + 2,

    SHARE_OPTION_SHARE = 1,
    SHARED_COOKIES = 2,
    PROTOCOLS_HTTP_AND_HTTPS = 1 | 2,
    NETRC_OPTIONAL = 1,
    HTTP_VERSION_2_OVER_TLS = 4,
    MESSAGE_DONE = 1,
    INIT_ALL = 3,
    ERROR_SIZE = 256,
    LARGEST_HEAD = 256 << 10,
    /* Bytes of a failure's body: enough for what it says. */
    FAILURE_LIMIT = 16 << 10,
    CONNECTIONS = 256,
    BAD_SOCKET = -1,
};

/* libcurl's struct curl_sockaddr. */
typedef struct {
    int family, type, protocol;
    unsigned length;
    struct sockaddr address;
} socket_address;

/* libcurl's CURLMsg. */
typedef struct {
    int kind;
    void *easy;
    union {
        void *pointer;
        int code;
    } data;
} message;

static struct {
    int is_loaded;
    int (*global_init)(long);
    char *(*version)(void);
    void *(*easy_init)(void);
    int (*easy_setopt)(void *, int, ...);
    int (*easy_getinfo)(void *, int, ...);
    void (*easy_cleanup)(void *);
    void (*easy_reset)(void *);
    const char *(*easy_strerror)(int);
    void *(*multi_init)(void);
    int (*multi_setopt)(void *, int, ...);
    int (*multi_add_handle)(void *, void *);
    int (*multi_remove_handle)(void *, void *);
    int (*multi_perform)(void *, int *);
    int (*multi_poll)(void *, void *, unsigned, int, int *);
    int (*multi_wakeup)(void *);
    message *(*multi_info_read)(void *, int *);
    void *(*slist_append)(void *, const char *);
    void (*slist_free_all)(void *);
    void *(*share_init)(void);
    int (*share_setopt)(void *, int, ...);
} lib;

struct kerchunk_curl {
    void *multi;
    void *share;
    /* Handles that wait for another transfer. */
    void *idle[CONNECTIONS];
    size_t idle_count;
    char *ca_file, *ca_folder, *netrc_file;
};

struct kerchunk_transfer {
    void *easy;
    void *headers;
    int code;
    int is_cut;
    /* Whether a connection was not made, as it led to a link-local address. */
    int is_refused;
    size_t part_limit, whole_limit;
    char *head;
    size_t head_size, head_capacity;
    char *body;
    size_t body_size, body_capacity;
    char error[ERROR_SIZE];
};

/* How libraries are opened. libcurl brings others (libldap, libssl), of which a process may have loaded its own copies for all
   to see: bound to those, it would end with them, and crash. So it looks for functions among its own libraries first. Sanitizers
   stop a program that does so, as they would miss calls of malloc. */
static int loading_mode(void) {
    int mode = RTLD_NOW | RTLD_LOCAL;
#ifdef RTLD_DEEPBIND
    static const char *const sanitizers[] = {"__asan_init", "__tsan_init", "__msan_init", "__hwasan_init"};
    for (size_t i = 0; i < sizeof sanitizers / sizeof sanitizers[0]; i++)
        if (dlsym(RTLD_DEFAULT, sanitizers[i]) != NULL) return mode;
    mode |= RTLD_DEEPBIND;
#endif
    return mode;
}

const char *kerchunk_curl_load(void) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so", "libcurl.4.dylib",
                                        "libcurl.dylib"};
    static char problem[512];
    if (lib.is_loaded) return NULL;
    void *library = NULL;
    problem[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && library == NULL; i++) {
        library = dlopen(names[i], loading_mode());
        if (library == NULL && problem[0] == 0) {
            const char *reason = dlerror();
            snprintf(problem, sizeof problem, "%s", reason == NULL ? "unknown reason" : reason);
        }
    }
    if (library == NULL) return problem;
    const struct {
        const char *name;
        void **place;
    } functions[] = {
        {"curl_global_init", (void **)&lib.global_init},
        {"curl_version", (void **)&lib.version},
        {"curl_easy_init", (void **)&lib.easy_init},
        {"curl_easy_setopt", (void **)&lib.easy_setopt},
        {"curl_easy_getinfo", (void **)&lib.easy_getinfo},
        {"curl_easy_cleanup", (void **)&lib.easy_cleanup},
        {"curl_easy_reset", (void **)&lib.easy_reset},
        {"curl_easy_strerror", (void **)&lib.easy_strerror},
        {"curl_multi_init", (void **)&lib.multi_init},
        {"curl_multi_setopt", (void **)&lib.multi_setopt},
        {"curl_multi_add_handle", (void **)&lib.multi_add_handle},
        {"curl_multi_remove_handle", (void **)&lib.multi_remove_handle},
        {"curl_multi_perform", (void **)&lib.multi_perform},
        {"curl_multi_poll", (void **)&lib.multi_poll},
        {"curl_multi_wakeup", (void **)&lib.multi_wakeup},
        {"curl_multi_info_read", (void **)&lib.multi_info_read},
        {"curl_slist_append", (void **)&lib.slist_append},
        {"curl_slist_free_all", (void **)&lib.slist_free_all},
        {"curl_share_init", (void **)&lib.share_init},
        {"curl_share_setopt", (void **)&lib.share_setopt},
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        *functions[i].place = dlsym(library, functions[i].name);
        if (*functions[i].place == NULL) {
            snprintf(problem, sizeof problem, "it has no %s: version 7.68 or newer is needed", functions[i].name);
            return problem;
        }
    }
    if (lib.global_init(INIT_ALL) != 0) return "it does not start";
    lib.is_loaded = 1;
    return NULL;
}

const char *kerchunk_curl_version(void) { return lib.is_loaded ? lib.version() : NULL; }

kerchunk_curl *kerchunk_curl_create(const char *ca_file, const char *ca_folder, const char *netrc_file) {
    kerchunk_curl *curl = calloc(1, sizeof *curl);
    if (curl == NULL) return NULL;
    curl->multi = lib.multi_init();
    curl->share = lib.share_init();
    if (curl->multi == NULL || curl->share == NULL) {
        free(curl);
        return NULL;
    }
    lib.multi_setopt(curl->multi, MULTI_OPTION_MAX_CONNECTS, (long)CONNECTIONS);
    lib.share_setopt(curl->share, SHARE_OPTION_SHARE, SHARED_COOKIES);
    curl->ca_file = ca_file == NULL ? NULL : strdup(ca_file);
    curl->ca_folder = ca_folder == NULL ? NULL : strdup(ca_folder);
    curl->netrc_file = netrc_file == NULL ? NULL : strdup(netrc_file);
    return curl;
}

/* Makes room for `size` more bytes. */
static int reserve(char **memory, size_t *capacity, size_t used, size_t size, size_t limit) {
    if (size <= *capacity - used) return 1;
    size_t wanted = *capacity < 4096 ? 4096 : *capacity * 2;
    if (wanted < used + size) wanted = used + size;
    if (wanted > limit) wanted = limit;
    char *larger = realloc(*memory, wanted);
    if (larger == NULL) return 0;
    *memory = larger;
    *capacity = wanted;
    return 1;
}

static size_t take_head(char *line, size_t size, size_t count, void *context) {
    kerchunk_transfer *transfer = context;
    size *= count;
    /* Another answer begins: what came before was a proxy's or a provisional one. */
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) transfer->head_size = 0;
    if (size > LARGEST_HEAD - transfer->head_size ||
        !reserve(&transfer->head, &transfer->head_capacity, transfer->head_size, size, LARGEST_HEAD))
        return 0;
    memcpy(transfer->head + transfer->head_size, line, size);
    transfer->head_size += size;
    return size;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    kerchunk_transfer *transfer = context;
    size *= count;
    long status = 0;
    lib.easy_getinfo(transfer->easy, INFO_RESPONSE_CODE, &status);
    int is_failure = status < 200 || status > 299;
    size_t limit = is_failure      ? FAILURE_LIMIT
                   : status == 206 ? transfer->part_limit
                                   : transfer->whole_limit;
    size_t taken = size;
    if (taken > limit - transfer->body_size) {
        taken = limit - transfer->body_size;
        transfer->is_cut = 1;
    }
    if (taken > 0) {
        if (transfer->body == NULL && status == 206) {
            transfer->body = malloc(limit);
            if (transfer->body == NULL) return 0;
            transfer->body_capacity = limit;
        }
        if (!reserve(&transfer->body, &transfer->body_capacity, transfer->body_size, taken, limit)) return 0;
        memcpy(transfer->body + transfer->body_size, bytes, taken);
        transfer->body_size += taken;
    }
    /* The rest of a failure's text is let pass, so that the connection can be used again. */
    return is_failure ? size : taken;
}

/* Whether an address is one of the link that the machine is on, also as one of the sixth version holds it: mapped, compatible,
   translated. Spec: RFC 3927, RFC 4291 (2.5.5, 2.5.6), RFC 6052, RFC 3056. */
static int is_link_local(const struct sockaddr *address) {
    const uint8_t *four = NULL;
    if (address->sa_family == AF_INET) {
        four = (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;
    } else if (address->sa_family == AF_INET6) {
        const uint8_t *six = ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr;
        static const uint8_t zeros[12], mapped[12] = {[10] = 0xff, [11] = 0xff}, translated[12] = {0, 0x64, 0xff, 0x9b};
        static const uint8_t of_aws[6] = {0xfd, 0x00, 0x0e, 0xc2};
        if (six[0] == 0xfe && (six[1] & 0xc0) == 0x80) return 1;
        /* fd00:ec2::/48: where machines of AWS ask for their credentials. */
        if (memcmp(six, of_aws, sizeof of_aws) == 0) return 1;
        if (memcmp(six, zeros, 12) == 0 || memcmp(six, mapped, 12) == 0 || memcmp(six, translated, 12) == 0)
            four = six + 12;
        else if (six[0] == 0x20 && six[1] == 0x02)
            four = six + 2;
    }
    return four != NULL && four[0] == 169 && four[1] == 254;
}

int kerchunk_is_link_local(const char *host) {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address = {0};
    if (inet_pton(AF_INET6, host, &address.six.sin6_addr) == 1) {
        address.six.sin6_family = AF_INET6;
    } else if (inet_aton(host, &address.four.sin_addr) != 0) { /* also 0xA9FE0001, 2851995649 */
        address.four.sin_family = AF_INET;
    } else {
        return 0;
    }
    return is_link_local(&address.any);
}

static int open_socket(void *context, int purpose, socket_address *address) {
    (void)purpose;
    kerchunk_transfer *transfer = context;
    if (is_link_local(&address->address)) {
        transfer->is_refused = 1;
        return BAD_SOCKET;
    }
#ifdef SOCK_CLOEXEC
    return socket(address->family, address->type | SOCK_CLOEXEC, address->protocol);
#else
    return socket(address->family, address->type, address->protocol);
#endif
}

/* Appends the lines of `headers`; 0 where memory is short. */
static int add_headers(kerchunk_transfer *transfer, const char *headers) {
    while (*headers != 0) {
        size_t size = strcspn(headers, "\n");
        char *line = strndup(headers, size);
        void *longer = line == NULL ? NULL : lib.slist_append(transfer->headers, line);
        free(line);
        if (longer == NULL) return 0;
        transfer->headers = longer;
        headers += size + (headers[size] == '\n');
    }
    return 1;
}

kerchunk_transfer *kerchunk_curl_start(kerchunk_curl *curl, const char *url, const char *method, const char *headers,
                                       const void *body, size_t body_size, kerchunk_terms terms) {
    kerchunk_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) return NULL;
    transfer->part_limit = terms.part_limit;
    transfer->whole_limit = terms.whole_limit;
    transfer->code = -1;
    void *easy = curl->idle_count > 0 ? curl->idle[--curl->idle_count] : lib.easy_init();
    transfer->easy = easy;
    if (easy == NULL || !add_headers(transfer, headers)) goto failed;
    lib.easy_setopt(easy, OPTION_URL, url);
    lib.easy_setopt(easy, OPTION_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS);
    lib.easy_setopt(easy, OPTION_HTTP_HEADER, transfer->headers);
    lib.easy_setopt(easy, OPTION_WRITE_FUNCTION, take_body);
    lib.easy_setopt(easy, OPTION_WRITE_DATA, transfer);
    lib.easy_setopt(easy, OPTION_HEADER_FUNCTION, take_head);
    lib.easy_setopt(easy, OPTION_HEADER_DATA, transfer);
    lib.easy_setopt(easy, OPTION_ERROR_BUFFER, transfer->error);
    lib.easy_setopt(easy, OPTION_PRIVATE, transfer);
    lib.easy_setopt(easy, OPTION_NO_SIGNAL, 1L);
    lib.easy_setopt(easy, OPTION_TCP_KEEP_ALIVE, 1L);
    lib.easy_setopt(easy, OPTION_HTTP_VERSION, (long)HTTP_VERSION_2_OVER_TLS);
    if (strncmp(url, "https:", 6) == 0) lib.easy_setopt(easy, OPTION_PIPE_WAIT, 1L);
    lib.easy_setopt(easy, OPTION_CONNECT_TIMEOUT_MS, terms.connect_timeout_ms);
    lib.easy_setopt(easy, OPTION_LOW_SPEED_LIMIT, terms.slowest);
    lib.easy_setopt(easy, OPTION_LOW_SPEED_TIME, terms.stall_timeout);
    if (terms.refuses_link_local) {
        lib.easy_setopt(easy, OPTION_OPEN_SOCKET_FUNCTION, open_socket);
        lib.easy_setopt(easy, OPTION_OPEN_SOCKET_DATA, transfer);
    }
    if (terms.uses_cookies) {
        lib.easy_setopt(easy, OPTION_COOKIE_FILE, "");
        lib.easy_setopt(easy, OPTION_SHARE, curl->share);
    }
    if (terms.uses_netrc) {
        lib.easy_setopt(easy, OPTION_NETRC, (long)NETRC_OPTIONAL);
        if (curl->netrc_file != NULL) lib.easy_setopt(easy, OPTION_NETRC_FILE, curl->netrc_file);
    }
    if (curl->ca_file != NULL) lib.easy_setopt(easy, OPTION_CA_FILE, curl->ca_file);
    if (curl->ca_folder != NULL) lib.easy_setopt(easy, OPTION_CA_FOLDER, curl->ca_folder);
    if (!terms.verifies_peer) {
        lib.easy_setopt(easy, OPTION_VERIFY_PEER, 0L);
        lib.easy_setopt(easy, OPTION_VERIFY_HOST, 0L);
    }
    if (terms.keeps_path) lib.easy_setopt(easy, OPTION_PATH_AS_IS, 1L);
    if (strcmp(method, "HEAD") == 0) {
        lib.easy_setopt(easy, OPTION_NO_BODY, 1L);
    } else if (terms.has_body) {
        lib.easy_setopt(easy, OPTION_POST_FIELD_SIZE, (int64_t)body_size);
        lib.easy_setopt(easy, OPTION_POST_FIELDS, body == NULL ? "" : body);
        lib.easy_setopt(easy, OPTION_CUSTOM_REQUEST, method);
    } else if (strcmp(method, "GET") != 0) {
        lib.easy_setopt(easy, OPTION_CUSTOM_REQUEST, method);
    }
    if (lib.multi_add_handle(curl->multi, easy) != 0) goto failed;
    return transfer;
failed:
    if (easy != NULL) lib.easy_cleanup(easy);
    if (transfer->headers != NULL) lib.slist_free_all(transfer->headers);
    free(transfer);
    return NULL;
}

void kerchunk_curl_perform(kerchunk_curl *curl) {
    int running = 0;
    lib.multi_perform(curl->multi, &running);
}

void kerchunk_curl_wait(kerchunk_curl *curl, int timeout_ms) {
    int ready = 0;
    lib.multi_poll(curl->multi, NULL, 0, timeout_ms, &ready);
}

void kerchunk_curl_wake(kerchunk_curl *curl) { lib.multi_wakeup(curl->multi); }

kerchunk_transfer *kerchunk_curl_ended(kerchunk_curl *curl) {
    int left = 0;
    message *next;
    while ((next = lib.multi_info_read(curl->multi, &left)) != NULL) {
        if (next->kind != MESSAGE_DONE) continue;
        char *context = NULL;
        lib.easy_getinfo(next->easy, INFO_PRIVATE, &context);
        kerchunk_transfer *transfer = (kerchunk_transfer *)context;
        if (transfer == NULL) continue;
        transfer->code = next->data.code;
        return transfer;
    }
    return NULL;
}

kerchunk_answer kerchunk_transfer_answer(kerchunk_transfer *transfer) {
    kerchunk_answer answer = {0};
    answer.code = transfer->code;
    if (transfer->code > 0)
        answer.problem = transfer->error[0] != 0 ? transfer->error : lib.easy_strerror(transfer->code);
    lib.easy_getinfo(transfer->easy, INFO_RESPONSE_CODE, &answer.status);
    answer.head = transfer->head;
    answer.head_size = transfer->head_size;
    answer.body = transfer->body;
    answer.body_size = transfer->body_size;
    answer.is_cut = transfer->is_cut;
    answer.is_refused = transfer->is_refused;
    char *redirect = NULL;
    lib.easy_getinfo(transfer->easy, INFO_REDIRECT_URL, &redirect);
    answer.redirect = redirect;
    return answer;
}

void *kerchunk_transfer_take_body(kerchunk_transfer *transfer) {
    void *body = transfer->body;
    transfer->body = NULL;
    transfer->body_size = transfer->body_capacity = 0;
    return body;
}

void kerchunk_transfer_free(kerchunk_curl *curl, kerchunk_transfer *transfer) {
    lib.multi_remove_handle(curl->multi, transfer->easy);
    if (curl->idle_count < CONNECTIONS) {
        lib.easy_reset(transfer->easy);
        curl->idle[curl->idle_count++] = transfer->easy;
    } else {
        lib.easy_cleanup(transfer->easy);
    }
    if (transfer->headers != NULL) lib.slist_free_all(transfer->headers);
    free(transfer->head);
    free(transfer->body);
    free(transfer);
}
