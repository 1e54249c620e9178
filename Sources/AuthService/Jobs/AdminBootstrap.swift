// Makes the first administrator once the database answers: the runner calls `start` again, with growing pauses, until it has worked.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

struct AdminBootstrap: Service {
    let users: any UserStore
    let hasher: PasswordHasher
    let email: String
    let password: String?
    let logger: Logger
    /// Set where administrators must have a second factor: what they began without one is over.
    let sessionsToEnd: AccountSessionStore?

    /// Safe from several instances at once: the unique email decides.
    func start() async throws {
        try await sessionsToEnd?.endAdministratorsWithoutSecondFactor()
        if let user = try await users.find(email: email) {
            if user.role != .admin { logger.warning("the administrator's email belongs to an account without that role") }
            return
        }
        guard let password else {
            logger.warning("there is no administrator, and ADMIN_PASSWORD is not set")
            return
        }
        let hash = try await hasher.hash(password, .login, network: "")
        if try await users.insertIfAbsent(NewUser(email: email, passwordHash: hash, name: "Administrator", role: .admin)) {
            logger.info("created the administrator's account")
        }
    }

    func stop() async {}
}
