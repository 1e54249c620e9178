// The opening handshake (RFC 6455 §4): pure checks and header values for both sides.
import COpenSSL

/// What both sides must check of the other, and what they answer.
enum WebSocketHandshake {
    /// Sec-WebSocket-Accept for a key: SHA-1 only as the RFC's fixed formula, not for security.
    static func accept(_ key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 20
        EVP_Digest(text, text.count, &digest, &length, EVP_sha1(), nil)
        return Base64.encode(digest)
    }

    /// What a valid upgrade request asks for.
    struct Offer {
        var key: String
        var extensions: [String]
        var protocols: [String]
    }

    enum Refusal: Error {
        case notUpgrade
        case badKey
        case badVersion
    }

    /// Checks a request against §4.2.1.
    static func check(_ request: HTTPRequest) throws(Refusal) -> Offer {
        guard request.method == .get, request.minorVersion >= 1, request.headers.lists("Upgrade", token: "websocket"),
            request.headers.lists("Connection", token: "upgrade")
        else { throw .notUpgrade }
        guard request.headers["Sec-WebSocket-Version"] == "13" else { throw .badVersion }
        let keys = request.headers.values("Sec-WebSocket-Key")
        guard keys.count == 1, Base64.decode(keys[0])?.count == 16 else { throw .badKey }
        let protocols = request.headers.values("Sec-WebSocket-Protocol").flatMap { $0.split(separator: ",") }.map {
            String($0.filter { $0 != " " && $0 != "\t" })
        }
        return Offer(key: keys[0], extensions: request.headers.values("Sec-WebSocket-Extensions"), protocols: protocols)
    }
}
