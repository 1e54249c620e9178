// Everything that can go wrong with an account, by name; AuthError+HTTP.swift alone knows how it looks outside.

enum AuthError: Error, Sendable, Equatable {
    case emailTaken
    case invalidCredentials
    case invalidGoogleToken
    /// The token is good but its user is gone.
    case userGone
    case userNotFound
    /// Too many failed logins; seconds until the next try is looked at.
    case locked(retryAfter: Int)
    /// All password threads are busy and their queue is full.
    case overloaded
    /// Google's keys can't be had right now.
    case googleUnavailable
    /// Sign-in with Google is not set up here.
    case googleDisabled
}
