// Byte-level rules for field names and values (RFC 9110 §5.1, §5.5, §5.6); all case-insensitive on ASCII only.

extension HTTPHeaders {
    @inline(__always)
    static func lengths(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> (name: Int, value: Int) {
        (
            Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self)),
            Int(bytes.loadUnaligned(fromByteOffset: at + 2, as: UInt32.self))
        )
    }

    @inline(__always)
    static func lower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

    /// Equal without regard to ASCII case.
    @inline(__always)
    static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        var at = 0
        while at < a.count {
            if a[at] != b[at], lower(a[at]) != lower(b[at]) { return false }
            at += 1
        }
        return true
    }

    @inline(__always)
    static func equal(_ a: UnsafeRawBufferPointer, _ b: StaticString) -> Bool {
        equal(a, UnsafeRawBufferPointer(start: b.utf8Start, count: b.utf8CodeUnitCount))
    }

    /// RFC 9110 §5.6.2.
    static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.isEmpty || bytes.count > 65_535 { return false }
        for byte in bytes where !isTokenByte(byte) { return false }
        return true
    }

    @inline(__always)
    static func isTokenByte(_ byte: UInt8) -> Bool {
        // One bit per ASCII character: ! # $ % & ' * + - . ^ _ ` | ~ digits letters.
        if byte >= 128 { return false }
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte & 63)) & 1 == 1
    }

    /// Whether the comma-separated list holds the token.
    static func listHas(_ list: UnsafeRawBufferPointer, _ token: UnsafeRawBufferPointer) -> Bool {
        var found = false
        forEachListMember(list) { if equal($0, token) { found = true } }
        return found
    }

    static func listHas(_ list: UnsafeRawBufferPointer, _ token: StaticString) -> Bool {
        listHas(list, UnsafeRawBufferPointer(start: token.utf8Start, count: token.utf8CodeUnitCount))
    }

    /// The non-empty members of a comma-separated list, trimmed (RFC 9110 §5.6.1.2).
    static func forEachListMember(_ list: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        while start <= list.count {
            var end = start
            while end < list.count, list[end] != 44 { end += 1 }
            let member = trimmed(list, start, end)
            if !member.isEmpty { body(member) }
            start = end + 1
        }
    }

    /// Without spaces and tabs around it.
    static func trimmed(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        var start = start
        var end = end
        while start < end, bytes[start] == 32 || bytes[start] == 9 { start += 1 }
        while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 9 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
