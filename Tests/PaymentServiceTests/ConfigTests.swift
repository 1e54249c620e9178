// Which address of Toss a payment service accepts, by environment.
import Testing
import TiketiCore

@testable import PaymentService

@Suite struct PaymentConfigTests {
    private func problems(_ environment: [String: String]) -> [String] {
        var reader = EnvironmentReader(environment)
        _ = PaymentConfig(&reader)
        do { try reader.finish() } catch { return error.problems }
        return []
    }

    @Test func productionSendsMoneyOverTLSOnly() {
        let key = ["TOSS_SECRET_KEY": "live_sk_something"]
        let plain = ["TOSS_API_URL": "http://api.tosspayments.com"]
        #expect(
            problems(key.merging(["NODE_ENV": "production"]) { $1 }.merging(plain) { $1 }) == ["TOSS_API_URL: must be https in production"])
        #expect(problems(key.merging(["NODE_ENV": "production"]) { $1 }) == ["TOSS_API_URL: must be https in production"])
        #expect(problems(key.merging(["NODE_ENV": "production", "TOSS_API_URL": "https://api.tosspayments.com"]) { $1 }).isEmpty)
        #expect(problems(key.merging(["NODE_ENV": "staging"]) { $1 }.merging(plain) { $1 }).isEmpty)
    }
}
