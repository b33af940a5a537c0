"""Reports into files, onto the screen, and into a job's summary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crembo_cli.commands.messages import SUMMARY
from crembo_cli.errors import UsageError
from crembo_cli.report.formats import COMPARE_RENDERERS, RENDERERS
from crembo_cli.report.glossary import render_glossary as glossary_text
from crembo_cli.runs.options import check_outputs, report_files
from tests.command_line import Crembo
from tests.report.example_reports import report
from tests.report.report_schema import validate

FEW = ("--synthetic", "50", "--thresholds", "2", "-q")


def test_each_suffix_has_its_form() -> None:
    """In capitals too."""
    found = report_files(report(), [Path("a.json"), Path("b.HTML"), Path("c.md")])
    assert json.loads(found[Path("a.json")])["schema"] == 2
    assert found[Path("b.HTML")].startswith(b"<!doctype html>")
    assert found[Path("c.md")].startswith(b"### ")


def test_only_the_formats_of_its_kind_of_report_are_accepted(tmp_path: Path) -> None:
    """A comparison may lack one that other reports have: this is known before the run."""
    files, form = [tmp_path / "r.yaml"], {".yaml": "a.module:render"}
    check_outputs(None, files, [], no_clobber=False, renderers=RENDERERS | form)
    with pytest.raises(UsageError, match=r"unsupported output format.*\.html"):
        check_outputs(None, files, [], no_clobber=False, renderers=COMPARE_RENDERERS)


def test_compress_writes_all_of_them(crembo: Crembo, teacher: Path, data: Path) -> None:
    """One run, three reports of the same figures, the JSON by its schema, with the command."""
    names = ("r.json", "r.html", "r.md")
    asked = [word for name in names for word in ("--report", name)]
    assert crembo("compress", teacher, data, *FEW, *asked).code == 0
    found = json.loads(Path("r.json").read_text())
    validate(found)
    assert found["robustness"]["agreement"]["student"] > 0
    shown = f"{found['metrics']['student']['fidelity']:.3f}"
    assert shown in Path("r.html").read_text()
    assert shown in Path("r.md").read_text()
    page = Path("r.html").read_text().replace("<span>", "").replace("</span>", "")
    assert "--report r.html" in page


def test_a_quick_report_leaves_out_what_needs_refitting(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """The rest is there; a gate on what is left out is refused before any work."""
    ran = crembo("compress", teacher, data, *FEW, "--quick-report", "--json")
    found = json.loads(ran.out)
    validate(found)
    assert found["robustness"]["agreement"] is None
    assert found["robustness"]["contamination"] is None
    assert found["robustness"]["margin"]["median"] > 0
    ran = crembo("compress", teacher, data, "--quick-report", "--require", "agreement>=0")
    assert (ran.code, ran.out) == (2, "")
    assert "agreement is not available; found --quick-report" in ran.err


def test_a_jobs_summary_grows(
    crembo: Crembo, teacher: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run appends its Markdown to what other steps of the job wrote, also if a gate fails."""
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    monkeypatch.setenv(SUMMARY, str(summary))
    for name, gate, code in (("a", "bytes>=1", 0), ("b", "bytes<=1", 1)):
        options = (*FEW, "--quick-report", "--require", gate)
        ran = crembo("compress", teacher, data, *options, "-o", f"{name}.onnx")
        assert ran.code == code
    text = summary.read_text()
    assert text.startswith("# before\n### ")
    assert "`a.onnx`: " in text
    assert "The requirement is met." in text
    assert "### \u274c `b.onnx`: Failed: " in text
    assert "; not met: bytes\\<=1" in text


def test_a_summary_that_cannot_be_written_is_reported(
    crembo: Crembo, teacher: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, with what to do."""
    monkeypatch.setenv(SUMMARY, str(tmp_path))
    ran = crembo("compress", teacher, data, *FEW)
    assert ran.code == 2
    assert "the summary cannot be written" in ran.err
    assert f"unset {SUMMARY}" in ran.err


def test_the_numbers_are_explained_without_a_run(crembo: Crembo) -> None:
    """No teacher and no table are needed to ask what the numbers mean."""
    ran = crembo("compress", "--explain-report")
    assert (ran.code, ran.out, ran.err) == (0, glossary_text(), "")
