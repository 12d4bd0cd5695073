"""YAML as people mean it: NO is Norway, on is a word, 2024-01-01 is a label.

PyYAML reads YAML 1.1, where no, on, y and off are truth values and dates become objects. Both
turn labels of units and periods into something else without a word. YAML 1.2 knows only true
and false, and no dates.
"""

import re

import yaml

CHANGED = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


class Loader(yaml.SafeLoader):
    """SafeLoader with the truth values of YAML 1.2 and without dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the attribute PyYAML looks at
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in CHANGED]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
