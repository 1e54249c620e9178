// The statements on events: reading with the status of this moment, search, and the organiser's writes.

enum EventSQL {
    private static let status = "ticket_schema.event_status(e.status, e.sale_start_date, e.sale_end_date, c.sold, c.total)"

    private static let summary = """
        e.id, e.title, e.description, e.venue, e.address, e.event_date, e.sale_start_date, e.sale_end_date, e.poster_image_url,
               \(status) AS status, e.artist_name, e.queue_enabled, e.seat_layout_id, e.created_by, e.created_at, e.updated_at,
               c.total, c.sold, c.version, c.revision, e.deleted_at
        """

    /// Until when what was read now about sale windows stays true, for every event: no cache may outlive it.
    private static let untilBoundary = """
        (SELECT extract(epoch FROM min(b.at) - now())::float8 FROM (
            SELECT min(sale_start_date) AS at FROM ticket_schema.events WHERE sale_start_date > now()
            UNION ALL
            SELECT min(sale_end_date) FROM ticket_schema.events WHERE sale_end_date > now()) AS b)
        """

    /// One page. Parameters: $1 status or null, $2 limit, $3 offset, then one word for each of `words`.
    ///
    /// The counterpart of a word in the other language is looked for as a whole word when it is Latin ("IU" must not find "stadium"),
    /// as a part when it is not (Korean joins particles to words). What the reader typed is always a part.
    static func page(words: Int) -> String {
        """
        SELECT \(summary) FROM ticket_schema.events e JOIN ticket_schema.event_counters c ON c.event_id = e.id
        WHERE \(filter(words))
        ORDER BY e.event_date, e.id LIMIT $2::bigint OFFSET $3::bigint
        """
    }

    /// The number of all hits and the boundary. Parameters: those of `page`.
    static func count(words: Int) -> String {
        """
        SELECT count(*) AS total, \(untilBoundary) AS boundary
        FROM ticket_schema.events e JOIN ticket_schema.event_counters c ON c.event_id = e.id
        WHERE \(filter(words)) AND $2::bigint IS NOT NULL AND $3::bigint IS NOT NULL
        """
    }

    private static func filter(_ words: Int) -> String {
        var text = "e.deleted_at IS NULL AND ($1::text IS NULL OR \(status) = $1::text)"
        for word in 0..<words { text += "\n  AND e.search_key ~ ANY (ARRAY(\(alternatives("$\(4 + word)::text"))))" }
        return text
    }

    /// Regular expressions for one word, escaped, to be matched against text in search form; stored text and searched text take
    /// that form alike.
    private static func alternatives(_ word: String) -> String {
        func escaped(_ text: String) -> String { "regexp_replace(\(text), '([^[:alnum:][:space:]])', '\\\\\\1', 'g')" }
        return """
            SELECT \(escaped("\(Self.form)(\(word))"))
                UNION
                SELECT CASE WHEN other ~ '^[ -~]+$'
                            THEN '(^|[^a-z0-9])' || \(escaped("other")) || '($|[^a-z0-9])' ELSE \(escaped("other")) END
                FROM (
                    SELECT CASE WHEN starts_with(k.korean, a.word) THEN k.english ELSE k.korean END AS other
                    FROM (SELECT \(Self.form)(korean) AS korean, \(Self.form)(english) AS english FROM public.keyword_mappings) AS k,
                         (SELECT \(Self.form)(\(word)) AS word) AS a
                    WHERE k.korean = a.word OR k.english = a.word
                       OR (char_length(a.word) >= 2 AND (starts_with(k.korean, a.word) OR starts_with(k.english, a.word)))
                ) AS mapped
            """
    }

    /// The one form of texts that are compared.
    static let form = "ticket_schema.search_form"

    /// One event with its ticket types and how many seconds the answer stays true. Parameters: $1 event.
    static let one = """
        SELECT \(summary), t.types,
               (SELECT q.commitment FROM ticket_schema.queue_events q WHERE q.event_id = e.id AND q.drawn_at IS NULL AND e.queue_enabled
                   AND e.sale_start_date > now()) AS commitment,
               extract(epoch FROM least(
                   CASE WHEN e.sale_start_date > now() THEN e.sale_start_date END,
                   CASE WHEN e.sale_end_date > now() THEN e.sale_end_date END, t.hold_ends) - now())::float8 AS boundary
        FROM ticket_schema.events e JOIN ticket_schema.event_counters c ON c.event_id = e.id, LATERAL (
            SELECT json_agg(json_build_object(
                       'id', t.id, 'section', t.section, 'price', trim_scale(t.price), 'totalSeats', t.total_seats,
                       'availableSeats', coalesce(a.free, 0), 'description', t.description) ORDER BY t.ordinal, t.section) AS types,
                   min(a.hold_ends) AS hold_ends
            FROM ticket_schema.ticket_types t LEFT JOIN (
                SELECT s.section, s.price, min(s.hold_expires_at) FILTER (WHERE s.hold_expires_at > now()) AS hold_ends,
                       count(*) FILTER (WHERE s.status = 'available' OR s.hold_expires_at <= now()) AS free
                FROM ticket_schema.seats s WHERE s.event_id = $1::uuid GROUP BY s.section, s.price
            ) AS a ON a.section = t.section AND a.price = t.price
            WHERE t.event_id = $1::uuid
        ) AS t
        WHERE e.id = $1::uuid
        """

