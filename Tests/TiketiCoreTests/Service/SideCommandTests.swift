// What a container asks of a service's executable besides serving.

import Testing
import TiketiNet

@testable import TiketiCore

@Suite struct SideCommandTests {
    @Test func arguments() throws {
        #expect(try SideCommand.parse([]) == nil)
        #expect(try SideCommand.parse(["--probe"]) == .probe(path: "/health"))
        #expect(try SideCommand.parse(["--probe", "/ready"]) == .probe(path: "/ready"))
        #expect(try SideCommand.parse(["--pause", "5"]) == .pause(seconds: 5))
        for wrong in [["--help"], ["--probe", "ready"], ["--pause"], ["--pause", "-1"], ["--pause", "9999"], ["--probe", "/a", "/b"]] {
            #expect(throws: SideCommand.Unknown.self) { try SideCommand.parse(wrong) }
        }
    }

    @Test func probe() async throws {
        let server = HTTPServer(group: .shared) { HTTPResponse(status: $0.path == "/ready" ? .ok : .serviceUnavailable) }
        let port = try await server.start(host: "127.0.0.1", port: 0)
        let pool = BlockingPool(name: "probe", threads: 1, queueLimit: 1)
        #expect(try await pool.run { SideCommand.probe(path: "/ready").run(port: port) } == 0)
        #expect(try await pool.run { SideCommand.probe(path: "/health").run(port: port) } == 1)
        await server.stop()
        #expect(try await pool.run { SideCommand.probe(path: "/ready").run(port: port) } == 1)
        #expect(SideCommand.pause(seconds: 0).run(port: port) == 0)
    }
}
