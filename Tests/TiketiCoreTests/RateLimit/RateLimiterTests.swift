// Limits by key: bursts, refill, the wait that is told, and memory that stays bounded.

import Testing

@testable import TiketiCore

@Suite struct RateLimiterTests {
    private let second: UInt64 = 1_000_000_000

    @Test func burstThenRefill() {
        let limiter = RateLimiter(limit: 5, window: .seconds(10))
        let start: UInt64 = 1_000 * second
        for left in (0..<5).reversed() {
            #expect(limiter.take("a", now: start) == RateDecision(isAllowed: true, retryAfterSeconds: 0, remaining: left))
        }
        #expect(limiter.take("a", now: start) == RateDecision(isAllowed: false, retryAfterSeconds: 2, remaining: 0))
        #expect(limiter.take("b", now: start).isAllowed)
        #expect(limiter.take("a", now: start + 2 * second).isAllowed)
        #expect(!limiter.take("a", now: start + 2 * second).isAllowed)
        #expect(limiter.take("a", now: start + 100 * second).remaining == 4)
    }

    @Test func refusedCallsCostNothing() {
        let limiter = RateLimiter(limit: 1, window: .seconds(1))
        #expect(limiter.take("a", now: second).isAllowed)
        for _ in 0..<1000 { #expect(!limiter.take("a", now: second).isAllowed) }
        #expect(limiter.take("a", now: 2 * second).isAllowed)
    }

    @Test func checkThrows() {
        let limiter = RateLimiter(limit: 1, window: .seconds(60))
        #expect(throws: Never.self) { try limiter.check("a") }
        #expect { try limiter.check("a") } throws: { ($0 as? APIError)?.code == "RATE_LIMITED" && ($0 as? APIError)?.status.code == 429 }
    }

    @Test func memoryIsBounded() {
        let limiter = BoundedTable<Int>(capacity: 1600)
        for number in 0..<100_000 { limiter.update("key-\(number)") { $0 = number } }
        #expect(limiter.count <= 1600)
        #expect(limiter.value("key-99999") == 99_999)
        #expect(limiter.value("key-1") == nil)
        // What is used stays, however many others come by.
        for number in 0..<100_000 {
            limiter.update("keep") { $0 = ($0 ?? 0) + 1 }
            limiter.update("other-\(number)") { $0 = 0 }
        }
        #expect(limiter.value("keep") == 100_000)
    }
}