    /// Parameters: $1 events.
    static let descriptions = "SELECT id, description FROM ticket_schema.events WHERE id = ANY ($1::uuid[])"

    /// Parameters: $1 event.
    static let version = """
        SELECT c.version, c.revision FROM ticket_schema.event_counters c JOIN ticket_schema.events e ON e.id = c.event_id
        WHERE c.event_id = $1::uuid AND e.deleted_at IS NULL
        """

    /// An event with its ticket types; its seats follow in the same transaction. Parameters: $1 id, $2 title, $3 description, $4 venue,
    /// $5 address, $6 event date, $7 sale start, $8 sale end, $9 poster, $10 artist, $11 queue, $12 layout, $13 creator; arrays:
    /// $14 section, $15 rows, $16 seats per row, $17 price.
    static let create = """
        WITH blocks AS (
            SELECT * FROM unnest($14::text[], $15::bigint[], $16::bigint[], $17::bigint[])
                WITH ORDINALITY AS b (section, rows, width, price, ordinal)
        ), event AS (
            INSERT INTO ticket_schema.events (id, title, description, venue, address, event_date, sale_start_date, sale_end_date,
                poster_image_url, artist_name, queue_enabled, seat_layout_id, created_by, status)
            VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $7::timestamptz, $8::timestamptz, $9::text,
                $10::text, $11::boolean, $12::uuid, $13::uuid,
                ticket_schema.event_status('upcoming', $7::timestamptz, $8::timestamptz, 0, 1))
            RETURNING *, ticket_schema.event_fact(events, (SELECT sum(rows * width) FROM blocks)::integer) AS fact
        ), types AS (
            INSERT INTO ticket_schema.ticket_types (event_id, section, price, total_seats, ordinal)
            SELECT (SELECT id FROM event), section, price, sum(rows * width), min(ordinal) FROM blocks GROUP BY section, price
        ), counted AS (
            INSERT INTO ticket_schema.event_counters (event_id, total) SELECT id, (SELECT sum(rows * width) FROM blocks) FROM event
        )
        INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'event', fact FROM event
        """

    /// One block of seats. Parameters: $1 event, $2 section, $3 the places of its rows, $4 their labels, $5 seats per row, $6 price.
    static let createSeats = """
        INSERT INTO ticket_schema.seats (event_id, section, row_number, seat_number, seat_label, price, row_label, number_label)
        SELECT $1::uuid, $2::text, r.place, n, $2::text || '-' || r.label || '-' || n, $6::bigint, r.label, n::text
        FROM unnest($3::bigint[], $4::text[]) AS r (place, label), generate_series(1, $5::bigint) AS n
        """

    /// A partial change. Parameters: $1 id, then pairs (give, value): $2,$3 title, $4,$5 description, $6,$7 venue, $8,$9 address,
    /// $10,$11 event date, $12,$13 sale start, $14,$15 sale end, $16,$17 poster, $18,$19 artist, $20,$21 queue.
    static let update = """
        WITH changed AS (
            UPDATE ticket_schema.events e SET
                title = CASE WHEN $2::boolean THEN $3::text ELSE e.title END,
                description = CASE WHEN $4::boolean THEN $5::text ELSE e.description END,
                venue = CASE WHEN $6::boolean THEN $7::text ELSE e.venue END,
                address = CASE WHEN $8::boolean THEN $9::text ELSE e.address END,
                event_date = CASE WHEN $10::boolean THEN $11::timestamptz ELSE e.event_date END,
                sale_start_date = CASE WHEN $12::boolean THEN $13::timestamptz ELSE e.sale_start_date END,
                sale_end_date = CASE WHEN $14::boolean THEN $15::timestamptz ELSE e.sale_end_date END,
                poster_image_url = CASE WHEN $16::boolean THEN $17::text ELSE e.poster_image_url END,
                artist_name = CASE WHEN $18::boolean THEN $19::text ELSE e.artist_name END,
                queue_enabled = CASE WHEN $20::boolean THEN $21::boolean ELSE e.queue_enabled END,
                updated_at = now()
            WHERE e.id = $1::uuid AND e.deleted_at IS NULL
            RETURNING e.id, ticket_schema.event_fact(e, (SELECT total FROM ticket_schema.event_counters WHERE event_id = $1::uuid)) AS fact
        ), recorded AS (
            INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'event', fact FROM changed
        )
        UPDATE ticket_schema.event_counters SET revision = revision + 1 WHERE event_id = (SELECT id FROM changed) RETURNING revision
        """

