// One step that a payment took, for operators.
import TiketiNet

struct PaymentHistoryLine: Sendable {
    var step: String
    /// JSON text: codes, states and amounts, never a secret.
    var detail: String?
    var at: Timestamp
}
