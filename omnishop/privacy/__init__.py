"""What we hold about people: registered, kept no longer than needed, shown, erased (DOMAIN 5)."""
