// Sending the same bytes over many streams of one loop. A stream has a lane while it takes part; one number for each lane says whether
// the stream can be sent to now, so that a broadcast reads a few contiguous lines of memory instead of several objects for each receiver.
import CLinux
import Synchronization

/// The lanes of one loop, used on it only.
public final class StreamLanes {
    /// Whether sends go to the kernel together, by io_uring, where it allows that (it is often forbidden in containers). Before the first
    /// send.
    public var usesRing = true

    /// By lane: the descriptor while nothing stands between it and the next bytes; -1 while bytes are queued, the peer is slow or gone,
    /// or nobody has the lane.
    private var descriptors: [Int32] = []
    private var streams: [Unowned?] = []
    private var free: [Int32] = []
    private var ring: OpaquePointer? {
        didSet { ringIsThere.store(ring != nil, ordering: .relaxed) }
    }
    private let ringIsThere = Atomic<Bool>(false)
    private var wantsRing = true
    private var sockets: [Int32] = []
    private var results: [Int32] = []
    private static let ringEntries: UInt32 = 512

    private struct Unowned {
        unowned let stream: Stream
    }

    init() {}

    deinit { if let ring { clinux_ring_destroy(ring) } }

    /// Whether the kernel takes sends together; known after the first. From any thread.
    public var hasRing: Bool { ringIsThere.load(ordering: .relaxed) }

    // MARK: Lanes

    /// A lane without a stream.
    public func allocate() -> Int32 {
        if let lane = free.popLast() { return lane }
        descriptors.append(-1)
        streams.append(nil)
        return Int32(descriptors.count - 1)
    }

    /// Gives a lane back; its stream leaves it.
    public func release(_ lane: Int32) {
        streams[Int(lane)]?.stream.leaveLane()
        free.append(lane)
    }

    func enter(_ stream: Stream, _ lane: Int32) {
        assert(streams[Int(lane)] == nil, "a lane has one stream")
        streams[Int(lane)] = Unowned(stream: stream)
    }

    func leave(_ lane: Int32) {
        streams[Int(lane)] = nil
        descriptors[Int(lane)] = -1
    }

    func mark(_ lane: Int32, _ descriptor: Int32) { descriptors[Int(lane)] = descriptor }

    /// Whether the lane's stream can be sent to now.
    public func isClear(_ lane: Int32) -> Bool { descriptors[Int(lane)] >= 0 }

    // MARK: Sending

    /// Sends the bytes over lanes that are clear, each named once. What a stream does not take now is queued on it.
    public func send(_ bytes: [UInt8], over lanes: [Int32]) {
        if bytes.isEmpty || lanes.isEmpty { return }
        sockets.removeAll(keepingCapacity: true)
        for lane in lanes { sockets.append(descriptors[Int(lane)]) }
        if results.count < lanes.count { results = [Int32](repeating: 0, count: max(lanes.count, Int(Self.ringEntries))) }
        if wantsRing {
            wantsRing = false
            if usesRing { ring = clinux_ring_create(Self.ringEntries) }
        }
        let status = bytes.withUnsafeBytes {
            clinux_send_each(ring, sockets, &results, UInt32(lanes.count), $0.baseAddress, $0.count)
        }
        if status != 0, let broken = ring {
            clinux_ring_destroy(broken)
            ring = nil
        }
        for (index, lane) in lanes.enumerated() where results[index] != Int32(bytes.count) {
            streams[Int(lane)]?.stream.took(results[index], of: bytes)
        }
    }
}
