// When a connection waits, how long, and when it ends: one timer and at most one task each.

extension HTTPConnection {
    /// What the deadline is for.
    enum Waiting { case nothing, request, body, write }

    /// Begins to serve; on the loop.
    func start() {
        startTimer()
        if shard.isCrowded { wait(for: .request, shard.keepAliveTimeout) }
        if !shard.isCrowded || !park() { spawn() }
    }

    func spawn() {
        stream.loop.spawn { [self] in
            await serve()
            if !isParked { end() }
        }
    }

    func end() {
        isParked = false
        timer?.cancel()
        timer = nil
        stream.close()
        shard.ended(self)
    }

    /// Gives up the task until bytes arrive: its memory is most of what an idle connection costs, and where there are many, most are idle.
    func park() -> Bool {
        isParked = stream.park(self)
        return isParked
    }

    /// The timer is armed once and moved only when a deadline comes before it; usually it fires, sees a later deadline, and sleeps on.
    func wait(for what: Waiting, _ nanoseconds: UInt64) {
        waiting = what
        deadline = stream.loop.now &+ nanoseconds
        if deadline < timerDue {
            timerDue = deadline
            timer?.rearm(afterNanoseconds: nanoseconds)
        }
    }

    func startTimer() {
        timerDue = stream.loop.now &+ shard.keepAliveTimeout
        timer = stream.loop.schedule(afterNanoseconds: shard.keepAliveTimeout) { [unowned self] in timerFired() }
    }

    func timerFired() {
        let now = stream.loop.now
        if waiting != .nothing, deadline <= now {
            if waiting == .write, stream.queuedBytes < lastQueued {
                // Slow, but reading.
                lastQueued = stream.queuedBytes
                deadline = now &+ shard.writeTimeout
            } else if waiting == .write {
                stream.interruptWrite(.timeout)
            } else if isParked {
                return end()
            } else {
                stream.interruptRead(.timeout)
            }
        }
        let wake = waiting == .nothing || deadline <= now ? shard.keepAliveTimeout : deadline - now
        timerDue = now &+ wake
        timer?.rearm(afterNanoseconds: wake)
    }

    /// Called by the shard, on the loop.
    func drain() {
        guard state.drain() else { return }
        mustLeave = true
        guard isParked else { return stream.interruptRead(.closed) }
        stream.unpark()
        unpark()
    }

    /// Called by the shard, on the loop.
    func cut() {
        if isParked { end() } else { stream.close() }
    }
}

extension HTTPConnection: ParkedReader {
    func unpark() {
        isParked = false
        spawn()
    }
}
