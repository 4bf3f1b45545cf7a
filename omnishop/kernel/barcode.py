"""An EAN-13 drawn by ourselves: cards, and a code to try a scanner with (GS1 Gen. Specs 5.2)."""

ODD = [
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
]
PARITY = [
    "OOOOOO",
    "OOEOEE",
    "OOEEOE",
    "OOEEEO",
    "OEOOEE",
    "OEEOOE",
    "OEEEOO",
    "OEOEOE",
    "OEOEEO",
    "OEEOEO",
]


def _turned(modules: str) -> str:
    """Light for dark and dark for light."""
    return modules.translate(str.maketrans("01", "10"))


def bars(code: str) -> list[int]:
    """The places of the dark modules, of 95."""
    modules = "101"
    for digit, parity in zip(code[1:7], PARITY[int(code[0])], strict=True):
        odd = ODD[int(digit)]
        modules += odd if parity == "O" else _turned(odd)[::-1]
    modules += "01010"
    for digit in code[7:]:
        modules += _turned(ODD[int(digit)])
    modules += "101"
    return [place for place, module in enumerate(modules) if module == "1"]
