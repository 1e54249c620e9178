// Objects in a bucket whose server fails in all the ways that servers fail.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct S3ClientTests {
    private static let quick = AWSRetry(attempts: 4, pauses: .milliseconds(1)...(.milliseconds(4)))

    private static func client(_ server: ScriptedServer, _ credentials: any AWSCredentialSource = Keys()) -> S3Client {
        client(server.port, credentials)
    }

    private static func client(_ port: Int, _ credentials: any AWSCredentialSource = Keys()) -> S3Client {
        S3Client(
            bucket: S3Bucket(name: "images", region: "r", endpoint: ServiceURL(host: "127.0.0.1", port: port)), credentials: credentials,
            http: HTTPClient(), retry: quick)
    }

    /// A new key after each rejected one.
    private final class Keys: AWSCredentialSource {
        private let number = Locked(1)

        func credentials() async throws -> AWSCredentials {
            AWSCredentials(accessKeyID: "key-\(number.withLock { $0 })", secretAccessKey: "s")
        }

        func reject(_ credentials: AWSCredentials) {
            number.withLock { if credentials.accessKeyID == "key-\($0)" { $0 += 1 } }
        }
    }

    private static func content(_ pieces: [[UInt8]]) -> ObjectContent {
        ObjectContent(length: pieces.reduce(0) { $0 + $1.count }, sha256: Hex.encode(Crypto.sha256(pieces.flatMap { $0 }))) {
            let next = Locked(0)
            return {
                next.withLock { next in
                    defer { next += 1 }
                    return next < pieces.count ? pieces[next] : nil
                }
            }
        }
    }

    private static func onLoop<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await EventLoopGroup.shared.next().run(body)
    }

    private static func fault(_ body: @escaping @Sendable () async throws -> Void) async throws -> AWSFault? {
        try await onLoop {
            do {
                try await body()
                return nil
            } catch let fault as AWSFault { return fault }
        }
    }

    /// Whatever passes is tried again, with the whole body and a signature of its own each time.
    @Test func aStumblingServerGetsTheWholeBodyAgain() async throws {
        let server = try await ScriptedServer.start([
            ScriptedServer.fault(503, "SlowDown"), ScriptedServer.fault(500, "InternalError"), ScriptedServer.fault(400, "RequestTimeout"),
            ScriptedServer.text(200),
        ])
        let pieces = (0..<40).map { [UInt8](repeating: UInt8($0), count: 10_000) }
        let client = Self.client(server)
        try await Self.onLoop {
            try await client.put("uploads/a.png", Self.content(pieces), type: "image/png", cacheControl: "public")
        }
        #expect(server.seen.count == 4)
        for seen in server.seen {
            #expect(seen.method == "PUT" && seen.target == "/images/uploads/a.png")
            #expect(seen.body == pieces.flatMap { $0 })
            #expect(seen.headers["content-length"] == "400000")
            #expect(seen.headers["content-type"] == "image/png")
            #expect(seen.headers["x-amz-content-sha256"] == Hex.encode(Crypto.sha256(seen.body)))
        }
        await server.stop()
    }

    @Test func whatWillNotPassIsNotRepeated() async throws {
        let server = try await ScriptedServer.start([ScriptedServer.fault(403, "AccessDenied")])
        let client = Self.client(server)
        #expect(try await Self.fault { _ = try await client.get("k") }?.code == "AccessDenied")
        #expect(server.seen.count == 1)
        // A bucket that is missing is not an image that is missing.
        server.answer([ScriptedServer.fault(404, "NoSuchBucket")])
        #expect(try await Self.fault { _ = try await client.get("k") }?.code == "NoSuchBucket")
        server.answer([ScriptedServer.fault(500, "InternalError")])
        #expect(try await Self.fault { _ = try await client.get("k") }?.status == 500)
        #expect(server.seen.count == 2 + 4)
        await server.stop()
    }

    @Test func whatIsNotThereIsNoFault() async throws {
        let server = try await ScriptedServer.start([ScriptedServer.fault(404, "NoSuchKey")])
        let client = Self.client(server)
        #expect(try await Self.onLoop { try await client.get("k") == nil })
        try await Self.onLoop { try await client.delete("k") }
        server.answer([ScriptedServer.text(404)])
        #expect(try await Self.onLoop { try await client.contains("k") } == false)
        server.answer([ScriptedServer.text(200, "bytes")])
        #expect(try await Self.onLoop { try await client.contains("k") })
        #expect(try await Self.onLoop { try await client.get("k")?.collect(upTo: 100) } == Array("bytes".utf8))
        server.answer([HTTPResponse(status: .noContent)])
        try await Self.onLoop { try await client.delete("k") }
        #expect(server.seen.map(\.method) == ["GET", "DELETE", "HEAD", "HEAD", "GET", "DELETE"])
        await server.stop()
    }

    /// Credentials that ended between two looks at the clock are replaced, and the request goes on.
    @Test func endedCredentialsAreReplaced() async throws {
        let server = try await ScriptedServer.start([ScriptedServer.fault(400, "ExpiredToken"), ScriptedServer.text(200, "x")])
        let client = Self.client(server)
        #expect(try await Self.onLoop { try await client.get("k")?.collect(upTo: 10) } == Array("x".utf8))
        let keys = server.seen.compactMap { $0.headers["authorization"]?.split(separator: "/").first?.split(separator: "=").last }
        #expect(keys == ["key-1", "key-2"])
        await server.stop()
    }

    @Test func nobodyAtTheAddressIsAFault() async throws {
        let port = try TestPostgres.freePort()
        let client = Self.client(port)
        #expect(try await Self.fault { _ = try await client.get("k") }?.code == "NoAnswer")
    }

    /// What can't be read is not sent half, and not sent again.
    @Test func aBodyThatBreaksIsNotStored() async throws {
        struct Broken: Error {}
        let server = try await ScriptedServer.start([ScriptedServer.text(200)])
        let client = Self.client(server)
        let content = ObjectContent(length: 10, sha256: "") { { throw Broken() } }
        #expect(try await Self.fault { try await client.put("k", content, type: "t", cacheControl: "c") }?.code == "InvalidRequest")
        await server.stop()
    }
}
