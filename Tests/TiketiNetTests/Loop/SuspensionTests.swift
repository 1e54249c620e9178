import Testing
import TiketiNet

@Suite struct SuspensionTests {
    /// What a primitive checks before it suspends must still hold when its continuation is stored: nothing may run in between.
    @Test func nothingRunsBetweenTheCheckAndTheContinuation() async throws {
        let loop = EventLoopGroup.shared.loops[0]
        let order = try await loop.run {
            let order = Locked<[String]>([])
            loop.spawn { order.withLock { $0.append("other") } }
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                order.withLock { $0.append("body") }
                continuation.resume()
            }
            return order.withLock { $0 }
        }
        #expect(order.first == "body")
    }
}
