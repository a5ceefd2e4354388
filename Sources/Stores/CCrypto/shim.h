// SPDX-License-Identifier: Apache-2.0
// SHA-256 of OpenSSL 3, by the functions that need nothing else of it: 20 KB of the archive come into the program.
// Spec: openssl/sha.h; FIPS 180-4.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
