"""`python -m chukan TOOL …`: the tools that need neither settings nor a database. Everything else is manage.py."""

import sys

from chukan import verify_log

TOOLS = {"verify-log": verify_log.main}


def main(arguments: list[str]) -> int:
    """Run one tool and return its exit code."""
    if not arguments or arguments[0] not in TOOLS:
        sys.stderr.write(f"使い方: python -m chukan {{{'|'.join(TOOLS)}}} …\n")
        return verify_log.CANNOT
    return TOOLS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
