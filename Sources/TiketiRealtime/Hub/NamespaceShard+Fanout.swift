// A broadcast is one pass over a room's contiguous members, handing each the same encoded bytes: together where there is a fast path, else
// one by one.
import TiketiNet

extension NamespaceShard {
    /// Each broadcast is finished before the next begins, so every socket gets them in order.
    func broadcast(_ broadcast: Broadcast) {
        if let last = fanouts.last, last.room < 0, last.broadcasts.count < Fanout.broadcastsTogether, last.target == broadcast.target {
            fanouts[fanouts.count - 1].broadcasts.append(broadcast)
        } else {
            fanouts.append(Fanout(broadcast))
        }
        guard !isFanningOut, !awaitsEndOfTick else { return }
        awaitsEndOfTick = true
        loop.atEndOfTick { [self] in settle() }
    }

    /// Begins what waits for the end of the tick: what a socket is sent, joins or leaves comes after the broadcasts before it.
    func settle() {
        guard awaitsEndOfTick else { return }
        awaitsEndOfTick = false
        continueFanout()
    }

    private func continueFanout() {
        // What is broadcast meanwhile waits for its turn.
        isFanningOut = true
        var budget = max(1, configuration.deliveriesPerTick)
        while var fanout = fanouts.popFirst() {
            if advance(&fanout, &budget) {
                for broadcast in fanout.broadcasts { configuration.onFanout?(MonotonicClock.now - broadcast.arrivedAt) }
                continue
            }
            fanouts.prepend(fanout)
            return loop.execute { [self] in continueFanout() }
        }
        isFanningOut = false
    }

    /// Hands out as much as the budget allows; true when everybody has the packet.
    private func advance(_ fanout: inout Fanout, _ budget: inout Int) -> Bool {
        if fanout.room < 0 { begin(&fanout) }
        let last = max(1, fanout.target.rooms.count) - 1
        while true {
            while fanout.index < fanout.members.count {
                if budget == 0 { return false }
                let end = min(fanout.members.count, fanout.index + budget)
                budget -= end - fanout.index
                hand(fanout, fanout.index..<end)
                fanout.index = end
            }
            if fanout.room == last { return true }
            enter(&fanout, fanout.room + 1)
        }
    }

    private func begin(_ fanout: inout Fanout) {
        stamp += 1
        fanout.prepare(maximumBytes: configuration.engine.maximumQueuedBytes)
        enter(&fanout, 0)
        for name in fanout.target.except {
            for socket in members(of: name) {
                socket.stamp = stamp
                // Looked at, it shows that it is excluded.
                if let room = fanout.source, let index = socket.memberships[room.name]?.index { fanout.paths[index] = .none }
            }
        }
    }

    private func enter(_ fanout: inout Fanout, _ index: Int) {
        fanout.room = index
        fanout.index = 0
        let name = fanout.target.rooms.isEmpty ? everybody.name : fanout.target.rooms[index]
        let room = fanout.target.rooms.isEmpty ? everybody : rooms[name]
        fanout.source = room
        fanout.version = room?.version ?? 0
        fanout.paths = room?.paths ?? []
        fanout.members = room?.members ?? members(of: name)
    }

    private func hand(_ fanout: Fanout, _ range: Range<Int>) {
        let lanes = loop.lanes
        let isFresh = fanout.source.map { $0.version == fanout.version } ?? false
        plainLanes.removeAll(keepingCapacity: true)
        markedLanes.removeAll(keepingCapacity: true)
        others.removeAll(keepingCapacity: true)
        for index in range {
            let path = isFresh ? fanout.paths[index] : fanout.members[index].fastPath(in: stamp)
            if path.isNone || !lanes.isClear(path.lane) {
                others.append(index)
            } else if !path.recovers, fanout.plain != nil {
                plainLanes.append(path.lane)
            } else if path.recovers, let marked = fanout.marked, fanout.members[index].advance(marked.offsets) {
                markedLanes.append(path.lane)
            } else {
                others.append(index)
            }
        }
        if let plain = fanout.plain { lanes.send(plain, over: plainLanes) }
        if let marked = fanout.marked { lanes.send(marked.bytes, over: markedLanes) }
        // Only now: what runs here may close connections and free their lanes.
        for index in others { deliver(fanout, to: fanout.members[index]) }
    }

    private func deliver(_ fanout: Fanout, to socket: Socket) {
        // In several of the rooms, in an excluded one, not yet connected for its client, or gone since the broadcast began.
        guard socket.stamp != stamp, socket.takesBroadcasts else { return }
        socket.stamp = stamp
        for broadcast in fanout.broadcasts.dropLast() { socket.deliver(broadcast) }
        socket.deliver(fanout.broadcasts[fanout.broadcasts.count - 1], now: true)
    }
}
