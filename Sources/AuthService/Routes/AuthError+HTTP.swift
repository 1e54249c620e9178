// The one place that knows how an account error looks outside.
import TiketiCore
import TiketiNet

extension AuthError: APIErrorConvertible {
    var apiError: APIError {
        switch self {
        case .emailTaken: .conflict("EMAIL_TAKEN", "An account with this email already exists")
        case .invalidCredentials: APIError(.unauthorized, "INVALID_CREDENTIALS", "Invalid email or password")
        case .invalidGoogleToken: APIError(.unauthorized, "INVALID_GOOGLE_TOKEN", "Invalid Google token")
        case .userGone: .invalidToken
        case .userNotFound: .notFound
        case .locked(let seconds): .rateLimited(retryAfter: seconds)
        case .overloaded, .googleUnavailable: .unavailable(retryAfter: 2)
        case .googleDisabled: .notFound
        }
    }
}
