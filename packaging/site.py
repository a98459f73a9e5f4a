# SPDX-License-Identifier: MIT
"""Hooks of mkdocs: the parts of the reference that the program and the schema say better than a page could."""
import json
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CCENV = os.environ.get("CCENV", os.path.join(TOP, "build/dev/src/ccenv"))


def help_text(*args):
    return subprocess.run([CCENV, *args], check=True, stdout=subprocess.PIPE, text=True).stdout


def commands():
    """Each command with its own options; those that all have come once, at the end."""
    names = re.findall(r"^([a-z][a-z-]*)\t", help_text("completion", "--words"), re.M)
    parts = []
    for name in names:
        own = help_text(name, "--help").partition("\nCommon options (")[0]
        parts.append(f"## ccenv {name}\n\n```text\n{own.strip()}\n```\n")
    common = help_text("help", "options").partition("\n")[2]
    parts.append(f"## Common options\n\nBefore or after the command.\n\n```text\n{common.rstrip()}\n```\n")
    return "\n".join(parts)


def rows(properties, definitions, prefix=""):
    for key, value in properties.items():
        while "$ref" in value:
            value = {**definitions[value["$ref"].rsplit("/", 1)[1]], **{k: v for k, v in value.items() if k != "$ref"}}
        text = value.get("description", "").replace("|", "\\|")
        if text:
            yield f"| `{prefix}{key}` | {text} |"
        if "properties" in value:
            yield from rows(value["properties"], definitions, f"{prefix}{key}.")


def manifest_keys():
    with open(os.path.join(TOP, "docs/ccenv.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    definitions = schema.get("$defs", schema.get("definitions", {}))
    return "| key | meaning |\n|---|---|\n" + "\n".join(rows(schema["properties"], definitions)) + "\n"


def schemas():
    """Each schema by its name; a server shows no directory."""
    text = "| schema | of |\n|---|---|\n"
    folder = os.path.join(TOP, "docs/schemas")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            description = json.load(f)["description"]
        text += f"| [{name.split('.')[0]}](../schemas/{name}) | {description} |\n"
    return text


MADE = {"<!-- commands -->": commands, "<!-- manifest keys -->": manifest_keys, "<!-- schemas -->": schemas}


def on_page_markdown(markdown, page, config, files):
    for mark, make in MADE.items():
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    folder = os.path.dirname(page.file.src_path)

    def outside(match):
        """Files of the source are not on the site: their names stay, without a link."""
        path = os.path.normpath(os.path.join("docs", folder, match.group(2)))
        return match.group(0) if path.startswith("docs/") else f"{match.group(1)} (`{path}`)"

    markdown = re.sub(r"\[([^]]+)\]\(\.\./schemas\)", r"`\1`", markdown)
    # Without sections there is nothing to list on the right, and tables get the room.
    if not re.search(r"^## ", markdown, re.M):
        page.meta.setdefault("hide", []).append("toc")
    # Info strings of tested examples have a second word.
    markdown = re.sub(r"^```(sh|cmake|make|meson) [a-z-]+$", r"```\1", markdown, flags=re.M)
    # GitHub wants a backslash before a bar in code within a table, this renderer shows it.
    markdown = re.sub(r"^\|.*$", lambda row: re.sub(r"`[^`]*`", lambda code: code.group().replace("\\|", "|"), row.group()), markdown, flags=re.M)
    return re.sub(r"\[([^\]]+)\]\((\.\./[^)#:]+)\)", outside, markdown)


def on_page_content(html, page, config, files):
    """A short name in code is kept in one line: names and options have hyphens, and a table breaks at each."""
    return re.sub(r"<code>([^<\s]{1,32})</code>", r'<code class="name">\1</code>', html)
