// Several instances of a service over real sockets: taken in turn, left alone while they are away, and no request lost when one of them
// drains.

import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct ServiceInstancesTests {
    /// One instance that answers with its name and counts.
    private final class Instance: Sendable {
        let server: HTTPServer
        let port: Int
        let served: Locked<[String]>

        static func start(_ name: String, port: Int = 0) async throws -> Instance {
            let served = Locked<[String]>([])
            let server = HTTPServer(group: .shared) { request in
                _ = try? await request.body.collect(upTo: 1000)
                served.withLock { $0.append(request.target) }
                return HTTPResponse(status: .ok, body: .bytes(Array(name.utf8)))
            }
            return Instance(server, try await server.start(host: "127.0.0.1", port: port), served)
        }

        private init(_ server: HTTPServer, _ port: Int, _ served: Locked<[String]>) {
            self.server = server
            self.port = port
            self.served = served
        }

        var url: ServiceURL { ServiceURL(host: "127.0.0.1", port: port) }
        var count: Int { served.withLock { $0.count } }
    }

    /// A port where nobody listens.
    private func emptyPort() async throws -> Int {
        let instance = try await Instance.start("gone")
        await instance.server.stop()
        return instance.port
    }

    private struct Refused: Error {
        let status: Int
        let body: String
    }

    private func ask(
        _ instances: ServiceInstances, _ http: HTTPClient, _ method: HTTPMethod = .get, _ target: String = "/x"
    ) async throws -> String {
        try await EventLoopGroup.shared.next().run {
            let request = HTTPClientRequest(
                method: method, url: instances.first.parts(target: target), body: method == .post ? .bytes([1]) : .none)
            let response = try await instances.execute(request, target: target, with: http)
            let body = String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
            if response.status != .ok { throw Refused(status: response.status.code, body: body) }
            return body
        }
    }

    @Test func eachInItsTurn() async throws {
        let all = [try await Instance.start("a"), try await Instance.start("b"), try await Instance.start("c")]
        let instances = ServiceInstances(all.map(\.url))
        let http = HTTPClient()
        for _ in 0..<30 { _ = try await ask(instances, http) }
        #expect(all.map(\.count) == [10, 10, 10])
        for instance in all { await instance.server.stop() }
    }

    @Test func whoeverIsAwayIsLeftAloneAndComesBack() async throws {
        let port = try await emptyPort()
        let up = try await Instance.start("up")
        let instances = ServiceInstances([ServiceURL(host: "127.0.0.1", port: port), up.url])
        let http = HTTPClient()
        // A request that could not even connect goes on, whatever its method.
        for _ in 0..<20 { #expect(try await ask(instances, http, .post) == "up") }
        let back = try await Instance.start("back", port: port)
        var seen: Set<String> = []
        try await eventually {
            seen.insert(try await ask(instances, http))
            return seen.count == 2
        }
        #expect(seen == ["up", "back"])
        await back.server.stop()
        await up.server.stop()
    }

    @Test func nobodyThere() async throws {
        let urls = [ServiceURL(host: "127.0.0.1", port: try await emptyPort()), ServiceURL(host: "127.0.0.1", port: try await emptyPort())]
        let instances = ServiceInstances(urls)
        let http = HTTPClient()
        for _ in 0..<5 {
            let error = await #expect(throws: HTTPClientError.self) { try await ask(instances, http) }
            #expect(error?.code == .connect)
        }
    }

    /// An instance that takes a request and dies may have done its work.
    @Test func workIsNotDoneTwice() async throws {
        let taken = Locked(0)
        let listening = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: .shared) { stream in
            stream.loop.spawn {
                let buffer = ByteBuffer()
                if let count = try? await stream.read(into: buffer), count > 0 { taken.withLock { $0 += 1 } }
                stream.close()
            }
        }
        let up = try await Instance.start("up")
        let dying = ServiceURL(host: "127.0.0.1", port: listening.address.port)
        let post = ServiceInstances([dying, up.url])
        let http = HTTPClient()
        let error = await #expect(throws: HTTPClientError.self) { try await ask(post, http, .post) }
        #expect(error?.code == .closed)
        #expect(taken.withLock { $0 } == 1 && up.count == 0)
        // Reading does no harm twice.
        #expect(try await ask(ServiceInstances([dying, up.url]), http) == "up")
        for (listener, loop) in zip(listening.listeners, EventLoopGroup.shared.loops) { try await loop.run { listener.close() } }
        await up.server.stop()
    }

    /// The promise that rolling restarts stand on: writers without pause, one instance after the other stops and comes back, and every
    /// single request is answered by exactly one of them.
    @Test func aDrainCostsNoRequest() async throws {
        let stays = try await Instance.start("stays")
        let runtime = { (port: Int) in
            var reader = EnvironmentReader(["HOST": "127.0.0.1", "PORT": "\(port)", "ACCESS_LOG": "off", "LOG_LEVEL": "critical"])
            return ServiceRuntime(
                .ticket, config: CommonConfig(&reader, service: .ticket, uses: []), uses: [], group: .shared)
        }
        let handled = Locked<[String]>([])
        let app = {
            let router = Router()
            router.post("/work/:id") { context in
                handled.withLock { $0.append(context.request.target) }
                return .success()
            }
            return ServiceApp(router: router)
        }
        var process = ServiceProcess(runtime: runtime(0), app: app())
        let port = try await process.start()
        let instances = ServiceInstances([ServiceURL(host: "127.0.0.1", port: port), stays.url])
        let http = HTTPClient()
        let isOver = Locked(false)
        let sent = Locked(0)
        let failures = Locked<[String]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var number = 0
                    while !isOver.withLock({ $0 }) {
                        number += 1
                        do { _ = try await self.ask(instances, http, .post, "/work/\(writer)-\(number)") } catch {
                            failures.withLock { $0.append("\(error)") }
                        }
                        sent.withLock { $0 += 1 }
                    }
                }
            }
            for _ in 0..<4 {
                let before = handled.withLock { $0.count }
                while handled.withLock({ $0.count }) < before + 50 { await Task.yield() }
                await process.stop(grace: .seconds(5))
                process = ServiceProcess(runtime: runtime(port), app: app())
                _ = try await process.start()
            }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        #expect(failures.withLock { $0 } == [])
        let all = handled.withLock { $0 } + stays.served.withLock { $0 }
        #expect(all.count == sent.withLock { $0 })
        #expect(Set(all).count == all.count)
        await process.stop(grace: .seconds(1))
        await stays.server.stop()
    }
}
