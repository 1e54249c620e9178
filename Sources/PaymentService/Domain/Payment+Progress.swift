// A payment as its buyer follows it: one word for where it stands.
import TiketiContracts

extension Payment {
    /// The word of `payment.state` in a reservation and in `payment-updated` (docs/specification.md §3.4).
    var progress: PaymentAPI.Progress {
        switch (phase, state.settlement) {
        case (.created, _): .open
        case (.confirming, _): calls > 0 && failures > 0 ? .unknown : .confirming
        case (.approved, _): .confirming
        case (.settling, _) where state.owesMoney: .refunding
        case (.settling, .decline), (.settling, .void): .failed
        case (.settling, _): .refunded
        case (.done, _):
            switch status {
            case .confirmed: .confirmed
            case .cancelled: .refunded
            case .failed, .pending: .failed
            }
        }
    }
}
