import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
extension HDF5File {
    static func open(_ source: any ByteSource, in context: ScanContext) throws -> HDF5File { throw KerchunkError(.unsupported, "stub") }
    func hierarchy(in context: ScanContext) throws -> (nodes: [HierarchyNode], issues: [Issue]) { ([], []) }
    func globalHeapObjects(_ ids: [GlobalHeapID]) throws -> [GlobalHeapID: Bytes] { [:] }
}
