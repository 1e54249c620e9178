// Google ID tokens: RS256 against Google's published keys, and every claim that makes the token ours (OpenID Connect Core 3.1.3.7).
import TiketiCore
import TiketiJSON
import TiketiNet

struct GoogleIdentity: Sendable, Equatable {
    let subject: String
    let email: String
    let name: String
}

struct GoogleVerifier: Sendable {
    let clientID: String
    let keys: GoogleKeys
    /// Clocks differ a little; a token counts as live this long after its end.
    private static let leeway = Duration.seconds(60)

    func verify(_ credential: String, now: Timestamp = .now()) async throws -> GoogleIdentity {
        let parts = credential.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard credential.utf8.count <= 8192, parts.count == 3, let head = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64.decodeURL(String(Substring(parts[2])))
        else { throw AuthError.invalidGoogleToken }
        // The algorithm is ours to name, never the token's: `none` and HS256 with a public key as secret end here.
        guard head["alg"]?.stringValue == "RS256", let kid = head["kid"]?.stringValue, !kid.isEmpty else {
            throw AuthError.invalidGoogleToken
        }
        guard let key = try await keys.key(kid) else { throw AuthError.invalidGoogleToken }
        let signed = Array(credential.utf8.prefix(parts[0].count + 1 + parts[1].count))
        guard key.verifies(signature: signature, of: signed) else { throw AuthError.invalidGoogleToken }
        return try identity(claims, now: now)
    }

    private func identity(_ claims: JSONValue, now: Timestamp) throws -> GoogleIdentity {
        let issuer = claims["iss"]?.stringValue
        let seconds = now.microseconds / 1_000_000
        let leeway = Self.leeway.components.seconds
        guard issuer == "accounts.google.com" || issuer == "https://accounts.google.com",
            claims["aud"]?.stringValue == clientID,
            let end = Self.seconds(claims["exp"]), end + leeway > seconds,
            (Self.seconds(claims["iat"]) ?? 0) <= seconds + leeway * 5,
            claims["email_verified"] == .bool(true) || claims["email_verified"] == .string("true"),
            let subject = claims["sub"]?.stringValue, !subject.isEmpty, subject.utf8.count <= 255,
            let email = claims["email"]?.stringValue.flatMap(EmailAddress.normalise)
        else { throw AuthError.invalidGoogleToken }
        let given = claims["name"]?.stringValue ?? ""
        let name = given.isEmpty ? String(email.prefix(while: { $0 != "@" })) : given
        return GoogleIdentity(subject: subject, email: email, name: String(name.prefix(100)))
    }

    private static func object(_ part: Substring.UTF8View) -> JSONValue? {
        guard let bytes = Base64.decodeURL(String(Substring(part))), let value = try? JSONValue.parse(bytes), case .object = value else {
            return nil
        }
        return value
    }

    private static func seconds(_ value: JSONValue?) -> Int64? {
        switch value {
        case .integer(let seconds)?: seconds
        case .number(let seconds)? where seconds.magnitude < 1e15: Int64(seconds)
        default: nil
        }
    }
}
