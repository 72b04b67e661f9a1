"""YAML as data and nothing else: no anchors, aliases, merge keys, tags or duplicate keys.

Scalars follow YAML 1.2, where `no` is text (a country), `1e-3` is a number and `12:30` is no base-60 integer;
dates stay text. The reader and the writer share these rules, so what one writes the other reads as it was.

Source: YAML 1.2.2, section 10.3 (core schema), without its octal and hexadecimal integers and not-a-number.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from fxlab.config.errors import ConfigError

_SCALARS = {
    "tag:yaml.org,2002:null": re.compile(r"null|Null|NULL|~|"),
    "tag:yaml.org,2002:bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "tag:yaml.org,2002:int": re.compile(r"[-+]?[0-9][0-9_]*"),
    "tag:yaml.org,2002:float": re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"),
}
# PyYAML looks resolvers up by the first character; None is asked for all of them
_RESOLVERS = {None: [(tag, re.compile(rf"(?:{one.pattern})\Z")) for tag, one in _SCALARS.items()]}


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = _RESOLVERS  # type: ignore[assignment]

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refusal(event, "anchors and aliases are not read; write the value out")
        if getattr(event, "tag", None) is not None:
            raise _refusal(event, f"the tag {event.tag} is not read; write plain YAML")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refusal(key, "a key is a list or mapping; write a name")
            if key.value == "<<":
                raise _refusal(key, "merge keys (<<) are not read; write the values out")
            if key.value in seen:
                raise _refusal(key, f"{key.value} is given twice; keep one")
            seen.add(key.value)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


def _construct_int(loader: _Loader, node: Any) -> int:
    digits = str(loader.construct_scalar(node)).replace("_", "")
    if len(digits) > 400:  # beyond every float, and in the end beyond what Python converts
        raise _refusal(node, f"a number of {len(digits)} digits; write fewer")
    return int(digits)


def _construct_float(loader: _Loader, node: Any) -> float:
    return float(str(loader.construct_scalar(node)).replace("_", ""))


def _construct_mapping(loader: _Loader, node: Any) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


class _Dumper(yaml.SafeDumper):
    # beside our own rules those of YAML 1.1, so that text which other readers take for something else is quoted
    yaml_implicit_resolvers = {**yaml.SafeDumper.yaml_implicit_resolvers, **_RESOLVERS}  # type: ignore[dict-item]  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True


def parse_yaml(text: str) -> Any:
    """The one document of a text, as mappings with text keys, lists, text, numbers, booleans and None.

    Raises:
        ConfigError: not YAML, or more of YAML than this module reads; says the line.
    """
    try:
        # a SafeLoader: it makes plain data only
        return yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ConfigError(f"{line}not readable as YAML ({error.problem}); mend it") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"not readable as YAML ({str(error).splitlines()[0]}); mend it") from None


def format_yaml(content: Any) -> str:
    """Plain data as YAML text that `parse_yaml` reads back equal; keys keep their order."""
    return yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )


def _refusal(place: Any, complaint: str) -> ConfigError:
    return ConfigError(f"line {place.start_mark.line + 1}: {complaint}")
