"""Who can sign in to the demonstration. Invented people, and no secret anywhere but here."""

PASSWORD = "grand-air-demo"

ADMIN = "admin@grandair.example"
HEAD_OFFICE = "siege@grandair.example"
LYON = "lyon@grandair.example"
ANNECY = "annecy@grandair.example"
SERVICE = "service@grandair.example"
CAMILLE = "camille@example.org"
KARIM = "karim@example.org"
EMILY = "emily@example.org"

# What it is, where, with which address and password; printed by the supervisor.
SIGN_INS: list[tuple[str, str, str, str]] = [
    ("Shop, loyal member", "/", CAMILLE, PASSWORD),
    ("Shop, customer without a card", "/", KARIM, PASSWORD),
    ("Shop in English, member", "/en/", EMILY, PASSWORD),
    ("Till, Lyon Part-Dieu", "/till/", LYON, PASSWORD),
    ("Till, Annecy (franchise)", "/till/", ANNECY, PASSWORD),
    ("Customer service", "/admin/", SERVICE, PASSWORD),
    ("Head office", "/admin/", HEAD_OFFICE, PASSWORD),
    ("Administrator", "/admin/", ADMIN, PASSWORD),
]