    /// Ends an event's sale for ever; no row when it was cancelled before or is not there. Parameters: $1 event.
    static let cancel = """
        WITH changed AS (
            UPDATE ticket_schema.events e SET status = 'cancelled', updated_at = now()
            WHERE e.id = $1::uuid AND e.status <> 'cancelled' AND e.deleted_at IS NULL
            RETURNING e.id, ticket_schema.event_fact(e, (SELECT total FROM ticket_schema.event_counters WHERE event_id = $1::uuid)) AS fact
        ), recorded AS (
            INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'event', fact FROM changed
        )
        UPDATE ticket_schema.event_counters SET revision = revision + 1 WHERE event_id = (SELECT id FROM changed) RETURNING revision
        """

    /// Writes down the status of this moment where it changed. Parameters: $1 event, or null for all.
    static let refreshStatus = """
        WITH changed AS (
            UPDATE ticket_schema.events e SET status = \(status)
            FROM ticket_schema.event_counters c
            WHERE c.event_id = e.id AND ($1::uuid IS NULL OR e.id = $1::uuid) AND e.status <> 'cancelled' AND e.status <> \(status)
            RETURNING e.id, e.status
        )
        UPDATE ticket_schema.event_counters c SET revision = c.revision + 1 FROM changed
        WHERE c.event_id = changed.id RETURNING changed.id, changed.status, c.revision
        """

    /// Seconds to the next opening or closing of a sale; null when there is none. No parameters.
    static let nextBoundary = "SELECT \(untilBoundary) AS seconds"

    // Deleting, in one transaction. Each has one parameter, the event.

    static let lock = """
        SELECT total FROM ticket_schema.events e JOIN ticket_schema.event_counters c ON c.event_id = e.id
        WHERE e.id = $1::uuid AND e.deleted_at IS NULL FOR UPDATE OF e
        """

    static let isUsed = """
        SELECT EXISTS (SELECT FROM ticket_schema.seats WHERE event_id = $1::uuid AND (status = 'reserved' OR hold_expires_at > now()))
            OR EXISTS (SELECT FROM ticket_schema.reservations WHERE event_id = $1::uuid
                       AND (status = 'confirmed' OR (status = 'pending' AND greatest(expires_at, paying_until) > now()))) AS used
        """

    /// Whether anybody ever reserved: such an event is kept for its buyers and the books.
    static let hasHistory = "SELECT EXISTS (SELECT FROM ticket_schema.reservations WHERE event_id = $1::uuid) AS has"

    /// Takes an event from the public. Its status sells nothing of it, whichever version asks.
    static let archive = """
        WITH changed AS (
            UPDATE ticket_schema.events e SET deleted_at = now(), status = 'cancelled', updated_at = now()
            WHERE e.id = $1::uuid
            RETURNING e.id, ticket_schema.event_fact(e, (SELECT total FROM ticket_schema.event_counters WHERE event_id = $1::uuid)) AS fact
        ), recorded AS (
            INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'event', fact FROM changed
        )
        UPDATE ticket_schema.event_counters SET revision = revision + 1 WHERE event_id = (SELECT id FROM changed) RETURNING revision
        """

    static let deleteHistory = [
        "DELETE FROM ticket_schema.queue_events WHERE event_id = $1::uuid",
        "DELETE FROM ticket_schema.queue_admissions WHERE event_id = $1::uuid",
        "DELETE FROM ticket_schema.seat_changes WHERE event_id = $1::uuid",
    ]

    /// Only seats nobody has: the caller compares the number with the event's.
    static let deleteSeats = """
        DELETE FROM ticket_schema.seats
        WHERE event_id = $1::uuid AND (status = 'available' OR (status = 'locked' AND hold_expires_at <= now()))
        """

    static let deleteEvent = [
        "DELETE FROM ticket_schema.seat_claims WHERE event_id = $1::uuid",
        "DELETE FROM ticket_schema.events WHERE id = $1::uuid",
        "INSERT INTO ticket_schema.outbox (kind, payload) VALUES ('event.deleted', jsonb_build_object('id', $1::uuid))",
    ]
}
