// Header fields as bytes: most requests only pass through, and no field of theirs needs to become a String.

/// Header fields in arrival order, held in one byte array; no field in it can split a message on the wire.
///
/// Each field is `[name length: 2 bytes][value length: 4 bytes][name][value]`, so a whole head costs one allocation, a look-up is a
/// walk over a few hundred bytes, and no String exists until somebody asks for one. Names compare without regard to ASCII case.
public struct HTTPHeaders: Sendable {
    var storage: [UInt8]
    /// How many fields there are; a name that stands twice counts twice.
    public private(set) var count: Int

    static let prefix = 6

    /// No fields, and no memory until the first.
    public init() {
        storage = []
        count = 0
    }

    /// No fields, with room for `capacity` bytes: each field takes its name, its value and six bytes.
    public init(capacity: Int) {
        self.init()
        storage.reserveCapacity(capacity)
    }

    /// The first value of the name; setting replaces every field of the name, setting nil removes them.
    public subscript(_ name: String) -> String? {
        get { withValue(name) { String(decoding: $0, as: UTF8.self) } }
        set {
            remove(name)
            if let newValue { add(name, newValue) }
        }
    }

    /// Every value of the name, in order.
    public func values(_ name: String) -> [String] {
        var found: [String] = []
        withUTF8(of: name) { wanted in
            forEachField { name, value in
                if Self.equal(name, wanted) { found.append(String(decoding: value, as: UTF8.self)) }
            }
        }
        return found
    }

    /// Whether a field of the name is there, whatever its value.
    public func contains(_ name: String) -> Bool { withValue(name) { _ in true } ?? false }

    /// The bytes of the first value of the name, valid during the call only.
    func withValue<R>(_ name: String, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
        if count == 0 { return nil }
        return withUTF8(of: name) { wanted in
            storage.withUnsafeBytes { bytes in
                var at = 0
                while at < bytes.count {
                    let (nameLength, valueLength) = Self.lengths(bytes, at)
                    let nameStart = at + Self.prefix
                    let valueStart = nameStart + nameLength
                    if nameLength == wanted.count, Self.equal(UnsafeRawBufferPointer(rebasing: bytes[nameStart..<valueStart]), wanted) {
                        return body(UnsafeRawBufferPointer(rebasing: bytes[valueStart..<valueStart + valueLength]))
                    }
                    at = valueStart + valueLength
                }
                return nil
            }
        }
    }

    /// Whether a comma-separated list field (RFC 9110 §5.6.1), such as Connection, holds the token in any of its lines.
    public func lists(_ name: String, token: String) -> Bool {
        var found = false
        withUTF8(of: name) { wanted in
            withUTF8(of: token) { token in
                forEachField { name, value in
                    if !found, Self.equal(name, wanted), Self.listHas(value, token) { found = true }
                }
            }
        }
        return found
    }

    /// Every field as bytes, valid during the call only.
    func forEachField(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Void) rethrows {
        try storage.withUnsafeBytes { bytes in
            var at = 0
            while at < bytes.count {
                let (nameLength, valueLength) = Self.lengths(bytes, at)
                let nameStart = at + Self.prefix
                let valueStart = nameStart + nameLength
                let end = valueStart + valueLength
                try body(
                    UnsafeRawBufferPointer(rebasing: bytes[nameStart..<valueStart]),
                    UnsafeRawBufferPointer(rebasing: bytes[valueStart..<end]))
                at = end
            }
        }
    }

    /// Adds a field after the others. CR, LF and NUL in the value become spaces (RFC 9110 §5.5); a field whose name is not a token is
    /// dropped.
    public mutating func add(_ name: String, _ value: String) {
        withUTF8(of: name) { name in
            withUTF8(of: value) { value in add(name: name, value: value) }
        }
    }

