"""A gate for continuous integration: models, attacks and bounds in a file, an exit code, JUnit XML and a summary in Markdown.

`python -m gauntlet.gate gate.yaml --junit gate.xml --summary gate.md` ends with 0 where every check passes, 1 where one fails, and 2 where the gate could not be run.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from xml.etree import ElementTree

import pydantic
import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

import gauntlet

from . import _catalogue
from ._api.fragments import EvaluationParts
from ._sync.models import Model
from ._tables import attack_title, model_title, percent
from ._values import Attack
from .errors import GauntletError, NotFoundError, ValidationError

SEVERITIES = ("INFO", "WARNING", "ERROR")
#: A number and no text, as YAML has them.
Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class ModelFile(_Part):
    """A file that is submitted, unless it was before with these settings: its name ends in a hash of both."""

    file: str
    #: What its name begins with. Default: that of the file.
    name: str | None = None
    input_shape: list[Whole] | None = None
    classes: Whole | None = None
    value_range: tuple[Number, Number] | None = None
    mean: list[Number] | None = None
    std: list[Number] | None = None
    access: Literal["GRADIENT", "SCORE", "DECISION"] | None = None


class Fall(_Part):
    """The model is worse than the baseline, on the same images."""

    #: Largest fall of accuracy, as a share, that passes however sure it is.
    largest: Share = 0.0
    #: p of McNemar's test, adjusted by Holm for the attacks and budgets of the gate, from which on a fall is taken for chance.
    significance: Number = Field(0.05, gt=0, lt=1)


class Bounds(_Part):
    #: Smallest accuracy on the original images.
    clean_accuracy: Share | None = None
    #: Smallest accuracy under each attack: one for all budgets, or one for each.
    robust_accuracy: Share | dict[str | Number, Share] | None = None
    #: Smallest share of images that are right under every attack of all budgets together.
    worst_case: Share | None = None
    fall: Fall | None = None
    #: Severity from which on a finding fails, or codes of those that do.
    findings: Literal["INFO", "WARNING", "ERROR"] | list[str] | None = None


class Gate(_Part):
    """What a gate's file holds."""

    dataset: str
    models: list[str | ModelFile] = Field(min_length=1)
    baseline: str | ModelFile | None = None
    attacks: list[str | dict[str, dict[str, Any] | None]] = Field(min_length=1)
    epsilons: list[Number | str] = Field(default_factory=list)
    samples: Whole | None = Field(None, gt=0)
    offset: Whole = Field(0, ge=0)
    seed: Whole = 0
    judging: Literal["STORED", "FLOAT"] | None = None
    bounds: Bounds

    @staticmethod
    def read(path: str | Path) -> Gate:
        """@raise ValidationError that says what is wrong, with its path in the file."""
        try:
            content = yaml.load(Path(path).read_text("utf-8"), _Loader)
        except FileNotFoundError:
            raise ValidationError(f"There is no file {path}.") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValidationError(f"{path} is no YAML: {error}") from None
        if not isinstance(content, dict):
            raise ValidationError(f"{path} holds no gate: give dataset, models, attacks and bounds.")
        try:
            gate = Gate.model_validate(content)
        except pydantic.ValidationError as error:
            raise _invalid(error) from None
        if gate.bounds.fall is not None and gate.baseline is None:
            raise ValidationError("A bound on the fall needs a baseline: the model to compare with.", path=["baseline"])
        if not gate.bounds.model_dump(exclude_none=True):
            raise ValidationError("A gate without bounds passes always: give robustAccuracy, worstCase, cleanAccuracy, fall or findings.", path=["bounds"])
        return gate


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which PyYAML would take the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for i, key in enumerate(keys) if key in keys[:i]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _invalid(error: pydantic.ValidationError) -> ValidationError:
    """The first problem; of what may be one of several, that of the form that fits best."""
    problems = error.errors()
    first = problems[0]["loc"]
    same = [each for each in problems if each["loc"][: len(first) - 1] == first[:-1] and len(first) > 1]
    problem = max(same, key=lambda each: len(each["loc"]), default=problems[0])
    # Forms of a union are named after fields: `models.0.ModelFile.file`.
    names = {name for part in (Gate, ModelFile, Bounds, Fall) for name in (*part.model_fields, *(field.alias for field in part.model_fields.values()))}
    known = [part for part in problem["loc"] if isinstance(part, int) or part in names or (problem["type"] == "extra_forbidden" and part == problem["loc"][-1])]
    return ValidationError(f"{problem['msg']}.", path=[str(part) for part in known])


