// Hashing and checking passwords on threads of their own: a login waits, the event loops never do, and the networks take turns. The threads
// run at a lower priority, so that a storm of logins takes only the time that other requests leave over.
import Glibc
import TiketiNet

final class PasswordHasher: Sendable {
    let cost: Int
    private let pool: BlockingPool
    private let queue: FairQueue
    /// What an unknown email is checked against: same cost, same time, and no password matches it.
    private let decoy: String

    init(cost: Int, threads: Int, queueLimit: Int) {
        self.cost = cost
        queue = FairQueue(FairQueue.Limits(turns: threads, waiting: queueLimit))
        pool = BlockingPool(name: "bcrypt", threads: threads, queueLimit: queueLimit)
        let salt = Bcrypt.setting(cost: cost, salt: SecureRandom.bytes(16))
        decoy = salt + String(repeating: ".", count: 31)
    }

    var waiting: Int { queue.waiting }

    /// - Parameter network: whose turn it uses.
    func hash(_ password: String, _ kind: FairQueue.Kind, network: String) async throws -> String {
        let cost = cost
        let hash = try await run(kind, network) { Bcrypt.hash(password, cost: cost) }
        guard let hash else { throw AuthError.invalidCredentials }
        return hash
    }

    /// Takes the same time with no stored hash, an unusable password or a wrong one.
    func verify(_ password: String, against stored: String?, network: String) async throws -> Bool {
        let usable = stored != nil && Bcrypt.accepts(password)
        let candidate = usable ? password : "no such account"
        let hash = stored.flatMap { usable ? $0 : nil } ?? decoy
        let matches = try await run(.login, network) { Bcrypt.verify(candidate, hash: hash) }
        return matches && usable
    }

    private func run<T: Sendable>(_ kind: FairQueue.Kind, _ network: String, _ body: @escaping @Sendable () -> T) async throws -> T {
        do {
            return try await queue.run(kind, network: network) {
                try await pool.run {
                    // On Linux this sets the calling thread alone; repeating it costs nothing beside the hash.
                    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
                    return body()
                }
            }
        } catch is BlockingPoolFull {
            throw AuthError.overloaded
        }
    }
}
