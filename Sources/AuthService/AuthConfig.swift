// Every setting of auth beyond the common ones, with its default and check.
import Glibc
import TiketiCore

/// `ADMIN_TOTP`.
enum SecondFactorRule: String, CaseIterable {
    case optional, required
}

/// The settings of auth (docs/configuration.md).
struct AuthConfig: ServiceConfig {
    var bcryptCost: Int
    var bcryptThreads: Int
    var bcryptQueue: Int
    var adminEmail: String
    /// nil: no administrator is made.
    var adminPassword: String?
    /// nil: signing in with Google is not offered.
    var googleClientID: String?
    var googleKeys: ServiceURL
    var limits: LoginGuard.Limits
    /// A session's longest life from the password on.
    var sessionLifetime: Duration
    /// Whether administrators must have a second factor.
    var adminsNeedSecondFactor: Bool
    var trustedProxies: NetworkList

    init(_ environment: inout EnvironmentReader) {
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        bcryptCost = environment.int("BCRYPT_COST", default: 10, in: 4...16)
        bcryptThreads = environment.int("BCRYPT_THREADS", default: cores, in: 1...64)
        bcryptQueue = environment.int("BCRYPT_QUEUE", default: 32 * bcryptThreads, in: 1...10_000)
        adminEmail = environment.string("ADMIN_EMAIL", default: "admin@tiketi.gg")
        if let email = EmailAddress.normalise(adminEmail) {
            adminEmail = email
        } else {
            environment.problem("ADMIN_EMAIL", "is not an email address")
        }
        let password = environment.raw("ADMIN_PASSWORD") ?? (environment.isStrict ? "" : "admin1234")
        adminPassword = password.isEmpty ? nil : password
        if !password.isEmpty, !(8...Bcrypt.longestPassword).contains(password.utf8.count) {
            environment.problem("ADMIN_PASSWORD", "must be 8 to \(Bcrypt.longestPassword) bytes long")
        }
        if environment.isStrict, password == "admin1234" { environment.problem("ADMIN_PASSWORD", "is the development password") }
        googleClientID = environment.optionalString("GOOGLE_CLIENT_ID")
        googleKeys = environment.url("GOOGLE_JWKS_URL", default: "https://www.googleapis.com/oauth2/v3/certs")
        limits = LoginGuard.Limits(
            perEmail: environment.int("LOGIN_LIMIT_EMAIL", default: 10, in: 1...1_000_000),
            perEmailAnywhere: environment.int("LOGIN_LIMIT_EMAIL_ANYWHERE", default: 50, in: 1...1_000_000),
            perNetwork: environment.int("LOGIN_LIMIT_ADDRESS", default: 100, in: 1...1_000_000),
            registrations: environment.int("REGISTER_LIMIT_ADDRESS", default: 1000, in: 1...1_000_000),
            window: environment.duration("LOGIN_LIMIT_WINDOW_SECONDS", default: 900, in: 1...86_400))
        sessionLifetime = environment.duration("SESSION_MAX_DAYS", default: 30, in: 1...365)
        adminsNeedSecondFactor = environment.choice("ADMIN_TOTP", default: SecondFactorRule.optional) == .required
        // Behind the gateway every peer is a proxy on a private network.
        trustedProxies = environment.networks(
            "TRUSTED_PROXIES", default: ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])
    }
}
