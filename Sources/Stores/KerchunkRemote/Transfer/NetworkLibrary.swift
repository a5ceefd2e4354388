// SPDX-License-Identifier: Apache-2.0
// Whether files behind URLs can be read at all.

import CCurl

/// The library that makes requests, which is opened when it is first needed.
public enum NetworkLibrary {
    /// Whether it can be opened; asked of the system once.
    // SAFETY: the problem, if any, is static memory, and not looked at.
    public static let isAvailable: Bool = unsafe kerchunk_curl_load() == nil
}
