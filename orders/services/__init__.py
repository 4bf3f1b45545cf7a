"""What shoppers and staff do with baskets and orders; one module per job of the shop."""
