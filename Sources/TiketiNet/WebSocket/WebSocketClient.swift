// Client side of the opening handshake, for tests and load tools; plain TCP.

/// The client's side of the opening handshake (RFC 6455 §4.1).
public enum WebSocketClient {
    /// Connects and upgrades. Runs on `EventLoop.current`, which then owns the connection.
    /// - Throws: `WebSocketError(.handshake)` with the status line when the server does not answer 101, `IOError` when it can't be reached.
    public static func connect(
        to address: SocketAddress, path: String, headers: [(String, String)] = [], configuration: WebSocketConfiguration = .init(),
        timeoutNanoseconds: UInt64 = 10_000_000_000
    ) async throws -> WebSocketConnection {
        let stream = try await Stream.connect(to: address, timeoutNanoseconds: timeoutNanoseconds)
        let timer = stream.loop.schedule(afterNanoseconds: timeoutNanoseconds) { stream.interruptRead(.timeout) }
        defer { timer.cancel() }
        do {
            let key = Base64.encode(SecureRandom.bytes(16))
            var head = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n"
            if configuration.deflate != nil { head += "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" }
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            stream.write(Array((head + "\r\n").utf8))
            try await stream.flush()
            let input = ByteBuffer()
            let compresses = try await readAnswer(stream, input, key)
            return WebSocketConnection(stream, leftover: input, role: .client, configuration, compresses: compresses)
        } catch {
            stream.close()
            throw error
        }
    }

    private static func readAnswer(_ stream: Stream, _ input: ByteBuffer, _ key: String) async throws -> Bool {
        let end: [UInt8] = [13, 10, 13, 10]
        var headEnd: Int?
        while headEnd == nil {
            guard input.count < 16_384, try await stream.read(into: input) > 0 else {
                throw WebSocketError(.handshake, "no complete answer")
            }
            let bytes = input.readable
            headEnd = bytes.count < 4 ? nil : (0...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(end) }
        }
        let lines = String(decoding: input.readable[..<(headEnd ?? 0)], as: UTF8.self).split(separator: "\r\n")
        input.consume((headEnd ?? 0) + 4)
        guard let status = lines.first, status.hasPrefix("HTTP/1.1 101") else {
            throw WebSocketError(.handshake, String(lines.first ?? ""))
        }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { fields[pair[0].lowercased()] = String(pair[1].drop { $0 == " " }) }
        }
        guard fields["sec-websocket-accept"] == WebSocketHandshake.accept(key) else {
            throw WebSocketError(.handshake, "wrong Sec-WebSocket-Accept")
        }
        return fields["sec-websocket-extensions"]?.contains("permessage-deflate") ?? false
    }
}
