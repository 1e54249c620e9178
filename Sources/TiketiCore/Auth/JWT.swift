// JSON Web Tokens (RFC 7519) as compact JWS (RFC 7515), HS256 only: a token counts only when signature, header and every claim hold.

import TiketiJSON
import TiketiNet

/// Signing and verifying the tokens of Tiketi.
public enum JWT {
    /// The claims of spec §3.1.
    public struct Claims: Sendable, Equatable {
        /// `userId`: whose token it is.
        public var userID: UUID
        /// `email` as it was when the token was made.
        public var email: String
        /// `role` as it was when the token was made; admin routes ask the database as well.
        public var role: Role
        /// `iat`.
        public var issuedAt: Timestamp
        /// `exp`: from here on the token is refused.
        public var expiresAt: Timestamp
        /// nil for a token made before there were sessions, or by somebody who knows the secret and wants none (tests).
        public var session: SessionClaims?

        init(
            userID: UUID, email: String, role: Role, issuedAt: Timestamp, expiresAt: Timestamp, session: SessionClaims? = nil
        ) {
            self.userID = userID
            self.email = email
            self.role = role
            self.issuedAt = issuedAt
            self.expiresAt = expiresAt
            self.session = session
        }

        /// The caller these claims name.
        public var principal: Principal { Principal(userID: userID, email: email, role: role, session: session) }
    }

    /// `{"alg":"HS256","typ":"JWT"}` in base64url, with its dot.
    private static let head: [UInt8] = Array("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.".utf8)

    /// `iss` and `aud` of our tokens (RFC 7519 §4.1.1, §4.1.3): made by Tiketi for Tiketi.
    public static let party = "tiketi"

