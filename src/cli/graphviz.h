/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_GRAPHVIZ_H
#define CE_CLI_GRAPHVIZ_H

#include <stddef.h>

struct ce_cli;

/* Prints a graph in graphviz's language as SVG on stdout, by graphviz's `dot` from PATH. Returns an exit
 * status; reports its own errors. */
int ce_graphviz_svg(struct ce_cli *cli, const char *graph, size_t len);

#endif
