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
        case .userNotFound, .sessionNotFound, .googleDisabled: .notFound
        case .sessionEnded: .sessionEnded
        case .locked(let seconds): .rateLimited(retryAfter: seconds)
        case .overloaded, .googleUnavailable: .unavailable(retryAfter: 2)
        case .secondFactorRequired: APIError(.unauthorized, "TOTP_REQUIRED", "Please enter the code of your authenticator app")
        case .invalidSecondFactor: APIError(.unauthorized, "INVALID_TOTP", "The code is wrong or was used already")
        case .secondFactorExists: .conflict("TOTP_EXISTS", "A second factor is set up already")
        case .secondFactorMissing: .conflict("TOTP_MISSING", "No second factor is set up")
        case .secondFactorMandatory: .conflict("TOTP_MANDATORY", "Administrators need a second factor here")
        }
    }
}
