"""Points, tiers and rewards."""

RULES: dict[str, tuple[str, str]] = {
    "LOY-1": (
        "lots equal their ledger, balances equal their lots, never below zero",
        """
        SELECT 'lot' AS what, l.id, l.remaining, coalesce(sum(e.delta), 0) AS ledger
          FROM loyalty_pointslot l LEFT JOIN loyalty_pointsentry e ON e.lot_id = l.id
         GROUP BY l.id HAVING l.remaining <> coalesce(sum(e.delta), 0)
        UNION ALL
        SELECT 'account', a.id, a.balance, coalesce(sum(l.remaining), 0)
          FROM loyalty_account a LEFT JOIN loyalty_pointslot l ON l.account_id = a.id
         GROUP BY a.id HAVING a.balance <> coalesce(sum(l.remaining), 0)
        UNION ALL
        SELECT 'debt', a.id, a.debt, -coalesce(sum(e.delta), 0)
          FROM loyalty_account a
          LEFT JOIN loyalty_pointsentry e ON e.account_id = a.id AND e.lot_id IS NULL
         GROUP BY a.id HAVING a.debt <> -coalesce(sum(e.delta), 0)
        """,
    ),
    "LOY-2": (
        "nothing was spent from an expired lot, and no expired lot keeps points for long",
        """
        SELECT e.id, e.lot_id FROM loyalty_pointsentry e JOIN loyalty_pointslot l ON l.id = e.lot_id
         WHERE e.kind = 'spend' AND e.at >= l.expires_at
        UNION ALL
        SELECT NULL, id FROM loyalty_pointslot
         WHERE remaining > 0 AND expires_at < %(at)s - interval '26 hours'
        """,
    ),
    "LOY-3": (
        "what a lot says was taken back is what returns took for its line, from lots and as a debt",
        """
        SELECT l.id, l.taken_back, t.points
          FROM loyalty_pointslot l
          FULL JOIN (SELECT substring(idempotency_key FROM '^reverse:(.+)-R[0-9]+:[0-9]+:') AS doc,
                            substring(idempotency_key FROM '-R[0-9]+:([0-9]+):')::int AS line,
                            -sum(delta) AS points
                       FROM loyalty_pointsentry WHERE kind IN ('reverse', 'debt')
                      GROUP BY 1, 2) t ON t.doc = l.document AND t.line = l.line
         WHERE coalesce(l.taken_back, -1) <> coalesce(t.points, 0)
        """,
    ),
    "LOY-4": (
        "an account has the tier that its history ends with",
        """
        SELECT a.id, t.code, h.after FROM loyalty_account a
          LEFT JOIN loyalty_tier t ON t.id = a.tier_id
          LEFT JOIN LATERAL (SELECT after FROM loyalty_tierchange c
                              WHERE c.account_id = a.id ORDER BY id DESC LIMIT 1) h ON true
         WHERE coalesce(t.code, '') <> coalesce(h.after, '')
        UNION ALL
        SELECT b.account_id, b.after, c.before
          FROM (SELECT account_id, id, after,
                       lead(id) OVER (PARTITION BY account_id ORDER BY id) AS next
                  FROM loyalty_tierchange) b
          JOIN loyalty_tierchange c ON c.id = b.next
         WHERE c.before <> b.after
        """,
    ),
    "LOY-5": (
        "a reward counts what was had of it, and each cost its points in the ledger",
        """
        SELECT 'reward' AS what, r.id, r.issued, count(i.id)
          FROM loyalty_reward r
          LEFT JOIN loyalty_rewardissue i ON i.reward_id = r.id AND i.status = 'issued'
         GROUP BY r.id HAVING r.issued <> count(i.id)
        UNION ALL
        SELECT 'points', i.id, CASE i.status WHEN 'issued' THEN i.points ELSE 0 END, e.points
          FROM loyalty_rewardissue i
          CROSS JOIN LATERAL (SELECT -coalesce(sum(delta), 0) AS points FROM loyalty_pointsentry e
                               WHERE e.document = i.reference
                                 AND e.kind IN ('spend', 'restore')) e
         WHERE e.points <> CASE i.status WHEN 'issued' THEN i.points ELSE 0 END
        """,
    ),
    "LOY-6": (
        "points given to a member are as many as left the sender; given back, none left",
        """
        SELECT g.id, g.status, e.gone, e.come
          FROM loyalty_pointsgift g
          CROSS JOIN LATERAL (
            SELECT -coalesce(sum(delta) FILTER (WHERE kind IN ('spend', 'restore')), 0) AS gone,
                   coalesce(sum(delta) FILTER (WHERE kind = 'gift'), 0) AS come
              FROM loyalty_pointsentry WHERE document = g.number) e
         WHERE e.gone <> CASE g.status WHEN 'returned' THEN 0 ELSE g.points END
            OR e.come <> CASE g.status WHEN 'accepted' THEN g.points ELSE 0 END
        """,
    ),
    "LOY-7": (
        "a correction that was done is in the ledger, one that was not is not",
        """
        SELECT c.id, c.status, c.points, e.points FROM loyalty_correction c
          CROSS JOIN LATERAL (SELECT coalesce(sum(delta), 0) AS points FROM loyalty_pointsentry
                               WHERE document = c.reference AND kind = 'correction') e
         WHERE e.points <> CASE c.status WHEN 'done' THEN c.points ELSE 0 END
        """,
    ),
}
