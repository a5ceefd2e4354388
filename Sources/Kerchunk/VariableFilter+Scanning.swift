// SPDX-License-Identifier: Apache-2.0
// The patterns of `ScanOptions.included` and `excluded`, for scanners that leave them to us.

import KerchunkModel
import KerchunkReferences
import KerchunkScanning

extension VariableFilter {
    init(_ options: ScanOptions) { self.init(included: options.included, excluded: options.excluded) }

    func apply(to result: inout ScanResult) {
        guard !included.isEmpty || !excluded.isEmpty else { return }
        result.dataset.root = filtered(result.dataset.root)
    }
}
