"""The folder `plans/` beside the settings file: one YAML file a plan, read with its findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from feeds.clock import now
from feeds.findings import Finding, InFile
from feeds.incidents.plan_files import PlanFile
from feeds.plans.texts import plan_finding
from watchfloor.settings.references import References

FOLDER = "plans"
ENDINGS = (".yaml", ".yml")


def plan_files(
    site: Path, references: References, units: Collection[str] | None
) -> tuple[tuple[PlanFile, ...], list[Finding[InFile]]]:
    """The plans of the site whose settings are in the folder `site`, and what is wrong with them.

    A file with an error is not among the plans. `units` None: units are not checked.
    """
    try:
        paths = _paths(site / FOLDER, references)
    except OSError as error:
        return (), [plan_finding("plan_unreadable", InFile(FOLDER), detail=error.strerror or str(error))]
    if not paths:
        return (), []
    # Most roles need no plans, and the CEL library takes a while to load.
    from feeds.plans.format import PlanContext, read_plan

    context = PlanContext(units=units, today=datetime.fromtimestamp(now(), UTC).date())
    files: list[PlanFile] = []
    findings: list[Finding[InFile]] = []
    ids: dict[str, str] = {}
    for path in paths:
        name = f"{FOLDER}/{path.name}"
        try:
            text = references.read(path).decode("utf-8-sig")
        except OSError as error:
            if not references.leaves_out(path):
                findings.append(plan_finding("plan_unreadable", InFile(name), detail=error.strerror or str(error)))
            continue
        except UnicodeDecodeError:
            if not references.leaves_out(path):
                findings.append(plan_finding("plan_encoding", InFile(name)))
            continue
        document = read_plan(text, name, context)
        if document.plan is None and references.leaves_out(path):
            continue
        findings += document.findings
        if document.plan is None:
            continue
        if (other := ids.setdefault(document.plan.plan, name)) != name:
            findings.append(plan_finding("plan_id_twice", InFile(name, 1, "id"), document.plan.plan, other=other))
            continue
        files.append(PlanFile(name, text))
    return tuple(files), findings


def _paths(folder: Path, references: References) -> Sequence[Path]:
    """The files of the folder by name. Of settings that were applied before, the files of then."""
    if references.substitutes is None and not folder.is_dir():
        return ()
    return references.files_in(folder, lambda: (path for path in folder.iterdir() if path.suffix in ENDINGS))
