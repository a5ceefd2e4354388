// SPDX-License-Identifier: Apache-2.0
// Dates of headers.
// Spec: RFC 9110, 5.6.7 "Date/Time Formats".

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`; nil where `text` is no such date.
func httpDate(_ text: String) -> Int64? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT" || parts[5] == "UTC", let day = Int64(parts[1]),
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            .firstIndex(of: String(parts[2])), let year = Int64(parts[3]), (1970...9999).contains(year),
        (1...31).contains(day)
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
        (0...60).contains(clock[2])
    else { return nil }
    let days = civilDays(year: year, month: Int64(month) + 1, day: day)
    return ((days * 24 + clock[0]) * 60 + clock[1]) * 60 + clock[2]
}

/// Seconds that the header `Retry-After` asks to wait; nil where it is absent or says nothing.
func retryDelay(_ text: String?, now: Int64) -> Int64? {
    guard let text else { return nil }
    if let seconds = Int64(text) { return max(0, seconds) }
    return httpDate(text).map { max(0, $0 - now) }
}