@dataclass(frozen=True)
class Check:
    """One bound on one model."""

    model: str
    name: str
    passed: bool
    message: str


@dataclass
class Report:
    """What a gate found."""

    checks: list[Check] = field(default_factory=list)
    evaluations: list[EvaluationParts] = field(default_factory=list)
    url: str = ""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def junit(self) -> str:
        """JUnit XML, a case for each check."""
        failures = sum(not check.passed for check in self.checks)
        suite = ElementTree.Element("testsuite", name="gauntlet", tests=str(len(self.checks)), failures=str(failures))
        for check in self.checks:
            case = ElementTree.SubElement(suite, "testcase", classname=f"gauntlet.{check.model}", name=check.name)
            if not check.passed:
                ElementTree.SubElement(case, "failure", message=check.message).text = check.message
        root = ElementTree.Element("testsuites")
        root.append(suite)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"

    def markdown(self) -> str:
        """A summary: the checks, the evaluations, and accuracy against budget."""
        verdict = "passed" if self.passed else f"failed: {sum(not check.passed for check in self.checks)} of {len(self.checks)} checks"
        lines = [f"## Robustness gate {verdict}", "", "| | model | check | |", "| --- | --- | --- | --- |"]
        lines += [f"| {'✅' if check.passed else '❌'} | {_cell(check.model)} | {_cell(check.name)} | {_cell(check.message)} |" for check in self.checks]
        lines += ["", "| model | attack | n | clean | under attack |", "| --- | --- | --- | --- | --- |"]
        for row in self.evaluations:
            link = f"[{_cell(attack_title(row.attack))}]({self.url}/evaluations/{row.id})"
            clean, robust = (percent(each.top1 if each else None) for each in (row.clean, row.adversarial))
            lines.append(f"| {_cell(model_title(row.model))} | {link} | {row.sample_count} | {clean} | {robust} |")
        return "\n".join([*lines, "", *self._curves()]) + "\n"

    def _curves(self) -> list[str]:
        """A curve for each model and attack, as Mermaid draws it where summaries are shown."""
        curves: dict[tuple[str, str], dict[float, float]] = {}
        for row in self.evaluations:
            if row.attack.epsilon is None or row.adversarial is None or row.adversarial.top1.value is None:
                continue
            curve = curves.setdefault((model_title(row.model), row.attack.kind.value), {})
            curve[float(row.attack.epsilon)] = row.adversarial.top1.value
            if row.clean is not None and row.clean.top1.value is not None:
                curve[0.0] = row.clean.top1.value
        lines: list[str] = []
        for (model, attack), curve in curves.items():
            if len(curve) < 3:
                continue
            epsilons = sorted(curve)
            title = f"{model}: accuracy under {attack}".replace('"', "'")
            axis = ", ".join(f"{epsilon:.4g}" for epsilon in epsilons)
            values = ", ".join(f"{curve[epsilon]:.4f}" for epsilon in epsilons)
            lines += ["```mermaid", "xychart-beta", f'  title "{title}"', f'  x-axis "ε" [{axis}]', '  y-axis "accuracy" 0 --> 1', f"  line [{values}]", "```", ""]
        return lines


def run(g: gauntlet.Gauntlet, gate: Gate, *, progress: bool = False) -> Report:
    """Evaluates the models, and the baseline, and checks the bounds."""
    attacks = [_attack(attack) for attack in gate.attacks]
    models = [_model(g, model, progress) for model in gate.models]
    baseline = _model(g, gate.baseline, progress) if gate.baseline is not None else None
    every = [*models, *([baseline] if baseline and baseline.id not in {model.id for model in models} else [])]
    results = g.evaluate(
        every, gate.dataset, attacks, gate.epsilons, gate.samples, offset=gate.offset, seed=gate.seed, judging=gate.judging, progress=progress
    )
    report = Report(evaluations=results.data, url=g.url)
    _check_bounds(g, gate.bounds, results.data)
    for model in models:
        rows = [row for row in results.data if row.model.id == model.id]
        report.checks += [*_accuracies(gate.bounds, model, rows), *_worst_case(g, gate, model, rows), *_findings(gate.bounds, model, rows)]
        if baseline is not None and gate.bounds.fall is not None and baseline.id != model.id:
            before = [row for row in results.data if row.model.id == baseline.id]
            report.checks += _falls(g, gate, gate.bounds.fall, model, baseline, list(zip(before, rows)))
    if not report.checks:
        raise ValidationError("There is nothing to check: the models are their own baseline.", path=["bounds"])
    return report


