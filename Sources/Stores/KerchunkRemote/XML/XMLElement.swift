// SPDX-License-Identifier: Apache-2.0
// Small XML documents, as cloud services answer with: a tree of elements and their text, by libexpat.
// Spec: XML 1.0; https://libexpat.github.io/doc/api/latest

import CExpat
import KerchunkBytes
import KerchunkModel

struct XMLElement: Hashable, Sendable {
    /// As it is written, with its prefix where it has one.
    let name: String
    let attributes: [String: String]
    /// Of this element alone; without the blanks around it where it has children.
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElement] = []

    fileprivate init(_ name: String, _ attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    /// The first child of this name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// - Throws: kind `network` for what is no XML document, or one with a type definition (entities may grow without
    ///   bound), or nested deeper than 32.
    init(parsing document: Bytes) throws(KerchunkError) {
        let builder = XMLBuilder()
        if let problem = builder.parse(document) {
            throw KerchunkError(.network, "the server sent an XML document that cannot be read: \(problem)")
        }
        guard let root = builder.root else {
            throw KerchunkError(.network, "the server sent an XML document without elements")
        }
        self = root
    }
}

// A class because libexpat's functions get its address.
private final class XMLBuilder {
    private static let depthLimit = 32
    private(set) var root: XMLElement?
    private var open: [XMLElement] = []
    private var problem: String?

    /// - Returns: what is wrong with the document.
    func parse(_ document: Bytes) -> String? {
        guard let parser = unsafe XML_ParserCreate(nil) else { return "out of memory" }
        defer { unsafe XML_ParserFree(parser) }
        guard document.count <= Int32.max else { return "it is too large" }
        // SAFETY: the parser does not outlive this call, during which `self` lives; the functions run inside it.
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        unsafe XML_SetElementHandler(
            parser,
            { context, name, list in
                var attributes: [String: String] = [:]
                // SAFETY: the list has pairs of texts, and a null at its end.
                var next = unsafe list
                while let pair = unsafe next, let key = unsafe pair[0], let value = unsafe pair[1] {
                    attributes[unsafe String(cString: key)] = unsafe String(cString: value)
                    unsafe next = pair + 2
                }
                unsafe XMLBuilder.at(context)?.start(
                    name.map { unsafe String(cString: $0) } ?? "", attributes)
            },
            { context, _ in unsafe XMLBuilder.at(context)?.end() })
        unsafe XML_SetCharacterDataHandler(parser) { context, text, count in
            let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(count))
            unsafe XMLBuilder.at(context)?.add(String(decoding: bytes, as: UTF8.self))
        }
        unsafe XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            unsafe XMLBuilder.at(context)?.refuse("it has a document type definition")
        }
        let status = unsafe document.withUnsafeBytes { bytes in
            unsafe XML_Parse(parser, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), 1)
        }
        if let problem { return problem }
        guard status == XML_STATUS_OK else {
            let reason = unsafe XML_ErrorString(XML_GetErrorCode(parser)).map { unsafe String(cString: $0) }
            return "\(reason ?? "error") at line \(unsafe XML_GetCurrentLineNumber(parser))"
        }
        return nil
    }

    @unsafe private static func at(_ context: UnsafeMutableRawPointer?) -> XMLBuilder? {
        unsafe context.map { unsafe Unmanaged<XMLBuilder>.fromOpaque($0).takeUnretainedValue() }
    }

    private func refuse(_ reason: String) { problem = problem ?? reason }

    private func start(_ name: String, _ attributes: [String: String]) {
        guard problem == nil else { return }
        guard open.count < Self.depthLimit else {
            return refuse("it is nested deeper than \(Self.depthLimit)")
        }
        open.append(XMLElement(name, attributes))
    }

    private func add(_ text: String) {
        guard problem == nil, !open.isEmpty else { return }
        open[open.count - 1].text += text
    }

    private func end() {
        guard problem == nil, var element = open.popLast() else { return }
        if !element.children.isEmpty { element.text = element.text.trimmed }
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }
}
