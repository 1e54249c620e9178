// TLS between our own two ends, and against certificates that must be refused.
import Testing
import TiketiNet
import TiketiTesting

/// Made once: the openssl command takes its time.
private let certificates = Once<TestCertificates>()

private func authority() async throws -> TestCertificates { try await certificates.value { try await TestCertificates() } }

/// Runs `serve` on every TLS connection to a server with this identity.
private func withTLS<Value: Sendable>(
    _ identity: TestCertificates.Identity, _ serve: @escaping @Sendable (ScriptedConnection) async -> Void,
    _ body: @escaping @Sendable (SocketAddress) async throws -> Value
) async throws -> Value {
    let context = try TLSContext.server(certificateFile: identity.certificateFile, keyFile: identity.keyFile)
    let accepted = Locked(0)
    let listening = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: clientGroup) { stream in
        let number = accepted.withLock { count in
            defer { count += 1 }
            return count
        }
        clientLoop.spawn {
            guard let tls = try? await TLSStream.server(over: stream, context: context, timeoutNanoseconds: 20_000_000_000) else { return }
            await serve(ScriptedConnection(tls, number))
            tls.close()
        }
    }
    return try await clientLoop.run {
        defer { listening.listeners[0].close() }
        return try await body(listening.address)
    }
}

private let echo: @Sendable (ScriptedConnection) async -> Void = { connection in
    while let count = try? await connection.stream.read(into: connection.buffer), count > 0 {
        try? await connection.stream.write(from: connection.buffer)
    }
}

private func open(_ address: SocketAddress, host: String, _ context: TLSContext) async throws(IOError) -> TLSStream {
    let stream = try await Stream.connect(to: address, timeoutNanoseconds: 20_000_000_000)
    return try await TLSStream.client(over: stream, host: host, context: context, timeoutNanoseconds: 20_000_000_000)
}

private func failure(_ body: () async throws(IOError) -> TLSStream) async -> IOError? {
    do throws(IOError) {
        try await body().close()
        return nil
    } catch {
        return error
    }
}

@Suite struct TLSTests {
    @Test func bytesBothWaysAndResumption() async throws {
        let authority = try await authority()
        let identity = try await authority.identity("good", names: ["DNS:localhost", "IP:127.0.0.1"])
        try await withTLS(identity, echo) { address in
            let context = try TLSContext.client(caFile: authority.caFile)
            for round in 0..<3 {
                let tls = try await open(address, host: round < 2 ? "localhost" : "127.0.0.1", context)
                #expect(tls.version == "TLSv1.3" && tls.applicationProtocol == "http/1.1")
                // A session is remembered per name.
                #expect(tls.isResumed == (round == 1))
                let sent = SecureRandom.bytes(1_500_000)
                let writer = clientLoop.spawn {
                    for start in stride(from: 0, to: sent.count, by: 50_000) {
                        tls.write(Array(sent[start..<start + 50_000]))
                        try? await tls.flush()
                    }
                }
                let buffer = ByteBuffer()
                while buffer.count < sent.count { _ = try await tls.read(into: buffer) }
                #expect(buffer.take() == sent)
                await writer.value
                tls.close()
            }
        }
    }