def _check_bounds(g: gauntlet.Gauntlet, bounds: Bounds, rows: Sequence[EvaluationParts]) -> None:
    """@raise ValidationError where a bound is on what no evaluation has, and would always hold."""
    if isinstance(bounds.robust_accuracy, dict):
        budgets = dict.fromkeys(row.attack.epsilon_text for row in rows if row.attack.epsilon_text is not None)
        for text in bounds.robust_accuracy:
            if not any(_has_budget(row, text) for row in rows):
                raise ValidationError(f"No attack has the budget {text}. There are: {', '.join(budgets) or 'none'}.", path=["bounds", "robustAccuracy"])
    if isinstance(bounds.findings, list):
        codes = [kind["code"] for kind in g.query("{ findingKinds { code } }")["findingKinds"]]
        for code in bounds.findings:
            if code not in codes:
                raise ValidationError(f"There is no finding {code!r}. There are: {', '.join(codes)}.", path=["bounds", "findings"])


def _attack(attack: str | dict[str, dict[str, Any] | None]) -> str | Attack:
    if isinstance(attack, str):
        return attack
    if len(attack) != 1:
        raise ValidationError("Give one attack with its parameters, such as `pgd: {steps: 40}`.", path=["attacks"])
    (name, parameters), *_ = attack.items()
    # As the API names them, in both command lines; the server checks them.
    known = _catalogue.attack(name)
    return Attack(known.name, {**known.parameters, **(parameters or {})}, known.bounded)


def _model(g: gauntlet.Gauntlet, model: str | ModelFile, progress: bool) -> Model:
    if isinstance(model, str):
        return g.models.get(model)
    path = Path(model.file)
    if not path.is_file():
        raise ValidationError(f"There is no file {path}.", path=["models"])
    name = f"{model.name or path.stem}-{_hash(path, model)}"
    try:
        found = g.models.get(name)
        # What was rejected may be accepted by a newer server.
        if found.data.status.value != "REJECTED":
            return found
        raise NotFoundError(name)
    except NotFoundError:
        normalize = (model.mean, model.std) if model.mean is not None and model.std is not None else None
        return g.models.submit(
            path, name, normalize=normalize, access=model.access, input_shape=model.input_shape, classes=model.classes, value_range=model.value_range, progress=progress
        )


def _hash(path: Path, model: ModelFile) -> str:
    """Of the file, and of how it is to be read. The other command line makes the same."""
    found = hashlib.sha256(path.read_bytes())
    for name, value in model.model_dump(by_alias=True, exclude_none=True, exclude={"file", "name"}).items():
        values = value if isinstance(value, (list, tuple)) else [value]
        found.update(name.encode() + (value.encode() if isinstance(value, str) else struct.pack(f"<{len(values)}d", *values)))
    return found.hexdigest()[:12]


def _accuracies(bounds: Bounds, model: Model, rows: Sequence[EvaluationParts]) -> list[Check]:
    checks = []
    clean = rows[0].clean.top1 if rows[0].clean else None
    if bounds.clean_accuracy is not None and clean is not None:
        checks.append(_at_least(model, "clean accuracy", clean, bounds.clean_accuracy))
    for row in rows:
        bound = _bound_of(bounds.robust_accuracy, row)
        if bound is not None and row.adversarial is not None:
            checks.append(_at_least(model, f"robust accuracy, {attack_title(row.attack)}", row.adversarial.top1, bound))
    return checks


def _bound_of(bounds: float | Mapping[Any, float] | None, row: EvaluationParts) -> float | None:
    if not isinstance(bounds, Mapping):
        return bounds
    return next((bound for text, bound in bounds.items() if _has_budget(row, text)), None)


def _has_budget(row: EvaluationParts, text: str | float) -> bool:
    epsilon = row.attack.epsilon
    size = _number(text)
    return epsilon is not None and abs(size - float(epsilon)) < 1e-9


