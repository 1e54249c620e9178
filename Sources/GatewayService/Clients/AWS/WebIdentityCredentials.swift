// Credentials of a role, for the token that Kubernetes puts into the pod (EKS: IAM roles for service accounts). They end within an hour;
// new ones are fetched before that, and while the security token service does not answer the old ones serve as long as they last.
import Logging
import TiketiCore
import TiketiNet

/// Which role is taken, with which proof.
struct WebIdentity: Sendable, Equatable {
    /// `AWS_ROLE_ARN`
    var roleARN: String
    /// `AWS_WEB_IDENTITY_TOKEN_FILE`: read each time, because the platform replaces its content.
    var tokenFile: String
    /// How the role's user is called in AWS's own records.
    var sessionName: String
    /// The security token service.
    var endpoint: ServiceURL
}

/// `AssumeRoleWithWebIdentity`, whenever it is due.
final class WebIdentityCredentials: AWSCredentialSource {
    private struct State {
        var held: AWSCredentials?
        var renewAt = Timestamp(seconds: 0)
        var validUntil = Timestamp(seconds: 0)
    }

    private let identity: WebIdentity
    private let http: HTTPClient
    private let files: BlockingPool
    private let logger: Logger
    private let retry: AWSRetry
    private let clock: @Sendable () -> Timestamp
    private let state = Locked(State())
    private let calls = Coalescer<String, AWSCredentials, AWSFault>(.callUnderWay)

    /// Before their end, of credentials that live longer; of others a quarter of their life.
    private static let margin: Duration = .seconds(600)
    /// How long a request waits for new credentials while it could go with the old.
    private static let courtesy: Duration = .seconds(2)
    /// Until the next try, after one that failed while the old credentials last.
    private static let pause: Double = 30
    /// Credentials this close to their end may have ended when they arrive.
    private static let travel: Duration = .seconds(5)

    init(
        _ identity: WebIdentity, http: HTTPClient, files: BlockingPool, logger: Logger, retry: AWSRetry = AWSRetry(),
        clock: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.identity = identity
        self.http = http
        self.files = files
        self.logger = logger
        self.retry = retry
        self.clock = clock
    }

    func credentials() async throws -> AWSCredentials {
        let now = clock()
        let state = state.withLock { $0 }
        guard let held = state.held, now < state.validUntil else { return try await renewed() }
        guard now >= state.renewAt else { return held }
        // Whoever comes meanwhile goes with the old ones at once; success sets its own time.
        self.state.withLock { $0.renewAt = now.adding(seconds: Self.pause) }
        do {
            return try await calls.value("", within: Self.courtesy) { () async throws(AWSFault) in try await self.renew() } ?? held
        } catch { return held }
    }

    func reject(_ credentials: AWSCredentials) {
        state.withLock { if $0.held == credentials { $0.held = nil } }
    }

    private func renewed() async throws -> AWSCredentials {
        try await calls.value("") { () async throws(AWSFault) in try await self.renew() }
    }

    private func renew() async throws(AWSFault) -> AWSCredentials {
        do {
            let fresh = try await retry.run { try await ask() }
            let now = clock()
            if let end = fresh.expiration {
                let life = end - now
                state.withLock { state in
                    state.held = fresh
                    state.renewAt = end.adding(seconds: -(min(Self.margin, life / 4) / .seconds(1)))
                    state.validUntil = end.adding(seconds: -(min(Self.travel, life / 8) / .seconds(1)))
                }
            }
            return fresh
        } catch let fault as AWSFault {
            logger.warning("The role's credentials can't be renewed", metadata: ["reason": "\(fault)"])
            throw fault
        } catch {
            throw AWSFault("Interrupted", "\(error)")
        }
    }

    /// One call; the token itself is what proves it, so nothing is signed.
    private func ask() async throws -> AWSCredentials {
        let file = identity.tokenFile
        guard let token = try await files.run({ TextFile.read(file, limit: 64 * 1024) })?.trimmed, !token.isEmpty else {
            throw AWSFault("NoToken", "\(file) can't be read")
        }
        let form = AWSEncoding.query([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", identity.roleARN),
            ("RoleSessionName", identity.sessionName), ("DurationSeconds", "3600"), ("WebIdentityToken", token),
        ])
        var request = HTTPClientRequest(
            method: .post, url: identity.endpoint.parts(target: "/"),
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "application/xml"],
            body: .bytes(Array(form.utf8)), totalTimeout: Duration.seconds(10).nanoseconds)
        // It changes nothing at the service.
        request.idempotent = true
        let response: HTTPClientResponse
        do throws(HTTPClientError) { response = try await http.execute(request) } catch { throw AWSFault(error) }
        guard response.status == .ok else { throw await AWSFault.reading(response) }
        guard let body = try? await response.body.collect(upTo: 256 * 1024) else { throw AWSFault("NoAnswer", "the answer broke off") }
        let text = String(decoding: body, as: UTF8.self)
        guard let key = XMLText.element("AccessKeyId", in: text), let secret = XMLText.element("SecretAccessKey", in: text),
            let session = XMLText.element("SessionToken", in: text),
            let end = XMLText.element("Expiration", in: text).flatMap({ Timestamp(rfc3339: $0) })
        else { throw AWSFault("NoAnswer", "no credentials in the answer") }
        return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: session, expiration: end)
    }
}
