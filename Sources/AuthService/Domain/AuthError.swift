// Everything that can go wrong with an account, by name; AuthError+HTTP.swift alone knows how it looks outside.

enum AuthError: Error, Sendable, Equatable {
    case emailTaken
    case invalidCredentials
    case invalidGoogleToken
    /// The token is good but its user is gone.
    case userGone
    case userNotFound
    /// The token is good but its session is over.
    case sessionEnded
    case sessionNotFound
    /// Too many failed logins; seconds until the next try is looked at.
    case locked(retryAfter: Int)
    /// All password threads are busy and their queue is full.
    case overloaded
    /// Google's keys can't be had right now.
    case googleUnavailable
    /// Sign-in with Google is not set up here.
    case googleDisabled
    /// The password was right, and the account wants a second factor.
    case secondFactorRequired
    case invalidSecondFactor
    /// A second factor is set up already.
    case secondFactorExists
    /// There is none, or none is being set up.
    case secondFactorMissing
    /// An administrator's can't be removed where all must have one.
    case secondFactorMandatory
}
