// Slows down guessing: ten failed logins for one email or a hundred from one address in fifteen minutes, then 429 until the window ends.
// Unknown emails are counted alike, and while locked the right password is refused too, so nothing can be learned from the lock.
import TiketiCore
import TiketiNet

struct LoginGuard: Sendable {
    struct Limits: Sendable {
        var perEmail = 10
        var perAddress = 100
        var windowSeconds = 900
    }

    let counter: any FailureTally
    let limits: Limits

    /// Throws when the email or the address is locked.
    func check(email: String, address: String) async throws {
        let byEmail = await counter.count(emailKey(email))
        if byEmail.count >= limits.perEmail { throw AuthError.locked(retryAfter: byEmail.secondsLeft) }
        let byAddress = await counter.count(addressKey(address))
        if byAddress.count >= limits.perAddress { throw AuthError.locked(retryAfter: byAddress.secondsLeft) }
    }

    /// Counts a failure. Throws when others used the last try while this one was hashing: guesses sent all at once learn no more.
    func failed(email: String, address: String) async throws {
        let byAddress = await counter.add(addressKey(address), windowSeconds: limits.windowSeconds)
        let byEmail = await counter.add(emailKey(email), windowSeconds: limits.windowSeconds)
        if byEmail.count > limits.perEmail { throw AuthError.locked(retryAfter: byEmail.secondsLeft) }
        if byAddress.count > limits.perAddress { throw AuthError.locked(retryAfter: byAddress.secondsLeft) }
    }

    /// Looks again, for the same reason, then forgets the email's failures.
    func succeeded(email: String, address: String) async throws {
        try await check(email: email, address: address)
        await counter.forget(emailKey(email))
    }

    private func emailKey(_ email: String) -> String { "auth:failed:email:" + Hex.encode(Crypto.sha256(Array(email.utf8))) }
    private func addressKey(_ address: String) -> String { "auth:failed:address:" + address }
}
