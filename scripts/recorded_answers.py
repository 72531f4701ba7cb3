"""Write the facts that tests need of what AWS answered: ``recorded_answers.py RECORDINGS``.

RECORDINGS is a JSON file of names and types of fields, counted over responses that AWS gave; the source it
names is repeated in what is written. Kept are the fields that stood in every recording of an operation that
answered anything, and the errors.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "tests" / "localcloud" / "control" / "recorded.json"


def main(recordings: Path) -> None:
    """Write the table."""
    found = json.loads(recordings.read_text())
    operations = {}
    for name, operation in sorted(found["operations"].items()):
        fields = operation["fields"]
        answered = max((entry["in"] for entry in fields.values()), default=0)
        always = {path: entry["types"] for path, entry in sorted(fields.items()) if entry["in"] == answered}
        operations[name] = {"fields": always, "errors": operation.get("errors") or []}
    text = json.dumps({"source": found["source"], "operations": operations}, indent=1)
    TABLE.write_text(text + "\n")
    print(
        f"{len(operations)} operations, {sum(len(entry['fields']) for entry in operations.values())} fields"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
