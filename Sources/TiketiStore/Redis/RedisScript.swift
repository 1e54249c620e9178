// A Lua script and its SHA-1, computed once, so that a call costs 40 bytes on the wire instead of the source.
import COpenSSL
import TiketiNet

/// A server-side script, sent by EVALSHA; the source travels only when the server does not know it (any more).
public struct RedisScript: Sendable {
    let source: String
    /// Lower-case hexadecimal SHA-1 of the source, which is the server's name for it.
    public let sha1: String

    /// A script in Lua; nothing is sent yet.
    public init(_ source: String) {
        self.source = source
        sha1 = Self.digest(source)
    }

    /// The command words; `byHash` false sends the source itself, which also makes the server remember it.
    public func command(keys: [RedisArgument], arguments: [RedisArgument], byHash: Bool) -> [RedisArgument] {
        var words: [RedisArgument] = []
        words.reserveCapacity(3 + keys.count + arguments.count)
        words.append(byHash ? "EVALSHA" : "EVAL")
        words.append(.string(byHash ? sha1 : source))
        words.append(.integer(Int64(keys.count)))
        words.append(contentsOf: keys)
        words.append(contentsOf: arguments)
        return words
    }

    private static func digest(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        let status = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil)
        // Cannot fail but by lack of memory; a wrong name would only cost the fallback to the source.
        precondition(status == 1, "SHA-1 is unavailable")
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
