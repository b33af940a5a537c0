"""A Robustness made by hand: figures that differ from one another."""

from __future__ import annotations

from crembo_cli.robustness.model import (
    BELOW,
    CONTAMINATION,
    NOISE_LEVELS,
    RADII,
    Bounds,
    Curve,
    DepthByRows,
    Depths,
    Flips,
    Margins,
    Robustness,
    WeakGroup,
    WithBaselines,
)


def depths(rows: int) -> Depths:
    """Depth on so many rows."""
    return Depths(
        rows=rows,
        depth=0.01,
        insensitive_depth={"0.01": 0.11, "0.05": 0.31, "0.1": 0.41},
        mean_belief=0.9,
    )


def robustness() -> Robustness:
    """All of it, as a tree has it."""
    line = [k / 100 for k in range(101)]
    return Robustness(
        agreement=WithBaselines(student=0.96, baseline_labels=0.94, baseline_teacher=0.92),
        noise={
            f"{level:g}": Flips(rows=114, student=level / 4, teacher=level / 8)
            for level in NOISE_LEVELS
        },
        margin=Margins(
            rows=114,
            median=0.7,
            quantile_5=0.0875,
            unchangeable=0.0,
            certified_accuracy={f"{radius:g}": 0.9 - radius for radius in RADII},
            certified_fidelity={f"{radius:g}": 0.93 - radius for radius in RADII},
        ),
        margin_upper_bound=None,
        contamination={
            f"{share:g}": WithBaselines(
                student=0.98 - share, baseline_labels=0.9 - share, baseline_teacher=0.95 - share
            )
            for share in CONTAMINATION
        },
        depth=DepthByRows(
            training=depths(409),
            validation=depths(46),
            test=depths(114),
            curve=Curve(
                d=line,
                student=[d**2 for d in line],
                at_most=[min(1.0, d**2 + 0.05) for d in line],
                teacher=[d**4 for d in line],
                baseline_labels=[d**1.5 for d in line],
                baseline_teacher=[d**1.7 for d in line],
            ),
        ),
        bounds=Bounds(
            fitted_on=False,
            confidence=0.95,
            accuracy=0.85,
            fidelity=0.875,
            below={f"{d:g}": d / 4 for d in BELOW},
        ),
        weakest_groups=[
            WeakGroup(
                rule="age > 30 and income > 1000",
                predicted="no",
                rows=12,
                depth=0.01,
                mean_belief=0.61,
                beliefs=[0.61, 0.39],
            )
        ],
    )
