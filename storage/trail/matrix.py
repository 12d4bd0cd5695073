"""Who may do what in the database: five roles, every table.

r SELECT · a INSERT (append) · w UPDATE · d DELETE, as in PostgreSQL's own access lists. Nothing
else is granted to anybody, and nothing to PUBLIC. docs/roles.md shows the same table; tests compare
the two, and both with the catalogue of the database. A new table gets its row here, or the suite
fails.

loader   brings panels and the promotion calendar in
runner   is the service that answers studies; it speaks for whoever asked
analyst  plans studies, reads everything, decides
approver signs decisions off and pins versions; never what they asked for or decided
auditor  reads everything, and can only add to the log and to replays
"""

ROLES = ("loader", "runner", "analyst", "approver", "auditor")
PREFIX = "liftledger_"  # roles belong to the whole cluster: their names say whose they are
VERBS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}

MATRIX = {  # table: what each of ROLES may
    "outcomes": ("rad", "r", "r", "r", "r"),
    "covariates": ("rad", "r", "r", "r", "r"),
    "promotions": ("ra", "r", "ra", "r", "r"),
    "studies": ("", "r", "ra", "r", "r"),
    "snapshots": ("", "ra", "r", "r", "r"),
    "validations": ("", "ra", "r", "r", "r"),
    "results": ("", "ra", "r", "r", "r"),
    "estimates": ("", "ra", "r", "r", "r"),
    "variances": ("", "ra", "r", "r", "r"),
    "effects": ("", "ra", "r", "r", "r"),
    "weights": ("", "ra", "r", "r", "r"),
    "calibrations": ("", "ra", "r", "r", "r"),
    "calibration_scores": ("", "ra", "r", "r", "r"),
    "races": ("", "ra", "r", "r", "r"),
    "race_standings": ("", "ra", "r", "r", "r"),
    "race_batches": ("", "ra", "r", "r", "r"),
    "choices": ("", "ra", "r", "r", "r"),
    "replays": ("", "ra", "r", "r", "ra"),
    "decisions": ("", "r", "ra", "ra", "r"),
    "sign_offs": ("", "r", "r", "ra", "r"),
    "decision_outcomes": ("", "r", "ra", "ra", "r"),
    "pins": ("", "r", "r", "ra", "r"),
    "alerts": ("", "ra", "r", "r", "r"),
    "alert_actions": ("", "ra", "ra", "ra", "r"),
    "alert_deliveries": ("", "ra", "r", "r", "r"),
    "visits": ("", "ra", "r", "r", "r"),
    "observations": ("", "ra", "r", "r", "r"),
    "runs": ("", "raw", "r", "r", "r"),
    "users": ("", "r", "", "", ""),
    "audit_log": ("a", "ra", "ra", "ra", "ra"),
    "liftledger_migrations": ("r", "r", "r", "r", "r"),
}


def granted(role: str) -> dict[str, set[str]]:
    """Verbs by table that a role may."""
    place = ROLES.index(role)
    return {
        table: {VERBS[letter] for letter in letters[place]} for table, letters in MATRIX.items()
    }
