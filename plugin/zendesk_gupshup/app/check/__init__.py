"""What Zendesk refuses or warns about when an app is uploaded, found before: which file, which key, what to write.

`rules.toml` words every rule; `source` reads a folder or a zip, `check_package` is pure.
"""

from .package import check_package
from .rules import PackageProblem
from .source import PackagedFile, PackageUnreadable, read_package

__all__ = ["PackageProblem", "PackageUnreadable", "PackagedFile", "check_package", "read_package"]
