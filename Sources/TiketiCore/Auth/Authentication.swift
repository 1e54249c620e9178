/// Who calls: bearer tokens of users, and the one token services share. A token is checked only when somebody asks who calls.

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
        let found = headers.withValue("Authorization") { value -> String? in
            // RFC 9110 §11.1: the scheme's case does not count.
            guard value.count > 7, value[6] == 0x20 else { return nil }
            for (index, letter) in "bearer".utf8.enumerated() where value[index] | 0x20 != letter { return nil }
            var rest = value[7...]
            while rest.first == 0x20 { rest = rest.dropFirst() }
            return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
        }
        return found ?? nil
    }
}

/// Lets handlers ask for the caller. Refuses nothing itself: a route that needs a caller says `requirePrincipal()`.
public struct Authentication: Middleware {
    private let verifier: JWT.Verifier

    public init(_ verifier: JWT.Verifier) { self.verifier = verifier }

    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        context.verifier = verifier
        return try await next(context)
    }
}

/// Only other services may pass: `Authorization: Bearer $INTERNAL_API_TOKEN`, compared in constant time.
public struct InternalAuth: Middleware {
    private let digest: [UInt8]

    public init(token: String) {
        precondition(!token.isEmpty, "an empty token would let everybody in")
        digest = Crypto.sha256(token)
    }

    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        guard let token = BearerToken.read(context.request.headers) else { throw APIError.noToken }
        // Digests have one length, so that not even the token's length shows in the time.
        guard Crypto.constantTimeEquals(Crypto.sha256(token), digest) else { throw APIError.invalidToken }
        return try await next(context)
    }
}

/// Only administrators may pass.
public struct AdminOnly: Middleware {
    public init() {}

    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        try context.requireAdmin()
        return try await next(context)
    }
}
