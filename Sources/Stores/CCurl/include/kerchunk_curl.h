// SPDX-License-Identifier: Apache-2.0
// Transfers over the system's libcurl, which is opened at first use: neither its headers nor the library are needed to
// build or to start. Nothing here is safe for several threads but kerchunk_curl_wake.
#ifndef KERCHUNK_CURL_H
#define KERCHUNK_CURL_H
#include <stddef.h>
#include <stdint.h>

/* Many transfers of one thread, with their connections and cookies. */
typedef struct kerchunk_curl kerchunk_curl;
/* One request and its answer. */
typedef struct kerchunk_transfer kerchunk_transfer;

/* How a request is made. */
typedef struct {
    /* Bytes that are taken of an answer with status 206, and of other successes. */
    size_t part_limit, whole_limit;
    long connect_timeout_ms;
    /* The transfer fails where it has been slower than `slowest` bytes a second for `stall_timeout` seconds. */
    long stall_timeout, slowest;
    /* Whether no connection is made to a link-local address, whatever name leads there. */
    int refuses_link_local;
    /* Whether passwords may come from .netrc. */
    int uses_netrc;
    int uses_cookies;
    int verifies_peer;
    /* Whether "." and ".." in the path go to the server as they are. */
    int keeps_path;
    /* Whether there is a body, which may be empty. */
    int has_body;
} kerchunk_terms;

typedef struct {
    /* libcurl's code: 0 where an answer came, whatever its status. */
    int code;
    const char *_Nullable problem;
    long status;
    /* Lines of the last answer's head, each ended by CR LF. */
    const char *_Nullable head;
    size_t head_size;
    const void *_Nullable body;
    size_t body_size;
    /* Whether the body was cut off at the limit. */
    int is_cut;
    /* Whether a connection was not made, as it led to a link-local address. */
    int is_refused;
    /* Where the answer sends the client, as an absolute URL. */
    const char *_Nullable redirect;
} kerchunk_answer;

/* Opens the library, which then stays open. Safe from one thread at a time. Returns null, or what went wrong. */
const char *_Nullable kerchunk_curl_load(void);
/* libcurl's name and version; null before it is loaded. */
const char *_Nullable kerchunk_curl_version(void);

/* Whether `host` is a link-local address (169.254.0.0/16, fe80::/10), in any way of writing that libcurl reads. */
int kerchunk_is_link_local(const char *_Nonnull host);

/* Each path may be null for what libcurl itself would take. */
kerchunk_curl *_Nullable kerchunk_curl_create(
    const char *_Nullable ca_file, const char *_Nullable ca_folder, const char *_Nullable netrc_file);
/* Starts a transfer; null where memory is short. `headers` are lines "Name: value", each ended by LF. All is copied but
   `body` (null for none), which must stay where it is until the transfer is freed. */
kerchunk_transfer *_Nullable kerchunk_curl_start(
    kerchunk_curl *_Nonnull curl, const char *_Nonnull url, const char *_Nonnull method, const char *_Nonnull headers,
    const void *_Nullable body, size_t body_size, kerchunk_terms terms);
/* Moves all transfers on as far as that is possible without waiting. */
void kerchunk_curl_perform(kerchunk_curl *_Nonnull curl);
/* Waits for the network, `kerchunk_curl_wake` or the time-out. */
void kerchunk_curl_wait(kerchunk_curl *_Nonnull curl, int timeout_ms);
/* From any thread: ends the wait. */
void kerchunk_curl_wake(kerchunk_curl *_Nonnull curl);
/* The next transfer that has ended; null where there is none. */
kerchunk_transfer *_Nullable kerchunk_curl_ended(kerchunk_curl *_Nonnull curl);

/* Valid until the transfer is freed. */
kerchunk_answer kerchunk_transfer_answer(kerchunk_transfer *_Nonnull transfer);
/* The memory of the body, which the caller frees with `free`. */
void *_Nullable kerchunk_transfer_take_body(kerchunk_transfer *_Nonnull transfer);
/* Ends the transfer, if it has not, and frees it. */
void kerchunk_transfer_free(kerchunk_curl *_Nonnull curl, kerchunk_transfer *_Nonnull transfer);
#endif
