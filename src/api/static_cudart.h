/* SPDX-License-Identifier: MIT */
#ifndef CE_API_STATIC_CUDART_H
#define CE_API_STATIC_CUDART_H

#include <stdbool.h>

/*
 * Whose static CUDA runtime a program has. libcudart_static.a hides what it has inside behind names
 * libcudart_static_<40 hex digits>, of which each release has some that no other one has. They are in the
 * symbol table of what is linked with it; a stripped program has lost them, and tells nothing.
 */
enum ce_static_cudart {
	CE_STATIC_CUDART_NONE,    /* none, or it cannot be seen */
	CE_STATIC_CUDART_SAME,    /* every name is in the archive */
	CE_STATIC_CUDART_FOREIGN, /* the archive does not have some of them, or does not exist */
};

/* Compares a program with the archive of a toolkit. What cannot be read has none. */
enum ce_static_cudart ce_static_cudart_of(const char *program, const char *archive);

#endif
