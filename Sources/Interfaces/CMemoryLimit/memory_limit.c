// SPDX-License-Identifier: Apache-2.0
// Swift's runtime ends the process by abort() where malloc gives nothing; no code of a program comes between. So the signal is
// caught; so is the fault of code that takes what malloc gave for memory, as the runtime itself does when it makes its message.
// Only what is safe in a handler is called there.
#include "memory_limit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static struct sigaction before_abort, before_fault;

/* Less than this is as good as nothing. */
static const size_t room = 64 << 20;

/* Bytes of the process's limit; 0 where it has none. */
static unsigned long long limit_of(int resource) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
    return limit.rlim_cur;
}

static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

static void say_number(unsigned long long number) {
    char digits[24];
    size_t start = sizeof digits - 1;
    digits[start] = 0;
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0 && start > 0);
    say(digits + start);
}

/* Whether the process cannot have `room` more. */
static int is_full(void) {
    void *probe = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) return 1;
    munmap(probe, room);
    return 0;
}

static void explain(int signal_number) {
    unsigned long long space = limit_of(RLIMIT_AS), data = limit_of(RLIMIT_DATA);
    unsigned long long limit = space != 0 && (data == 0 || space < data) ? space : data;
    if (limit != 0 && (signal_number == SIGABRT || is_full())) {
        say("error: out of memory: this process may use ");
        say_number(limit >> 20);
        say(" MiB (ulimit ");
        say(limit == space ? "-v" : "-d");
        say("); raise the limit, or work on fewer files at once (--jobs 1)\n");
        _exit(1);
    }
    sigaction(signal_number, signal_number == SIGABRT ? &before_abort : &before_fault, NULL);
    raise(signal_number);
}

void kerchunk_explain_memory_limit(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = explain;
    /* The signal must come again where it is not explained. */
    action.sa_flags = (int)SA_NODEFER;
    sigaction(SIGABRT, &action, &before_abort);
    if (limit_of(RLIMIT_AS) != 0 || limit_of(RLIMIT_DATA) != 0) sigaction(SIGSEGV, &action, &before_fault);
}
