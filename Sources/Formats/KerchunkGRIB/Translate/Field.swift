// SPDX-License-Identifier: Apache-2.0
// All that headers say of a field.

import KerchunkBytes
import KerchunkGRIBPacking

/// One field of a file.
struct Field: Sendable {
    /// Of its message.
    let offset: UInt64
    /// Bytes of its message.
    let length: UInt64
    /// Which field of the message, from 0.
    let index: Int
    let places: GRIBSections
    let product: ProductDefinition
    /// Which of the file's grids; nil where the message has none.
    let gridIndex: Int?
    let names: FieldNames
    let level: FieldLevel?
    let times: FieldTimes
    /// Data representation template; of edition 1 nil.
    let representationTemplate: Int?
    /// Values that are stored, where section 4 of edition 1 tells it: reduced grids there do not say how many of their
    /// points an area has.
    let storedCount: Int?

    var keys: CodedKeys { product.keys }
    var edition: Int { keys[.editionNumber] ?? 0 }

    /// The member of an ensemble, or the cluster; nil where the product is of none.
    var number: Int? { keys[.perturbationNumber] ?? keys[.clusterIdentifier] ?? keys[.localNumber] }
    /// Members, or clusters, that there are.
    var totalNumber: Int? {
        keys[.clusterIdentifier] == nil
            ? keys[.numberOfForecastsInEnsemble] ?? keys[.localTotalNumber] : keys[.totalNumberOfClusters]
    }

    /// Points of the field on `grid`; nil where nothing says.
    func pointCount(_ grid: GridDescription) -> Int? {
        edition == 1 && grid.layout.isReduced ? storedCount ?? grid.layout.pointCount : grid.layout.pointCount
    }

    /// What a variable is called: the field's name, or its numbers.
    var variableName: String { names.isKnown ? names.cfVarName : FieldNames.numbered(keys) }
}