    /// The same on bytes, for copying between messages without Strings.
    mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard Self.isToken(name) else { return }
        append(name: name, value: value) { stored in
            for at in stored.indices where stored[at] == 13 || stored[at] == 10 || stored[at] == 0 { stored[at] = 32 }
        }
    }

    /// Adds all fields of `other` behind these, in one copy: for fields that are the same in every message.
    public mutating func add(contentsOf other: HTTPHeaders) {
        storage.append(contentsOf: other.storage)
        count += other.count
    }

    /// For the head reader, which fills the storage itself.
    @inline(__always)
    mutating func countStored() { count += 1 }

    /// For the parsers, which have checked the bytes already.
    mutating func appendTrusted(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        append(name: name, value: value) { _ in }
    }

    /// One growth for the whole field; the usual handful of fields fits the first block.
    @inline(__always)
    private mutating func append(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, repairing repair: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let size = Self.prefix + name.count + value.count
        let needed = storage.count + size
        if needed > storage.capacity { storage.reserveCapacity(Swift.max(needed, storage.capacity * 2, 224)) }
        storage.append(addingCapacity: size) { (output: inout OutputSpan<UInt8>) in
            output.withUnsafeMutableBufferPointer { buffer, initialized in
                let target = UnsafeMutableRawBufferPointer(buffer)
                let base = target.baseAddress! + initialized  // There is room for `size` bytes, more than none.
                Self.writeField(name, value, to: base)
                initialized += size
                repair(UnsafeMutableRawBufferPointer(start: base + Self.prefix + name.count, count: value.count))
            }
        }
        count += 1
    }

    /// The stored form of a field; the target has room for it.
    @inline(__always)
    static func writeField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, to base: UnsafeMutableRawPointer) {
        base.storeBytes(of: UInt16(truncatingIfNeeded: name.count), as: UInt16.self)
        (base + 2).storeBytes(of: UInt32(truncatingIfNeeded: value.count), as: UInt32.self)
        if let source = name.baseAddress { (base + prefix).copyMemory(from: source, byteCount: name.count) }
        if let source = value.baseAddress { (base + prefix + name.count).copyMemory(from: source, byteCount: value.count) }
    }

    /// Removes every field of the name.
    public mutating func remove(_ name: String) {
        guard contains(name) else { return }
        withUTF8(of: name) { wanted in removeAll { name, _ in Self.equal(name, wanted) } }
    }

    /// Removes the fields for which `drop` is true; the bytes it gets are valid during the call only.
    public mutating func removeAll(where drop: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool) {
        var kept = HTTPHeaders(capacity: storage.count)
        forEachField { name, value in
            if !drop(name, value) { kept.appendTrusted(name: name, value: value) }
        }
        self = kept
    }
}

extension HTTPHeaders: Sequence, ExpressibleByDictionaryLiteral {
    /// Fields in the order of the literal; a name may stand in it more than once.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(capacity: 32 * elements.count)
        for (name, value) in elements { add(name, value) }
    }

    /// Walks the fields in arrival order, making two Strings for each; ``forEachField(_:)`` makes none.
    public struct Iterator: IteratorProtocol {
        let storage: [UInt8]
        var at = 0

        public mutating func next() -> (name: String, value: String)? {
            guard at < storage.count else { return nil }
            return storage.withUnsafeBytes { bytes in
                let (nameLength, valueLength) = HTTPHeaders.lengths(bytes, at)
                let valueStart = at + HTTPHeaders.prefix + nameLength
                defer { at = valueStart + valueLength }
                return (
                    String(decoding: bytes[(at + HTTPHeaders.prefix)..<valueStart], as: UTF8.self),
                    String(decoding: bytes[valueStart..<valueStart + valueLength], as: UTF8.self)
                )
            }
        }
    }

    public func makeIterator() -> Iterator { Iterator(storage: storage) }
    public var underestimatedCount: Int { count }
}

/// The UTF-8 of a String as raw bytes, without a copy for native Strings.
@inline(__always)
func withUTF8<R>(of text: String, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    if let result = text.utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) { return result }
    return Array(text.utf8).withUnsafeBytes(body)
}