    @Test func refusesWhatCanNotBeVerified() async throws {
        let authority = try await authority()
        let good = try await authority.identity("server", names: ["DNS:localhost", "DNS:*.example.com"])
        let expired = try await authority.identity("expired", names: ["DNS:localhost"], days: -1)
        let stranger = try await TestCertificates()
        try await withTLS(good, echo) { address in
            let context = try TLSContext.client(caFile: authority.caFile)
            for (host, reason) in [
                ("wrong.host", "hostname mismatch"), ("127.0.0.1", "IP address mismatch"), ("a.b.example.com", "hostname mismatch"),
            ] {
                let error = await failure { () throws(IOError) in try await open(address, host: host, context) }
                #expect(
                    error?.code == .tls && error?.detail.lowercased().contains(reason.lowercased()) == true,
                    "\(host): \(String(describing: error))")
            }
            let wildcard = await failure { () throws(IOError) in try await open(address, host: "a.example.com", context) }
            #expect(wildcard == nil)
            let other = try TLSContext.client(caFile: stranger.caFile)
            let untrusted = await failure { () throws(IOError) in try await open(address, host: "localhost", other) }
            #expect(untrusted?.code == .tls && untrusted?.detail.contains("issuer certificate") == true)
            let system = try TLSContext.client()
            let unknown = await failure { () throws(IOError) in try await open(address, host: "localhost", system) }
            #expect(unknown?.code == .tls)
        }
        try await withTLS(expired, echo) { address in
            let context = try TLSContext.client(caFile: authority.caFile)
            let error = await failure { () throws(IOError) in try await open(address, host: "localhost", context) }
            #expect(error?.code == .tls && error?.detail.contains("expired") == true)
        }
        #expect(throws: IOError.self) { try TLSContext.client(caFile: "/nonexistent.pem") }
        #expect(throws: IOError.self) { try TLSContext.server(certificateFile: good.certificateFile, keyFile: expired.keyFile) }
    }

    @Test func handshakeHasADeadlineAndSurvivesNonsense() async throws {
        let authority = try await authority()
        let context = try TLSContext.client(caFile: authority.caFile)
        try await withScript { connection in
            if connection.number == 0 { return await connection.waitForEnd() }
            if connection.number == 1 { await connection.send("HTTP/1.1 400 Bad Request\r\n\r\n") }
        } _: { _, url in
            let address = SocketAddress(literal: url.host, port: url.port)!
            let late = await failure { () throws(IOError) in
                let stream = try await Stream.connect(to: address, timeoutNanoseconds: 20_000_000_000)
                return try await TLSStream.client(over: stream, host: "localhost", context: context, timeoutNanoseconds: 50_000_000)
            }
            #expect(late?.code == .timeout)
            let plain = await failure { () throws(IOError) in try await open(address, host: "localhost", context) }
            #expect(plain?.code == .tls || plain?.code == .reset)
            let gone = await failure { () throws(IOError) in try await open(address, host: "localhost", context) }
            #expect(gone?.code == .tls || gone?.code == .reset)
        }
    }

    @Test func endsAreTold() async throws {
        let authority = try await authority()
        let identity = try await authority.identity("ends", names: ["DNS:localhost"])
        // close() says goodbye: an orderly end.
        try await withTLS(identity) { connection in
            await connection.send("bye")
        } _: { address in
            let tls = try await open(address, host: "localhost", try TLSContext.client(caFile: authority.caFile))
            let buffer = ByteBuffer()
            while try await tls.read(into: buffer) > 0 {}
            #expect(buffer.take() == Array("bye".utf8))
            tls.close()
            await #expect(throws: IOError.closed) { try await tls.read(into: buffer) }
        }
    }

    @Test func httpsThroughTheClient() async throws {
        let authority = try await authority()
        let identity = try await authority.identity("https", names: ["DNS:localhost"])
        var configuration = HTTPClientConfiguration()
        configuration.caFile = authority.caFile
        let trusting = configuration
        let serve: @Sendable (ScriptedConnection) async -> Void = { connection in
            while let head = await connection.head() {
                #expect(head.contains("Host: localhost:"))
                await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\(connection.number)k")
            }
        }
        try await withTLS(identity, serve) { address in
            let client = HTTPClient(configuration: trusting)
            defer { client.close() }
            let url = URLParts(scheme: .https, host: "localhost", port: address.port)
            for _ in 0..<5 {
                let text = try await client.execute(HTTPClientRequest(url: url)).text()
                #expect(text == "0k")
            }
            #expect(await client.openConnections() == 1)
            let named = URLParts(scheme: .https, host: "127.0.0.1", port: address.port)
            let wrong = await clientFailure { () throws(HTTPClientError) in try await client.execute(HTTPClientRequest(url: named)) }
            #expect(wrong?.code == .tls && wrong?.requestSent == false)
            let suspicious = HTTPClient()
            defer { suspicious.close() }
            let untrusted = await clientFailure { () throws(HTTPClientError) in try await suspicious.execute(HTTPClientRequest(url: url)) }
            #expect(untrusted?.code == .tls && untrusted?.requestSent == false)
        }
    }

    @Test func bodyCutWithoutGoodbyeIsNotWhole() async throws {
        let authority = try await authority()
        let identity = try await authority.identity("cut", names: ["DNS:localhost"])
        let context = try TLSContext.server(certificateFile: identity.certificateFile, keyFile: identity.keyFile)
        let listening = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: clientGroup) { stream in
            clientLoop.spawn {
                guard let tls = try? await TLSStream.server(over: stream, context: context, timeoutNanoseconds: 20_000_000_000) else {
                    return
                }
                let connection = ScriptedConnection(tls, 0)
                _ = await connection.head()
                await connection.send("HTTP/1.1 200 OK\r\n\r\nhalf of it")
                stream.close()  // below TLS: no close_notify
            }
        }
        try await clientLoop.run {
            defer { listening.listeners[0].close() }
            var configuration = HTTPClientConfiguration()
            configuration.caFile = authority.caFile
            let client = HTTPClient(configuration: configuration)
            defer { client.close() }
            let response = try await client.execute(
                HTTPClientRequest(url: URLParts(scheme: .https, host: "localhost", port: listening.address.port)))
            await #expect(throws: HTTPBodyError.closed) { try await response.body.collect(upTo: 1000) }
        }
    }
}
