"""Functions that Databricks' SQL reference has and Spark has not: those made here, and those refused by their names.

https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-functions-builtin-alpha. scala/sql/Routines.scala
registers them; what Spark itself has is not listed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Functions that are refused for one reason. `table`: they stand in FROM."""

    reason: str
    names: tuple[str, ...]
    table: bool = False


# Made by scala/sql/Routines.scala.
MADE = {
    "charindex": "`locate`, under the name that SQL Server gave it",
    "getdate": "`current_timestamp`",
    "iff": "`if`",
}
# Made by scala/guard/GuardFunctions.scala and the readers.
SUPPLIED = {
    "event_log": "the events of a pipeline, for its owner",
    "is_account_group_member, is_member": "the workspace's groups",
    "list_files": "files of volumes, with recursive; FILE is a struct, and its checksum is null",
    "read_files": "files of volumes",
    "table_changes": "the change data feed of a table",
}


def _named(prefix: str, rest: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{each}" for each in rest.split())


REFUSED = (
    Family(
        "it calls a model, and none is served here",
        _named(
            "ai_",
            "analyze_sentiment classify extract fix_grammar gen generate_text mask parse_document prep_search query "
            "similarity summarize translate",
        ),
    ),
    Family("it calls a model, and none is served here", ("ai_forecast", "ai_top_drivers"), table=True),
    Family("there is no vector search index here", ("vector_search",), table=True),
    Family("there is no connection to another system here", ("http_request",)),
    Family("there is no connection to another system here", ("remote_query",), table=True),
    Family(
        "the engine has no library for H3 cells",
        _named(
            "h3_",
            "boundaryasgeojson boundaryaswkb boundaryaswkt centerasgeojson centeraswkb centeraswkt compact coverash3 "
            "coverash3string distance h3tostring hexring ischildof ispentagon isvalid kring kringdistances longlatash3 "
            "longlatash3string maxchild minchild pointash3 pointash3string polyfillash3 polyfillash3string resolution "
            "stringtoh3 tessellateaswkb tochildren toparent try_coverash3 try_coverash3string try_distance "
            "try_polyfillash3 try_polyfillash3string try_tessellateaswkb try_validate uncompact validate",
        ),
    ),
    Family(
        "the engine has no library for geometries",
        (
            *_named(
                "st_",
                "addpoint area asewkb asewkt asgeojson astext aswkt azimuth boundary buffer centroid closestpoint "
                "concavehull contains convexhull coveredby covers difference dimension disjoint distance "
                "distancesphere distancespheroid dump dwithin endpoint envelope envelope_agg equals estimatesrid "
                "exteriorring flipcoordinates force2d geogfromewkt geogfromgeojson geogfromtext geogfromwkt geohash "
                "geometryfromtext geometryn geometrytype geomfromewkb geomfromewkt geomfromgeohash geomfromgeojson "
                "geomfromtext geomfromwkt interiorringn intersection intersection_agg intersects isempty isvalid "
                "isvalidreason length m makeline makepolygon maxdistance multi ndims npoints numgeometries "
                "numinteriorrings numpoints perimeter point pointfromgeohash pointn removepoint reverse rotate scale "
                "setpoint simplify startpoint touches transform translate union union_agg within x xmax xmin y ymax "
                "ymin z zmax zmin",
            ),
            "to_geography",
            "to_geometry",
            "try_to_geography",
            "try_to_geometry",
        ),
    ),
    Family(
        "the engine has no functions of IP addresses",
        (
            *_named(
                "ip_", "as_binary as_string cidr contains host network network_first network_last prefix_length version"
            ),
            *_named("try_ip_", "host network"),
            "is_ipv4",
            "is_ipv6",
        ),
    ),
    Family(
        "statements do not see secrets here; read them with dbutils.secrets in a notebook", ("secret", "try_secret")
    ),
    Family(
        "statements do not see secrets here; dbutils.secrets in a notebook lists them",
        ("list_secrets",),
        table=True,
    ),
    Family("the engine does not know it; ask GET /api/2.1/unity-catalog/metastore_summary", ("current_metastore",)),
    Family("this is no Databricks runtime; version() tells Spark's", ("current_version",)),
    Family("there is no Delta Sharing here", ("current_recipient",)),
    Family("tokens of this workspace have no claims", ("current_oauth_custom_identity_claim",)),
    Family("Auto Loader keeps its state with the stream here", ("cloud_files_state",), table=True),
    Family(
        "there is no such service to read from here; read files from a volume",
        ("read_kafka", "read_kinesis", "read_pubsub", "read_pulsar"),
        table=True,
    ),
    Family("a stream's state is read by the format statestore in a notebook", ("read_statestore",), table=True),
)


def setting() -> str:
    """The refused functions, as scala/sql/Routines.scala reads them from Spark's configuration."""
    return json.dumps({name: {"reason": each.reason, "table": each.table} for each in REFUSED for name in each.names})


def markdown() -> str:
    """The table for the docs."""
    rows = ["| Function | Here | Note |", "| --- | --- | --- |"]
    rows += [f"| `{name}` | supported | {note} |" for name, note in sorted({**MADE, **SUPPLIED}.items())]
    rows += [
        f"| {', '.join(f'`{name}`' for name in each.names)} | refused | {each.reason[0].upper()}{each.reason[1:]}. |"
        for each in REFUSED
    ]
    return "\n".join(rows) + "\n"
