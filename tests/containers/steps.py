# SPDX-License-Identifier: MIT
"""The commands of CI files that build the project, as a script: each file from a clean tree."""
import sys

from ruamel.yaml import YAML

for path in sys.argv[1:]:
    doc = YAML(typ="safe").load(open(path))
    print(f"echo '# {path}'\nrm -rf build")
    job = doc.get("jobs", doc)["build"]
    if "steps" in job:
        lines = [s["run"] for s in job["steps"] if "run" in s]
    else:
        # apt-get changes the machine: that is the image's business.
        lines = [s for s in job["before_script"] + job["script"] if not s.startswith("apt-get")]
    print("\n".join(lines))
