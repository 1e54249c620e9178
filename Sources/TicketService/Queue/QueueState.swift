// The states of a place in a queue.

/// Where somebody stands.
enum QueueState: String, Sendable {
    case waiting, lobby, admitted, ended
}
