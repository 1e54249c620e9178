// What payment refuses, in its own words.

/// What can go wrong before the saga begins; `Routes/PaymentError+HTTP.swift` maps each case to HTTP.
enum PaymentError: Error, Sendable, Equatable {
    case notFound
    /// No money was ever taken for the reservation. A code of its own: a 404 of somebody else must never pass for it.
    case nothingPaid
    case amountMismatch
    /// The reservation is not pending any more, or its time is over.
    case reservationExpired
    /// The order, or another order of the same reservation, is being paid right now.
    case inProgress
    /// The order already belongs to another payment key.
    case otherPaymentKey
    /// The payment key belongs to another order, whatever became of that one.
    case paymentKeyUsed
    /// Nothing about this payment is stuck: there is nothing to settle.
    case notStuck
}
