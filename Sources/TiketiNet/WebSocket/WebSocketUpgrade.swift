// Server side of the opening handshake: from an HTTP request to a served connection, on the loop the caller chooses.

/// The server's side of the opening handshake (RFC 6455 §4.2).
public enum WebSocketUpgrade {
    /// Whether the request asks for a WebSocket at all.
    public static func isRequested(by request: HTTPRequest) -> Bool {
        request.headers.lists("Upgrade", token: "websocket")
    }

    /// Answers 101 and runs `serve` with the connection, or 400 / 426 when the request is not a valid handshake.
    ///
    /// With `loop`, the socket moves there first, so that a connection can join state that lives on another loop.
    public static func response(
        for request: HTTPRequest, configuration: WebSocketConfiguration, on loop: EventLoop? = nil,
        _ serve: @escaping @Sendable (WebSocketConnection) async -> Void
    ) -> HTTPResponse {
        answer(request, configuration) { stream, leftover, compresses in
            await start(stream, leftover, configuration, compresses, loop ?? stream.loop, serve)
        }
    }

    /// Answers 101 and gives the connection away, or 400 / 426: `take` gets it on `loop`, to have it served without a task
    /// (`WebSocketConnection.serve`). Nothing of the HTTP connection remains.
    public static func handover(
        for request: HTTPRequest, configuration: WebSocketConfiguration, to loop: EventLoop,
        _ take: @escaping @Sendable (WebSocketConnection) -> Void
    ) -> HTTPResponse {
        answer(request, configuration) { stream, leftover, compresses in
            // The answer must be with the kernel before the descriptor changes hands.
            guard let plain = stream as? Stream, (try? await plain.flush()) != nil else { return stream.close() }
            let early = Array(leftover.readable)
            let moved = plain.detach()
            loop.perform {
                guard let stream = try? moved.attach(to: loop) else { return }
                let buffer = ByteBuffer()
                buffer.append(early)
                take(WebSocketConnection(stream, leftover: buffer, role: .server, configuration, compresses: compresses))
            }
        }
    }

    /// Checks and answers the handshake; `serve` gets the stream.
    private static func answer(
        _ request: HTTPRequest, _ configuration: WebSocketConfiguration,
        _ serve: @escaping @Sendable (any ByteStream, ByteBuffer, _ compresses: Bool) async -> Void
    ) -> HTTPResponse {
        let offer: WebSocketHandshake.Offer
        do throws(WebSocketHandshake.Refusal) {
            offer = try WebSocketHandshake.check(request)
        } catch {
            // §4.2.2: the version we speak goes with a refusal of another one.
            if error == .badVersion {
                return HTTPResponse(status: HTTPStatus(426), headers: ["Sec-WebSocket-Version": "13", "Upgrade": "websocket"])
            }
            return HTTPResponse(status: HTTPStatus(400))
        }
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": WebSocketHandshake.accept(offer.key),
        ]
        let deflates = configuration.deflate.flatMap { _ in WebSocketDeflate.negotiate(offers: offer.extensions) }
        if let deflates { headers.add("Sec-WebSocket-Extensions", deflates) }
        let takesFirst = configuration.acceptsAnySubprotocol && configuration.subprotocols.isEmpty
        if let chosen = takesFirst ? offer.protocols.first : configuration.subprotocols.first(where: offer.protocols.contains) {
            headers.add("Sec-WebSocket-Protocol", chosen)
        }
        let compresses = deflates != nil
        return HTTPResponse(
            status: HTTPStatus(101), headers: headers,
            body: .upgrade { stream, leftover in await serve(stream, leftover, compresses) })
    }

    private static func start(
        _ stream: any ByteStream, _ leftover: ByteBuffer, _ configuration: WebSocketConfiguration, _ compresses: Bool, _ loop: EventLoop,
        _ serve: @escaping @Sendable (WebSocketConnection) async -> Void
    ) async {
        guard loop !== stream.loop else {
            let connection = WebSocketConnection(stream, leftover: leftover, role: .server, configuration, compresses: compresses)
            await serve(connection)
            await connection.finish()
            return
        }
        guard let plain = stream as? Stream else {
            stream.close()
            return
        }
        do {
            // The answer must be with the kernel before the descriptor changes hands.
            try await plain.flush()
            let early = Array(leftover.readable)
            let detached = plain.detach()
            try await loop.run {
                let moved = try detached.attach(to: loop)
                let buffer = ByteBuffer()
                buffer.append(early)
                let connection = WebSocketConnection(moved, leftover: buffer, role: .server, configuration, compresses: compresses)
                await serve(connection)
                await connection.finish()
            }
        } catch {
            stream.close()
        }
    }
}
