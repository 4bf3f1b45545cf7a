"""The regions of France by the postcodes of their départements (INSEE, since 2016)."""

REGIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ARA": ("Auvergne-Rhône-Alpes", ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69",
                                     "73", "74")),
    "BFC": ("Bourgogne-Franche-Comté", ("21", "25", "39", "58", "70", "71", "89", "90")),
    "BRE": ("Bretagne", ("22", "29", "35", "56")),
    "CVL": ("Centre-Val de Loire", ("18", "28", "36", "37", "41", "45")),
    "COR": ("Corse", ("20",)),
    "GES": ("Grand Est", ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88")),
    "HDF": ("Hauts-de-France", ("02", "59", "60", "62", "80")),
    "IDF": ("Île-de-France", ("75", "77", "78", "91", "92", "93", "94", "95")),
    "NOR": ("Normandie", ("14", "27", "50", "61", "76")),
    "NAQ": ("Nouvelle-Aquitaine", ("16", "17", "19", "23", "24", "33", "40", "47", "64", "79",
                                   "86", "87")),
    "OCC": ("Occitanie", ("09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81",
                          "82")),
    "PDL": ("Pays de la Loire", ("44", "49", "53", "72", "85")),
    "PAC": ("Provence-Alpes-Côte d’Azur", ("04", "05", "06", "13", "83", "84")),
    "DOM": ("Outre-mer", ("97", "98")),
}  # fmt: skip
