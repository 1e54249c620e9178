// The server's writer of heads; it alone decides how a body is framed.

/// Builds a response head, and a small body behind it, in one array that leaves in one write.
///
/// Framing belongs to the encoder alone: whatever Content-Length, Transfer-Encoding, Connection or Keep-Alive a handler set is not copied,
/// so no response can be framed in two ways.
struct ResponseEncoder {
    /// How the body's end will be known.
    enum Framing: Equatable {
        /// No body and no length field: 1xx, 204, 304, or HEAD where the length is not known.
        case omitted
        case length(Int)
        case chunked
        /// Until the connection closes (HTTP/1.0).
        case untilClose
        /// 101: Connection and Upgrade are the handler's.
        case upgrade
    }

    /// What the connection decided; `close` comes back set when the handler asked for it with `Connection: close`.
    struct Shape {
        var framing: Framing
        var close: Bool
        /// The request was HTTP/1.0: staying open must be said.
        var legacy: Bool
    }

    static func encode(
        _ status: HTTPStatus, _ headers: HTTPHeaders, shape: inout Shape, date: DateLine, body: [UInt8] = [], serverName: String = ""
    ) -> [UInt8] {
        let bound = 256 + headers.storage.count + body.count + serverName.utf8.count
        var close = shape.close
        let framing = shape.framing
        let legacy = shape.legacy
        let encoded = [UInt8](unsafeUninitializedCapacity: bound) { buffer, used in
            var out = RawWriter(buffer)
            out.statusLine(status)
            var hasDate = false
            headers.forEachField { name, value in
                switch name.count {
                case 4 where HTTPHeaders.equal(name, "date"): hasDate = true
                case 10 where HTTPHeaders.equal(name, "connection"):
                    if HTTPHeaders.listHas(value, "close") { close = true }
                    if framing != .upgrade { return }
                case 10 where HTTPHeaders.equal(name, "keep-alive"): return
                case 14 where HTTPHeaders.equal(name, "content-length"): return
                case 17 where HTTPHeaders.equal(name, "transfer-encoding"): return
                default: break
                }
                out.field(name, value)
            }
            switch framing {
            case .length(let length):
                out.put("Content-Length: ")
                out.decimal(length)
                out.put("\r\n")
            case .chunked: out.put("Transfer-Encoding: chunked\r\n")
            case .untilClose: close = true
            case .upgrade: close = false
            case .omitted: break
            }
            if !hasDate { date.write(to: &out) }
            if !serverName.isEmpty {
                out.put("Server: ")
                withUTF8(of: serverName) { out.put($0) }
                out.put("\r\n")
            }
            if close { out.put("Connection: close\r\n") } else if legacy { out.put("Connection: keep-alive\r\n") }
            out.put("\r\n")
            body.withUnsafeBytes { out.put($0) }
            used = out.count
        }
        shape.close = close
        return encoded
    }

    /// `1a2b CR LF bytes CR LF`: one piece of a chunked body, in one array.
    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes.count + 20) { buffer, used in
            var out = RawWriter(buffer)
            out.hex(bytes.count)
            out.put("\r\n")
            bytes.withUnsafeBytes { out.put($0) }
            out.put("\r\n")
            used = out.count
        }
    }

    /// The line before a chunk's bytes, for chunks that are not worth copying.
    static func chunkSize(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 20) { buffer, used in
            var out = RawWriter(buffer)
            out.hex(count)
            out.put("\r\n")
            used = out.count
        }
    }

    static var lineEnd: [UInt8] { [13, 10] }
    static var lastChunk: [UInt8] { Array("0\r\n\r\n".utf8) }
    static var continueHead: [UInt8] { Array("HTTP/1.1 100 Continue\r\n\r\n".utf8) }
}

/// Appends to memory whose size was computed before; the sum of the parts is asserted, not checked, in release.
struct RawWriter {
    private let base: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        base = buffer.baseAddress!  // Every caller asks for at least 20 bytes.
        capacity = buffer.count
    }

    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        assert(count + bytes.count <= capacity)
        UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        assert(count < capacity)
        base[count] = byte
        count += 1
    }

    mutating func statusLine(_ status: HTTPStatus) {
        if status.code == 200 { return put("HTTP/1.1 200 OK\r\n") }
        put("HTTP/1.1 ")
        decimal(min(max(status.code, 100), 999))
        put(32)
        put(status.reason)
        put("\r\n")
    }

    @inline(__always)
    mutating func field(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        put(name)
        put(58)
        put(32)
        put(value)
        put(13)
        put(10)
    }

    mutating func decimal(_ value: Int) {
        var digits = 1
        var probe = value
        while probe >= 10 {
            probe /= 10
            digits += 1
        }
        assert(value >= 0 && count + digits <= capacity)
        var rest = value
        var at = count + digits
        repeat {
            at -= 1
            base[at] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
        } while at > count
        count += digits
    }

    mutating func hex(_ value: Int) {
        let digits = max(1, (Int.bitWidth - value.leadingZeroBitCount + 3) / 4)
        for place in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: value >> (4 * place) & 15)
            put(digit < 10 ? 48 + digit : 87 + digit)
        }
    }
}
