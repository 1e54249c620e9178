// How the simulator treats a payment: words in its key.

/// How the simulator treats one payment, written as words joined by dots: `slow-2000.drop`. docs/toss-simulator.md lists every word.
public struct Behaviour: Sendable, Equatable {
    /// What happens at confirm, beside the charge.
    enum Confirm: Sendable, Equatable {
        /// Charged and answered.
        case pay
        /// Answered with a code and not charged.
        case refuse(String)
        /// Charged, then answered with a code.
        case chargeAndRefuse(String)
        /// Charged, then the connection is cut without an answer.
        case chargeAndCut
        /// The connection is cut and nothing is charged.
        case cut
        /// Charged, then answered 200 with something that is not a payment.
        case chargeAndBabble
        /// A virtual account: answered 200, waiting for a deposit.
        case deposit
    }

    enum Cancel: Sendable, Equatable {
        case pay
        case refuse(String)
        case payAndRefuse(String)
        case payAndCut
        case cut
    }

    var confirm = Confirm.pay
    /// The behaviour of confirm holds for this many calls only; nil for all.
    var confirmTimes: Int?
    var cancel = Cancel.pay
    var cancelTimes: Int?
    /// The refusal is the answer to its Idempotency-Key for ever, though it is trouble of the moment.
    var cancelIsRemembered = false
    /// Before the charge, and between the charge and the answer.
    var delayBefore = 0
    var delayAfter = 0
    var cancelDelay = 0
    /// Charged so much less than asked.
    var short: Int64 = 0
    var webhooks = 1
    var webhookDelay = 0

    public init() {}

    /// nil when a word is unknown.
    public init?(_ text: String) {
        for word in text.split(separator: ".") {
            guard read(String(word)) else { return nil }
        }
    }

    private mutating func read(_ word: String) -> Bool {
        let parts = word.split(separator: "-").map(String.init)
        guard let verb = parts.first else { return false }
        if Self.isCode(word) {
            confirm = .refuse(word)
            return true
        }
        let code = parts.last.flatMap { Self.isCode($0) ? $0 : nil }
        let number = parts.last.flatMap { Int($0) }
        switch (verb, parts.count) {
        case ("ok", 1): return true
        case ("once", 2):
            guard let code else { return false }
            confirm = .refuse(code)
            confirmTimes = 1
        case ("charged", 2):
            guard let code else { return false }
            confirm = .chargeAndRefuse(code)
            confirmTimes = 1
        case ("drop", 1):
            confirm = .chargeAndCut
            confirmTimes = 1
        case ("lost", 1):
            confirm = .cut
            confirmTimes = 1
        case ("garbage", 1):
            confirm = .chargeAndBabble
            confirmTimes = 1
        case ("deposit", 1): confirm = .deposit
        case ("short", 2):
            guard let number else { return false }
            short = Int64(number)
        case ("late", 2):
            guard let number else { return false }
            delayBefore = number
        case ("slow", 2):
            guard let number else { return false }
            delayAfter = number
        case ("webhook", _): return readWebhook(parts)
        case ("cancel", _): return readCancel(parts, code: code)
        default: return false
        }
        return true
    }

    private mutating func readCancel(_ parts: [String], code: String?) -> Bool {
        switch (parts.dropFirst().first, parts.count) {
        case ("drop", 2):
            cancel = .payAndCut
            cancelTimes = 1
        case ("lost", 2):
            cancel = .cut
            cancelTimes = 1
        case ("slow", 3):
            guard let milliseconds = Int(parts[2]) else { return false }
            cancelDelay = milliseconds
        case ("once", 3):
            guard let code else { return false }
            cancel = .refuse(code)
            cancelTimes = 1
        case ("stuck", 3):
            guard let code else { return false }
            cancel = .refuse(code)
            cancelTimes = 1
            cancelIsRemembered = true
        case ("charged", 3):
            guard let code else { return false }
            cancel = .payAndRefuse(code)
            cancelTimes = 1
        case (_, 2):
            guard let code else { return false }
            cancel = .refuse(code)
        default: return false
        }
        return true
    }

    private mutating func readWebhook(_ parts: [String]) -> Bool {
        switch (parts.dropFirst().first, parts.count) {
        case ("twice", 2): webhooks = 2
        case ("none", 2): webhooks = 0
        case ("late", 3):
            guard let milliseconds = Int(parts[2]) else { return false }
            webhookDelay = milliseconds
        default: return false
        }
        return true
    }

    /// Toss's codes are capital words.
    static func isCode(_ text: String) -> Bool {
        text.utf8.count >= 4
            && text.utf8.allSatisfy {
                $0 == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || (48...57).contains($0)
            } && text.utf8.contains { $0 >= 65 }
    }

    /// `sim.<words>.<random>`: the behaviour travels in the key, so that a test needs nothing else.
    static func inKey(_ key: String) -> Behaviour? {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.first == "sim" else { return nil }
        return Behaviour(parts.dropFirst().dropLast().joined(separator: "."))
    }
}
