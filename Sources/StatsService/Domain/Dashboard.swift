// Everything the admin's first page shows, in one answer; the totals stand at its top level.
import TiketiCore
import TiketiJSON
import TiketiNet

struct Dashboard: Sendable {
    struct Queue: Sendable {
        var eventID: UUID
        var waiting: Int
    }

    var totals: Totals
    var events: [EventStats]
    var revenue: [RevenueDay]
    /// Everyone who waits in any queue; nil while Redis can't be asked.
    var waiting: Int?
    var queues: [Queue]
    var recent: [RecentReservation]
    var payments: PaymentOutcomes

    func write(to json: inout JSONWriter) {
        totals.write(to: &json)
        json.array("eventStats", events) { json, event in json.object { event.write(to: &$0) } }
        json.array("revenueByDate", revenue) { json, day in json.object { day.write(to: &$0) } }
        json.object("queue") { json in
            json.member("waiting", waiting)
            json.array("events", queues) { json, queue in
                json.object { json in
                    json.member("eventId", queue.eventID)
                    json.member("waiting", queue.waiting)
                }
            }
        }
        json.object("payments") { payments.write(to: &$0) }
        json.array("recentReservations", recent) { json, item in json.object { item.write(to: &$0) } }
    }
}
