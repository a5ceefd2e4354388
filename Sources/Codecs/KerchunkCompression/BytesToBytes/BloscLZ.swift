// SPDX-License-Identifier: Apache-2.0
// BloscLZ blocks: runs of literals, and references backwards.
// Spec: c-blosc 1.21, blosclz.c; the format of FastLZ level 2 with a window of 8191 bytes.

import KerchunkBytes

enum BloscLZ {
    /// References farther than this carry 16 more bits.
    private static let window = 8191

    /// - Returns: exactly `size` bytes; nil for input that does not give them.
    static func decode(_ input: [UInt8], size: Int) -> [UInt8]? {
        var output: [UInt8] = []
        // A byte of input gives less than 256 bytes of output.
        guard let first = input.first, size <= input.count.multiplied(by: 256) ?? Int.max else { return nil }
        output.reserveCapacity(size)
        var control = Int(first) & 31
        var position = 1
        while true {
            if control < 32 {
                let end = position + control + 1
                guard end <= input.count, output.count + control + 1 <= size else { return nil }
                output += input[position..<end]
                position = end
            } else {
                var length = (control >> 5) - 1
                if length == 6 {
                    while true {
                        guard position < input.count else { return nil }
                        let more = Int(input[position])
                        position += 1
                        length += more
                        if more != 255 { break }
                    }
                }
                guard position < input.count else { return nil }
                let low = Int(input[position])
                position += 1
                var distance = (control & 31) << 8 | low
                if distance == window {
                    guard position + 2 <= input.count else { return nil }
                    distance += Int(input[position]) << 8 | Int(input[position + 1])
                    position += 2
                }
                distance += 1
                length += 3
                guard distance <= output.count, output.count + length <= size else { return nil }
                output.appendCopy(of: length, from: distance)
            }
            guard position < input.count else { break }
            control = Int(input[position])
            position += 1
        }
        return output.count == size ? output : nil
    }
}
