// Who calls: bearer tokens of users, and the one token services share. A token is checked only when somebody asks who calls.

import TiketiNet

/// What is known about the caller of one request.
internal enum AuthenticationState: Sendable {
    case undecided
    case known(Principal)
    case refused(APIError)

    static func resolve(_ headers: HTTPHeaders, _ verifier: JWT.Verifier?) -> AuthenticationState {
        guard let token = BearerToken.read(headers) else { return .refused(.noToken) }
        guard let verifier else { return .refused(.invalidToken) }
        do {
            return .known(try verifier.verify(token).principal)
        } catch {
            return .refused(error == .expired ? .tokenExpired : .invalidToken)
        }
    }
}

/// Reads `Authorization: Bearer …` (RFC 6750 §2.1).
public enum BearerToken {
    /// The token; nil when the field is missing or of another scheme, which spec §3 calls "no token".
    public static func read(_ headers: HTTPHeaders) -> String? {
        guard let field = headers["Authorization"] else { return nil }
        let value = field.utf8.span
        // RFC 9110 §11.1: the scheme's case does not count.
        guard value.count > 7, value[6] == 0x20 else { return nil }
        var index = 0
        for letter in "bearer".utf8 {
            guard value[index] | 0x20 == letter else { return nil }
            index += 1
        }
        while index < value.count, value[index] == 0x20 { index += 1 }
        guard index < value.count else { return nil }
        return String(Substring(field.utf8.dropFirst(index)))
    }
}

/// Lets handlers ask for the caller. Refuses nothing itself: a route that needs a caller says `requirePrincipal()`.
public struct Authentication: Preparation {
    private let verifier: JWT.Verifier

    /// Sets the verifier with which later middleware reads the caller's token.
    public init(_ verifier: JWT.Verifier) { self.verifier = verifier }

    public func prepare(_ context: RequestContext) throws {
        context.verifier = verifier
    }
}

/// Only other services may pass: `Authorization: Bearer $INTERNAL_API_TOKEN`, compared in constant time.
public struct InternalAuth: Preparation {
    private let digest: [UInt8]
    private let other: [UInt8]?

    /// - Parameter also: a second token that is accepted, while one follows the other.
    public init(token: String, also: String? = nil) {
        precondition(!token.isEmpty && also?.isEmpty != true, "an empty token would let everybody in")
        digest = Crypto.sha256(token)
        other = also.map { Crypto.sha256($0) }
    }

    public func prepare(_ context: RequestContext) throws {
        guard let token = BearerToken.read(context.request.headers) else { throw APIError.noToken }
        // Digests have one length, so that not even the token's length shows in the time.
        let shown = Crypto.sha256(token)
        if Crypto.constantTimeEquals(shown, digest) { return }
        guard let other, Crypto.constantTimeEquals(shown, other) else { throw APIError.invalidToken }
    }
}
