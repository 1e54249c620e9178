// Places where a test may end or halt the process, so that every step boundary can be hit on purpose. Release builds have none of this.

import Glibc

/// `TIKETI_FAULT=called` dies at that point as by `kill -9`, `called:3` the third time it is reached. With `:stop` at the end the process
/// halts there as by SIGSTOP instead, and goes on when somebody sends SIGCONT: meanwhile the test does harm to the others.
package enum FaultPoint {
    #if DEBUG
        private struct Fault: Sendable {
            var name: String
            var count = 1
            var signal = SIGKILL

            init?(_ text: String?) {
                guard let words = text?.split(separator: ":"), let name = words.first else { return nil }
                self.name = String(name)
                for word in words.dropFirst() {
                    if word == "stop" { signal = SIGSTOP } else { count = Int(word) ?? 1 }
                }
            }
        }

        private static let wanted = Fault(getenv("TIKETI_FAULT").map { String(cString: $0) })
        private static let reached = FaultCounter()
    #endif

    package static func reach(_ name: @autoclosure () -> String) {
        #if DEBUG
            guard let wanted, wanted.name == name(), reached.next() == wanted.count else { return }
            // Nothing is flushed, nothing is closed.
            _ = kill(getpid(), wanted.signal)
        #endif
    }
}

#if DEBUG
    import Synchronization

    private final class FaultCounter: Sendable {
        private let count = Atomic<Int>(0)

        func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
    }
#endif
