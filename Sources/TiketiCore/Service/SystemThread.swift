// Threads outside the loops, for what must go on when every loop is stuck: log writing, signals, the last deadline.

import CLinux
import Glibc

/// Starts detached threads of the system, which no loop can hold up.
internal enum SystemThread {
    /// Runs `body` after a while, unless the process has ended before.
    static func start(_ name: String, after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        start(name) {
            sleep(UInt32(clamping: delay.wholeSeconds))
            body()
        }
    }

    /// Runs `body` on a detached thread.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        final class Box {
            let name: String
            let body: @Sendable () -> Void

            init(_ name: String, _ body: @escaping @Sendable () -> Void) {
                self.name = name
                self.body = body
            }
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Box(name, body)).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let box = Unmanaged<Box>.fromOpaque(context).takeRetainedValue()
                clinux_set_thread_name(box.name)
                box.body()
                return nil
            }, context)
        precondition(status == 0, "the process may start no more threads")
        pthread_detach(thread)
    }
}
