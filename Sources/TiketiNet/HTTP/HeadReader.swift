// The inner loop of both parsers: fields from bytes, in one pass.

/// Reads a complete request head; every byte is checked once and copied once, into the storage of the headers.
struct HeadReader {
    let bytes: UnsafeRawBufferPointer
    let maxHeaders: Int

    private var hosts = 0
    var lengths = 0
    var codings = 0
    var contentLength = 0
    var close = false
    var keepAlive = false
    private var expectsContinue = false
    private var unknownExpectation = false
    var chunked = false

    init(bytes: UnsafeRawBufferPointer, maxHeaders: Int) {
        self.bytes = bytes
        self.maxHeaders = maxHeaders
    }

    mutating func read(maxRequestLine: Int) throws(RequestRejection) -> RequestHead {
        guard let lineEnd = Byte.find(Byte.lf, in: bytes, from: 0) else { throw .badRequestLine }
        if lineEnd + 1 > maxRequestLine { throw .lineTooLong }
        if lineEnd == 0 || bytes[lineEnd - 1] != Byte.cr { throw .bareLineEnd }
        let line = try RequestLine(UnsafeRawBufferPointer(rebasing: bytes[0..<lineEnd - 1]))

        var headers = HTTPHeaders()
        var rejection: RequestRejection?
        // A stored field takes at most three bytes more than its line (`:`, CR, LF against a prefix of six).
        let capacity = bytes.count - lineEnd + 3 * min(maxHeaders, (bytes.count - lineEnd) / 4) + line.extraHostBytes
        let storage = [UInt8](unsafeUninitializedCapacity: capacity) { target, used in
            let target = UnsafeMutableRawBufferPointer(target)
            do throws(RequestRejection) {
                // An absolute target names the host; a Host field beside it is checked and dropped (RFC 9112 §3.2.2).
                if let authority = line.authority {
                    Self.store("Host", authority, target, &used)
                    headers.countStored()
                }
                try readFields(from: lineEnd + 1, dropHost: line.authority != nil, into: target, &used, &headers)
            } catch { rejection = error }
        }
        if let rejection { throw rejection }
        headers.storage = storage
        return try finish(line, headers)
    }

    mutating func readFields(
        from start: Int, dropHost: Bool, into target: UnsafeMutableRawBufferPointer, _ used: inout Int, _ headers: inout HTTPHeaders
    ) throws(RequestRejection) {
        var at = start
        while true {
            let first = bytes[at]
            if first == Byte.cr || first == Byte.lf {
                // The empty line; `headEnd` found it, so it is the last.
                if first == Byte.lf || at + 2 != bytes.count { throw .bareLineEnd }
                return
            }
            if first == Byte.space || first == Byte.tab { throw .foldedHeader }
            if headers.count == maxHeaders { throw .tooManyHeaders }
            let nameStart = at
            while HTTPHeaders.isTokenByte(bytes[at]) { at += 1 }
            if at == nameStart || bytes[at] != Byte.colon {
                throw bytes[at] == Byte.lf && bytes[at - 1] != Byte.cr ? .bareLineEnd : .badHeaderName
            }
            let name = UnsafeRawBufferPointer(rebasing: bytes[nameStart..<at])
            at += 1
            let valueStart = at
            at = try endOfValue(from: at)
            let value = HTTPHeaders.trimmed(bytes, valueStart, at)
            at += 2
            let isHost = try note(name, value)
            if isHost, dropHost { continue }
            Self.store(name, value, target, &used)
            headers.countStored()
        }
    }

