// SPDX-License-Identifier: Apache-2.0
// What a user of the facade sees of the modules below.

@_exported public import KerchunkArchives
@_exported public import KerchunkBytes
@_exported public import KerchunkCodecs
@_exported public import KerchunkCombining
@_exported public import KerchunkHDF5
@_exported public import KerchunkModel
@_exported public import KerchunkReading
@_exported public import KerchunkReferences
@_exported public import KerchunkScanning
@_exported public import KerchunkStorage
