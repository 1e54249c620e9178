// What proves to AWS who asks, and where it comes from.
import TiketiNet

/// A key pair, with a session's token when it is a role's.
struct AWSCredentials: Sendable, Equatable {
    var accessKeyID: String
    var secretAccessKey: String
    var sessionToken: String?
    /// When they end; nil for a key that lasts.
    var expiration: Timestamp?
}

/// Where credentials come from.
protocol AWSCredentialSource: Sendable {
    /// Credentials that count now. To be asked for each request: they may be others each time.
    /// - Throws: `AWSFault`.
    func credentials() async throws -> AWSCredentials

    /// A service refused these as ended or unknown: they are not to be given again.
    func reject(_ credentials: AWSCredentials)
}

/// A key of the environment.
struct FixedCredentials: AWSCredentialSource {
    let value: AWSCredentials

    func credentials() async throws -> AWSCredentials { value }

    func reject(_ credentials: AWSCredentials) {}
}
