// SPDX-License-Identifier: Apache-2.0
// An object whose messages are decoded, but for what lies outside its header.

import KerchunkBytes

/// The messages of one object header, sorted by what they say.
struct ObjectDraft {
    let header: ObjectHeader
    var datatype: AttributeDraft.Part<Datatype>?
    var dataspace: Dataspace?
    var fillValue: FillValueMessage?
    var oldFillValue: FillValueMessage?
    var layout: DataLayout?
    var filters: [Filter] = []
    var externalFiles: ExternalFileListMessage?
    var resolvedExternalFiles: [ExternalFileSlot] = []
    var attributes: [AttributeDraft] = []
    var attributeInfo: AttributeInfoMessage?
    var links: [LinkMessage] = []
    var linkInfo: LinkInfoMessage?
    var symbolTable: SymbolTableMessage?
    /// What cannot be read, but is not needed to use the object.
    var problems: [ParseError] = []

    /// - Throws: where a message that the object cannot do without is malformed.
    init(_ header: ObjectHeader, sizes: FieldSizes) throws(ParseError) {
        self.header = header
        for message in header.messages { try take(message, sizes) }
    }

    private mutating func take(_ message: HeaderMessage, _ sizes: FieldSizes) throws(ParseError) {
        switch message.kind {
        case .attribute:
            do throws(ParseError) {
                let order = header.tracksAttributeOrder ? message.creationOrder.map { UInt32($0) } : nil
                attributes.append(
                    try AttributeDraft(message.body, at: message.offset, creationOrder: order, sizes: sizes))
            } catch {
                problems.append(error)
            }
        case .link:
            do throws(ParseError) {
                links.append(
                    try message.parse(in: "link message") { cursor throws(ParseError) in
                        try LinkMessage(parsing: &cursor, sizes: sizes)
                    })
            } catch {
                problems.append(error)
            }
        case .datatype:
            datatype = try message.parse(in: "datatype message") { cursor throws(ParseError) in
                message.isShared
                    ? .elsewhere(try SharedMessage(parsing: &cursor, body: message.body, sizes: sizes))
                    : .here(try Datatype(parsing: &cursor))
            }
        case .dataspace:
            dataspace = try message.parse(in: "dataspace message") { cursor throws(ParseError) in
                try Dataspace(parsing: &cursor, sizes: sizes)
            }
        case .fillValue:
            fillValue = try message.parse(in: "fill value message") { cursor throws(ParseError) in
                try FillValueMessage(parsing: &cursor)
            }
        case .fillValueOld:
            oldFillValue = try message.parse(in: "fill value (old) message") { cursor throws(ParseError) in
                try FillValueMessage(parsingOld: &cursor)
            }
        case .dataLayout:
            layout = try message.parse(in: "data layout message") { cursor throws(ParseError) in
                try DataLayout(parsing: &cursor, sizes: sizes)
            }
        case .filterPipeline:
            filters = try message.parse(in: "filter pipeline message") { cursor throws(ParseError) in
                try FilterPipelineMessage.parse(&cursor)
            }
        case .externalFiles:
            externalFiles = try message.parse(in: "external data files message") {
                cursor throws(ParseError) in
                try ExternalFileListMessage(parsing: &cursor, sizes: sizes)
            }
        case .attributeInfo:
            do throws(ParseError) {
                attributeInfo = try message.parse(in: "attribute info message") { cursor throws(ParseError) in
                    try AttributeInfoMessage(parsing: &cursor, sizes: sizes)
                }
            } catch {
                problems.append(error)
            }
        case .linkInfo:
            linkInfo = try message.parse(in: "link info message") { cursor throws(ParseError) in
                try LinkInfoMessage(parsing: &cursor, sizes: sizes)
            }
        case .symbolTable:
            symbolTable = try message.parse(in: "symbol table message") { cursor throws(ParseError) in
                try SymbolTableMessage(parsing: &cursor, sizes: sizes)
            }
        default:
            break
        }
    }

    /// Keeps a problem; once, where it hits message after message.
    mutating func note(_ problem: ParseError) {
        if problems.last != problem { problems.append(problem) }
    }

    /// Whether the header says that this is a group, whatever else it says.
    var isGroup: Bool { symbolTable != nil || linkInfo != nil }
}
