// SIGTERM and SIGINT as something to await; a second signal ends the process at once. Handlers only write to a descriptor.

import CLinux
import Glibc
import TiketiNet

/// The request to stop.
internal struct TerminationSignal: Sendable {
    /// Written by the handlers. Made before they are installed, so that a handler never runs the initialiser.
    private static let wake: Int32 = {
        let descriptor = clinux_eventfd()
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
    }()

    static func install() -> TerminationSignal {
        precondition(wake >= 0, "no descriptor for signals")
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                // The second one: somebody is impatient.
                var one: UInt64 = 1
                _ = Glibc.write(TerminationSignal.wake, &one, 8)
            }
        }
        signal(SIGPIPE, SIG_IGN)
        return TerminationSignal()
    }

    /// Returns when a signal has come. From then on the next one exits with the shell's code for an interrupt.
    func wait() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            SystemThread.start("signals") {
                Self.read()
                continuation.resume()
                Self.read()
                _exit(130)
            }
        }
    }

    private static func read() {
        var count: UInt64 = 0
        while Glibc.read(wake, &count, 8) != 8 {}
    }
}
