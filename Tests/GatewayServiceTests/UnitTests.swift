// The parts that need no socket: path inspection.
import Testing
import TiketiCore
import TiketiJSON

@testable import GatewayService

@Suite struct UnitTests {
    @Test(arguments: [
        ("/", SafePath.plain), ("/api/events?x=../internal", .plain), ("/api/events/42", .plain), ("/a.b/c-d_e~f", .plain),
        ("/a..b", .plain),
        ("/internals", .plain), ("/api/internal", .plain), ("/internal", .refused), ("/internal/x", .refused), ("/a/../internal", .refused),
        ("/..", .refused), ("/%2e%2e/x", .refused), ("/a/%2E/b", .decoded("/a/b")), ("/a//b/", .decoded("/a/b/")),
        ("/%ED%95%9C", .decoded("/한")), ("/%ff", .refused), ("/%2f", .refused), ("/%", .refused), ("/%4", .refused), ("*", .refused),
        ("", .refused),
        ("/a%20b", .decoded("/a b")), ("/a%00b", .refused), ("/a\\b", .refused), ("/.hidden", .decoded("/.hidden")),
    ])
    func paths(target: String, expected: SafePath) {
        #expect(SafePath.inspect(target) == expected)
    }
}
