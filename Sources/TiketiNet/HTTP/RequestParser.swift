// The server's reader of heads, and why it refuses one.

/// Reads one request head from a buffer in a single strict pass; whatever RFC 9112 leaves ambiguous is refused, never repaired.
///
/// It holds no bytes: the connection shows it everything received since the last request, again and again, until the head is complete.
/// While it is not, only the new bytes are looked at, so a head that trickles in costs linear time.
struct RequestParser {
    /// Bytes known to hold no end of the head.
    private var scanned = 0
    private let maxRequestLine: Int
    private let maxHead: Int
    private let maxHeaders: Int

    init(maxRequestLine: Int = 8 * 1024, maxHead: Int = 32 * 1024, maxHeaders: Int = 100) {
        self.maxRequestLine = maxRequestLine
        self.maxHead = maxHead
        self.maxHeaders = maxHeaders
    }

    enum Outcome {
        /// More bytes are needed.
        case incomplete
        /// The head, and how many bytes it took.
        case head(RequestHead, length: Int)
        case rejected(RequestRejection)
    }

    mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        // RFC 9112 §2.2: one empty line before the request line is ignored (old clients send one after a body).
        var start = 0
        if let first = bytes.first, first == Byte.cr {
            if bytes.count == 1 { return .incomplete }
            if bytes[1] != Byte.lf { return .rejected(.bareLineEnd) }
            start = 2
        }
        do throws(RequestRejection) {
            guard let end = try headEnd(bytes, from: start) else { return .incomplete }
            scanned = 0
            var reader = HeadReader(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), maxHeaders: maxHeaders)
            return .head(try reader.read(maxRequestLine: maxRequestLine), length: end)
        } catch {
            scanned = 0
            return .rejected(error)
        }
    }

    /// The offset after the empty line that ends the head, or nil while it is not there.
    private mutating func headEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(RequestRejection) -> Int? {
        var at = max(start, scanned)
        while at < bytes.count, let lf = Byte.find(Byte.lf, in: bytes, from: at) {
            // A head may be as long as the limit and not a byte longer, even when all of it is here.
            if lf >= maxHead + start { break }
            // An empty line is CR LF, or a bare LF that the reader will refuse; only the byte before tells, as lines end in LF.
            let previous = lf - 1
            if previous < start || bytes[previous] == Byte.lf
                || (bytes[previous] == Byte.cr && (previous == start || bytes[previous - 1] == Byte.lf))
            {
                return lf + 1
            }
            at = lf + 1
        }
        try refuseHopeless(bytes, from: start)
        scanned = bytes.count
        return nil
    }

    /// An incomplete head that can't become a good one is refused now, not when it is complete or out of time.
    private func refuseHopeless(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(RequestRejection) {
        let firstLine = Byte.find(Byte.lf, in: bytes, from: start)
        if (firstLine ?? bytes.count) - start > maxRequestLine { throw .lineTooLong }
        if bytes.count - start > maxHead { throw .headTooLong }
        var at = max(start, scanned - 1)
        while at < bytes.count {
            let byte = bytes[at]
            if byte == Byte.cr {
                if at + 1 < bytes.count, bytes[at + 1] != Byte.lf { throw .bareLineEnd }
            } else if byte == Byte.lf {
                if at == start || bytes[at - 1] != Byte.cr { throw .bareLineEnd }
            } else if byte < 32, byte != Byte.tab {
                throw .controlCharacter
            }
            at += 1
        }
    }
}

/// A complete, checked request head.
struct RequestHead {
    var method: HTTPMethod
    /// Origin form always (`/path?query`), or `*`: an absolute target has been split into this and the Host field (RFC 9112 §3.2.2).
    var target: String
    /// Offset of `?` in the target, or -1.
    var queryMark: Int
    var headers: HTTPHeaders
    var minorVersion: UInt8
    var framing: RequestFraming
    var keepAlive: Bool
    var expectsContinue: Bool
}

/// How a request's body ends (RFC 9112 §6.3).
enum RequestFraming: Equatable {
    case none
    case length(Int)
    case chunked
}

/// Why a head was refused: what the client is told before the connection is closed.
struct RequestRejection: Error, Equatable {
    let status: Int
    let code: StaticString
    let message: StaticString

    static func == (a: RequestRejection, b: RequestRejection) -> Bool {
        a.status == b.status && a.message.description == b.message.description
    }

    private static func bad(_ message: StaticString) -> RequestRejection {
        RequestRejection(status: 400, code: "MALFORMED_REQUEST", message: message)
    }

    static var bareLineEnd: Self { bad("Lines must end in CR LF") }
    static var controlCharacter: Self { bad("Control character in the request head") }
    static var badRequestLine: Self { bad("Malformed request line") }
    static var badTarget: Self { bad("Malformed request target") }
    static var badHeaderName: Self { bad("Malformed header name") }
    static var foldedHeader: Self { bad("Folded header lines are not accepted") }
    static var missingHost: Self { bad("A Host header is required") }
    static var repeatedHost: Self { bad("More than one Host header") }
    static var badHost: Self { bad("Malformed Host header") }
    static var badLength: Self { bad("Malformed Content-Length") }
    static var repeatedLength: Self { bad("More than one Content-Length") }
    static var lengthAndCoding: Self { bad("Content-Length and Transfer-Encoding together") }
    static var badCoding: Self { bad("Malformed Transfer-Encoding") }
    static var unsupportedCoding: Self {
        RequestRejection(status: 501, code: "NOT_IMPLEMENTED", message: "Transfer coding is not supported")
    }
    static var unsupportedConnect: Self {
        RequestRejection(status: 501, code: "NOT_IMPLEMENTED", message: "CONNECT is not supported")
    }
    static var unsupportedVersion: Self {
        RequestRejection(status: 505, code: "HTTP_VERSION_NOT_SUPPORTED", message: "Only HTTP/1.1 and HTTP/1.0 are spoken here")
    }
    static var unknownExpectation: Self {
        RequestRejection(status: 417, code: "EXPECTATION_FAILED", message: "Only 100-continue can be expected")
    }
    static var lineTooLong: Self { RequestRejection(status: 414, code: "URI_TOO_LONG", message: "The request line is too long") }
    static var headTooLong: Self { RequestRejection(status: 431, code: "HEADERS_TOO_LARGE", message: "The request head is too large") }
    static var tooManyHeaders: Self { RequestRejection(status: 431, code: "HEADERS_TOO_LARGE", message: "Too many header fields") }
}
