"""Unity Catalog's functions in Python: Spark's own Python UDFs, behind SQL functions of their names.

https://docs.databricks.com/aws/en/udf/unity-catalog, …/sql/language-manual/sql-ref-syntax-ddl-create-sql-function: the
body is that of a Python function with the parameters' names. It runs in Spark's workers, as UDFs of notebooks do.
"""

from __future__ import annotations

import ast
import textwrap
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark.sql.types import DataType
from pyspark.sql.udf import UserDefinedFunction

from lakehouse_engine.errors import EngineError
from lakehouse_engine.identifiers import literal, quote
from lakehouse_engine.session import Engine


def is_python(record: Mapping[str, Any]) -> bool:
    return record.get("routine_body") == "EXTERNAL" and (record.get("external_language") or "").upper() == "PYTHON"


def compiled(name: str, parameters: Sequence[str], body: str) -> Callable[..., Any]:
    """The function. Raises EngineError where the body is no Python."""
    try:
        # Read as a module, in which `return` is no error yet: indenting the text would change texts of many lines.
        statements = ast.parse(textwrap.dedent(body).strip("\n")).body
        given = [ast.arg(parameter) for parameter in parameters]
        arguments = ast.arguments([], given, None, [], [], None, [])
        function = ast.FunctionDef("function", arguments, statements or [ast.Pass()], [])
        module = ast.fix_missing_locations(ast.Module([function], []))
        scope: dict[str, Any] = {"__name__": "__main__"}  # travels to the workers with its code
        exec(compile(module, f"<function {name}>", "exec", dont_inherit=True), scope)
    except SyntaxError as error:
        raise EngineError(
            f"The body of function '{name}' is no Python: {error.msg} (line {error.lineno} of the body).",
            error_class="PARSE_SYNTAX_ERROR",
        ) from None
    return scope["function"]


def body_of(engine: Engine, record: Mapping[str, Any], parameters: Sequence[str]) -> str:
    """What the SQL function of that name says: a call of the UDF by a name that nobody else knows."""
    try:
        function = compiled(record["fullName"], parameters, record.get("routine_definition") or "")
    except EngineError as wrong:  # on record since before it was looked at
        return f"raise_error({literal(str(wrong))})"
    inner = f"__python_{uuid.uuid4().hex}"
    with engine.own_work():
        returns = DataType.fromDDL(record.get("full_data_type") or record.get("data_type") or "STRING")
        made = UserDefinedFunction(function, returns, record["fullName"].rsplit(".", 1)[-1])
        engine.jvm.org.apache.spark.sql.lakehouse.PythonFunctions.put(inner, made._judf)
    return f"{inner}({', '.join(map(quote, parameters))})"
