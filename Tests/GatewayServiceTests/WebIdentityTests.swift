// A role's credentials: fetched for the pod's token, renewed before they end, kept while the security token service is away.
import Glibc
import Logging
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct WebIdentityTests {
    /// A clock that a test moves, a token's file, and the service.
    private struct World {
        let folder: TemporaryDirectory
        let server: ScriptedServer
        let clock = Locked(Timestamp(seconds: 1_800_000_000))
        let source: WebIdentityCredentials

        init(_ answers: [HTTPResponse]) async throws {
            folder = try TemporaryDirectory("tiketi-token")
            server = try await ScriptedServer.start(answers)
            let identity = WebIdentity(
                roleARN: "arn:aws:iam::123456789012:role/images", tokenFile: folder.path + "/token", sessionName: "tiketi-gateway",
                endpoint: ServiceURL(host: "127.0.0.1", port: server.port))
            let clock = clock
            source = WebIdentityCredentials(
                identity, http: HTTPClient(), files: BlockingPool(threads: 1, queueLimit: 16), logger: Logger(label: "test"),
                retry: AWSRetry(attempts: 2, pauses: .milliseconds(1)...(.milliseconds(1))), clock: { clock.withLock { $0 } })
            write("first.token")
        }

        func write(_ token: String) {
            guard let file = fopen(folder.path + "/token", "w") else { return }
            fputs(token + "\n", file)
            fclose(file)
        }

        func pass(_ seconds: Int) { clock.withLock { $0 = $0.adding(seconds: seconds) } }

        func ask() async throws -> String {
            let source = source
            return try await EventLoopGroup.shared.next().run { try await source.credentials().accessKeyID }
        }
    }

    private static func answer(_ key: String, until seconds: Int) -> HTTPResponse {
        let end = Timestamp(seconds: 1_800_000_000).adding(seconds: seconds).rfc3339
        return ScriptedServer.text(
            200,
            """
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
            <Credentials><SessionToken>token+/==&amp;x</SessionToken><SecretAccessKey>secret</SecretAccessKey>
            <Expiration>\(end)</Expiration><AccessKeyId>\(key)</AccessKeyId></Credentials>
            </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """)
    }

    @Test func theTokenBuysCredentialsOnce() async throws {
        let world = try await World([Self.answer("one", until: 3600)])
        let source = world.source
        let all = try await withThrowingTaskGroup(of: AWSCredentials.self) { group in
            for loop in EventLoopGroup.shared.loops {
                for _ in 0..<10 { group.addTask { try await loop.run { try await source.credentials() } } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(all.map(\.sessionToken)) == ["token+/==&x"])
        #expect(Set(all.map(\.secretAccessKey)) == ["secret"])
        #expect(world.server.seen.count == 1)
        let asked = try #require(world.server.seen.first)
        #expect(asked.method == "POST")
        let form = Set(String(decoding: asked.body, as: UTF8.self).split(separator: "&"))
        #expect(form.contains("Action=AssumeRoleWithWebIdentity") && form.contains("WebIdentityToken=first.token"))
        #expect(form.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fimages") && form.contains("Version=2011-06-15"))
        await world.server.stop()
    }

    @Test func theyAreRenewedBeforeTheyEnd() async throws {
        let world = try await World([Self.answer("one", until: 3600), Self.answer("two", until: 6600), Self.answer("three", until: 9600)])
        #expect(try await world.ask() == "one")
        world.pass(2990)
        #expect(try await world.ask() == "one")
        // The platform has replaced the token in between.
        world.write("second.token")
        world.pass(20)
        #expect(try await world.ask() == "two")
        #expect(String(decoding: world.server.seen[1].body, as: UTF8.self).contains("second.token"))
        #expect(try await world.ask() == "two")
        #expect(world.server.seen.count == 2)
        await world.server.stop()
    }

    /// The service is away for ten minutes: requests go on with what they have, and one asks every half a minute.
    @Test func theyServeUntilTheyEnd() async throws {
        let world = try await World([Self.answer("one", until: 3600), ScriptedServer.fault(503, "ServiceUnavailable")])
        #expect(try await world.ask() == "one")
        world.pass(3100)
        #expect(try await world.ask() == "one")
        let asked = world.server.seen.count
        #expect(asked == 3)
        world.pass(20)
        #expect(try await world.ask() == "one")
        #expect(world.server.seen.count == asked)
        world.pass(470)
        #expect(try await world.ask() == "one")
        #expect(world.server.seen.count == asked + 2)
        // Five seconds before the end they count for nothing.
        world.pass(8)
        await #expect(throws: AWSFault.self) { _ = try await world.ask() }
        world.server.answer([Self.answer("two", until: 7200)])
        #expect(try await world.ask() == "two")
        await world.server.stop()
    }

    @Test func whatWasRefusedIsNotGivenAgain() async throws {
        let world = try await World([Self.answer("one", until: 3600), Self.answer("two", until: 3600)])
        let source = world.source
        let first = try await EventLoopGroup.shared.next().run { try await source.credentials() }
        world.source.reject(first)
        #expect(try await world.ask() == "two")
        // A late refusal of the first touches the second no more.
        world.source.reject(first)
        #expect(try await world.ask() == "two")
        #expect(world.server.seen.count == 2)
        await world.server.stop()
    }

    @Test func withoutATokenThereAreNone() async throws {
        let world = try await World([Self.answer("one", until: 3600)])
        world.folder.remove()
        await #expect(throws: AWSFault.self) { _ = try await world.ask() }
        #expect(world.server.seen.isEmpty)
        await world.server.stop()
    }
}
