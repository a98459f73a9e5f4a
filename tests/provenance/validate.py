# SPDX-License-Identifier: MIT
"""Validates statements: validate.py SCHEMA FILE... Each is also broken in several ways, which must be found."""
import copy
import json
import sys

import in_toto_attestation.predicates.provenance.v1.provenance_pb2 as provenance_pb
import in_toto_attestation.v1.statement_pb2 as statement_pb
import jsonschema
from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement


def by_protocol(doc):
    """As the published protocol buffers have it: no unknown field, each of its type; and the package's own checks."""
    pb = json_format.ParseDict(doc, statement_pb.Statement())
    Statement.copy_from_pb(pb).validate()
    json_format.ParseDict(doc["predicate"], provenance_pb.Provenance())


def rejected(check, doc):
    try:
        check(doc)
    except Exception:
        return True
    return False


def main():
    schema = json.load(open(sys.argv[1]))
    by_schema = jsonschema.Draft202012Validator(schema).validate
    for path in sys.argv[2:]:
        doc = json.load(open(path))
        by_protocol(doc)
        by_schema(doc)
        broken = {}
        for key in ("_type", "subject", "predicateType", "predicate"):
            broken[f"without {key}"] = {k: v for k, v in doc.items() if k != key}
        extra = copy.deepcopy(doc)
        extra["predicate"]["runDetails"]["builder"]["name"] = "x"
        broken["with a field that is not defined"] = extra
        bare = copy.deepcopy(doc)
        del bare["subject"][0]["digest"]
        broken["with a subject without a digest"] = bare
        for what, other in broken.items():
            assert rejected(by_schema, other), f"the schema takes one {what}"
            assert rejected(by_protocol, other), f"the protocol takes one {what}"
        print(f"{path}: valid, {len(doc['predicate']['buildDefinition']['resolvedDependencies'])} dependencies")


main()
