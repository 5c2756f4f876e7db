"""The steps of docs/operations.md that add an entity, followed in a copy of the notebooks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lakehouse import EngineProcess, Lakehouse

ROOT = Path(__file__).parents[2]
ID, ORDER = "a" * 32, "b" * 32


def _section() -> str:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return re.split(r"\n## ", text.split("\n## Adding an entity\n")[1])[0]


def test_adding_an_entity_takes_at_most_ten_steps() -> None:
    steps = [int(number) for number in re.findall(r"^(\d+)\. ", _section(), re.MULTILINE)]
    assert steps == list(range(1, len(steps) + 1))
    assert 1 < len(steps) <= 10


def test_every_file_that_a_step_names_exists() -> None:
    named = re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|ts|json))`", _section())
    assert len(named) >= 6
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_an_entity_added_by_the_steps_flows(engine: EngineProcess, tmp_path: Path) -> None:
    notebooks = tmp_path / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns("__pycache__"))
    code = re.search(r"```python\n(.*?)```", _section(), re.DOTALL)
    name = re.search(r"`(\w+,)`", _section())
    assert code and name
    entities = notebooks / "olist" / "entities.py"
    head, tail = entities.read_text(encoding="utf-8").split("ENTITIES: tuple[Entity, ...] = (\n")
    declared = code[1].replace("\n   ", "\n").lstrip()
    entities.write_text(
        f"{head}{declared}\n\nENTITIES: tuple[Entity, ...] = (\n    {name[1]}\n{tail}", encoding="utf-8"
    )

    house = Lakehouse(engine, notebooks)
    folder = Path(house.landing, "coupons")
    folder.mkdir()
    rows = [f"{ID},{ORDER},5.00", f"{ID},{ORDER},5.00", f"{'c' * 32},{ORDER},-1", "short,x,1"]
    (folder / "1.csv").write_text("\n".join(["coupon_id,order_id,discount", *rows, ""]))
    house.update("medallion")

    assert len(house.table("bronze.coupons")) == len(rows)
    (kept,) = house.table("silver.coupons").to_dict("records")
    assert (kept["coupon_id"], str(kept["discount"])) == (ID, "5.00")
    broken = sorted(list(rules) for rules in house.table("ops.quarantine_coupons")["broken_rules"])
    assert broken == [["coupon_id_is_32_characters", "order_id_is_32_characters"], ["discount_is_not_negative"]]
    laws = house.table("ops.reconciliation")
    assert {"bronze.coupons", "silver.coupons"} <= set(laws["subject"])