def _number(text: str | float) -> float:
    above, _, below = str(text).partition("/")
    try:
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise ValidationError(f"{text!r} is no budget: give a number, or such as 8/255.", path=["bounds", "robustAccuracy"]) from None


def _at_least(model: Model, name: str, share: Any, bound: float) -> Check:
    return Check(model.title, name, share.value is not None and share.value >= bound, f"{percent(share)}, at least {100 * bound:g} % wanted")


def _worst_case(g: gauntlet.Gauntlet, gate: Gate, model: Model, rows: Sequence[EvaluationParts]) -> list[Check]:
    if gate.bounds.worst_case is None:
        return []
    found = g.worst_case(model, gate.dataset, evaluations=[row.id for row in rows])
    if found is None:
        raise ValidationError("There is no worst case of these evaluations.")
    return [_at_least(model, "worst case of all attacks", found.data.robust, gate.bounds.worst_case)]


def _findings(bounds: Bounds, model: Model, rows: Sequence[EvaluationParts]) -> list[Check]:
    if bounds.findings is None:
        return []
    wanted = bounds.findings
    found: dict[str, str] = {}
    for row in rows:
        for finding in row.findings or []:
            counts = finding.code in wanted if isinstance(wanted, list) else SEVERITIES.index(finding.severity.value) >= SEVERITIES.index(wanted)
            if counts:
                found.setdefault(finding.code, f"{finding.code} ({attack_title(row.attack)}): {finding.message}")
    return [Check(model.title, "findings", not found, "; ".join(found.values()) or "none")]


def _falls(g: gauntlet.Gauntlet, gate: Gate, bound: Fall, model: Model, baseline: Model, rows: Sequence[tuple[EvaluationParts, EvaluationParts]]) -> list[Check]:
    found = []
    for before, row in rows:
        # Other evaluations may have the same attack and budget, with other parameters.
        comparison = g.compare(baseline, model, data=gate.dataset, attack=row.attack.kind.value, eps=row.attack.epsilon, evaluations=[before.id, row.id])
        pair = comparison.data.pairs[0]
        # Of the first model less the second, whichever the server puts first.
        sign = 1 if pair.first.id == baseline.id else -1
        fall = sign * (pair.difference.value or 0.0)
        lost, won = (pair.only_first, pair.only_second) if sign == 1 else (pair.only_second, pair.only_first)
        found.append((attack_title(row.attack), fall, lost, won, pair.p_value))
    return [
        Check(
            model.title,
            f"against {baseline.title}, {title}",
            not (fall > bound.largest and p < bound.significance),
            f"{-100 * fall:+.1f} points against {baseline.title}: images lost {lost}, won {won}, {_p_value(p)} (McNemar, adjusted by Holm)",
        )
        for (title, fall, lost, won, _), p in zip(found, _holm([each[-1] for each in found]))
    ]


def _p_value(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _holm(values: Sequence[float]) -> list[float]:
    """p values adjusted for their number (Holm 1979)."""
    adjusted = [0.0] * len(values)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = largest
    return adjusted


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def main(arguments: Sequence[str] | None = None) -> int:
    """@return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m gauntlet.gate", description="Checks the robustness of models against bounds. GAUNTLET_URL and GAUNTLET_TOKEN say where and who.")
    parser.add_argument("gate", help="the file with models, attacks and bounds")
    parser.add_argument("--url", help="address of the server (default: GAUNTLET_URL)")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML")
    parser.add_argument("--summary", metavar="FILE", help="append a summary in Markdown, as to $GITHUB_STEP_SUMMARY")
    parser.add_argument("--quiet", action="store_true", help="print no progress")
    options = parser.parse_args(arguments)
    try:
        gate = Gate.read(options.gate)
        with gauntlet.connect(options.url) as g:
            report = run(g, gate, progress=not options.quiet)
        if options.junit:
            Path(options.junit).write_text(report.junit(), "utf-8")
        if options.summary:
            with Path(options.summary).open("a", encoding="utf-8") as file:
                file.write(report.markdown())
    except (GauntletError, ValueError, OSError) as error:
        print(f"{getattr(error, 'code', 'ERROR')}: {error}", file=sys.stderr)
        return 2
    for check in report.checks:
        print(f"{'ok  ' if check.passed else 'FAIL'} {check.model}: {check.name}: {check.message}")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