    /// The offset of the CR that ends the value; RFC 9110 §5.5 allows visible characters, space, tab and bytes from 0x80.
    @inline(__always)
    private func endOfValue(from start: Int) throws(RequestRejection) -> Int {
        var at = start
        while true {
            // Eight bytes at a time while none is a control character or DEL; the head ends in LF, so the loop below always stops.
            while at + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                let belowSpace = (word &- 0x2020_2020_2020_2020) & ~word
                let isDelete = word ^ 0x7F7F_7F7F_7F7F_7F7F
                let deletes = (isDelete &- 0x0101_0101_0101_0101) & ~isDelete
                let hits = (belowSpace | deletes) & 0x8080_8080_8080_8080
                if hits != 0 {
                    // The lowest hit is exact (borrows only run upwards), and this machine is little-endian.
                    at += hits.trailingZeroBitCount >> 3
                    break
                }
                at += 8
            }
            let byte = bytes[at]
            if byte >= 32, byte != 127 {
                at += 1
            } else if byte == Byte.tab {
                at += 1
            } else if byte == Byte.cr, at + 1 < bytes.count, bytes[at + 1] == Byte.lf {
                return at
            } else {
                throw byte == Byte.cr || byte == Byte.lf ? .bareLineEnd : .controlCharacter
            }
        }
    }

    /// Takes note of the fields that frame or route the message; true for Host.
    @inline(__always)
    private mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(RequestRejection) -> Bool {
        switch name.count {
        case 4 where HTTPHeaders.equal(name, "host"):
            hosts += 1
            if hosts > 1 { throw .repeatedHost }
            if !Authority.isValid(value) { throw .badHost }
            return true
        case 6 where HTTPHeaders.equal(name, "expect"):
            if HTTPHeaders.equal(value, "100-continue") { expectsContinue = true } else { unknownExpectation = true }
        case 10 where HTTPHeaders.equal(name, "connection"):
            if HTTPHeaders.listHas(value, "close") { close = true }
            if HTTPHeaders.listHas(value, "keep-alive") { keepAlive = true }
        case 14 where HTTPHeaders.equal(name, "content-length"):
            lengths += 1
            if lengths > 1 { throw .repeatedLength }
            contentLength = try Self.length(value)
        case 17 where HTTPHeaders.equal(name, "transfer-encoding"):
            codings += 1
            if codings > 1 { throw .badCoding }
            try readCodings(value)
        default: break
        }
        return false
    }

    /// RFC 9110 §8.6: digits and nothing else; a list of equal values could be accepted, but then so could a smuggled one.
    private static func length(_ value: UnsafeRawBufferPointer) throws(RequestRejection) -> Int {
        if value.isEmpty || value.count > 18 { throw .badLength }
        var total = 0
        for byte in value {
            if !Byte.isDigit(byte) { throw .badLength }
            total = total * 10 + Int(byte - 48)
        }
        return total
    }

    /// RFC 9112 §6.1: chunked must come last and once; any other coding is one we do not speak.
    private mutating func readCodings(_ value: UnsafeRawBufferPointer) throws(RequestRejection) {
        var members = 0
        var chunkedAt = -1
        var chunkedCount = 0
        HTTPHeaders.forEachListMember(value) { member in
            if HTTPHeaders.equal(member, "chunked") {
                chunkedAt = members
                chunkedCount += 1
            }
            members += 1
        }
        if members == 0 || chunkedCount > 1 || (chunkedCount == 1 && chunkedAt != members - 1) { throw .badCoding }
        if members != 1 || chunkedCount != 1 { throw .unsupportedCoding }
        chunked = true
    }

    private func finish(_ line: RequestLine, _ headers: HTTPHeaders) throws(RequestRejection) -> RequestHead {
        if lengths > 0, codings > 0 { throw .lengthAndCoding }
        let modern = line.minorVersion >= 1
        if modern, hosts == 0 { throw .missingHost }
        // RFC 9112 §6.1: a 1.0 message with a transfer coding has faulty framing.
        if chunked, !modern { throw .badCoding }
        if unknownExpectation { throw .unknownExpectation }
        let framing: RequestFraming = chunked ? .chunked : contentLength > 0 ? .length(contentLength) : .none
        return RequestHead(
            method: line.method, target: line.target, queryMark: line.queryMark, headers: headers, minorVersion: line.minorVersion,
            framing: framing,
            keepAlive: modern ? !close : keepAlive && !close,
            // RFC 9110 §10.1.1: ignored in a 1.0 request, and pointless without a body.
            expectsContinue: expectsContinue && modern && framing != .none)
    }

    @inline(__always)
    private static func store(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ used: inout Int
    ) {
        let base = target.baseAddress! + used  // Capacity is never zero: a head has at least its empty line.
        HTTPHeaders.writeField(name, value, to: base)
        used += HTTPHeaders.prefix + name.count + value.count
    }

    private static func store(
        _ name: StaticString, _ value: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ used: inout Int
    ) {
        store(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value, target, &used)
    }
}
