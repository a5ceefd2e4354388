// SPDX-License-Identifier: Apache-2.0
// What a program says when it may have no more memory.
#ifndef KERCHUNK_MEMORY_LIMIT_H
#define KERCHUNK_MEMORY_LIMIT_H

/* From now on, where the process has a limit of its memory (ulimit -v, -d) and Swift's runtime ends it because memory cannot be had,
   it ends with a sentence and status 1. Without a limit, and for other reasons, it ends as before. */
void kerchunk_explain_memory_limit(void);
#endif