    /// A token for `principal` that runs out a `lifetime` of whole seconds after `now`.
    public static func sign(_ principal: Principal, key: HMACKey, lifetime: Duration, now: Timestamp = .now()) -> String {
        let issued = now.microseconds / 1_000_000
        var payload = JSONWriter(capacity: 192)
        payload.object {
            $0.member("userId", principal.userID)
            $0.member("email", principal.email)
            $0.member("role", principal.role.rawValue)
            $0.member("iat", issued)
            $0.member("exp", issued + lifetime.components.seconds)
            $0.member("iss", party)
            $0.member("aud", party)
            if let session = principal.session {
                $0.member("sid", session.id)
                $0.member("gen", session.generation)
                $0.member("auth_time", session.authenticatedAt.microseconds / 1_000_000)
            }
        }
        var text = head
        text.reserveCapacity(400)
        Base64URL.append(payload.finish(), to: &text)
        let code = key.code(for: text)
        text.append(UInt8(ascii: "."))
        Base64URL.append(code, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The same with the secret as text; `key` saves preparing it for each token.
    public static func sign(_ principal: Principal, secret: String, lifetime: Duration, now: Timestamp = .now()) -> String {
        sign(principal, key: HMACKey(Array(secret.utf8)), lifetime: lifetime, now: now)
    }

    /// Checks tokens against one secret, or two while one follows the other. Cheap to copy; safe from any thread.
    public struct Verifier: Sendable {
        private let key: HMACKey
        private let other: HMACKey?
        /// How far another machine's clock may be ahead of ours, in seconds.
        private let leeway: Int64
        private let requiresSession: Bool

        /// Secrets as text; see ``init(key:also:leeway:requiresSession:)``.
        public init(secret: String, also: String? = nil, leeway: Duration = .seconds(60), requiresSession: Bool = false) {
            self.init(
                key: HMACKey(Array(secret.utf8)), also: also.map { HMACKey(Array($0.utf8)) }, leeway: leeway,
                requiresSession: requiresSession)
        }

        /// - Parameters:
        ///   - also: a second key that is accepted, while one follows the other.
        ///   - requiresSession: whether a token that names no session is refused.
        public init(key: HMACKey, also: HMACKey? = nil, leeway: Duration = .seconds(60), requiresSession: Bool = false) {
            self.key = key
            other = also
            self.leeway = leeway.components.seconds
            self.requiresSession = requiresSession
        }

        /// The claims of `token`, or why it does not count. The signature is checked before anything of the token is believed.
        public func verify(_ token: String, now: Timestamp = .now()) throws(JWTError) -> Claims {
            let claims = try verifiedPayload(token)
            guard let text = claims["userId"]?.stringValue, let userID = UUID(text), let email = claims["email"]?.stringValue,
                let role = claims["role"]?.stringValue.flatMap(Role.init(rawValue:)),
                let issued = Self.numericDate(claims["iat"]), let expires = Self.numericDate(claims["exp"])
            else { throw .invalidClaims }
            // RFC 7519 §4.1.4: on or after `exp` the token is refused. Only the start of its life gets leeway.
            let seconds = now.microseconds
            if let notBefore = claims["nbf"] {
                guard let begin = Self.numericDate(notBefore) else { throw .invalidClaims }
                guard begin <= seconds + leeway * 1_000_000 else { throw .notYetValid }
            }
            guard issued <= seconds + leeway * 1_000_000 else { throw .notYetValid }
            guard seconds < expires else { throw .expired }
            return Claims(
                userID: userID, email: email, role: role, issuedAt: Timestamp(microseconds: issued),
                expiresAt: Timestamp(microseconds: expires), session: try session(claims))
        }

        /// The session a token belongs to. A token that names one must be whole: made by us, for us, with all that a session's token says.
        private func session(_ claims: JSONValue) throws(JWTError) -> SessionClaims? {
            for name in ["iss", "aud"] {
                if let party = claims[name], party.stringValue != JWT.party { throw .invalidClaims }
            }
            guard let named = claims["sid"] else {
                if requiresSession { throw .invalidClaims }
                return nil
            }
            guard let id = named.stringValue.flatMap({ UUID($0) }), let generation = claims["gen"]?.intValue, generation >= 0,
                let authenticated = Self.numericDate(claims["auth_time"]), claims["iss"] != nil, claims["aud"] != nil
            else { throw .invalidClaims }
            return SessionClaims(id: id, generation: generation, authenticatedAt: Timestamp(microseconds: authenticated))
        }

        /// The payload of a token whose signature is ours, its claims not yet looked at.
        internal func verifiedPayload(_ token: String) throws(JWTError) -> JSONValue {
            // Our tokens are below 1 kB; more is somebody probing.
            guard token.utf8.count <= 4096 else { throw .malformed }
            let text = Array(token.utf8)
            guard let first = text.firstIndex(of: UInt8(ascii: ".")), let last = text.lastIndex(of: UInt8(ascii: ".")), first < last else {
                throw .malformed
            }
            guard !text[(first + 1)..<last].contains(UInt8(ascii: ".")) else { throw .malformed }
            guard let signature = Base64URL.decode(text.span.extracting((last + 1)..<text.count)) else { throw .malformed }
            // The one header we write ourselves needs no reading.
            if !text[0...first].elementsEqual(head) { try Self.checkHeader(text.span.extracting(0..<first)) }
            let signed = Array(text[0..<last])
            if !Crypto.constantTimeEquals(key.code(for: signed), signature) {
                guard let other, Crypto.constantTimeEquals(other.code(for: signed), signature) else { throw .badSignature }
            }
            guard let payload = Base64URL.decode(text.span.extracting((first + 1)..<last)) else { throw .malformed }
            do {
                let claims = try JSONValue.parse(payload, limits: Self.limits)
                guard case .object = claims else { throw JWTError.malformed }
                return claims
            } catch {
                throw .malformed
            }
        }

        private static let limits = JSONLimits(depth: 4, bytes: 4096, values: 64, members: 32)

        /// RFC 8725 §3.1: the algorithm is ours to choose, never the token's; `crit` names extensions we do not have (RFC 7515 §4.1.11).
        private static func checkHeader(_ encoded: Span<UInt8>) throws(JWTError) {
            guard let bytes = Base64URL.decode(encoded) else { throw .malformed }
            let header: JSONValue
            do { header = try JSONValue.parse(bytes, limits: limits) } catch { throw .malformed }
            guard case .object = header else { throw .malformed }
            guard header["alg"]?.stringValue == "HS256" else { throw .wrongAlgorithm }
            guard header["crit"] == nil else { throw .malformed }
            if let type = header["typ"] {
                guard let name = type.stringValue?.uppercased(), name == "JWT" || name == "AT+JWT" || name == "APPLICATION/JWT" else {
                    throw .malformed
                }
            }
        }

        /// RFC 7519 §2: seconds since the epoch, possibly with a fraction; in microseconds, and only within the years a clock can show.
        private static func numericDate(_ value: JSONValue?) -> Int64? {
            guard let seconds = value?.doubleValue, seconds >= 0, seconds < 253_402_300_800 else { return nil }
            return Int64(seconds * 1_000_000)
        }
    }
}

/// Why a token does not count.
public enum JWTError: Error, Sendable, Equatable {
    case malformed, wrongAlgorithm, badSignature, invalidClaims, notYetValid, expired
}
