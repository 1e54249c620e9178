import Glibc

/// Places where a test may kill the process: `TIKETI_FAULT=called` dies at that point, `called:3` the third time it is reached.
/// Release builds have none of this.
enum FaultPoint {
    #if DEBUG
        private static let wanted: (name: String, count: Int)? = getenv("TIKETI_FAULT").map {
            let parts = String(cString: $0).split(separator: ":")
            return (parts.first.map(String.init) ?? "", parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        }
        private static let reached = FaultCounter()
    #endif

    @inline(__always)
    static func reach(_ name: @autoclosure () -> String) {
        #if DEBUG
            guard let wanted, wanted.name == name(), reached.next() == wanted.count else { return }
            // The hardest death there is: nothing is flushed, nothing is closed.
            _ = kill(getpid(), SIGKILL)
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
