"""The page of every column and measure that the program writes: `docs/columns.md`.

The page is written by ``returnee columns --write-doc`` and checked by a test, which makes each file
from tiny runs and holds its columns against `FILES`. Columns of a run's tables are described in
`returnee.simulation.columns`, measures where they are defined. Names in angle brackets stand for several:
``<measure>`` for every measure, ``<key>`` for dotted keys of levers and parameters, ``<n>`` for
numbers, ``<indicator>`` for targets of a calibration.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from returnee import simulation
from returnee.experiments.errors import writing_to
from returnee.experiments.measuring.files import KINDS, REASONS, STAGES, STEPS
from returnee.experiments.measuring.groups import COUNTED, DIMENSIONS, PEOPLE, PEOPLE_AT_END
from returnee.experiments.measuring.measures import DERIVED, MEASURES
from returnee.experiments.measuring.people import SUPPORT
from returnee.experiments.studies.patterns import BY_KEY as PATTERNS
from returnee.experiments.words.texts import words
from returnee.scenarios import levers
from returnee.simulation.columns import TABLES, Column
from returnee.simulation.indicators import INDICATORS
from returnee.simulation.state.records import PROGRAMMES

COMMAND = "returnee columns --write-doc docs/columns.md"
HEAD = "| column | unit | what it is |\n|---|---|---|\n"
SCALES = {
    "stock": "at the month's end",
    "flow": "in the month; over the horizon in tables of whole runs",
    "mean": "mean in the month",
    "final": "of the whole run, at its end",
}
NOTES = {
    "quality_productive": "of those who returned in the last 36 months; half for farming",
    "quality_income": "of them: monthly income as a share of the city wage, at most 1",
    "quality_staying": "of those who returned 12 to 36 months ago",
    "quality_skill": "of those who returned in the last 36 months; half where it fits in part",
    "quality_enterprise": "of them: own a firm or work in a returnee's",
    "return_quality": "weighted mean of the five parts quality_*",
    "jobs": "employees; owners are not counted",
    "owner_income": "over firms open",
    "owner_income_ratio": "over returnee firms open",
    "rural_income": "over people at home and their dependants",
    "start_rate": "mean over the horizon",
    "jobs_per_firm": "mean of the last 12 months",
    "loans_compensated": "of what was defaulted",
    "loans_written_off": "of what was defaulted",
    "trained_wait": "of those who finished in the month",
    "desk_wait": "of loans granted in the month",
}  # fmt: skip
"""What a measure's label leaves open."""


class File(NamedTuple):
    """A file that commands write.

    Attributes
    ----------
    name : str
        Folder, as the command calls it, and name.
    module : str
        Where its figures are computed.
    about : str
        What a row is, or what the file holds.
    columns : tuple of Column
        Names of columns, or the keys at the top of a JSON file.
    """

    name: str
    module: str
    about: str
    columns: tuple[Column, ...]


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from lines ``name | unit | meaning``."""
    rows = [[part.strip() for part in line.split("|", 2)] for line in text.strip().splitlines()]
    return tuple(Column(*row) for row in rows)


SCENARIO = _columns("scenario | name | label of the scenario")
RUN = _columns("""
    scenario | name | label of the scenario
    scenario_id | id | hash of all its values
    point | number | point of the design; 0 where there is one
    replicate | number | replicate, from 0
    seed | number | seed of all draws
""")
TIDY = RUN + _columns("""
    indicator | name | a measure, or a name of the families listed under *Names in tidy tables*
    month | month | month under the policy; figures of the whole run stand at the last
    value | as the indicator | full county
