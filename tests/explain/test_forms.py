"""The forms by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crembo_cli.commands.explain import FORMATS
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.explain import formats as forms
from crembo_cli.explain.formats import FORMS, explain, form_of
from tests.explain.test_text import FEATURES, small_sums, small_tree


def test_a_tree_has_every_form() -> None:
    """None is empty, and no two are the same."""
    assert len({explain(small_tree(), name) for name in FORMS} - {b""}) == len(FORMS)


def test_weighted_sums_have_every_form_but_drawings() -> None:
    """Those are refused."""
    for name, form in FORMS.items():
        if not form.draws:
            assert explain(small_sums(), name)
            continue
        with pytest.raises(StudentError, match="weighted sums have no tree to draw"):
            explain(small_sums(), name)


def test_the_command_offers_each_form() -> None:
    """None more, none less."""
    assert tuple(FORMS) == FORMATS


def test_forms_by_suffix() -> None:
    """Each suffix is one form's, in capitals too; another one is refused."""
    assert [form_of(form.suffix.upper()) for form in FORMS.values()] == list(FORMS)
    with pytest.raises(UsageError, match=r"'.pdf'; wanted .txt or"):
        form_of(".pdf")


def test_a_tree_too_large_to_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with the way to another form."""
    monkeypatch.setattr(forms, "MOST_LEAVES", 2)
    with pytest.raises(StudentError, match="found 3 leaves; wanted 2 at most"):
        explain(small_tree(), "svg")


def test_text_is_utf_8() -> None:
    """Names keep their letters; Python is ASCII, whatever the names are."""
    features = (replace(FEATURES[0], name="città"), FEATURES[1])
    named = replace(small_tree(), name="ü.onnx", features=features)
    for name in ("text", "sql", "dot"):
        assert "città".encode() in explain(named, name)
    assert explain(named, "python").isascii()
