# SPDX-License-Identifier: MIT
"""validate.py SPDX CYCLONEDX [CONDA_LOCK]: the public validators of the three formats judge what `ccenv export`
wrote."""

import pathlib
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document


def main(spdx, cyclonedx, conda_lock=None):
    document = parse_file(spdx)
    wrong = [str(m.validation_message) for m in validate_full_spdx_document(document)]
    with open(cyclonedx) as f:
        error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(f.read())
    if error:
        wrong.append(str(error))
    print("SPDX: %d packages, CycloneDX: %s" % (len(document.packages), "invalid" if error else "valid"))
    if conda_lock:
        from conda_lock.lockfile import parse_conda_lock_file
        print("conda-lock: %d packages" % len(parse_conda_lock_file(pathlib.Path(conda_lock)).package))
    for w in wrong:
        print("  " + w)
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
