// epoll with generations: a stale event of a descriptor that was closed and reused in the same batch finds nobody.
import CLinux
import Glibc

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Sendable {
    /// Bits of epoll(7)'s event mask.
    public let rawValue: UInt32

    /// From bits of epoll(7)'s event mask.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// There are bytes to read, a connection to accept, or an end.
    public static let readable = Readiness(rawValue: UInt32(CLINUX_IN))
    /// The kernel takes bytes again.
    public static let writable = Readiness(rawValue: UInt32(CLINUX_OUT))
    static let error = Readiness(rawValue: UInt32(CLINUX_ERR))
    static let hangUp = Readiness(rawValue: UInt32(CLINUX_HUP))
    /// The peer closed its sending side.
    static let peerClosed = Readiness(rawValue: UInt32(CLINUX_RDHUP))
    /// Report changes only (EPOLLET).
    static let edge = Readiness(rawValue: 1 << 31)
}

/// Receives the readiness of one registered descriptor, on its event loop.
public protocol ReadinessHandler: AnyObject {
    /// Called within the loop's turn; must not block. Edge-triggered registrations hear of each change once.
    func ready(_ readiness: Readiness)
}

/// The descriptors registered with one event loop.
struct Poller {
    private struct Slot {
        var generation: UInt32 = 0
        var handler: (any ReadinessHandler)?
    }

    private let epoll: Int32
    private var slots: [Slot] = []
    private let events = UnsafeMutablePointer<clinux_event>.allocate(capacity: 256)
    /// Registered descriptors, for metrics.
    private(set) var count = 0

    init() {
        epoll = clinux_epoll_create()
        precondition(epoll >= 0, "epoll_create1 failed: the process has no descriptors left")
    }

    /// Returns 0 or the errno that refused the descriptor.
    mutating func add(_ descriptor: Int32, _ interest: Readiness, _ handler: any ReadinessHandler) -> Int32 {
        let index = Int(descriptor)
        if index >= slots.count { slots.append(contentsOf: repeatElement(Slot(), count: index + 64 - slots.count)) }
        slots[index].generation &+= 1
        let status = clinux_epoll_add(epoll, descriptor, interest.rawValue, token(index))
        if status == 0 {
            slots[index].handler = handler
            count += 1
        }
        return -status
    }

    mutating func modify(_ descriptor: Int32, _ interest: Readiness) {
        _ = clinux_epoll_modify(epoll, descriptor, interest.rawValue, token(Int(descriptor)))
    }

    mutating func remove(_ descriptor: Int32) {
        let index = Int(descriptor)
        guard index < slots.count, slots[index].handler != nil else { return }
        slots[index].handler = nil
        slots[index].generation &+= 1
        count -= 1
        _ = clinux_epoll_remove(epoll, descriptor)
    }

    /// Waits, then returns the number of events to `dispatch`.
    func wait(nanoseconds: Int64) -> Int {
        let count = clinux_epoll_wait(epoll, events, 256, nanoseconds)
        precondition(count >= 0 || count == -EINTR, "epoll_wait failed with errno \(-count)")
        return max(0, Int(count))
    }

    /// The handler of event `index` of the latest wait, nil when its registration is gone.
    func event(_ index: Int) -> (any ReadinessHandler, Readiness)? {
        let event = events[index]
        let slot = slots[Int(event.token & 0xFFFF_FFFF)]
        guard slot.generation == UInt32(event.token >> 32), let handler = slot.handler else { return nil }
        return (handler, Readiness(rawValue: event.events))
    }

    private func token(_ index: Int) -> UInt64 {
        UInt64(index) | UInt64(slots[index].generation) << 32
    }
}
