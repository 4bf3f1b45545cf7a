"""Who can sign in to the demonstration. Invented people, and no secret anywhere but here."""

PASSWORD = "grand-air-demo"

PIN = "2468"  # of those who may approve voids and discounts at a till

ADMIN = "admin@grandair.example"
HEAD_OFFICE = "siege@grandair.example"
LYON = "lyon@grandair.example"
ANNECY = "annecy@grandair.example"
SERVICE = "service@grandair.example"
CAMILLE = "camille@example.org"
KARIM = "karim@example.org"
EMILY = "emily@example.org"

# Who approves voids and discounts in Lyon; the others who may are the manager of Annecy and head
# office.
LYON_MANAGER = "responsable.lyon@grandair.example"

# What it is, where, with which address and password; printed by the supervisor.
SIGN_INS: list[tuple[str, str, str, str]] = [
    ("Shop, loyal member", "/", CAMILLE, PASSWORD),
    ("Shop, customer without a card", "/", KARIM, PASSWORD),
    ("Shop in English, member", "/en/", EMILY, PASSWORD),
    ("Till, Lyon Part-Dieu", "/till/", LYON, PASSWORD),
    ("Till, manager of Lyon, PIN 2468", "/till/", LYON_MANAGER, PASSWORD),
    ("Till, Annecy, PIN 2468", "/till/", ANNECY, PASSWORD),
    ("Customer service", "/admin/", SERVICE, PASSWORD),
    ("Head office", "/admin/", HEAD_OFFICE, PASSWORD),
    ("Administrator", "/admin/", ADMIN, PASSWORD),
]