""")
AXES = _columns("<key> | as the lever | value at the point; a column for each axis")
MEASURE_COLUMNS = _columns(
    "<measure> | as the measure | a column for each: flows summed over the horizon, stocks and means"
    " over the last 12 months"
)
INTERVAL = _columns("""
    low | as the measure | lower end of the 90 % interval of the mean difference (Student's t over replicates)
    high | as the measure | upper end
    p_higher | share | probability that the mean difference is above zero, by the same t distribution
""")
EFFECT = (
    *_columns("""
    reference | as the measure | mean over replicates of the reference scenario
    level | as the measure | mean over replicates of the scenario
    difference | as the measure | mean of paired differences, scenario less reference
"""),
    *INTERVAL,
    *_columns("""
    p_better | share | probability that it is on the better side; missing where there is none
    replicates_better | share | replicates with the difference on the better side, ties counting half
    verdict | name | higher or lower where the interval leaves out zero, else can't tell apart
    pairs | number | replicates with both runs
"""),
)
LABELLED = _columns("""
    measure | name | name of the measure
    label_en | name | English label
    label_zh | name | Chinese label
    unit | name | unit of the measure
    kind | name | stock, flow, mean or final
    better | -1, 0, 1 | 1: more is better, -1: less is better, 0: neither
""")
FIGURE = _columns("""
    measure | name | name of the figure
    unit | name | its unit
    better | -1, 0, 1 | 1: more is better, -1: less is better, 0: neither
""")
COUNTS = _columns("""
    reference_count | number | how many in the reference, full county
    count | number | how many in the scenario, full county
""")
MANIFEST = _columns("""
    status | name | running, interrupted, finished, or without report if that could not be written
    begun | date | when its first session began, UTC
    ended | date | when it ended or was interrupted, UTC
    seconds | seconds | of work, over all sessions
    kind | name | what the folder holds
    command | name | command line that repeats it
    machine | table | platform, processor and number of processors
    commit | id | commit of a checkout, with -dirty where files were changed; else none
    versions | names | versions of Python and of the packages that results depend on
    fingerprint | id | fingerprint of the model: what it does, not how it is written
    seed | number | seed of all draws
    sample | share | share of the county that is simulated
    months | months | horizon
""")
PLANNED = _columns("""
    replicates | number | runs of each scenario
    burn_in | months | history before the policy
""")
SCENARIOS = _columns("scenarios | table | every scenario in full, by label, with id, titles, the share of the"
                     " people there are, and the files kept of a county of one's own")  # fmt: skip
COMPARISON = (*MANIFEST, *PLANNED, *SCENARIOS, *_columns("""
    reference | name | label of the scenario that others are held against
    people | number | replicates of which people are kept one by one
"""))  # fmt: skip
SWEEP = (
    *MANIFEST, *PLANNED, *SCENARIOS,
    *_columns("""
    counties | table | hash of what each county of one's own among the points holds, by its folder
    keep | name | final, or monthly if the months are kept too
    design | table | the design as it was read
    points | number | points of the design
    runs | number | runs in all
    jobs | number | pieces in which they are done
    digest | id | hash of everything that is run
"""),
)  # fmt: skip
RANGED = _columns("""
    <measure> | as the measure | mean
    <measure>_low | as the measure | lower end of the 90 % range or interval
    <measure>_high | as the measure | upper end
""")

FILES: tuple[File, ...] = (
    File("run/manifest.json", "returnee.experiments.reports.single", "What was run.", MANIFEST + _columns("""
        replicate | number | replicate, from 0
    """) + SCENARIOS),
    *(File(f"run/{name}.parquet", "returnee.simulation.run", f"`Run.{name}`.", columns)
      for name, columns in TABLES.items()),
    File("run/monthly.csv", "returnee.simulation.run", "The same as `monthly.parquet`.", TABLES["monthly"]),
    File("compare/manifest.json", "returnee.experiments.running.store", "What was run.", COMPARISON),
    File("compare/runs.parquet", "returnee.experiments.measuring.measures", "A row a run, indicator and month.", TIDY),
    File("compare/effects.parquet", "returnee.experiments.statistics.effects", "A row a scenario and measure: difference from the "
         "reference.", SCENARIO + LABELLED + EFFECT),
    File("compare/planned.parquet", "returnee.experiments.studies.planned", "A row a scenario and programme of the ledger.",
         SCENARIO + _columns("""
        programme | name | programme of the ledger
        pot | name | pot of public money that pays it
        planned | yuan a year | its levers at their unit costs; missing where spending follows demand
        spent | yuan a year | spent, mean over replicates
        unpaid | yuan a year | due and not paid, mean over replicates
    """)),
    File("compare/support.parquet", "returnee.experiments.studies.support", "A row a scenario and figure of the support system: waits, "
         "queues, use of places, refusals.", SCENARIO + FIGURE + EFFECT),
    File("compare/funnel.parquet", "returnee.experiments.studies.support", "A row a scenario, kind of file and stage; figures are shares "
         "of the files begun, of loan files where a reason is given, or months.",
         SCENARIO + _columns("kind | name | all files, those referred, or those alone") + FIGURE + COUNTS + EFFECT),
    File("compare/equity.parquet", "returnee.experiments.studies.equity", "A row a scenario, group of people and outcome, per 1,000 "
         "people of the group (a share of them; the index).", SCENARIO + _columns("""
        dimension | name | sex, age, schooling, place or township
        group | name | group of that dimension
        people | people | in the group, mean over the months or at the end, full county
    """) + FIGURE + COUNTS + EFFECT),
    File("compare/quality_ranks.parquet", "returnee.experiments.statistics.quality", "A row a scenario: its place over all weightings of the "
         "return quality index.", SCENARIO + _columns("""
        index | index 0-100 | return quality under the scenario's own weights
        rank_<n> | share | weightings in which it has this rank
    """)),
    File("compare/people.parquet", "returnee.experiments.measuring.people", "A row a person and run, of the first replicates; written "
         "by `whom`.", _columns(f"""
        scenario_id | id | hash of the scenario's values
        replicate | number | replicate, from 0
        worker | id | id of the person, the same under every policy
        sex | 0, 1 | 0 male, 1 female
        age | years | at the start of the policy
        schooling | level 0-4 | 0 none, 1 primary, 2 junior, 3 senior, 4 college
        township | number | place in the county's list of townships, from 0
        wage | yuan/month | city wage
        incumbent | yes/no | owned a firm, open or about to open, when the policy began
        returns | number | times returned
        registrations | number | firms registered
        owner | yes/no | owns an open firm at the end
        new | yes/no | that firm was registered under the policy
        returnee | yes/no | the owner of that firm had worked away
        jobs | jobs | in that firm, the owner's not counted
        employed | yes/no | holds a job in a firm at the end
        support | bits | what reached the person: bit 0 {", ".join(SUPPORT)}
        <paid> | fen | received by the person's firms under the policy: {{programme}}
    """)),
    File("compare/stories.json", "returnee.experiments.studies.stories.choice", "Example lives; written by `whom`.", _columns("""
        fingerprint | id | fingerprint of the model: what it does, not how it is written
        seed | number | seed of all draws
        sample | share | share of the county that is simulated
        months | months | horizon
        replicate | number | the replicate that is told
        reference | id | hash of the reference's values
        scenarios | table | hash of each scenario's values, by label
        chosen | table | person and how many she stands for, by scenario and kind of life
        stories | table | lives and their words in both languages, by scenario
    """)),
    File("compare over/manifest.json", "returnee.experiments.studies.compare_ensemble", "What was run by `compare --over`.", COMPARISON),
    File("compare over/runs.parquet", "returnee.experiments.measuring.measures", "A row a run, indicator and month; a point is a set of the "
         "ensemble.", TIDY),
    File("compare over/effects.parquet", "returnee.experiments.statistics.ensemble", "A row a scenario and measure: the difference "
         "split into parameters and luck; flows by year.", SCENARIO + LABELLED + EFFECT[:5] + _columns("""
        sets | number | parameter sets with a result
        runs | number | pairs of runs with a result
        luck_low | as the measure | lower end of the 90 % interval for luck alone
        luck_high | as the measure | upper end
        between | square of the unit | variance due to parameters
        within | square of the unit | variance due to luck
        share | share | due to parameters, of the variance between single runs
        same_sign | share | sets whose mean difference has the sign of the mean over sets
        verdict | name | higher or lower where the interval over both leaves out zero, else can't tell apart
    """)),
    File("sweep/manifest.json", "returnee.experiments.running.manifests", "What was run; also of the sweeps inside other studies.", SWEEP),
    File("sweep/runs.parquet", "returnee.experiments.measuring.measures", "A row a run; also of the sweeps inside other studies.",
         RUN + _columns("error | name | why the run failed; missing: it did not") + AXES + MEASURE_COLUMNS),
    File("sweep/points.parquet", "returnee.experiments.running.points", "A row a point of the design.",
         _columns("point | number | number of the point, from 0") + AXES),
    File("sweep/monthly.parquet", "returnee.experiments.measuring.measures", 'A row a run, indicator and month, with `keep = "monthly"`.', TIDY),
    File("sensitivity/indices.parquet", "returnee.experiments.statistics.indices", "A row an index.", _columns("""
        method | name | morris or sobol
        scenario | name | label of the scenario; empty for a difference
        target | name | what was looked at: the level in a scenario, or a difference
        measure | name | name of the measure
        index | name | mu, mu_star, sigma, S1, ST or S2
        key | name | dotted key of the parameter
        key2 | name | the other parameter of S2, else empty
        n | number | trajectories or base points used; the largest is all
        value | as the index | mu, mu_star and sigma in the measure's unit, S1, ST and S2 shares of variance
        low | as the index | lower end of the 90 % interval
        high | as the index | upper end
    """)),
    File("budget/manifest.json", "returnee.experiments.studies.budget_search", "What was searched.", MANIFEST + PLANNED[:1] + SCENARIOS + _columns("""
        cap | yuan | what a mix may spend in a year
        objectives | names | measures that are made large
        levers | names | dotted keys of the levers that are moved
        population | number | mixes in a generation of the search
        trials | number | mixes that are tried
    """)),
    File("budget/front.parquet", "returnee.experiments.studies.budget", "A row a mix; means and ranges over sets of assumptions and "
         "replicates.", _columns("mix | name | A, B, ...; the last is the baseline") + RANGED + _columns("""
        spent | yuan/yr | spending, mean
        spent_low | yuan/yr | lower end of the 90 % range
        spent_high | yuan/yr | upper end
        regret_worst | share | most by which it falls behind the best mix, of the objective's range
        regret_mean | share | by how much it does in the mean
        front | yes/no | no other mix beats it in every objective
    """) + AXES),
    File("budget/budget.json", "returnee.experiments.studies.budget", "The same for other programs.", _columns("""
        kind | name | budget
        fingerprint | id | fingerprint of the model: what it does, not how it is written
        command | name | command line that repeats it
        cap | yuan | what a mix may spend in a year
        objectives | names | measures that are made large
        base | name | scenario that was begun from
        given | table | what was laid on top of it, by dotted key
        county | table | name of the county in both languages
        sample | share | share of the county that is simulated
        months | months | horizon
        replicates | number | runs of each mix in each set of assumptions
        worlds | number | sets of assumptions
        tried | number | mixes that were tried
        levers | names | dotted keys of the levers that were moved
        mixes | list | name, levers, outcomes, spent, programmes, regret and versus of each mix
    """)),
    File("linkage/manifest.json", "returnee.experiments.running.store", "What was run.", COMPARISON),
    File("linkage/runs.parquet", "returnee.experiments.running.figures", "A row a run and outcome.", TIDY),
    File("linkage/effects.parquet", "returnee.experiments.studies.linkage.effects", "A row a contrast and measure.", _columns("""
        kind | name | kind of contrast: main effect, interaction, joint effect, Shapley value, ...
        factor | name | pillar or linkage it is of
        other | name | the other factor of an interaction, else empty
        measure | name | name of the measure
        value | as the measure | mean over replicates; flows by year
    """) + INTERVAL + _columns("""
        verdict | name | higher or lower where the interval leaves out zero, else can't tell apart
        share | share | Shapley values: share of the joint effect; missing where that can't be told from zero
        share_low | share | lower end of its 90 % interval
        share_high | share | upper end
    """)),
    File("linkage/premiums.parquet", "returnee.experiments.studies.linkage.effects", "A row a basis and measure: linked less siloed.", _columns("""
        basis | name | capped, uncapped, or another cap
        measure | name | name of the measure
        nothing | as the measure | mean without support; flows by year
        siloed | as the measure | mean under siloed support
        linked | as the measure | mean under linked support
        difference | as the measure | linked less siloed
    """) + INTERVAL + _columns("""
        replicates_higher | share | replicates in which linked is higher, ties counting half
        per_million | per million yuan a year | what a million buys when linked, less what it buys when siloed
        per_million_low | per million yuan a year | lower end of its 90 % interval
        per_million_high | per million yuan a year | upper end
        per_million_p_higher | share | probability that it is above zero
        pairs | number | replicates
        verdict | name | of the difference: higher, lower, or can't tell apart
        per_million_verdict | name | the same of what a million buys
    """)),
    File("linkage over/manifest.json", "returnee.experiments.running.store", "What was run by `linkage --over`.", COMPARISON),
    File("linkage over/runs.parquet", "returnee.experiments.running.figures", "A row a run and outcome.", TIDY),
    File("linkage over/points.parquet", "returnee.experiments.studies.linkage.robust", "A row a point: linked less siloed.", AXES + RANGED),
    File("calibrate/manifest.json", "returnee.experiments.studies.calibration.points", "What was calibrated.", MANIFEST + SCENARIOS + _columns("""
        targets | list | the targets in full
        free | names | dotted keys of the parameters that are moved
        trials | number | parameter sets that are tried
        replicates | number | runs of each set
        method | name | cma, tpe or gp
        members | number | sets that are kept
        verify_sample | share | share of the county in which the result is verified
        verify_replicates | number | runs in which it is
    """)),
    File("calibrate/points.jsonl", "returnee.experiments.studies.calibration.points", "A line a finished run.", _columns("""
        values | table | parameters by dotted key
        replicate | number | replicate
        sample | share | share of the county that is simulated
        figures | table | figure of each target
    """)),
    File("calibrate/targets.csv", "returnee.experiments.studies.calibration.files", "A row a target.", _columns("""
        indicator | name | the figure that is held against the band
        unit | name | its unit
        low | as the target | lower end of the band
        high | as the target | upper end
        start | as the target | figure at the values in use before
        value | as the target | figure of the result
        error | as the target | standard error of that figure from luck
        in_band | yes/no | the result lies in the band
        distance | half-widths | from the middle of the band
        moved | yes/no | some parameter moves it
        weight | number | weight in the loss
        aim | as the target | what is aimed at within the band
        source | name | evidence ids
    """)),
    File("calibrate/identification.csv", "returnee.experiments.studies.calibration.identify", "A row a parameter: what the targets say of it.", _columns("""
        parameter | name | dotted key
        axis | name | log: moved by factors; linear: by steps
        learned | share | how much of it the targets settle: 0 nothing, 1 all
        identified | yes/no | that is at least one half
        standard_error | as the parameter | in its unit; of its logarithm where it is moved by factors
        profile_width | coordinates | how far it can go while the others make up for it
        conditional_width | coordinates | how far it can go while the others stay
        <indicator> | half-widths per coordinate | response of the target; 0 where not told from zero
    """)),
    File("calibrate/search.csv", "returnee.experiments.studies.calibration.search", "A row a point of the search, in order.", _columns("""
        loss | loss | sum of weighted squared distances from the targets, with a pull to the values in use
        least | loss | least so far
        <key> | coordinates | -1 and 1 at the ends of what is searched, 0 at the value in use
    """)),
    File("calibrate/ensemble.csv", "returnee.experiments.studies.calibration.steps", "A row a parameter set that meets the targets.",
         _columns("<key> | as the parameter | value; a column for each parameter that was moved")),
    File("validate/manifest.json", "returnee.experiments.running.store", "What was run.", COMPARISON),
    File("validate/runs.parquet", "returnee.experiments.studies.patterns", "A row a run and pattern.", TIDY),
    File("validate/validation.csv", "returnee.experiments.studies.validation", "A row a pattern.", _columns("""
        pattern | name | key of the pattern
        number | name | its number in `docs/validation.md`
        use | name | C: calibration may use it; V: kept for validation
        low | as the pattern | lower end of the band
        high | as the pattern | upper end
        value | as the pattern | mean over replicates
        value_low | as the pattern | lower end of its 90 % interval (Student)
        value_high | as the pattern | upper end
        pass | yes/no | the mean lies in the band
        source | name | evidence ids
        unit | name | unit
        label_en | name | English label
        label_zh | name | Chinese label
    """)),
    File("validate/validation.json", "returnee.experiments.studies.validation", "The same for other programs.", _columns("""
        patterns | list | a table a pattern, with the columns of `validation.csv`
        scenario | name | label of the scenario
        replicates | number | runs
        sample | share | share of the county that is simulated
        months | months | horizon
        seed | number | seed of all draws
        failed | number | runs that failed
        fingerprint | id | fingerprint of the model: what it does, not how it is written
        command | name | command line that repeats it
    """)),
)  # fmt: skip
BY_FILE = {file.name: file for file in FILES}
FAMILIES = _columns(f"""
    files_<kind>_<stage> | files | ventures begun under the policy that reached a stage; kind: {", ".join(KINDS)}; stage: {", ".join(STAGES)}
    loan_files_<reason> | files | loan files refused or cut; reason: {", ".join(REASONS)}
    months_to_<step> | months | median months to a step; step: {", ".join(STEPS)}
    <counted>_by_<dimension>_<group> | as counted | counts by group of people; counted: {", ".join((*(c.name for c in COUNTED), PEOPLE, PEOPLE_AT_END))}; dimension: {", ".join(DIMENSIONS)}
    <pattern> | as the pattern | key of a pattern of `docs/validation.md`
""")
"""Names that stand beside the measures in the column ``indicator`` of tidy tables."""


def _any(names: object) -> str:
    return "(?:" + "|".join(re.escape(str(name)) for name in names) + ")"  # type: ignore[attr-defined]


@lru_cache
def _places() -> dict[str, str]:
    """What may stand for each name in angle brackets, as patterns."""
    keys = [lever.key for lever in levers]
    return {
        "measure": _any(m.name for m in MEASURES), "key": _any(keys), "n": r"\d+",
        "paid": _any(PROGRAMMES), "indicator": r"\w+", "pattern": _any(PATTERNS),
        "kind": _any(KINDS), "stage": _any(STAGES), "reason": _any(REASONS), "step": _any(STEPS),
        "counted": _any((*(c.name for c in COUNTED), PEOPLE, PEOPLE_AT_END)),
        "dimension": _any(DIMENSIONS), "group": ".+",
    }  # fmt: skip


def fits(column: Column, name: str) -> bool:
    """Whether a column's row in the page describes a column of this name.

    Examples
    --------
    >>> fits(Column("rank_<n>", "share", ""), "rank_2"), fits(Column("low", "", ""), "high")
    (True, False)
    """
    pattern = re.sub(r"<(\w+)>", lambda found: _places()[found[1]], re.escape(column.name))
    return re.fullmatch(pattern, name) is not None


@lru_cache
def _sources() -> dict[str, str]:
    folder = Path(simulation.__file__).parent
    return {
        ".".join(
            ["returnee.simulation", *path.relative_to(folder).with_suffix("").parts]
        ): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.py")
    }


def home_of(measure: str) -> str:
    """Modules in which a measure is computed, from the lines that set it."""
    if measure in {m.name for m in DERIVED}:
        return "returnee.experiments.measuring.measures"
    if measure not in {m.name for m in INDICATORS}:
        return "returnee.simulation.state.money"  # of the ledger
    sets = re.compile(rf"\b(?:month|now\(c\))\.{measure}\s*[-+/*]?=(?!=)")
    return ", ".join(sorted(name for name, text in _sources().items() if sets.search(text)))


def document() -> str:
    """The page, in Markdown."""
    tables = {name: columns for name, columns in TABLES.items() if name != "monthly"}
    written = [file for file in FILES if file.columns not in TABLES.values()]
    return "\n".join(
        [
            "# Columns and measures\n\n"
            f"Made by `{COMMAND}`; tests check that it is current and complete. Figures are for the "
            "full county, whatever the sample. Files that you write yourself (`county.toml`, "
            "`workers.csv`, `ties.csv`): [own county](own_county.md). Levers and parameters: "
            "[parameters](parameters.md).\n",
            _measures(),
            "## Names in tidy tables\n\nBeside the measures, the column `indicator` holds:\n\n"
            + _rows(FAMILIES),
            "## Tables of a run\n\n`run.workers`, `run.firms` and so on in Python; `returnee run` "
            'writes them as Parquet. `attrs["units"]` holds their units. `run.monthly` has the index '
            "`month` and a column for every measure of kind stock, flow and mean. Parquet keeps an index "
            "`month` for pandas only; other readers find the months in order. `run.flows` is an "
            "array of moves between career states by month, shape (months, states, states), people, "
            "in the order of `returnee.simulation.state.records.STATES`.\n",
            *(f"### `run.{name}`\n\n{_rows(columns)}" for name, columns in tables.items()),
            "## Files\n\nBy command; *over* is with `--over`. `whom` writes into a folder of `compare`; "
            "studies keep their sweeps in folders of their own, with the files of `sweep`. Of JSON "
            "files the keys at the top are listed.\n",
            *(
                f"### {file.name}\n\n{file.about} (`{file.module}`)\n\n{_rows(file.columns)}"
                for file in written
            ),
        ]
    )


def _measures() -> str:
    """The table of measures."""
    kinds = "".join(f"- *{kind}*: {text}\n" for kind, text in SCALES.items())
    rows = "".join(
        f"| `{m.name}` | {m.unit} | {m.kind} | {m.en}{_note(m.name)} | {m.zh} | `{home_of(m.name)}` |\n"
        for m in MEASURES
    )
    return (
        f"## Measures\n\n{len(MEASURES)} figures, which `--measure` and `--maximise` take. Kinds:\n\n"
        f"{kinds}\n| measure | unit | kind | what it is | 中文 | computed in |\n|---|---|---|---|---|---|\n"
        f"{rows}"
    )


def _note(measure: str) -> str:
    return f"; {NOTES[measure]}" if measure in NOTES else ""


def _rows(columns: tuple[Column, ...]) -> str:
    """A table of columns."""
    return HEAD + "".join(f"| `{c.name}` | {c.unit} | {_meaning(c)} |\n" for c in columns)


def _meaning(column: Column) -> str:
    names = [words(lang)["programmes"].get(column.name, "programme") for lang in ("en", "zh")]
    return column.meaning.format(programme=" ".join(dict.fromkeys(names)))


def write_columns(path: Path) -> Path:
    """Write the page; return its path."""
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document(), encoding="utf-8")
    return path
