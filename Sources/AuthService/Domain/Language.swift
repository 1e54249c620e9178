// What the product can say things in.

/// The language of an account's messages and mails.
enum Language: String, Sendable, CaseIterable {
    case korean = "ko"
    case english = "en"
}
