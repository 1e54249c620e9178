// permessage-deflate (RFC 7692): raw deflate per message without context takeover, and the negotiation of the offer.
import CZlib

/// Inflates one message. Not Sendable: belongs to one decoder.
final class Inflater {
    private var stream = z_stream()
    private var isReady: Bool

    init() {
        // Negative window bits: raw deflate without a zlib head.
        isReady = inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(&stream) }
    }

    /// Appends the inflated form of `input` to `output`, never beyond `limit` bytes in all (a small frame may inflate a thousandfold).
    func inflate(_ input: [UInt8], into output: inout [UInt8], limit: Int) throws(WebSocketError) {
        guard isReady else { throw WebSocketError(.badDeflate, "no memory for inflation") }
        var input = input
        let outcome: WebSocketError? = input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16_384) { chunk -> WebSocketError? in
                while true {
                    stream.next_out = chunk.baseAddress
                    stream.avail_out = UInt32(chunk.count)
                    let status = CZlib.inflate(&stream, Z_SYNC_FLUSH)
                    let produced = chunk.count - Int(stream.avail_out)
                    if produced > limit - output.count { return WebSocketError(.tooBig, "message too big when inflated") }
                    output.append(contentsOf: chunk[..<produced])
                    switch status {
                    case Z_OK: if stream.avail_in == 0 && stream.avail_out != 0 { return nil }
                    case Z_BUF_ERROR: return stream.avail_in == 0 ? nil : WebSocketError(.badDeflate, "deflate data stalls")
                    case Z_STREAM_END:
                        // A final block may end the stream early; what follows belongs to a new one (RFC 7692 §7.2.3.5).
                        if stream.avail_in == 0 { return inflateReset(&stream) == Z_OK ? nil : WebSocketError(.badDeflate, "reset") }
                        if inflateReset(&stream) != Z_OK { return WebSocketError(.badDeflate, "reset") }
                    default: return WebSocketError(.badDeflate, "bad deflate data")
                    }
                }
            }
        }
        stream.next_in = nil
        stream.next_out = nil
        if let outcome { throw outcome }
    }
}

/// Compression of whole messages (RFC 7692 §7.2.1), each by itself: no context is kept from one to the next.
public enum WebSocketDeflate {
    /// `payload` as a compressed message body, or nil when compression does not pay.
    public static func compress(_ payload: [UInt8], _ options: WebSocketDeflateOptions) -> [UInt8]? {
        guard payload.count >= options.minimumBytes else { return nil }
        var stream = z_stream()
        // Memory level 8 and 15 window bits: the window is per call, so its size costs nothing while idle.
        guard
            deflateInit2_(
                &stream, options.level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var source = payload
        let bound = Int(deflateBound(&stream, UInt(payload.count))) + 16
        let output = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            source.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                // A sync flush ends in 00 00 FF FF, which the message leaves out (RFC 7692 §7.2.1).
                let status = CZlib.deflate(&stream, Z_SYNC_FLUSH)
                let produced = bound - Int(stream.avail_out)
                count = status == Z_OK && stream.avail_in == 0 && produced >= 4 ? produced - 4 : 0
            }
        }
        return output.isEmpty || output.count >= payload.count ? nil : output
    }

    /// The answer to a client's offers (RFC 7692 §5.1, §7.1), or nil to go on without compression.
    static func negotiate(offers: [String]) -> String? {
        for header in offers {
            for offer in header.split(separator: ",") where accepts(offer) {
                return "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            }
        }
        return nil
    }

    private static func accepts(_ offer: Substring) -> Bool {
        let parts = offer.split(separator: ";", omittingEmptySubsequences: false).map { trim($0) }
        guard parts.first?.lowercased() == "permessage-deflate" else { return false }
        var seen: Set<String> = []
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { trim($0) }
            let name = pair[0].lowercased()
            let value = pair.count == 2 ? pair[1].filter { $0 != "\"" } : nil
            guard seen.insert(name).inserted else { return false }
            switch name {
            case "server_no_context_takeover", "client_no_context_takeover":
                if value != nil { return false }
            case "client_max_window_bits":
                if let value { guard let bits = Int(value), (8...15).contains(bits) else { return false } }
            case "server_max_window_bits":
                // Our frames are made once for everybody with the full window: a client that asks for less gets no compression.
                guard let value, Int(value) == 15 else { return false }
            default: return false
            }
        }
        return true
    }

    private static func trim(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
