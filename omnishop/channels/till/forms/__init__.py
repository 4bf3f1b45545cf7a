"""What associates type, parsed; one module per desk. Amounts are in minor units."""
