"""The command ``returnee rules``."""

from __future__ import annotations

from pathlib import Path

from returnee.experiments.commands.options import spread
from returnee.experiments.commands.shell import console_of, print_json, say_plainly
from returnee.experiments.running.progress import Bar


@spread("rules")
def rules_command(
    name: str | None = None, check: Path | None = None, write: Path | None = None,
    write_doc: Path | None = None, as_json: bool = False,
) -> None:  # fmt: skip
    """List the rules of the model that a file of your own may replace, or show one of them.

    A function in the file with the name of a rule takes its place. It may have any of the rule's arguments, by
    name, and the levers that the file names in LEVERS.
    """
    from returnee.experiments.reports import rules

    if write_doc is not None:
        from returnee.experiments.files import write_text

        Bar().say(f"written: {write_text(write_doc, rules.document())}")
    elif write is not None:
        Bar().say(f"written: {rules.write_start(write, name)}")
    elif check is not None:
        found = rules.checked_file(check)
        print_json(found) if as_json else say_plainly(rules.file_text(found))
    elif name is not None:
        found = rules.rule_json(name)
        print_json(found) if as_json else say_plainly(rules.rule_text(found))
    elif as_json:
        print_json(rules.rules_json())
    else:
        rules.show_rules(console_of())
