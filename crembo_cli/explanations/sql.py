"""A student as one query that gives the label, or the probability of a class, for each row.

The first common table expression reads the table and cleans its cells, each once: numbers without
NaN, texts that mean a missing value as NULL. The next ones compute what the student's parts need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from crembo_cli.errors import UsageError, printable, suggest
from crembo_cli.explanations.dialects import DIALECTS
from crembo_cli.explanations.source import Source, join_values, source_of
from crembo_cli.explanations.sql_query import INDENT, Query, add_up, leaves_below
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.program import LARGEST, Condition, Node

ALWAYS, NEVER = "1 = 1", "1 = 0"  # the boolean words are missing in some databases
TABLE = "data"  # the default of --table
MOST_KEPT = 400  # features that are returned beside the label, if --keep names no columns
ROUNDED_TO_0 = 2.0**-150  # in float32; PostgreSQL takes it for an error
LEAST_EXPONENT = -700.0  # PostgreSQL takes an exponential that is 0 for an error


def sql_of(
    explained: ReadableStudent,
    *,
    class_: str | None = None,
    dialect: str = "ansi",
    table: str = TABLE,
    keep: Sequence[str] | None = None,
) -> str:
    """One query without a semicolon; a comment in its first line describes it.

    It gives the columns `keep` (None: the features) and `label` or, with `class_`, that class's
    `probability`. Raises UsageError for an unknown class or table, StudentError for a name that
    the dialect cannot write.
    """
    source = source_of(explained)
    names = explained.class_names()
    if class_ is not None and class_ not in names:
        raise UsageError(f"unknown class {class_!r}", where="--class", **suggest(class_, names))
    if ";" in table or "--" in table or not table.isprintable():
        raise UsageError("invalid name of a table", where="--table", found=repr(table))
    scored = None if class_ is None else names.index(class_)
    features = [each.name for each in source.features]
    kept = list(keep if keep is not None else features if len(features) <= MOST_KEPT else [])
    return _StudentQuery(source=source, dialect=DIALECTS[dialect], kept=kept).text(
        dialect, table, scored
    )


@dataclass(kw_only=True)
class _StudentQuery(Query):
    source: Source

    def text(self, dialect: str, table: str, scored: int | None) -> str:
        self._clean(table)
        answer = self._answer(scored)
        outputs = [
            (self.at(f"keep_{k}"), self.dialect.name(each)) for k, each in enumerate(self.kept)
        ]
        name = "label" if scored is None else "probability"
        taken = {each.lower() for each in self.kept}
        outputs.append((answer, f"crembo_{name}" if name in taken else name))
        columns = ",\n".join(f"{INDENT}{expression} AS {alias}" for expression, alias in outputs)
        ctes = ",\n".join(self.stages)
        head = "".join(f"-- {line}\n" for line in self._head(dialect, scored))
        return f"{head}WITH {ctes}\nSELECT\n{columns}\nFROM {self.last()}\n{self.read_twice()}"

    def _head(self, dialect: str, scored: int | None) -> Iterable[str]:
        columns = join_values(
            f"{printable(each.name)} ({each.kind})" for each in self.source.features
        )
        what = (
            "the label" if scored is None else f"the probability of {self.source.classes[scored]}"
        )
        yield printable(
            f"crembo {version('crembo-cli')}, dialect {dialect}: {what} by {self.source.name}; "
            f"columns: {columns}"
        )
        most = self.dialect.longest
        for each in self.source.features:
            if most and len(each.name.encode()) > most:
                yield printable(f"warning: names are cut after {most} bytes: {each.name}")

    def _clean(self, table: str) -> None:
        """The first stage: the kept columns as they are, and the cells that the student reads."""
        used = {each.value for each in self.source.program.conditions()}
        used |= {*self.source.program.numbers(), *self.source.program.flags}
        names = {f"keep_{k}": f"crembo_keep_{k}" for k in range(len(self.kept))}
        columns = [
            f"t.{self.dialect.name(each)} AS {names[f'keep_{k}']}"
            for k, each in enumerate(self.kept)
        ]
        for j, each in enumerate(self.source.features):
            if j in used:
                names[f"x{j}"] = self.dialect.name(each.name)
                columns.append(f"{self._cell(j)} AS {names[f'x{j}']}")
        self.add(columns, f"{table} t", names)

    def _cell(self, j: int) -> str:
        feature, dialect = self.source.features[j], self.dialect
        column = f"t.{dialect.name(feature.name)}"
        if feature.categories:
            text = dialect.text.format(x=column)
            missing = join_values(map(dialect.to_compare, self.source.missing_of(j)))
            return f"CASE WHEN {text} IN ({missing}) THEN NULL ELSE {text} END" if missing else text
        cast = dialect.boolean if feature.kind == "boolean" else dialect.double
        return dialect.number.format(x=cast.format(x=column))

    def _answer(self, scored: int | None) -> str:
        """The stages after the first one; returns what they lead to."""
        program, dialect = self.source.program, self.dialect
        tested = {each.value for each in program.conditions()}
        tested |= {*program.flags} - {*program.numbers()}
        cells = [f"x{j}" for j in range(len(self.source.features)) if j in tested]
        if program.numbers():
            self.stage({f"n{j}": self._number(j) for j in program.numbers()}, cells)
        if program.sums:
            sums = {
                f"s{k}": add_up(
                    [dialect.of(each.offset)]
                    + [
                        f"COALESCE({self.at(f'n{term.feature}')}, {dialect.of(term.fill)})"
                        f" * {dialect.of(term.weight)}"
                        for term in each.terms
                    ]
                )
                for k, each in enumerate(program.sums)
            }
            self.stage(sums, cells)
        if not program.softmax:
            labels = self.source.labels()

            def leaf(k: int) -> str:
                if scored is None:
                    return self._class(int(labels[k]))
                return dialect.of(program.table[k, scored])

            return self._case(program.trees[0], leaf, 1)
        c = len(self.source.classes)
        scores = [dialect.of(each) for each in program.begin]
        if program.trees:
            leaves = {f"l{t}": self._case(each, str, 2) for t, each in enumerate(program.trees)}
            self.stage(leaves, [])
            scores = [
                add_up(
                    [scores[y], *(self._leaf(t, tree, y) for t, tree in enumerate(program.trees))]
                )
                for y in range(c)
            ]
        if program.layers:
            scores = self._layers()
        self.stage({f"z{y}": each for y, each in enumerate(scores)}, [])
        return self._decide(scored)

    def _number(self, j: int) -> str:
        """The number that stands for a cell, NULL where it is missing."""
        x, dialect = self.at(f"x{j}"), self.dialect
        if categories := self.source.features[j].categories:
            codes = " ".join(
                f"WHEN {dialect.to_compare(text)} THEN {code}"
                for code, text in enumerate(categories)
            )
            return f"CASE WHEN {x} IS NOT NULL THEN CASE {x} {codes} ELSE -1 END END"
        if not dialect.real and not self.source.program.sums:
            return x  # columns are cut to a range anyway
        most, least = dialect.of(LARGEST), dialect.of(-LARGEST)
        cut = f"CASE WHEN {x} > {most} THEN {most} WHEN {x} < {least} THEN {least} ELSE {x} END"
        if not dialect.real:
            return cut
        tiny = f"CASE WHEN ABS({x}) <= {dialect.of(ROUNDED_TO_0)} THEN 0e0"
        return dialect.double.format(x=dialect.real.format(x=cut.replace("CASE", tiny, 1)))

    def _case(self, node: Node, leaf: Callable[[int], str], depth: int) -> str:
        """A tree as CASE expressions within one another; a chain of branches is one of them."""
        if isinstance(node, int):
            return leaf(node)
        indent = "\n" + INDENT * (depth + 1)
        lines = ["CASE"]
        while not isinstance(node, int):
            condition = " AND ".join(map(self._condition, node.conditions))
            lines.append(f"{indent}WHEN {condition} THEN {self._case(node.then, leaf, depth + 1)}")
            node = node.other
        return "".join([*lines, f"{indent}ELSE {leaf(node)}{indent[:-2]}END"])

    def _condition(self, condition: Condition) -> str:
        """A condition that is true where it holds, and false or unknown elsewhere."""
        p = len(self.source.features)
        j = condition.value
        x = self.at(f"x{j}" if j < p else f"s{j - p}")
        if condition.known is not None:
            if condition.known == condition.missing:
                return ALWAYS if condition.known else NEVER
            return f"{x} IS {'NOT ' * condition.known}NULL"
        if condition.texts is None:
            sign = ">" if condition.inverted else "<="
            test = f"{x} {sign} {self.dialect.of(condition.up_to or 0.0)}"
        elif condition.texts:
            texts = join_values(map(self.dialect.to_compare, condition.texts))
            test = f"{x} {'NOT ' * condition.inverted}IN ({texts})"
        else:
            test = f"{x} IS NOT NULL" if condition.inverted else NEVER
        return f"({test} OR {x} IS NULL)" if condition.missing else test

    def _leaf(self, t: int, tree: Node, y: int) -> str:
        """What a tree adds to the score of class y."""
        leaves = sorted(leaves_below(tree))
        values = [self.dialect.of(self.source.program.table[leaf, y]) for leaf in leaves]
        cases = " ".join(
            f"WHEN {leaf} THEN {value}" for leaf, value in zip(leaves[1:], values[1:], strict=True)
        )
        return f"CASE {self.at(f'l{t}')} {cases} ELSE {values[0]} END" if cases else values[0]

    def _layers(self) -> list[str]:
        """The scores, after the stages of the columns and of all layers but the last."""
        program, dialect = self.source.program, self.dialect
        inputs: dict[str, str] = {}
        for k, each in enumerate(program.columns):
            n = self.at(f"n{each.feature}")
            rise = f"({n} - {dialect.of(each.shift)}) * {dialect.of(each.scale)}"
            rise = n if (each.shift, each.scale) == (0.0, 1.0) else rise
            low, high = dialect.of(each.low), dialect.of(each.high)
            absent = f"{n} IS NULL"
            if self.source.features[each.feature].categories:
                absent += f" OR {n} < 0"
            mean = dialect.of(each.mean)
            inputs[f"v{k}"] = (
                f"CASE WHEN {absent} THEN {mean} WHEN {rise} < {low} THEN {low}"
                f" WHEN {rise} > {high} THEN {high} ELSE {rise} END - {mean}"
            )
        for k, j in enumerate(program.flags, start=len(inputs)):
            cell = self.at(f"n{j}" if f"n{j}" in self.names else f"x{j}")
            inputs[f"v{k}"] = f"CASE WHEN {cell} IS NULL THEN 1 ELSE 0 END"
        self.stage(inputs, [])
        if program.products:
            products = {
                f"v{k}": f"{self.at(f'v{left}')} * {self.at(f'v{right}')}"
                for k, (left, right) in enumerate(program.products, start=len(inputs))
            }
            self.stage(products, list(inputs))
            inputs |= products
        keys = list(inputs)
        for number, layer in enumerate(program.layers):
            sums = [
                add_up(
                    [dialect.of(bias)]
                    + [
                        f"{self.at(key)} * {dialect.of(weight)}"
                        for key, weight in zip(keys, weights, strict=True)
                        if weight
                    ]
                )
                for bias, weights in zip(layer.bias, layer.weights.T, strict=True)
            ]
            if layer is program.layers[-1]:
                return sums
            self.stage({f"u{number}_{k}": each for k, each in enumerate(sums)}, [])
            units = [self.at(f"u{number}_{k}") for k in range(len(sums))]
            keys = [f"h{number}_{k}" for k in range(len(sums))]
            cut = [f"CASE WHEN {unit} > 0 THEN {unit} ELSE 0 END" for unit in units]
            self.stage(dict(zip(keys, cut, strict=True)), [])
        raise AssertionError("the last layer gives the scores")

    def _decide(self, scored: int | None) -> str:
        """The class of the largest score or expected utility, or the probability of a class."""
        classes = range(len(self.source.classes))
        scores = [f"z{y}" for y in classes]
        utilities = self.source.utilities
        if scored is None and utilities is None:
            return self.largest(scores, [self._class(y) for y in classes])
        most = self.largest(scores, [self.at(key) for key in scores])
        self.stage({"most": most}, scores)
        least = self.dialect.of(LEAST_EXPONENT)
        steps = [f"{self.at(key)} - {self.at('most')}" for key in scores]
        shares = {
            f"e{y}": f"EXP(CASE WHEN {step} < {least} THEN {least} ELSE {step} END)"
            for y, step in enumerate(steps)
        }
        self.stage(shares, [])
        if scored is not None:
            return f"{self.at(f'e{scored}')} / ({' + '.join(map(self.at, shares))})"
        assert utilities is not None
        worth = {
            f"w{y}": add_up(
                [f"{self.at(f'e{k}')} * {self.dialect.of(utilities[k, y])}" for k in classes]
            )
            for y in classes
        }
        self.stage(worth, [])
        return self.largest(list(worth), [self._class(y) for y in classes])

    def _class(self, y: int) -> str:
        label = self.source.classes[y]
        return self.dialect.literal(label) if isinstance(label, str) else str(label)
