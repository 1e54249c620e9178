// Reads from a request who asks, and writes the answer of a sign-in with the browser's mark.
import TiketiCore
import TiketiJSON
import TiketiNet

struct CallerReader: Sendable {
    let addresses: ClientAddressReader
    let marks: DeviceMarks
    let verifier: JWT.Verifier

    /// - Parameter email: the account that is asked for; nil when it is not known yet, and no mark can be read.
    func read(_ context: RequestContext, _ email: String?) -> Caller {
        Caller(
            network: addresses.address(of: context.request).network, device: context.request.headers["User-Agent"] ?? "",
            mark: email.flatMap { marks.read($0, cookies: context.request.headers.values("cookie")) }, logger: context.logger)
    }

    /// When the caller's token was made. Only for a token that was verified already.
    func issuedAt(_ context: RequestContext) -> Timestamp {
        guard let token = BearerToken.read(context.request.headers), let claims = try? verifier.verify(token) else { return .now() }
        return claims.issuedAt
    }

    func answer(_ status: HTTPStatus, _ signedIn: SignedIn, _ caller: Caller) -> HTTPResponse {
        var response = HTTPResponse.success(status) { json in
            json.member("token", signedIn.token)
            json.object("user") { json in
                json.member("id", signedIn.user.id)
                json.member("email", signedIn.user.email)
                json.member("name", signedIn.user.name)
                json.member("role", signedIn.role)
            }
            if signedIn.needsSecondFactor { json.member("secondFactorRequired", true) }
        }
        if caller.mark == nil { response.headers.add("Set-Cookie", marks.issue(signedIn.user.email)) }
        return response
    }
}

extension FieldReader {
    /// An email as it is stored.
    mutating func email(_ name: String) -> String {
        let text = string(name, min: 1, max: 1024, trim: true)
        guard !text.isEmpty else { return "" }
        guard let email = EmailAddress.normalise(text) else {
            fail(name, "must be an email address of at most \(EmailAddress.longest) characters")
            return ""
        }
        return email
    }

    /// A password that may be set: of bcrypt's length, and none that everybody tries first.
    mutating func newPassword(_ name: String) -> String {
        let password = bytes(name, min: 8, max: Bcrypt.longestPassword)
        if CommonPasswords.contains(password) { fail(name, "is one of the most common passwords, please choose another") }
        return password
    }
}
