// SPDX-License-Identifier: Apache-2.0
// The C functions: all that a caller outside of Swift sees. Described in docs/c-abi.md.

import Glibc
import Kerchunk

/// Counts changes of the functions and documents of this interface that a caller could stumble over.
private let version: Int32 = 1

@c(kerchunk_abi_version)
public func abiVersion() -> Int32 { version }

/// Bytes of a request, and objects that it may refer to: more are a mistake of the caller, such as a number that was read wrong.
private let longestRequest: UInt64 = 1 << 30
private let mostObjects: UInt64 = 1 << 24

/// Starts an operation on a thread of its own.
/// - Parameters:
///   - request: a JSON document of `length` bytes, read before this returns.
///   - objects: `count` numbers of objects that the request refers to by their place.
///   - read, write, ask: what the request's sources and stores outside of Swift are called through; may be null.
/// - Returns: the number of the call, to be released; 0 where the system gives no thread.
@c(kerchunk_start)
public func start(
    _ request: UnsafePointer<UInt8>?, _ length: UInt64, _ objects: UnsafePointer<UInt64>?, _ count: UInt64,
    _ read: ReadFunction?, _ write: WriteFunction?, _ ask: AskFunction?
) -> UInt64 {
    guard length <= longestRequest, count <= mostObjects else {
        let call = Call { _ in
            throw KerchunkError(
                .limit,
                length > longestRequest
                    ? "a request of \(length) bytes is too long; the limit is \(longestRequest)"
                    : "a request refers to at most \(counted(mostObjects, "object")), not \(count)")
        }
        return call.map { Objects.shared.add($0) } ?? 0
    }
    // SAFETY: the caller's promise, as the comment of the function says; null is no bytes.
    let document = unsafe Bytes(
        UnsafeRawBufferPointer(start: request, count: Int(clamping: request == nil ? 0 : length)))
    let numbers = unsafe Array(
        UnsafeBufferPointer(start: objects, count: Int(clamping: objects == nil ? 0 : count)))
    let callbacks = unsafe Callbacks(read: read, write: write, ask: ask)
    guard let call = Call({ context in try Operations.run(document, numbers, callbacks, context) }) else {
        return 0
    }
    return Objects.shared.add(call)
}

/// Waits for a call, at most `milliseconds`.
/// - Returns: 0 while it runs, 1 when it is done, 2 when it has failed, -1 where there is no such call.
@c(kerchunk_wait)
public func wait(_ call: UInt64, _ milliseconds: UInt32) -> Int32 {
    guard let call = Objects.shared[call] as? Call else { return -1 }
    switch call.wait(milliseconds: UInt64(milliseconds)) {
    case nil: return 0
    case .success: return 1
    case .failure: return 2
    }
}

/// Asks a call to end soon.
/// - Returns: 0, or -1 where there is no such call.
@c(kerchunk_cancel)
public func cancel(_ call: UInt64) -> Int32 {
    guard let call = Objects.shared[call] as? Call else { return -1 }
    call.context.cancellation.cancel()
    return 0
}

/// How far a call is.
/// - Returns: what is counted: 0 nothing, 1 inputs, 2 places of chunks; -1 where there is no such call.
@c(kerchunk_progress)
public func progress(
    _ call: UInt64, _ done: UnsafeMutablePointer<UInt64>?, _ total: UnsafeMutablePointer<UInt64>?
) -> Int32 {
    guard let call = Objects.shared[call] as? Call else { return -1 }
    let progress = call.context.progress.value
    // SAFETY: the caller gives places for a number each, or null.
    if let done = unsafe done { unsafe done.pointee = progress.done }
    if let total = unsafe total { unsafe total.pointee = progress.total }
    return progress.phase
}

/// What came of a call that has ended, as JSON: the answer, or the error. It stays until the call is released.
/// - Returns: 0, or -1 where there is no such call or it runs.
@c(kerchunk_document)
public func document(
    _ call: UInt64, _ start: UnsafeMutablePointer<UnsafeRawPointer?>?, _ length: UnsafeMutablePointer<UInt64>?
) -> Int32 {
    guard let call = Objects.shared[call] as? Call, let memory = unsafe call.document else { return -1 }
    // SAFETY: the caller gives places for a pointer and a number, or null.
    if let start = unsafe start { unsafe start.pointee = memory.baseAddress }
    if let length = unsafe length { unsafe length.pointee = UInt64(memory.count) }
    return 0
}

/// An object that a call has made.
/// - Returns: its number, to be released by the caller; 0 where there is none at `index`.
@c(kerchunk_object)
public func object(_ call: UInt64, _ index: UInt64) -> UInt64 {
    guard let call = Objects.shared[call] as? Call, case .success(let reply)? = call.wait(milliseconds: 0),
        index < UInt64(reply.objects.count)
    else { return 0 }
    return Objects.shared.add(reply.objects[Int(index)])
}

/// An object with a copy of `length` bytes.
/// - Returns: its number, to be released by the caller; 0 where there is no memory for so many.
@c(kerchunk_bytes)
public func bytes(_ start: UnsafeRawPointer?, _ length: UInt64) -> UInt64 {
    let length = unsafe start == nil ? 0 : length
    // Memory may be promised that is not there.
    guard length <= Platform.memorySize else { return 0 }
    // SAFETY: the caller's promise; null is no bytes.
    let memory = unsafe UnsafeRawBufferPointer(start: start, count: Int(length))
    let copy = unsafe Bytes.zeroed(count: memory.count) { unsafe $0.copyMemory(from: memory) }
    return copy.map { Objects.shared.add(BytesObject($0)) } ?? 0
}

/// Memory of an object, which stays as long as the object.
/// - Parameter index: which; the document that came with the object tells their names and types.
/// - Returns: 0, or -1 where there is no such object or memory.
@c(kerchunk_buffer)
public func buffer(
    _ object: UInt64, _ index: UInt32, _ start: UnsafeMutablePointer<UnsafeRawPointer?>?,
    _ length: UnsafeMutablePointer<UInt64>?
) -> Int32 {
    guard let object = Objects.shared[object] as? any BufferObject,
        let memory = unsafe object.buffer(Int(index))
    else { return -1 }
    // SAFETY: the caller gives places for a pointer and a number, or null.
    if let start = unsafe start { unsafe start.pointee = memory.baseAddress }
    if let length = unsafe length { unsafe length.pointee = UInt64(memory.count) }
    return 0
}

/// One more user of an object or call.
/// - Returns: 0, or -1 where there is none of this number.
@c(kerchunk_retain)
public func retain(_ object: UInt64) -> Int32 { Objects.shared.retain(object) ? 0 : -1 }

/// One user less; the last one frees it. A call that runs is cancelled, and its end is waited for.
/// - Returns: 0, or -1 where there is none of this number.
@c(kerchunk_release)
public func release(_ object: UInt64) -> Int32 { Objects.shared.release(object) ? 0 : -1 }

/// How many objects and calls there are: for tests of who frees what.
@c(kerchunk_object_count)
public func objectCount() -> UInt64 { Objects.shared.count }
