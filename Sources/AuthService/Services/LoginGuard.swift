// Slows down guessing (docs/specification.md §3.1): ten failed logins for one email from one network, fifty for one email from anywhere, a
// hundred from one network, in fifteen minutes; then 429 until the window ends. A browser that has signed in to the account before is
// counted by itself. Unknown emails are counted alike, and while locked the right password is refused too: nothing is learned from a lock.
import TiketiCore
import TiketiNet

struct LoginGuard: Sendable {
    struct Limits: Sendable {
        /// For one email from one network, and for one known browser.
        var perEmail = 10
        var perEmailAnywhere = 50
        var perNetwork = 100
        /// Accounts that one network may ask for.
        var registrations = 1000
        var window: Duration = .seconds(900)
    }

    let counter: any FailureTally
    let limits: Limits

    /// Throws when one of the counts that concern the caller is used up.
    func check(_ email: String, _ caller: Caller) async throws {
        let rules = rules(email, caller)
        for (rule, found) in zip(rules, await counter.counts(rules.map(\.name))) where found.count >= rule.limit {
            throw AuthError.locked(retryAfter: found.secondsLeft)
        }
    }

    /// Counts a failure. Throws when others used the last try while this one was hashing: guesses sent all at once learn no more.
    func failed(_ email: String, _ caller: Caller) async throws {
        for rule in rules(email, caller) {
            let found = await counter.add(rule.name, window: limits.window)
            if found.count > rule.limit { throw AuthError.locked(retryAfter: found.secondsLeft) }
        }
    }

    /// Looks again, for the same reason, then forgets what this caller failed at. What others failed at elsewhere stays counted.
    func succeeded(_ email: String, _ caller: Caller) async throws {
        try await check(email, caller)
        await counter.forget(rules(email, caller)[0].name)
    }

    /// Counts a registration. Throws when the network has asked for too many.
    func registering(_ caller: Caller) async throws {
        let found = await counter.add("auth:registered:address:\(caller.network)", window: limits.window)
        if found.count > limits.registrations { throw AuthError.locked(retryAfter: found.secondsLeft) }
    }

    private struct Rule {
        var name: String
        var limit: Int
    }

    /// The caller's own first.
    private func rules(_ email: String, _ caller: Caller) -> [Rule] {
        let account = Hex.encode(Crypto.sha256(email).prefix(16))
        if let mark = caller.mark { return [Rule(name: "auth:failed:device:\(account):\(mark)", limit: limits.perEmail)] }
        return [
            Rule(name: "auth:failed:email:\(account):\(caller.network)", limit: limits.perEmail),
            Rule(name: "auth:failed:anywhere:\(account)", limit: limits.perEmailAnywhere),
            Rule(name: "auth:failed:address:\(caller.network)", limit: limits.perNetwork),
        ]
    }
}
