"""What the scripts have in common that compare what they find with what should be."""

faults = []


def check(what, holds):
    if not holds:
        faults.append(what)


def refused(what, call, *words):
    """That a call is refused, with these words in the complaint."""
    try:
        call()
    except Exception as error:  # the classes differ from call to call
        check(f"{what}: {error}", all(word in str(error) for word in words))
    else:
        faults.append(f"{what}: was not refused")
