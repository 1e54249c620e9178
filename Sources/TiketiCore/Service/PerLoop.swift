// State that every event loop has a copy of its own of, so that no lock and no other thread is in the way.
import TiketiNet

/// One `State` for each loop of a group, made with it. What a state holds is used on its own loop only.
public struct PerLoop<State: Sendable>: Sendable {
    private let states: [(loop: EventLoop, state: State)]

    /// Makes the states, from whatever thread.
    public init(_ group: EventLoopGroup, _ make: (EventLoop) -> State) {
        states = group.loops.map { ($0, make($0)) }
    }

    /// The state of the loop that runs the caller; nil outside the group's loops.
    public var current: State? { EventLoop.current.flatMap { self[$0] } }

    /// The state that belongs to a loop; nil when the loop is of another group. To be used on that loop.
    public subscript(_ loop: EventLoop) -> State? {
        guard loop.index < states.count, states[loop.index].loop === loop else { return nil }
        return states[loop.index].state
    }

    /// Runs `body` on every loop with its state, soon. Safe from any thread.
    public func onEach(_ body: @escaping @Sendable (State) -> Void) {
        for (loop, state) in states { loop.execute { body(state) } }
    }
}
