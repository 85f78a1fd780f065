# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of JSON Schema 2020-12 as the server's description uses."""

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}
KNOWN = {"type", "required", "properties", "additionalProperties", "items",
         "enum", "anyOf", "oneOf", "$ref", "minimum", "maxLength",
         "description"}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def faults(value, schema, document, where="$"):
    """Yields words for everything in value that the schema forbids."""
    unknown = set(schema) - KNOWN
    if unknown:
        yield f"{where}: the test does not know {unknown}"
    if "$ref" in schema:
        at = document
        for part in schema["$ref"].lstrip("#/").split("/"):
            at = at[part]
        yield from faults(value, at, document, where)
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "type" in schema and not is_type(value, schema["type"]):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where}: {value} is below {schema['minimum']}"
    for word, least, most in (("anyOf", 1, 99), ("oneOf", 1, 1)):
        if word in schema:
            fit = sum(not list(faults(value, s, document, where))
                      for s in schema[word])
            if not least <= fit <= most:
                yield f"{where}: {value!r} fits {fit} of {word}"
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{where}: {name} is missing"
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, v in value.items():
            if name in properties:
                yield from faults(v, properties[name], document, f"{where}.{name}")
            elif others is False:
                yield f"{where}: {name} is too much"
            elif isinstance(others, dict):
                yield from faults(v, others, document, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for i, v in enumerate(value):
            yield from faults(v, schema["items"], document, f"{where}[{i}]")
